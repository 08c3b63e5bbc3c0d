"""`/api/admin/tiers`: the ladder of tiers, their terms and perks."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated, Any, ClassVar, Final
from uuid import UUID

from pydantic import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from dashboard.api.contract import CONFLICT, Answer, Call, operation
from dashboard.api.idempotency import once, writing
from dashboard.api.operators import Operator, operator
from dashboard.api.taking import Taken, Told
from domain import tiers
from domain.errors import InvalidError
from domain.perks import PERKS_MAX, Perk, perk_of
from domain.tiers import Step, Wish
from storage.tiers import Tier

_TAG: Final = "Tiers"
_REFUSED: Final = "This tier cannot be saved."
_PERK: Final = re.compile(r"^perk:([0-9]+):")
NO_TIER: Final = "none"
LOCATION: Final = "Location"


class Named(Taken):
    """A tier, by its id."""

    missing: ClassVar[str] = "There is no such tier any more."

    id: UUID


class PerkGiven(Taken):
    """What a tier gives beside money; `icon` is one of those that `/affiliate tiers` offers."""

    icon: str
    title: str
    description: str = ""
    link: str = ""


_Perks = Annotated[tuple[PerkGiven, ...], Field(max_length=PERKS_MAX)]


class Wanted(Taken):
    """A tier: basis points and minor units, null for the program's own."""

    refused: ClassVar[str] = _REFUSED

    name: str
    referral_threshold: int
    rate_bp: int | None = None
    min_payout_cents: int | None = None
    perks: _Perks = ()


class Change(Taken):
    """The fields to change; the others stay."""

    refused: ClassVar[str] = _REFUSED

    name: str = ""
    referral_threshold: int = 0
    rate_bp: int | None = None
    min_payout_cents: int | None = None
    perks: _Perks = ()


class Removal(Taken):
    """Where its affiliates go: the id of another tier, or `none` for the program's own terms."""

    refused: ClassVar[str] = "This tier cannot be deleted."

    move_to: str = ""


class PerkView(Told):
    """A perk."""

    icon: str
    title: str
    description: str
    link: str


class TierView(Told):
    """A tier; `sort_order` is its place from 0, `members` are the affiliates who are in it."""

    id: UUID
    name: str
    sort_order: int
    referral_threshold: int
    rate_bp: int | None
    min_payout_cents: int | None
    perks: list[PerkView]
    members: int


class TierList(Told):
    """All tiers, the first one first."""

    data: list[TierView]


class TierGone(Told):
    """A tier as it was, and how many affiliates were moved."""

    tier: TierView
    moved: int


@operation("List tiers", tag=_TAG, who=operator("tiers:read"))
async def index(call: Call[Operator]) -> TierList:
    """Every tier, by the number of converted referrals that leads there."""
    async with call.db.read() as session:
        return TierList(data=[_shown(step) for step in await tiers.steps(session)])


@operation("Show a tier", tag=_TAG, who=operator("tiers:read"))
async def show(call: Call[Operator], path: Named) -> TierView:
    """One tier."""
    async with call.db.read() as session:
        await tiers.by_id(session, path.id)
        return await _one(session, path.id)


@operation(
    "Make a tier",
    tag=_TAG,
    who=operator("tiers:write"),
    status=HTTPStatus.CREATED,
    problems=(CONFLICT,),
    key="optional",
    headers={LOCATION: "Where the tier is."},
)
@once
async def create(call: Call[Operator], body: Wanted) -> Answer[TierView]:
    """Add a tier. Affiliates who have reached it move up within a day, or with their next sale."""
    async with writing(call) as write:
        with _fields_as_sent():
            made = await tiers.create(write.session, _wish(body), call.caller.actor)
        headers = {LOCATION: f"{call.request.rel_url.path}/{made.id}"}
        return write.told(await _one(write.session, made.id), HTTPStatus.CREATED, headers)


@operation(
    "Change a tier", tag=_TAG, who=operator("tiers:write"), problems=(CONFLICT,), key="optional"
)
@once
async def change(call: Call[Operator], path: Named, body: Change) -> Answer[TierView]:
    """Change what is named, for sales and payouts from now on. Nobody is moved down by it."""
    async with writing(call) as write:
        before = await tiers.by_id(write.session, path.id)
        whole = Wanted(**_fields(before) | body.model_dump(exclude_unset=True))
        with _fields_as_sent():
            seen = tiers.version(before)
            wish = _wish(whole)
            await tiers.edit(write.session, path.id, wish, call.caller.actor, seen=seen)
        return write.told(await _one(write.session, path.id))


@operation(
    "Delete a tier", tag=_TAG, who=operator("tiers:write"), problems=(CONFLICT,), key="optional"
)
@once
async def remove(call: Call[Operator], path: Named, query: Removal) -> Answer[TierGone]:
    """Delete a tier. 409 where somebody is in it and nothing says where they go."""
    to_none = query.move_to == NO_TIER
    move_to = None
    if query.move_to and not to_none:
        try:
            move_to = UUID(query.move_to)
        except ValueError:
            said = f"Use the id of another tier, or {NO_TIER}."
            raise InvalidError(Removal.refused, {"move_to": said}) from None
    async with writing(call) as write:
        await tiers.by_id(write.session, path.id)
        gone = await _one(write.session, path.id)
        _, moved = await tiers.remove(
            write.session, path.id, call.caller.actor, move_to=move_to, to_none=to_none
        )
        return write.told(TierGone(tier=gone, moved=moved))


async def _one(session: AsyncSession, tier_id: UUID) -> TierView:
    steps = await tiers.steps(session)
    return next(_shown(step) for step in steps if step.tier.id == tier_id)


def _shown(step: Step) -> TierView:
    tier = step.tier
    perks = [PerkView(**asdict(perk_of(kept))) for kept in tier.perks]
    return TierView(
        **_fields(tier) | {"perks": perks},
        id=tier.id,
        sort_order=tier.sort_order,
        members=step.members,
    )


def _fields(tier: Tier) -> dict[str, Any]:
    return {name: getattr(tier, name) for name in Wanted.model_fields}


def _wish(given: Wanted) -> Wish:
    perks = tuple(Perk(each.icon, each.title, each.description, each.link) for each in given.perks)
    return Wish(given.name, given.referral_threshold, given.rate_bp, given.min_payout_cents, perks)


@contextmanager
def _fields_as_sent() -> Iterator[None]:
    """What is wrong with a perk is told by its place in the list: `perks.0.title`."""
    try:
        yield
    except InvalidError as error:
        fields = {_PERK.sub(r"perks.\1.", name): said for name, said in error.fields.items()}
        raise InvalidError(str(error), fields) from None
