"""Contests as operators make them. What each becomes, and when, is in `contest_moves`."""

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import contest_news, contest_standings, live
from domain.audit import Actor, record
from domain.contest_times import in_words
from domain.errors import ConflictError, InvalidError, NotFoundError
from domain.money import money
from domain.program import load
from domain.texts import keepable, require_reason
from domain.zones import zone_named
from storage import contests as rows
from storage.contests import (
    ACTIVE,
    ANNOUNCED,
    CANCELLED,
    EARNINGS,
    ENDED,
    REFERRALS,
    UPCOMING,
    Contest,
)
from storage.locks import take_turn

METRICS: Final = {
    REFERRALS: "Most converted referrals",
    EARNINGS: "Highest earnings",
}
NAME_MAX: Final = 80
DESCRIPTION_MAX: Final = 600
PRIZE_MAX: Final = 200
PRIZE_CENTS_MAX: Final = 100_000_000
SHORTEST: Final = timedelta(hours=1)
LONGEST: Final = timedelta(days=366)
FURTHEST: Final = timedelta(days=2 * 366)
"""How far ahead a contest may begin: what lies further is a slip of the year."""
PAST_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Wish:
    """A contest as an operator wants it; `start_date` None begins it at once.

    The prize is `prize_description` and, where it is money, minor units of the program's currency.
    """

    name: str
    metric: str
    start_date: datetime | None
    end_date: datetime
    time_zone: str
    prize_description: str
    prize_amount_cents: int | None = None
    description: str = ""


def phase(contest: Contest, now: datetime) -> str:
    """What a contest is at a moment, also where its row does not say so yet."""
    if contest.status == UPCOMING and contest.start_date <= now:
        return ACTIVE if now < contest.end_date else ENDED
    if contest.status == ACTIVE and contest.end_date <= now:
        return ENDED
    return contest.status


async def by_id(session: AsyncSession, contest_id: UUID) -> Contest:
    """One contest. Raises `NotFoundError`."""
    contest = await rows.get(session, contest_id)
    if contest is None:
        raise NotFoundError("There is no such contest.")
    return contest


async def held(session: AsyncSession, contest_id: UUID) -> Contest:
    """One contest that nobody else changes until the transaction ends. Raises `NotFoundError`."""
    contest = await rows.get(session, contest_id, lock=True)
    if contest is None:
        raise NotFoundError("There is no such contest.")
    return contest


async def all_shown(session: AsyncSession) -> list[Contest]:
    """What operators look at: what waits for them, runs or comes, and the last ones before."""
    open_ones = await rows.of_status(session, ENDED, ACTIVE, UPCOMING)
    order = (ENDED, ACTIVE, UPCOMING)
    now = clock.now()
    ahead = sorted(open_ones, key=lambda each: (order.index(phase(each, now)), each.start_date))
    return [*ahead, *await rows.past(session, PAST_SHOWN)]


async def create(session: AsyncSession, wish: Wish, actor: Actor) -> Contest:
    """Make a contest. Raises `InvalidError` by field.

    Two contests by one metric never run at the same time: a referral would count for both.
    """
    await take_turn(session, "contests")
    now, program = clock.now(), await load(session)
    wrong: dict[str, str] = {}
    wish = _words(wish, wrong)
    # Payments are told by the second: one of this very second counts.
    start = wish.start_date or now.replace(microsecond=0)
    if wish.start_date is not None and wish.start_date < now:
        wrong["start_date"] = "That is over. Choose a later day or time, or tick Start now."
    elif start > now + FURTHEST:
        wrong["start_date"] = "That is more than two years ahead. Check the year."
    _stretch(start, wish.end_date, now, wrong)
    await _alone(session, wish, start, None, wrong)
    _complain(wrong)
    contest = Contest(
        name=wish.name,
        description=wish.description,
        metric=wish.metric,
        start_date=start,
        end_date=wish.end_date,
        time_zone=wish.time_zone,
        prize_description=wish.prize_description,
        prize_amount_cents=wish.prize_amount_cents,
        currency=program.currency,
    )
    session.add(contest)
    await session.flush()
    await live.touch_all(session)
    await record(session, actor, "contest.created", f"contest:{contest.id}", **_terms(contest))
    return contest


async def edit(
    session: AsyncSession, contest_id: UUID, wish: Wish, actor: Actor, *, seen: str = ""
) -> Contest:
    """Change a contest. Raises `InvalidError` by field, `ConflictError` where it is over.

    Once it runs, its metric and its start stay, its end moves only back and its prize only up:
    people count on what was announced. `seen` is the `version` that the operator had before them.
    """
    await take_turn(session, "contests")
    contest, now = await held(session, contest_id), clock.now()
    stage = phase(contest, now)
    if stage not in {UPCOMING, ACTIVE}:
        raise ConflictError(f"{contest.name} is {_STANDS[stage]}: nothing can be changed any more.")
    if seen and version(contest) != seen:
        raise ConflictError(
            f"{contest.name} was changed by somebody else meanwhile. Nothing was saved: open it "
            "again."
        )
    wrong: dict[str, str] = {}
    wish = _words(wish, wrong)
    if stage == ACTIVE:
        wish = replace(wish, metric=contest.metric, start_date=contest.start_date)
        _promised(contest, wish, wrong)
    elif wish.start_date is not None and wish.start_date < now:
        wrong["start_date"] = "That is over. Choose a later day or time, or tick Start now."
    start = wish.start_date or now.replace(microsecond=0)
    if start > now + FURTHEST:
        wrong["start_date"] = "That is more than two years ahead. Check the year."
    _stretch(start, wish.end_date, now, wrong)
    await _alone(session, wish, start, contest.id, wrong)
    _complain(wrong)
    before = _terms(contest)
    contest.name, contest.description = wish.name, wish.description
    contest.metric, contest.time_zone = wish.metric, wish.time_zone
    contest.start_date, contest.end_date = start, wish.end_date
    contest.prize_description = wish.prize_description
    contest.prize_amount_cents = wish.prize_amount_cents
    after = _terms(contest)
    changes = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    if changes:
        contest.updated_at = now
        session.add(contest)
        await session.flush()
        await live.touch_all(session)
        await record(session, actor, "contest.changed", f"contest:{contest.id}", changes=changes)
    return contest


