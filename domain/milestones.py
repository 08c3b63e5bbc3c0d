"""Milestones as operators make them: a bonus in money for a number of converted referrals."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import live
from domain.audit import Actor, record
from domain.errors import ConflictError, InvalidError, NotFoundError
from domain.statuses import Status
from domain.texts import keepable
from storage import milestones as rows
from storage.locks import take_turn
from storage.milestones import Milestone

MILESTONES_MAX: Final = 30
NAME_MAX: Final = 60
DESCRIPTION_MAX: Final = 300
THRESHOLD_MAX: Final = 1_000_000
BONUS_MAX: Final = 100_000_000
ORDER_MAX: Final = 999
_GONE: Final = "There is no such milestone any more."


@dataclass(frozen=True, slots=True)
class Wish:
    """A milestone as an operator wants it; the bonus is minor units of the program's currency."""

    name: str
    referral_threshold: int
    bonus_amount_cents: int
    description: str = ""
    is_active: bool = True
    sort_order: int = 0


@dataclass(frozen=True, slots=True)
class Mark:
    """A milestone, how many have its bonus, and how many have reached it and get it next."""

    milestone: Milestone
    awarded: int
    due: int


async def marks(session: AsyncSession) -> list[Mark]:
    """Every milestone in its order."""
    awarded = await rows.count_awards(session)
    return [
        Mark(each, awarded.get(each.id, 0), await due(session, each))
        for each in await rows.in_order(session)
    ]


async def by_id(session: AsyncSession, milestone_id: UUID) -> Milestone:
    """One milestone that was not deleted. Raises `NotFoundError`."""
    return _there(await rows.get(session, milestone_id))


async def due(session: AsyncSession, milestone: Milestone) -> int:
    """How many affiliates have reached a milestone and did not get its bonus yet."""
    if not milestone.is_active or milestone.archived_at is not None:
        return 0
    threshold = milestone.referral_threshold
    return await rows.count_due(session, threshold, Status.APPROVED, milestone.id)


async def would_get(session: AsyncSession, wish: Wish, milestone_id: UUID | None = None) -> int:
    """How many affiliates would get the bonus as soon as this is saved."""
    if not wish.is_active:
        return 0
    threshold = wish.referral_threshold
    return await rows.count_due(session, threshold, Status.APPROVED, milestone_id)


async def read(session: AsyncSession, wish: Wish, milestone_id: UUID | None = None) -> Wish:
    """The wish with its spaces tidied; raises `InvalidError` with everything that is wrong.

    `milestone_id` is the one that would be changed to it.
    """
    others = [each for each in await rows.in_order(session) if each.id != milestone_id]
    return _read(wish, others)


async def create(session: AsyncSession, wish: Wish, actor: Actor) -> Milestone:
    """Add a milestone. Whoever has reached it already gets its bonus within minutes.

    Raises `InvalidError` by field, and `ConflictError` where there are too many.
    """
    await take_turn(session, "milestones")
    others = await rows.in_order(session)
    if len(others) >= MILESTONES_MAX:
        raise ConflictError(
            f"There are {MILESTONES_MAX} milestones already, which is as many as there can be."
        )
    wish = _read(wish, others)
    milestone = Milestone(name=wish.name, referral_threshold=0, bonus_amount_cents=0)
    _fill(milestone, wish)
    session.add(milestone)
    await session.flush()
    await live.touch_all(session)
    subject = f"milestone:{milestone.id}"
    await record(session, actor, "milestone.created", subject, **_terms(milestone))
    return milestone


async def edit(
    session: AsyncSession, milestone_id: UUID, wish: Wish, actor: Actor, *, seen: str = ""
) -> Milestone:
    """Change a milestone for those who have yet to reach it; what was awarded stays as it was.

    `seen` is the `version` that the operator had before them: raises `ConflictError` if it was
    changed since. Raises `InvalidError` by field.
    """
    await take_turn(session, "milestones")
    milestone = _there(await rows.get(session, milestone_id, lock=True))
    if seen and version(milestone) != seen:
        raise ConflictError(
            f"{milestone.name} was changed by somebody else meanwhile. Nothing was saved: open it "
            "again."
        )
    wish, before = await read(session, wish, milestone_id), _terms(milestone)
    _fill(milestone, wish)
    after = _terms(milestone)
    changes = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    if changes:
        await _save(session, milestone)
        subject = f"milestone:{milestone.id}"
        await record(session, actor, "milestone.changed", subject, changes=changes)
    return milestone


