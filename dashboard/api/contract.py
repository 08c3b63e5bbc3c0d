"""What an endpoint says of itself, once: who may, what it takes, what it answers.

    class Named(Taken):
        id: Id
        missing: ClassVar[str] = "There is no such contest any more."

    class Change(Taken):
        title: Annotated[str, Field(max_length=80)]

    class ContestView(Told):
        id: UUID
        title: str

    @operation("Rename a contest", tag="Contests", who=operator("contests:write"))
    async def rename(call: Call[Operator], path: Named, body: Change) -> ContestView:
        \"\"\"The words of the document: what it does, for whoever calls it.\"\"\"
        async with call.db.transaction() as session:
            ...

The names of the parameters say where they come from: `path`, `query` and `body`, each a `Taken`.
What cannot be used ends as 422 with one sentence a field before the handler runs, a path as 404
with the model's `missing`. What it returns, a `Told`, goes out as JSON with `status`; `Answer`
adds headers, and a plain response goes out as it is. `call.caller` is what `who` found out.

The summary is also the operation's id for generated clients (`renameAContest`), so it stays.
Registered as any handler is (`router.add_patch("/contests/{id}", contests.rename)`), it stands in
`/api/openapi.json`. Errors are raised as everywhere: `domain.errors` or `ProblemError`; those of
reading and of `who` are declared by themselves, `problems` names the others.
"""

import functools
import hashlib
import inspect
import operator
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from types import MappingProxyType, NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Concatenate,
    Final,
    Generic,
    Literal,
    ParamSpec,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from aiohttp import hdrs, web
from pydantic import BaseModel, TypeAdapter

from dashboard.api.problems import ProblemError
from dashboard.api.taking import Described, Taken, body_of, path_of, query_of
from dashboard.context import CONTEXT, DashboardContext
from storage.db import Database

CONFLICT: Final = HTTPStatus.CONFLICT
NOT_FOUND: Final = HTTPStatus.NOT_FOUND
KEY: Final = "Idempotency-Key"
KEY_MAX: Final = 255

Caller = TypeVar("Caller")
Caller_co = TypeVar("Caller_co", covariant=True)
Shown_co = TypeVar("Shown_co", covariant=True)
Given = ParamSpec("Given")
Endpoint = Callable[[web.Request], Awaitable[web.StreamResponse]]
NO_TEXTS: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Proof:
    """A way to show who one is; `scheme` is OpenAPI's Security Scheme Object."""

    name: str
    scheme: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Who(Generic[Caller_co]):
    """Who may. `admit` raises `ProblemError` for anybody else; one of the `proofs` is enough.

    With `optional` anybody may, and a proof lets them do more. `headers` are those that it adds
    to answers (see `problems.HEADERS`), each with its words.
    """

    admit: Callable[[web.Request], Awaitable[Caller_co]]
    proofs: tuple[Proof, ...] = ()
    scopes: tuple[str, ...] = ()
    problems: tuple[HTTPStatus, ...] = (HTTPStatus.UNAUTHORIZED,)
    headers: Mapping[str, str] = field(default_factory=lambda: NO_TEXTS)
    optional: bool = False


async def _anybody(_request: web.Request) -> None:
    return None


PUBLIC: Final = Who(_anybody, problems=())


@dataclass(frozen=True, slots=True)
class Call(Generic[Caller_co]):
    """A request that was let in. `key` is its Idempotency-Key, empty where none came."""

    request: web.Request
    caller: Caller_co
    key: str = ""

    @property
    def context(self) -> DashboardContext:
        """What every handler may use."""
        return self.request.app[CONTEXT]

    @property
    def db(self) -> Database:
        """The database."""
        return self.context.db


@dataclass(frozen=True, slots=True)
class Answer(Generic[Shown_co]):
    """What a handler tells, with headers, or with another status than its usual one."""

    body: Shown_co
    headers: Mapping[str, str] = field(default_factory=lambda: NO_TEXTS)
    status: HTTPStatus | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """An endpoint as the document has it. `answers` maps statuses to types; None has no body."""

    summary: str
    words: str
    tag: str
    who: Who[object]
    path: type[Taken] | None
    query: type[Taken] | None
    body: Any
    answers: Mapping[HTTPStatus, Any]
    problems: frozenset[HTTPStatus]
    key: Literal["none", "optional", "required"]
    headers: Mapping[str, str]
    etag: bool
    streams: bool


_OPERATIONS: Final[dict[object, Operation]] = {}


def operation_of(handler: object) -> Operation | None:
    """What a route's handler declared; None if it did not."""
    return _OPERATIONS.get(handler)


