"""Tiers as operators make them: a ladder by converted referrals, each with terms of its own."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from domain import perks
from domain.audit import Actor, record
from domain.errors import ConflictError, InvalidError, NotFoundError
from domain.perks import Perk
from domain.texts import keepable
from storage import tiers as rows
from storage.locks import take_turn
from storage.tiers import Tier

TIERS_MAX: Final = 12
NAME_MAX: Final = 40
THRESHOLD_MAX: Final = 1_000_000
MINIMUM_MAX: Final = 100_000_000
_WHOLE_BP: Final = 10_000


@dataclass(frozen=True, slots=True)
class Wish:
    """A tier as an operator wants it: basis points and cents, None for the program's own."""

    name: str
    referral_threshold: int
    rate_bp: int | None = None
    min_payout_cents: int | None = None
    perks: tuple[Perk, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """A tier with how many affiliates are in it."""

    tier: Tier
    members: int


async def steps(session: AsyncSession) -> list[Step]:
    """Every tier, the first one first."""
    members = await rows.members(session)
    return [Step(tier, members.get(tier.id, 0)) for tier in await rows.ladder(session)]


async def by_id(session: AsyncSession, tier_id: UUID) -> Tier:
    """One tier. Raises `NotFoundError`."""
    tier = await rows.get(session, tier_id)
    if tier is None:
        raise NotFoundError("There is no such tier any more.")
    return tier


async def starting(session: AsyncSession) -> UUID | None:
    """The tier that needs no referral, where there is one: new affiliates begin there."""
    ladder = await rows.ladder(session, hold=True)
    return ladder[0].id if ladder and ladder[0].referral_threshold == 0 else None


async def create(session: AsyncSession, wish: Wish, actor: Actor) -> Tier:
    """Add a tier. Raises `InvalidError` by field, and `ConflictError` where there are too many."""
    await take_turn(session, "tiers")
    ladder = await rows.ladder(session)
    if len(ladder) >= TIERS_MAX:
        raise ConflictError(
            f"There are {TIERS_MAX} tiers already, which is as many as there can be."
        )
    wish = _read(wish, ladder)
    tier = Tier(name=wish.name)
    _fill(tier, wish)
    session.add(tier)
    await _number(session)
    await record(session, actor, "tier.created", f"tier:{tier.id}", **_terms(tier))
    return tier


async def edit(
    session: AsyncSession, tier_id: UUID, wish: Wish, actor: Actor, *, seen: str = ""
) -> Tier:
    """Change a tier, for sales and payouts from now on. Nobody is moved down by it.

    `seen` is the `version` that the operator had before them: raises `ConflictError` if it was
    changed since. Raises `InvalidError` by field.
    """
    await take_turn(session, "tiers")
    tier = await _locked(session, tier_id)
    if seen and version(tier) != seen:
        raise ConflictError(
            f"{tier.name} was changed by somebody else meanwhile. Nothing was saved: open it again."
        )
    others = [other for other in await rows.ladder(session) if other.id != tier_id]
    wish, before = _read(wish, others), _terms(tier)
    _fill(tier, wish)
    session.add(tier)
    await _number(session)
    after = _terms(tier)
    changes = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    if changes:
        await record(session, actor, "tier.changed", f"tier:{tier.id}", changes=changes)
    return tier


async def remove(
    session: AsyncSession,
    tier_id: UUID,
    actor: Actor,
    *,
    move_to: UUID | None = None,
    to_none: bool = False,
) -> tuple[Tier, int]:
    """Delete a tier and move who is in it, to `move_to` or, with `to_none`, to no tier.

    Returns what it was and how many were moved. Raises `ConflictError` where somebody is in it
    and neither was said.
    """
    await take_turn(session, "tiers")
    tier = await _locked(session, tier_id)
    if move_to is not None:
        if move_to == tier_id:
            raise InvalidError("Choose another tier than the one that goes.")
        await by_id(session, move_to)
    elif not to_none and (members := (await rows.members(session)).get(tier_id, 0)):
        raise ConflictError(
            f"{members} affiliate{'s are' if members > 1 else ' is'} in {tier.name}: say which "
            "tier they move to."
        )
    moved = await rows.move_members(session, tier_id, move_to)
    terms = _terms(tier)
    await session.delete(tier)
    await session.flush()
    await _number(session)
    detail = {**terms, "moved": moved, "moved_to": str(move_to or "")}
    await record(session, actor, "tier.deleted", f"tier:{tier_id}", **detail)
    return tier, moved


def version(tier: Tier) -> str:
    """A short word that changes with anything that an operator can change about a tier."""
    return hashlib.sha256(json.dumps(_terms(tier), sort_keys=True).encode()).hexdigest()[:16]


async def _locked(session: AsyncSession, tier_id: UUID) -> Tier:
    tier = await rows.get(session, tier_id, lock=True)
    if tier is None:
        raise NotFoundError("There is no such tier any more.")
    return tier


def _read(wish: Wish, others: Sequence[Tier]) -> Wish:
    """The wish with its spaces tidied; raises `InvalidError` with everything that is wrong."""
    wrong: dict[str, str] = {}
    name = " ".join(keepable(wish.name).split())
    if not name:
        wrong["name"] = "Give the tier a name, such as Gold."
    elif len(name) > NAME_MAX:
        wrong["name"] = f"Keep the name under {NAME_MAX} characters."
    elif name.casefold() in {other.name.casefold() for other in others}:
        wrong["name"] = f"There is a tier {name} already."
    threshold = wish.referral_threshold
    if not 0 <= threshold <= THRESHOLD_MAX:
        wrong["referral_threshold"] = f"Use a whole number from 0 to {THRESHOLD_MAX:,}."
    elif same := [each.name for each in others if each.referral_threshold == threshold]:
        wrong["referral_threshold"] = (
            f"{same[0]} begins at {threshold} already: each tier needs a number of its own."
        )
    if wish.rate_bp is not None and not 0 <= wish.rate_bp <= _WHOLE_BP:
        wrong["rate_bp"] = "A rate is from 0 to 100 percent."
    if wish.min_payout_cents is not None and not 0 <= wish.min_payout_cents <= MINIMUM_MAX:
        wrong["min_payout_cents"] = "That is more than a payout minimum can be."
    read = perks.read(wish.perks, wrong)
    if wrong:
        raise InvalidError(" ".join(wrong.values()), wrong)
    return Wish(name, threshold, wish.rate_bp, wish.min_payout_cents, tuple(read))


def _fill(tier: Tier, wish: Wish) -> None:
    tier.name, tier.referral_threshold = wish.name, wish.referral_threshold
    tier.rate_bp, tier.min_payout_cents = wish.rate_bp, wish.min_payout_cents
    tier.perks = [perk.kept() for perk in wish.perks]


async def _number(session: AsyncSession) -> None:
    """Give each tier its place by its threshold."""
    await session.flush()
    for place, tier in enumerate(await rows.ladder(session)):
        if tier.sort_order != place:
            tier.sort_order = place
            session.add(tier)
    await session.flush()


def _terms(tier: Tier) -> dict[str, Any]:
    return {
        "name": tier.name,
        "referral_threshold": tier.referral_threshold,
        "rate_bp": tier.rate_bp,
        "min_payout_cents": tier.min_payout_cents,
        "perks": tier.perks,
    }
