"""`/api/admin/applications`: who wants to join, and what operators decide."""

import asyncio
from typing import Annotated, ClassVar, Final
from uuid import UUID

import structlog
from pydantic import Field

from dashboard.api.application_views import ApplicationRow, ApplicationView, row_of, view_of
from dashboard.api.contract import CONFLICT, Answer, Call, operation
from dashboard.api.idempotency import Write, once, writing
from dashboard.api.operators import Operator, operator
from dashboard.api.paging import NextCursor, Paging
from dashboard.api.taking import Taken, Told
from domain import applications, codes, program
from domain.applications import View
from domain.errors import InvalidError
from domain.statuses import Status
from domain.texts import REASON_MAX
from integrations.errors import TransportError
from storage import applications as rows

ASK_SECONDS: Final = 2.0
"""How long an approval waits for the payment provider's word on the code."""
_TAG: Final = "Applications"
_CODE: Final = "code"
_CHOSEN: Final = "chosen_code"

_log = structlog.get_logger(__name__)


class Named(Taken):
    """An application, by its id."""

    missing: ClassVar[str] = "There is no such application."

    id: UUID


class Wanted(Paging):
    """Which applications; `q` is a part of the name, address, code or link."""

    status: Status | None = None
    q: str = ""


class Approval(Taken):
    """The promo code; by default the one that was set, else the one that was asked for."""

    refused: ClassVar[str] = "This application cannot be approved."

    code: Annotated[str | None, Field(max_length=codes.CAMPAIGN_LENGTH)] = None


class Rejection(Taken):
    """Why; it is mailed to the applicant."""

    refused: ClassVar[str] = "This application cannot be rejected."

    reason: Annotated[str, Field(max_length=REASON_MAX)]


class Change(Taken):
    """What an approval needs: the code that it will use, and an address where there is none."""

    refused: ClassVar[str] = "This application cannot be changed."

    chosen_code: Annotated[str | None, Field(max_length=codes.CAMPAIGN_LENGTH)] = None
    email: Annotated[str | None, Field(max_length=320)] = None


class ApplicationList(Told):
    """A page of applications."""

    data: list[ApplicationRow]
    next_cursor: NextCursor


@operation("List applications", tag=_TAG, who=operator("applications:read"))
async def index(call: Call[Operator], query: Wanted) -> ApplicationList:
    """The newest first; `status=pending` are those that wait for a decision."""
    async with call.db.read() as session:
        found = await rows.page(
            session,
            before=query.before,
            limit=query.to_fetch,
            status=query.status or "",
            text=query.q.strip(),
        )
    shown, cursor = query.cut(found)
    return ApplicationList(data=[row_of(each) for each in shown], next_cursor=cursor)


@operation("Show an application", tag=_TAG, who=operator("applications:read"))
async def show(call: Call[Operator], path: Named) -> ApplicationView:
    """What was answered, the checklist, and what stands in the way of an approval."""
    async with call.db.read() as session:
        return view_of(await applications.view(session, path.id))


@operation(
    "Approve an application",
    tag=_TAG,
    who=operator("applications:write"),
    problems=(CONFLICT,),
    key="optional",
)
@once
async def approve(call: Call[Operator], path: Named, body: Approval) -> Answer[ApplicationView]:
    """Let somebody in: their code works, their dashboard opens, and a mail tells them.

    409 if it was decided meanwhile, with who was faster; 422 for a code that cannot be used.
    """
    view = await _pending(call, path.id)
    code = body.code if body.code is not None else view.code.code
    await _require_free(call, view, code)
    async with writing(call) as write:
        await applications.approve(write.session, path.id, code, call.caller.actor)
        return await _told(write, path.id)


@operation(
    "Reject an application",
    tag=_TAG,
    who=operator("applications:write"),
    problems=(CONFLICT,),
    key="optional",
)
@once
async def reject(call: Call[Operator], path: Named, body: Rejection) -> Answer[ApplicationView]:
    """Turn somebody away; the reason is mailed to them."""
    async with writing(call) as write:
        await applications.reject(write.session, path.id, body.reason, call.caller.actor)
        return await _told(write, path.id)


@operation(
    "Reopen an application",
    tag=_TAG,
    who=operator("applications:write"),
    problems=(CONFLICT,),
    key="optional",
)
@once
async def reopen(call: Call[Operator], path: Named) -> Answer[ApplicationView]:
    """Take back a rejection: the application waits for a decision again."""
    async with writing(call) as write:
        await applications.reopen(write.session, path.id, call.caller.actor)
        return await _told(write, path.id)


@operation(
    "Change an application",
    tag=_TAG,
    who=operator("applications:write"),
    problems=(CONFLICT,),
    key="optional",
)
@once
async def change(call: Call[Operator], path: Named, body: Change) -> Answer[ApplicationView]:
    """Set the promo code that an approval will use, or the mail address; all or nothing."""
    code, actor = body.chosen_code, call.caller.actor
    try:
        if code is not None:
            await _require_free(call, await _pending(call, path.id), code)
        async with writing(call) as write:
            if body.email is not None:
                await applications.set_email(write.session, path.id, body.email, actor)
            if code is not None:
                await applications.set_promo_code(write.session, path.id, code, actor)
            return await _told(write, path.id)
    except InvalidError as error:
        fields = {_CHOSEN if name == _CODE else name: said for name, said in error.fields.items()}
        raise InvalidError(str(error), fields) from error


async def _pending(call: Call[Operator], application_id: UUID) -> View:
    async with call.db.read() as session:
        return await applications.pending_view(session, application_id)


async def _require_free(call: Call[Operator], view: View, code: str) -> None:
    """Raise `InvalidError` for a code that the payment provider has, or that the rules refuse.

    Where it does not answer in time nothing is said: the code is made there once it does.
    """
    stripe = call.context.stripe
    async with call.db.read() as session:
        settings, name = await program.load(session), view.application.name
        verdict = await codes.judge(session, code, settings, name=name)
        verdict.require_good()
    if stripe is None:
        return
    try:
        async with asyncio.timeout(ASK_SECONDS):
            found = await stripe.promotion_codes.find(code)
    except (TransportError, TimeoutError) as error:
        _log.warning("stripe did not say whether a code is taken", code=code, error=str(error))
        return
    if found:
        async with call.db.read() as session:
            verdict = await codes.judge(session, code, settings, name=name, also_taken=code)
        verdict.require_good()


async def _told(write: Write, application_id: UUID) -> Answer[ApplicationView]:
    return write.told(view_of(await applications.view(write.session, application_id)))