async def cancel(session: AsyncSession, contest_id: UUID, reason: str, actor: Actor) -> Contest:
    """Call a contest off. Who takes part is mailed the reason if it had begun.

    Raises `InvalidError` without a reason, `ConflictError` where its outcome is announced.
    """
    await take_turn(session, "contests")
    contest = await held(session, contest_id)
    if contest.status in {ANNOUNCED, CANCELLED}:
        raise ConflictError(f"{contest.name} is {_STANDS[contest.status]} already.")
    contest.reason = require_reason(reason)
    begun = contest.status != UPCOMING
    if begun:
        await contest_standings.freeze(session, contest)
    contest.status, contest.updated_at = CANCELLED, clock.now()
    contest.decided_by = actor.name or actor.id
    session.add(contest)
    await session.flush()
    await contest_news.cancelled(session, contest, begun=begun)
    await live.touch_all(session)
    subject = f"contest:{contest.id}"
    await record(session, actor, "contest.cancelled", subject, reason=contest.reason)
    return contest


def version(contest: Contest) -> str:
    """A short word that changes with anything that an operator can change about a contest."""
    terms = json.dumps(_terms(contest), sort_keys=True)
    return hashlib.sha256(terms.encode()).hexdigest()[:16]


_STANDS: Final = {ENDED: "over", ANNOUNCED: "announced", CANCELLED: "cancelled"}


def _words(wish: Wish, wrong: dict[str, str]) -> Wish:
    """The wish with its spaces tidied; notes what is wrong with its words and its prize."""
    name = " ".join(keepable(wish.name).split())
    prize = " ".join(keepable(wish.prize_description).split())
    description = keepable(wish.description).strip()
    for field, text, longest in (
        ("name", name, NAME_MAX),
        ("prize_description", prize, PRIZE_MAX),
        ("description", description, DESCRIPTION_MAX),
    ):
        if len(text) > longest:
            wrong[field] = f"Keep this under {longest} characters."
    if not name:
        wrong["name"] = "Give the contest a name, such as Winter race."
    if not prize:
        wrong["prize_description"] = "Say what can be won, such as $500."
    if wish.metric not in METRICS:
        wrong["metric"] = "Choose what counts."
    if zone_named(wish.time_zone) is None:
        wrong["time_zone"] = "There is no such time zone. Write it like Europe/Berlin."
    cents = wish.prize_amount_cents
    if cents is not None and not 0 < cents <= PRIZE_CENTS_MAX:
        wrong["prize_amount_cents"] = "Use an amount above zero, or leave it empty."
    return replace(wish, name=name, prize_description=prize, description=description)


def _stretch(start: datetime, end: datetime, now: datetime, wrong: dict[str, str]) -> None:
    if end <= start:
        wrong.setdefault("end_date", "It has to end after it starts.")
    elif end - start < SHORTEST:
        wrong.setdefault("end_date", "A contest lasts an hour at least.")
    elif end - start > LONGEST:
        wrong.setdefault("end_date", "A contest lasts a year at most.")
    elif end <= now:
        wrong.setdefault("end_date", "That is over.")


async def _alone(
    session: AsyncSession,
    wish: Wish,
    start: datetime,
    but: UUID | None,
    wrong: dict[str, str],
) -> None:
    if wrong:
        return
    other = await rows.overlapping(session, wish.metric, start, wish.end_date, but)
    if other is not None:
        wrong["start_date"] = (
            f"{other.name} runs by the same count until {in_words(other.end_date, other.time_zone)}"
            f", from {in_words(other.start_date, other.time_zone)}. Choose other days, or let this "
            "one count something else."
        )


def _promised(contest: Contest, wish: Wish, wrong: dict[str, str]) -> None:
    """What was announced can become better, and not worse."""
    if wish.end_date < contest.end_date:
        until = in_words(contest.end_date, contest.time_zone)
        wrong["end_date"] = f"It runs already, until {until}: it can end later, not earlier."
    if (wish.prize_amount_cents or 0) < (contest.prize_amount_cents or 0):
        amount = money(contest.prize_amount_cents or 0, contest.currency)
        wrong["prize_amount_cents"] = f"It runs already: the prize can be more than {amount} only."


def _complain(wrong: dict[str, str]) -> None:
    if wrong:
        raise InvalidError(" ".join(wrong.values()), wrong)


def _terms(contest: Contest) -> dict[str, Any]:
    return {
        "name": contest.name,
        "description": contest.description,
        "metric": contest.metric,
        "start_date": contest.start_date.isoformat(),
        "end_date": contest.end_date.isoformat(),
        "time_zone": contest.time_zone,
        "prize_description": contest.prize_description,
        "prize_amount_cents": contest.prize_amount_cents,
        "currency": contest.currency,
    }
