"""`/api/affiliate/milestones`: read by affiliates and the admin, written by operators alone."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from aiohttp import hdrs
from sqlmodel.ext.asyncio.session import AsyncSession

from dashboard.api.contract import CONFLICT, Answer, Call, operation
from dashboard.api.idempotency import once, writing
from dashboard.api.members import operator_or_member
from dashboard.api.milestone_views import (
    AllMilestones,
    Asked,
    AwardView,
    Changes,
    CountedMilestone,
    MilestoneView,
    Named,
    NewMilestone,
    NextMilestone,
    OwnMilestones,
    WouldBe,
)
from dashboard.api.operators import Operator, operator
from dashboard.standing import Member
from domain import milestone_awards, milestones, program
from domain.milestones import Mark, Wish
from domain.program import Program
from storage import milestones as rows
from storage.milestones import Milestone, MilestoneAward

_TAG: Final = "Milestones"
_VARY: Final[Mapping[str, str]] = {str(hdrs.VARY): f"{hdrs.COOKIE}, {hdrs.AUTHORIZATION}"}


@operation("List milestones", tag=_TAG, who=operator_or_member("milestones:read"))
async def index(call: Call[Member | None]) -> Answer[AllMilestones | OwnMilestones]:
    """All milestones with how many have them, for the admin; else those in force and one's own."""
    async with call.db.read() as session:
        settings = await program.load(session)
        if call.caller is not None:
            return Answer(await _own(session, call.caller, settings), _VARY)
        data = [_counted(mark, settings) for mark in await milestones.marks(session)]
    return Answer(AllMilestones(data=data), _VARY)


@operation(
    "Make a milestone",
    tag=_TAG,
    who=operator("milestones:write"),
    status=HTTPStatus.CREATED,
    also={HTTPStatus.OK: WouldBe},
    problems=(CONFLICT,),
    key="optional",
    headers={hdrs.LOCATION: "Where the milestone is."},
)
@once
async def create(
    call: Call[Operator], query: Asked, body: NewMilestone
) -> Answer[CountedMilestone | WouldBe]:
    """Make a milestone. `affiliates_due` is how many get its bonus within minutes.

    With `?dry_run=true` nothing is kept, and 200 says what would be.
    """
    wish = Wish(**body.model_dump())
    if query.dry_run:
        async with call.db.read() as session:
            return await _would_be(session, await milestones.read(session, wish), None)
    async with writing(call) as write:
        settings = await program.load(write.session)
        made = await milestones.create(write.session, wish, call.caller.actor)
        mark = Mark(made, 0, await milestones.due(write.session, made))
        location = {str(hdrs.LOCATION): f"{call.request.rel_url.path}/{made.id}"}
        return write.told(_counted(mark, settings), HTTPStatus.CREATED, location)


@operation("Show a milestone", tag=_TAG, who=operator("milestones:read"))
async def show(call: Call[Operator], path: Named) -> CountedMilestone:
    """It, and how many have its bonus."""
    async with call.db.read() as session:
        return await _one(session, await milestones.by_id(session, path.id))


@operation(
    "Change a milestone",
    tag=_TAG,
    who=operator("milestones:write"),
    problems=(CONFLICT,),
    key="optional",
)
@once
async def change(
    call: Call[Operator], path: Named, query: Asked, body: Changes
) -> Answer[CountedMilestone | WouldBe]:
    """Change the fields that are named, for those who have yet to reach it; or `?dry_run=true`."""
    given = body.model_dump(exclude_unset=True)
    if query.dry_run:
        async with call.db.read() as session:
            before = await milestones.by_id(session, path.id)
            wish = await milestones.read(session, _merged(before, given), path.id)
            return await _would_be(session, wish, path.id)
    async with writing(call) as write:
        before = await milestones.by_id(write.session, path.id)
        seen = milestones.version(before)
        made = await milestones.edit(
            write.session, path.id, _merged(before, given), call.caller.actor, seen=seen
        )
        return write.told(await _one(write.session, made))


@operation(
    "Delete a milestone",
    tag=_TAG,
    who=operator("milestones:write"),
    problems=(CONFLICT,),
    key="optional",
)
@once
async def remove(call: Call[Operator], path: Named) -> Answer[MilestoneView]:
    """Delete a milestone, and answer with it as it was; awarded bonuses stay."""
    async with writing(call) as write:
        settings = await program.load(write.session)
        gone = await milestones.remove(write.session, path.id, call.caller.actor)
        return write.told(MilestoneView(**_shown(gone, settings)))


def _merged(milestone: Milestone, given: Mapping[str, Any]) -> Wish:
    return Wish(**_fields(milestone) | dict(given))


def _fields(milestone: Milestone | Wish) -> dict[str, Any]:
    return {name: getattr(milestone, name) for name in NewMilestone.model_fields}


async def _would_be(
    session: AsyncSession, wish: Wish, milestone_id: UUID | None
) -> Answer[CountedMilestone | WouldBe]:
    settings = await program.load(session)
    due = await milestones.would_get(session, wish, milestone_id)
    owed = due * wish.bonus_amount_cents
    told = WouldBe(
        **_fields(wish), currency=settings.currency, affiliates_due=due, bonuses_due_cents=owed
    )
    return Answer(told, status=HTTPStatus.OK)


async def _one(session: AsyncSession, milestone: Milestone) -> CountedMilestone:
    settings = await program.load(session)
    awarded = (await rows.count_awards(session)).get(milestone.id, 0)
    return _counted(Mark(milestone, awarded, await milestones.due(session, milestone)), settings)


def _counted(mark: Mark, settings: Program) -> CountedMilestone:
    return CountedMilestone(
        **_shown(mark.milestone, settings),
        affiliates_awarded=mark.awarded,
        affiliates_due=mark.due,
    )


def _shown(milestone: Milestone, settings: Program) -> dict[str, Any]:
    return {
        "id": milestone.id,
        **_fields(milestone),
        "currency": settings.currency,
        "created_at": milestone.created_at,
        "updated_at": milestone.updated_at,
    }


async def _own(session: AsyncSession, member: Member, settings: Program) -> OwnMilestones:
    """What an affiliate may know: the milestones in force, their count, and their awards."""
    ladder = await rows.in_order(session, only_active=True)
    seen = await milestone_awards.progress(session, member.affiliate.id, settings)
    ahead = seen.next if seen else None
    return OwnMilestones(
        converted_referrals=seen.converted if seen else 0,
        next=None
        if ahead is None
        else NextMilestone(
            name=ahead.name,
            referral_threshold=ahead.threshold,
            bonus_amount_cents=ahead.bonus,
            currency=ahead.currency,
            description=ahead.description,
        ),
        data=[MilestoneView(**_shown(each, settings)) for each in ladder],
        awards=[_award(award) for award in (seen.awards if seen else ())],
    )


def _award(award: MilestoneAward) -> AwardView:
    return AwardView(
        milestone_id=award.milestone_id,
        name=award.name,
        referral_threshold=award.referral_threshold,
        bonus_amount_cents=award.bonus_amount_cents,
        currency=award.currency,
        awarded_at=award.awarded_at,
        available_at=award.available_at,
        withdrawn=award.withdrawn,
    )
