"""`/api/admin/code-leaks`: alerts that a discount code may have leaked."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, ClassVar, Final, Literal
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from dashboard.api.contract import CONFLICT, Answer, Call, operation
from dashboard.api.idempotency import once, writing
from dashboard.api.moments import Moment
from dashboard.api.operators import Operator, operator
from dashboard.api.paging import NextCursor, Paging
from dashboard.api.taking import Taken, Told
from domain import leaks
from domain.audit import Actor
from domain.leaks import View
from storage import leaks as rows
from storage.codes import DiscountCode
from storage.leaks import Leak

_TAG: Final = "Discount codes"
OPEN: Final = "open"

Decision = Callable[[AsyncSession, UUID, Actor], Awaitable[DiscountCode]]


class Named(Taken):
    """An alert, by its id."""

    missing: ClassVar[str] = "There is no such alert."

    id: UUID


class Wanted(Paging):
    """Which alerts; `open` are those that nobody has decided on."""

    status: Literal["", "open"] = ""


class LeakRow(Told):
    """An alert, with the figures that it was raised on.

    `uses` are those of the 24 hours before `flagged_at`, `before_uses` those of the `before_days`
    before these; `jumped` where that was too much at once. `sites` are the coupon sites that
    buyers came from. An empty `decision` waits for somebody.
    """

    id: UUID
    code: str
    discount_code_id: UUID
    uses: int
    before_uses: int
    before_days: int
    jumped: bool
    sites: list[str]
    decision: Literal["", "paused", "fine"]
    decided_by: str
    decided_at: Moment | None
    flagged_at: Moment


class Day(Told):
    """The uses of the 24 hours up to a moment."""

    until: Moment
    uses: int


class LeakView(LeakRow):
    """An alert with the uses of two weeks; `affiliate` is the promo code of whose code it is."""

    code_status: str
    affiliate: str | None
    days: list[Day]


class LeakList(Told):
    """A page of alerts."""

    data: list[LeakRow]
    next_cursor: NextCursor


@operation("List code leaks", tag=_TAG, who=operator("codes:read"))
async def index(call: Call[Operator], query: Wanted) -> LeakList:
    """The last flagged first."""
    async with call.db.read() as session:
        found = await rows.page(
            session,
            before=query.before,
            limit=query.to_fetch,
            only_open=query.status == OPEN,
        )
    words = {leak.id: code.code for leak, code in found}
    shown, cursor = query.cut([leak for leak, _ in found])
    data = [LeakRow(**_fields(leak, words[leak.id])) for leak in shown]
    return LeakList(data=data, next_cursor=cursor)


@operation("Show a code leak", tag=_TAG, who=operator("codes:read"))
async def show(call: Call[Operator], path: Named) -> LeakView:
    """One alert, with what the code was used for lately."""
    async with call.db.read() as session:
        return _shown(await leaks.view(session, path.id))


@operation(
    "Pause a leaked code",
    tag=_TAG,
    who=operator("codes:write"),
    problems=(CONFLICT,),
    key="optional",
)
@once
async def pause(call: Call[Operator], path: Named) -> Answer[LeakView]:
    """It leaked: nobody can redeem the code until it is activated again."""
    return await _decide(call, path, leaks.pause)


@operation(
    "Dismiss a code leak",
    tag=_TAG,
    who=operator("codes:write"),
    problems=(CONFLICT,),
    key="optional",
)
@once
async def dismiss(call: Call[Operator], path: Named) -> Answer[LeakView]:
    """It is fine: the code goes on, and is flagged again on much more or another site."""
    return await _decide(call, path, leaks.dismiss)


async def _decide(call: Call[Operator], path: Named, decision: Decision) -> Answer[LeakView]:
    async with writing(call) as write:
        await decision(write.session, path.id, call.caller.actor)
        return write.told(_shown(await leaks.view(write.session, path.id)))


def _shown(found: View) -> LeakView:
    days: list[tuple[datetime, int]] = list(found.days)
    return LeakView(
        **_fields(found.leak, found.code.code),
        code_status=found.code.status,
        affiliate=found.affiliate or None,
        days=[Day(until=until, uses=uses) for until, uses in days],
    )


def _fields(leak: Leak, code: str) -> dict[str, Any]:
    named = {name: getattr(leak, name) for name in LeakRow.model_fields.keys() - {"code"}}
    return named | {"code": code}
