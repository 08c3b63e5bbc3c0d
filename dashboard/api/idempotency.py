"""Writes that a caller may repeat: the same Idempotency-Key gets the same answer, and one deed.

    @operation("Approve an application", …, key="optional")
    @once
    async def approve(call: Call[Operator], path: Named, body: Approval) -> Answer[View]:
        async with writing(call) as write:
            await applications.approve(write.session, path.id, body.code, call.caller.actor)
            return write.told(await view_of(write.session, path.id))

The answer is kept in the transaction of the deed, so there is never one without the other; of two
requests at the same moment the second waits and gets the first one's. What was refused is not
kept: nothing happened, and a second attempt may go better. Keys of different tokens have nothing
to do with each other. `domain.retention.ANSWER_DAYS` says for how long answers are kept.
"""

import functools
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from aiohttp import web
from pydantic import BaseModel
from sqlmodel.ext.asyncio.session import AsyncSession

from dashboard.api.contract import KEY, NO_TEXTS, Answer, Call
from dashboard.api.operators import Operator
from dashboard.api.problems import ProblemError
from dashboard.api.taking import Taken
from domain.errors import DomainError
from domain.texts import keepable
from storage import idempotency
from storage.idempotency import KeptAnswer
from storage.locks import take_turn

REPLAYED: Final = "Idempotent-Replayed"
"""The header of an answer that was given before."""

_ASKED: Final = web.RequestKey("asked", str)

Given = ParamSpec("Given")
Shown = TypeVar("Shown", bound=BaseModel)
Told = TypeVar("Told")


class _AnsweredError(Exception):
    """The same was asked before, and this was the answer."""

    def __init__(self, kept: KeptAnswer) -> None:
        super().__init__(kept.key)
        self.kept = kept


@dataclass(frozen=True, slots=True)
class Write:
    """The transaction of a deed. `session` is for the domain; `told` makes and keeps the answer."""

    session: AsyncSession
    call: Call[Operator]

    def told(
        self,
        body: Shown,
        status: HTTPStatus = HTTPStatus.OK,
        headers: Mapping[str, str] = NO_TEXTS,
    ) -> Answer[Shown]:
        """The answer to this deed, kept with it if it came with a key."""
        if self.call.key:
            shown = {"body": body.model_dump(mode="json"), "headers": dict(headers)}
            self.session.add(
                KeptAnswer(
                    key=_name(self.call),
                    request=self.call.request[_ASKED],
                    status=status,
                    answer=shown,
                )
            )
        return Answer(body, headers, status)


def once(
    handler: Callable[Concatenate[Call[Operator], Given], Awaitable[Told]],
) -> Callable[Concatenate[Call[Operator], Given], Awaitable[Told | web.Response]]:
    """Let a handler answer the same key with the same answer; it writes by `writing`.

    What was answered before is looked for before the handler begins, and again where it fails:
    it may look at things that its own first attempt has changed.
    """

    @functools.wraps(handler)
    async def endpoint(
        call: Call[Operator], /, *args: Given.args, **kwargs: Given.kwargs
    ) -> Told | web.Response:
        if not call.key:
            return await handler(call, *args, **kwargs)
        call.request[_ASKED] = _asked(call.request, kwargs)
        kept = await _kept(call)
        if kept is not None:
            return _again(call, kept)
        try:
            return await handler(call, *args, **kwargs)
        except _AnsweredError as answered:
            return _again(call, answered.kept)
        except (DomainError, ProblemError):
            kept = await _kept(call)
            if kept is None:
                raise
            return _again(call, kept)

    return endpoint


@asynccontextmanager
async def writing(call: Call[Operator]) -> AsyncIterator[Write]:
    """The one transaction of a deed; ends the request where its answer is known already."""
    kept: KeptAnswer | None = None
    async with call.db.transaction() as session:
        if call.key:
            await take_turn(session, _name(call))
            kept = await idempotency.get(session, _name(call))
        if kept is None:
            yield Write(session, call)
    if kept is not None:
        raise _AnsweredError(kept)


def _name(call: Call[Operator]) -> str:
    return f"operator:{call.caller.key}:{keepable(call.key)}"


def _asked(request: web.Request, given: Mapping[str, Any]) -> str:
    """A hash of what is asked for: the address, and the body as far as it was given."""
    body = given.get("body")
    sent = body.model_dump(mode="json", exclude_unset=True) if isinstance(body, Taken) else body
    whole = [request.method, request.path_qs, sent]
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


async def _kept(call: Call[Operator]) -> KeptAnswer | None:
    async with call.db.read() as session:
        return await idempotency.get(session, _name(call))


def _again(call: Call[Operator], kept: KeptAnswer) -> web.Response:
    """The answer of before. Raises `ProblemError` 422 if it was another request's."""
    if kept.request != call.request[_ASKED]:
        detail = f"This {KEY} came with another request before. Use a new one."
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, detail)
    headers = {**kept.answer["headers"], REPLAYED: "true"}
    return web.json_response(kept.answer["body"], status=kept.status, headers=headers)
