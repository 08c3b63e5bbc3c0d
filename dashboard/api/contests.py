"""`/api/admin/contests`: races with a prize, and who wins them."""

from http import HTTPStatus
from typing import Annotated, Any, ClassVar, Final, Literal
from uuid import UUID

from aiohttp import hdrs
from pydantic import Field

import clock
from dashboard.api.contest_views import ContestList, ContestView, contest_row, contest_view
from dashboard.api.contract import CONFLICT, Answer, Call, operation
from dashboard.api.idempotency import Write, once, writing
from dashboard.api.moments import Moment
from dashboard.api.operators import Operator, operator
from dashboard.api.paging import Paging
from dashboard.api.taking import Taken
from domain import affiliates, contest_winners, contests
from domain.contests import Wish
from domain.errors import InvalidError, NotFoundError
from domain.program import load
from domain.texts import REASON_MAX
from storage import contests as rows
from storage.affiliates import Affiliate
from storage.contests import ACTIVE, Contest

_TAG: Final = "Contests"
_REFUSED: Final = "This contest cannot be saved."
_FIXED: Final = ("metric", "start_date")

_Who = Annotated[
    str, Field(description="The affiliate by id, public id or promo code.", max_length=100)
]
_Metric = Annotated[
    Literal["referrals", "earnings"],
    Field(description="Converted referrals, or earnings, of what was paid while it runs."),
]


class Named(Taken):
    """A contest, by its id."""

    missing: ClassVar[str] = "There is no such contest."

    id: UUID


class Wanted(Paging):
    """Which contests."""

    status: Literal["", "upcoming", "active", "ended", "announced", "cancelled"] = ""


class New(Taken):
    """A contest; a `start_date` of null begins it at once, and so soon affiliates are told.

    `prize_amount_cents` goes into the winner's balance; null leaves the prize to be handed over.
    `time_zone` is whose clocks people are shown, the program's where none is named.
    """

    refused: ClassVar[str] = _REFUSED

    name: str
    metric: _Metric
    start_date: Moment | None
    end_date: Moment
    time_zone: str = ""
    prize_description: str
    prize_amount_cents: int | None = None
    description: str = ""


class Change(Taken):
    """The fields to change; the others stay.

    Once a contest runs, what counts and the start stay; the end moves back, and the prize up.
    """

    refused: ClassVar[str] = _REFUSED

    name: str = ""
    metric: _Metric = "referrals"
    start_date: Moment | None = None
    end_date: Moment = Field(default_factory=clock.now)
    time_zone: str = ""
    prize_description: str = ""
    prize_amount_cents: int | None = None
    description: str = ""


class Reason(Taken):
    """Why."""

    refused: ClassVar[str] = "This cannot be done so."

    reason: Annotated[str, Field(max_length=REASON_MAX)]


class Disqualification(Reason):
    """Whom to take out, and why. They are not mailed, and see only that they are out."""

    affiliate: _Who


class Person(Taken):
    """Who is meant."""

    refused: ClassVar[str] = "This cannot be done so."

    affiliate: _Who


@operation("List contests", tag=_TAG, who=operator("contests:read"))
async def index(call: Call[Operator], query: Wanted) -> ContestList:
    """The last made first."""
    statuses = (query.status,) if query.status else ()
    async with call.db.read() as session:
        found = await rows.page(
            session, before=query.before, limit=query.to_fetch, statuses=statuses
        )
    shown, cursor = query.cut(found)
    return ContestList(data=[contest_row(each) for each in shown], next_cursor=cursor)


@operation("Show a contest", tag=_TAG, who=operator("contests:read"))
async def show(call: Call[Operator], path: Named) -> ContestView:
    """One contest with its standings."""
    async with call.db.read() as session:
        return contest_view(await contest_winners.view(session, path.id))


@operation(
    "Make a contest",
    tag=_TAG,
    who=operator("contests:write"),
    status=HTTPStatus.CREATED,
    key="optional",
    headers={hdrs.LOCATION: "Where the contest is."},
)
@once
async def create(call: Call[Operator], body: New) -> Answer[ContestView]:
    """Affiliates are mailed when it begins. No two by one metric run at the same time."""
    async with writing(call) as write:
        zone = body.time_zone or (await load(write.session)).time_zone
        wish = Wish(**dict(body) | {"time_zone": zone})
        made = await contests.create(write.session, wish, call.caller.actor)
        view = contest_view(await contest_winners.view(write.session, made.id))
        where = {str(hdrs.LOCATION): f"{call.request.rel_url.path}/{made.id}"}
        return write.told(view, HTTPStatus.CREATED, where)


