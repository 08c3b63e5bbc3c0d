"""`/api/affiliate/milestones`: read by affiliates and the admin, written by the admin alone."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from aiohttp import hdrs, web

from dashboard.api.access import API, is_admin, require_admin
from dashboard.api.bodies import read_object
from dashboard.api.fields import known_only
from dashboard.api.members import member_of
from dashboard.api.moments import rfc3339
from dashboard.context import CONTEXT
from dashboard.standing import Member
from domain import milestone_awards, milestones, program
from domain.errors import InvalidError, NotFoundError
from domain.milestones import Mark, Wish
from domain.program import Program
from storage import milestones as rows
from storage.milestones import Milestone, MilestoneAward

_KINDS: Final[Mapping[str, tuple[type, str]]] = {
    "name": (str, "Use text."),
    "referral_threshold": (int, "Use a whole number."),
    "bonus_amount_cents": (int, "Use a whole number of minor units, such as 5000."),
    "description": (str, "Use text."),
    "is_active": (bool, "Use true or false."),
    "sort_order": (int, "Use a whole number."),
}
_NEEDED: Final = ("name", "referral_threshold", "bonus_amount_cents")


async def index(request: web.Request) -> web.Response:
    """All milestones with how many have them, for the admin; else those in force and one's own."""
    db = request.app[CONTEXT].db
    member = None if is_admin(request) else await member_of(request)
    async with db.read() as session:
        settings = await program.load(session)
        if member is None:
            data = [_counted(mark, settings) for mark in await milestones.marks(session)]
            answer: dict[str, Any] = {"data": data}
        else:
            answer = await _own(request, member, settings)
    vary = f"{hdrs.COOKIE}, {hdrs.AUTHORIZATION}"
    return web.json_response(answer, headers={hdrs.VARY: vary})


async def create(request: web.Request) -> web.Response:
    """Make a milestone. `affiliates_due` is how many get its bonus within minutes.

    With `?dry_run=true` nothing is kept, and the answer says what would be.
    """
    require_admin(request)
    given = _typed(await read_object(request))
    missing = {name: "Say what it is." for name in _NEEDED if name not in given}
    if missing:
        raise InvalidError("This milestone cannot be made.", missing)
    wish, db = Wish(**given), request.app[CONTEXT].db
    if _only_asks(request):
        async with db.read() as session:
            return await _would_be(request, await milestones.read(session, wish), None)
    async with db.transaction() as session:
        settings = await program.load(session)
        made = await milestones.create(session, wish, API)
        shown = _counted(Mark(made, 0, await milestones.due(session, made)), settings)
    return web.json_response(
        shown,
        status=HTTPStatus.CREATED,
        headers={hdrs.LOCATION: f"{request.rel_url.path}/{made.id}"},
    )


async def show(request: web.Request) -> web.Response:
    """One milestone."""
    require_admin(request)
    async with request.app[CONTEXT].db.read() as session:
        milestone = await milestones.by_id(session, _id(request))
        return web.json_response(await _one(request, milestone))


async def change(request: web.Request) -> web.Response:
    """Change the fields that are named, for those who have yet to reach it; or `?dry_run=true`."""
    require_admin(request)
    given = _typed(await read_object(request))
    db, milestone_id = request.app[CONTEXT].db, _id(request)
    if _only_asks(request):
        async with db.read() as session:
            before = await milestones.by_id(session, milestone_id)
            wish = await milestones.read(session, _merged(before, given), milestone_id)
            return await _would_be(request, wish, milestone_id)
    async with db.transaction() as session:
        before = await milestones.by_id(session, milestone_id)
        seen = milestones.version(before)
        made = await milestones.edit(session, milestone_id, _merged(before, given), API, seen=seen)
    return web.json_response(await _one(request, made))


async def remove(request: web.Request) -> web.Response:
    """Delete a milestone, and answer with it as it was; awarded bonuses stay."""
    require_admin(request)
    async with request.app[CONTEXT].db.transaction() as session:
        settings = await program.load(session)
        gone = await milestones.remove(session, _id(request), API)
    return web.json_response(_shown(gone, settings))


def _id(request: web.Request) -> UUID:
    try:
        return UUID(request.match_info["id"])
    except ValueError:
        raise NotFoundError("There is no such milestone any more.") from None


def _typed(given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields, each of its kind. Raises `InvalidError` by field."""
    known_only(given, frozenset(_KINDS))
    wrong = {
        name: sentence
        for name, (kind, sentence) in _KINDS.items()
        if name in given
        and (not isinstance(given[name], kind) or (kind is int and isinstance(given[name], bool)))
    }
    if wrong:
        raise InvalidError("This milestone cannot be saved.", wrong)
    return dict(given)


def _merged(milestone: Milestone, given: Mapping[str, Any]) -> Wish:
    return Wish(**{name: getattr(milestone, name) for name in _KINDS} | dict(given))


def _only_asks(request: web.Request) -> bool:
    return request.query.get("dry_run", "").lower() in {"1", "true"}


async def _would_be(request: web.Request, wish: Wish, milestone_id: UUID | None) -> web.Response:
    async with request.app[CONTEXT].db.read() as session:
        settings = await program.load(session)
        due = await milestones.would_get(session, wish, milestone_id)
    fields = {name: getattr(wish, name) for name in _KINDS}
    owed = due * wish.bonus_amount_cents
    return web.json_response(
        fields | {"currency": settings.currency, "affiliates_due": due, "bonuses_due_cents": owed}
    )


async def _one(request: web.Request, milestone: Milestone) -> dict[str, Any]:
    async with request.app[CONTEXT].db.read() as session:
        settings = await program.load(session)
        awarded = (await rows.count_awards(session)).get(milestone.id, 0)
        due = await milestones.due(session, milestone)
    return _counted(Mark(milestone, awarded, due), settings)


def _counted(mark: Mark, settings: Program) -> dict[str, Any]:
    counts = {"affiliates_awarded": mark.awarded, "affiliates_due": mark.due}
    return _shown(mark.milestone, settings) | counts


def _shown(milestone: Milestone, settings: Program) -> dict[str, Any]:
    return {
        "id": str(milestone.id),
        **{name: getattr(milestone, name) for name in _KINDS},
        "currency": settings.currency,
        "created_at": rfc3339(milestone.created_at),
        "updated_at": rfc3339(milestone.updated_at),
    }


async def _own(request: web.Request, member: Member, settings: Program) -> dict[str, Any]:
    """What an affiliate may know: the milestones in force, their count, and their awards."""
    async with request.app[CONTEXT].db.read() as session:
        ladder = await rows.in_order(session, only_active=True)
        seen = await milestone_awards.progress(session, member.affiliate.id, settings)
    ahead = seen.next if seen else None
    return {
        "converted_referrals": seen.converted if seen else 0,
        "next": None
        if ahead is None
        else {
            "name": ahead.name,
            "referral_threshold": ahead.threshold,
            "bonus_amount_cents": ahead.bonus,
            "currency": ahead.currency,
            "description": ahead.description,
        },
        "data": [_shown(each, settings) for each in ladder],
        "awards": [_award(award) for award in (seen.awards if seen else ())],
    }


def _award(award: MilestoneAward) -> dict[str, Any]:
    return {
        "milestone_id": str(award.milestone_id),
        "name": award.name,
        "referral_threshold": award.referral_threshold,
        "bonus_amount_cents": award.bonus_amount_cents,
        "currency": award.currency,
        "awarded_at": rfc3339(award.awarded_at),
        "available_at": rfc3339(award.available_at),
        "withdrawn": award.withdrawn,
    }
