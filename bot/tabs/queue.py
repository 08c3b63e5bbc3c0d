"""The tab of what waits for a decision, all of it in one place."""

from dataclasses import astuple, dataclass
from typing import Self

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from bot.cards.blocks import Json, button, divider, header, rich, row, said, section, sign
from bot.cards.fraud import WAITING_MAX, waiting_blocks
from bot.cards.home import tab_id
from bot.cards.queue import SHOWN_MAX, queue_blocks
from bot.places import Tab
from domain import contests, taxes
from storage import applications, compliance, erasures, fraud, payouts
from storage.contests import ENDED

_CASES_MAX = 100


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many of each wait for somebody."""

    applications: int
    reviews: int
    payouts: int
    cases: int
    tax_forms: int
    contests: int
    erasures: int

    @property
    def total(self) -> int:
        """All of them."""
        return sum(astuple(self))

    @classmethod
    async def now(cls, session: AsyncSession) -> Self:
        """As it is now."""
        now = clock.now()
        found = await contests.all_shown(session)
        return cls(
            (await applications.count_by_status(session)).get(applications.PENDING, 0),
            await fraud.count_open(session),
            await payouts.count_open(session),
            len(await compliance.open_cases(session, _CASES_MAX)),
            (await taxes.counts(session) or {}).get(taxes.SUBMITTED, 0),
            sum(contests.phase(each, now) == ENDED for each in found),
            len(await erasures.open_ones(session)),
        )


async def blocks(session: AsyncSession, waiting: Waiting) -> list[Json]:
    """Applications and paused affiliates with their buttons, and the way to everything else."""
    if not waiting.total:
        done = " Applications, fraud pauses, payouts, cases and contests: all of them are decided."
        return [header("Nothing waits for you"), rich(section(sign(good=True), said(done)))]
    pending = await applications.queue(session, SHOWN_MAX)
    shown = [header("Queue"), *queue_blocks(pending, waiting.applications)]
    if waiting.reviews:
        flagged = await fraud.open_flags(session, WAITING_MAX)
        shown += waiting_blocks(flagged, waiting.reviews)
    others = _others(waiting)
    return [*shown, divider(), *others] if others else shown


def _others(waiting: Waiting) -> list[Json]:
    lines = (
        (waiting.payouts, "payout", "payouts", "Finance approves or pays it.", tab_id(Tab.MONEY)),
        (waiting.cases, "case", "cases", "A rule was broken: decide on it.", "violations.open"),
        (waiting.tax_forms, "tax form", "tax forms", "Finance verifies it.", "taxes.open"),
        (waiting.contests, "contest", "contests", "It needs a winner.", "contest.list"),
        (waiting.erasures, "request", "requests", "To be erased: answer it.", "privacy.open"),
    )
    return [
        row(f"{count} {one if count == 1 else many}", about, button("Open", action, "home"))
        for count, one, many, about, action in lines
        if count
    ]