@operation(
    "Change a contest",
    tag=_TAG,
    who=operator("contests:write"),
    problems=(CONFLICT,),
    key="optional",
)
@once
async def change(call: Call[Operator], path: Named, body: Change) -> Answer[ContestView]:
    """Change what is named. 409 once it is over."""
    given = {name: getattr(body, name) for name in body.model_fields_set}
    async with writing(call) as write:
        before = await contests.by_id(write.session, path.id)
        _require_changeable(before, given)
        wish = Wish(**{name: getattr(before, name) for name in New.model_fields} | given)
        seen = contests.version(before)
        await contests.edit(write.session, path.id, wish, call.caller.actor, seen=seen)
        return await _told(write, path.id)


@operation(
    "Call a contest off",
    tag=_TAG,
    who=operator("contests:write"),
    problems=(CONFLICT,),
    key="optional",
)
@once
async def cancel(call: Call[Operator], path: Named, body: Reason) -> Answer[ContestView]:
    """It ends without a winner. Where it had begun, the reason is mailed to those in it."""
    async with writing(call) as write:
        await contests.cancel(write.session, path.id, body.reason, call.caller.actor)
        return await _told(write, path.id)


@operation(
    "Disqualify somebody from a contest",
    tag=_TAG,
    who=operator("contests:write"),
    problems=(CONFLICT,),
    key="optional",
)
@once
async def disqualify(
    call: Call[Operator], path: Named, body: Disqualification
) -> Answer[ContestView]:
    """Take somebody out of this contest; they stay in the program."""
    async with writing(call) as write:
        who, actor = await _person(write, path, body.affiliate), call.caller.actor
        await contest_winners.disqualify(write.session, path.id, who.id, body.reason, actor)
        return await _told(write, path.id)


@operation(
    "Let somebody back into a contest",
    tag=_TAG,
    who=operator("contests:write"),
    problems=(CONFLICT,),
    key="optional",
)
@once
async def readmit(call: Call[Operator], path: Named, body: Person) -> Answer[ContestView]:
    """Take a disqualification back."""
    async with writing(call) as write:
        who = await _person(write, path, body.affiliate)
        await contest_winners.readmit(write.session, path.id, who.id, call.caller.actor)
        return await _told(write, path.id)


@operation(
    "Confirm the winner of a contest",
    tag=_TAG,
    who=operator("contests:write"),
    problems=(CONFLICT,),
    key="optional",
)
@once
async def confirm(call: Call[Operator], path: Named, body: Person) -> Answer[ContestView]:
    """Announce who wins a contest that has ended: whoever is first, who has to be named.

    A prize of money is in their balance at once. 409 where somebody else is first by now.
    """
    async with writing(call) as write:
        who = await _person(write, path, body.affiliate)
        await contest_winners.confirm(write.session, path.id, who.id, call.caller.actor)
        return await _told(write, path.id)


@operation(
    "End a contest without a winner",
    tag=_TAG,
    who=operator("contests:write"),
    problems=(CONFLICT,),
    key="optional",
)
@once
async def close(call: Call[Operator], path: Named, body: Reason) -> Answer[ContestView]:
    """Announce that nobody wins a contest that has ended. Those in it are mailed, not why."""
    async with writing(call) as write:
        await contest_winners.close(write.session, path.id, body.reason, call.caller.actor)
        return await _told(write, path.id)


async def _told(write: Write, contest_id: UUID) -> Answer[ContestView]:
    return write.told(contest_view(await contest_winners.view(write.session, contest_id)))


async def _person(write: Write, path: Named, name: str) -> Affiliate:
    """Who is named in a body. Raises `NotFoundError` for the contest, `InvalidError` for them."""
    await contests.by_id(write.session, path.id)
    try:
        return await affiliates.look_up(write.session, name)
    except NotFoundError as error:
        raise InvalidError(Person.refused, {"affiliate": str(error)}) from None


def _require_changeable(contest: Contest, given: dict[str, Any]) -> None:
    """Raise `InvalidError` for what stays once a contest runs."""
    if contests.phase(contest, clock.now()) != ACTIVE:
        return
    moved = [name for name in _FIXED if name in given and given[name] != getattr(contest, name)]
    if moved:
        raise InvalidError(_REFUSED, dict.fromkeys(moved, "It runs already: this stays as it is."))