async def switch(session: AsyncSession, milestone_id: UUID, actor: Actor, *, on: bool) -> Milestone:
    """Pause a milestone, or let it be reached again. Doing it again changes nothing."""
    milestone = _there(await rows.get(session, milestone_id, lock=True))
    if milestone.is_active != on:
        milestone.is_active = on
        await _save(session, milestone)
        changes = {"is_active": [not on, on]}
        subject = f"milestone:{milestone.id}"
        await record(session, actor, "milestone.changed", subject, changes=changes)
    return milestone


async def remove(session: AsyncSession, milestone_id: UUID, actor: Actor) -> Milestone:
    """Delete a milestone. Once somebody was awarded it, it is kept aside and they keep the bonus.

    Raises `NotFoundError` where it was deleted before.
    """
    await take_turn(session, "milestones")
    milestone = _there(await rows.get(session, milestone_id, lock=True))
    terms, awarded = _terms(milestone), await rows.was_awarded(session, milestone_id)
    if awarded:
        milestone.archived_at = clock.now()
        await _save(session, milestone)
    else:
        await session.delete(milestone)
        await session.flush()
        await live.touch_all(session)
    detail = {**terms, "kept_for_awards": awarded}
    await record(session, actor, "milestone.deleted", f"milestone:{milestone_id}", **detail)
    return milestone


def version(milestone: Milestone) -> str:
    """A short word that changes with anything that an operator can change about a milestone."""
    return hashlib.sha256(json.dumps(_terms(milestone), sort_keys=True).encode()).hexdigest()[:16]


def _there(milestone: Milestone | None) -> Milestone:
    if milestone is None or milestone.archived_at is not None:
        raise NotFoundError(_GONE)
    return milestone


def _read(wish: Wish, others: Sequence[Milestone]) -> Wish:
    wrong: dict[str, str] = {}
    name = " ".join(keepable(wish.name).split())
    about = " ".join(keepable(wish.description).split())
    if not name:
        wrong["name"] = "Give the milestone a name, such as First ten."
    elif len(name) > NAME_MAX:
        wrong["name"] = f"Keep the name under {NAME_MAX} characters."
    elif name.casefold() in {other.name.casefold() for other in others}:
        wrong["name"] = f"There is a milestone {name} already."
    if len(about) > DESCRIPTION_MAX:
        wrong["description"] = f"Keep the description under {DESCRIPTION_MAX} characters."
    threshold = wish.referral_threshold
    if not 1 <= threshold <= THRESHOLD_MAX:
        wrong["referral_threshold"] = f"Use a whole number from 1 to {THRESHOLD_MAX:,}."
    elif same := [each.name for each in others if each.referral_threshold == threshold]:
        wrong["referral_threshold"] = (
            f"{same[0]} is at {threshold} already: each milestone needs a number of its own."
        )
    if not 1 <= wish.bonus_amount_cents <= BONUS_MAX:
        wrong["bonus_amount_cents"] = "A bonus is more than nothing, and less than a fortune."
    if not 0 <= wish.sort_order <= ORDER_MAX:
        wrong["sort_order"] = f"Use a whole number from 0 to {ORDER_MAX}."
    if wrong:
        raise InvalidError(" ".join(wrong.values()), wrong)
    return Wish(name, threshold, wish.bonus_amount_cents, about, wish.is_active, wish.sort_order)


def _fill(milestone: Milestone, wish: Wish) -> None:
    milestone.name, milestone.description = wish.name, wish.description
    milestone.referral_threshold = wish.referral_threshold
    milestone.bonus_amount_cents = wish.bonus_amount_cents
    milestone.is_active, milestone.sort_order = wish.is_active, wish.sort_order


async def _save(session: AsyncSession, milestone: Milestone) -> None:
    milestone.updated_at = clock.now()
    session.add(milestone)
    await session.flush()
    await live.touch_all(session)


def _terms(milestone: Milestone) -> dict[str, Any]:
    return {
        "name": milestone.name,
        "referral_threshold": milestone.referral_threshold,
        "bonus_amount_cents": milestone.bonus_amount_cents,
        "description": milestone.description,
        "is_active": milestone.is_active,
        "sort_order": milestone.sort_order,
    }