def operation(
    summary: str,
    *,
    tag: str,
    who: Who[Caller],
    status: HTTPStatus = HTTPStatus.OK,
    problems: tuple[HTTPStatus, ...] = (),
    key: Literal["none", "optional", "required"] = "none",
    headers: Mapping[str, str] = NO_TEXTS,
    also: Mapping[HTTPStatus, Any] = MappingProxyType({}),
    etag: bool = False,
    streams: bool = False,
    reads: type[BaseModel] | None = None,
) -> Callable[[Callable[Concatenate[Call[Caller], Given], Awaitable[object]]], Endpoint]:
    """Declare a handler; see above.

    `key` says whether it takes an Idempotency-Key; what is done with `call.key` is the handler's.
    `headers` are those it adds itself, `also` further answers by status. With `etag` the answer
    carries one, and 304 says that the asker has it. `streams` adds an event stream. `reads` is a
    body that the handler reads by itself.
    """

    def declare(
        handler: Callable[Concatenate[Call[Caller], Given], Awaitable[object]],
    ) -> Endpoint:
        hints = get_type_hints(handler, include_extras=True)
        shown = _shown_by(hints.pop("return"))
        _first, *names = inspect.signature(handler).parameters
        if strange := set(names) - {"path", "query", "body"}:
            raise TypeError(f"{handler.__qualname__} asks for {min(strange)}: see contract.py")
        path, query, body = (hints.get(name) for name in ("path", "query", "body"))
        teller: TypeAdapter[Any] | None = TypeAdapter(shown) if shown else None

        @functools.wraps(handler)
        async def endpoint(request: web.Request) -> web.StreamResponse:
            caller = await who.admit(request)
            taken: dict[str, Any] = {}
            if path:
                taken["path"] = path_of(request, path)
            if query:
                taken["query"] = query_of(request, query)
            sent = "" if key == "none" else _key_of(request, must=key == "required")
            if body:
                taken["body"] = await body_of(request, body)
            told: Any = await handler(Call(request, caller, sent), **taken)  # type: ignore[call-arg]
            if isinstance(told, web.StreamResponse):
                return told
            answer = told if isinstance(told, Answer) else Answer(told)
            response = web.Response(status=answer.status or status, headers=answer.headers)
            if teller is not None:
                response.body = teller.dump_json(answer.body)
                response.content_type = "application/json"
            return _unless_known(request, response) if etag else response

        failures = {*problems, *who.problems}
        failures |= {NOT_FOUND} if path else set()
        failures |= {HTTPStatus.UNPROCESSABLE_ENTITY} if query or body else set()
        if key != "none":  # 422: it came with another request before
            failures |= {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}
        if body:
            failures |= {HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE}
            failures |= {HTTPStatus.UNSUPPORTED_MEDIA_TYPE}
        _OPERATIONS[endpoint] = Operation(
            summary=summary,
            words=inspect.getdoc(handler) or "",
            tag=tag,
            who=who,
            path=path,
            query=query,
            body=Annotated[Any, Described(reads)] if reads else body,
            answers={status: shown, **also},
            problems=frozenset(failures),
            key=key,
            headers=headers,
            etag=etag,
            streams=streams,
        )
        return endpoint

    return declare


def _shown_by(hint: Any) -> Any:
    """The type of the JSON that a handler tells, from what it returns; None for no body."""
    kinds = get_args(hint) if get_origin(hint) in {Union, UnionType} else (hint,)
    shown = [
        get_args(kind)[0] if get_origin(kind) is Answer else kind
        for kind in kinds
        if not (isinstance(kind, type) and issubclass(kind, web.StreamResponse | NoneType))
    ]
    return functools.reduce(operator.or_, shown) if shown else None


def _key_of(request: web.Request, *, must: bool) -> str:
    """The Idempotency-Key, empty where none came and none `must`. Raises `ProblemError` 400."""
    given = request.headers.get(KEY)
    if given is None and not must:
        return ""
    key = (given or "").strip()
    if not key or len(key) > KEY_MAX or not key.isprintable():
        detail = f"Send an {KEY} of 1 to {KEY_MAX} characters, the same for each attempt."
        raise ProblemError(HTTPStatus.BAD_REQUEST, detail)
    return key


def _unless_known(request: web.Request, response: web.Response) -> web.Response:
    """The answer with its ETag, or 304 where the asker has it already.

    https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2
    """
    mark = hashlib.sha256(response.body if isinstance(response.body, bytes) else b"").hexdigest()
    response.etag = mark[:32]
    response.headers.setdefault(hdrs.CACHE_CONTROL, "private, no-cache")
    known = request.if_none_match or ()
    if response.status != HTTPStatus.OK or not any(tag.value in {"*", mark[:32]} for tag in known):
        return response
    kept = {name: value for name, value in response.headers.items() if name != hdrs.CONTENT_TYPE}
    return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=kept)
