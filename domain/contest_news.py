"""What affiliates and operators hear of a contest.

Mails to many are asked for in parts: each part asks for the next in its own transaction, so that
nobody waits for a thousand rows, and a crash neither skips anybody nor mails them twice.
"""

from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from domain import effects, subscriptions
from domain.contest_times import in_words
from domain.money import money
from domain.statuses import Status
from storage import affiliates
from storage import contests as rows
from storage.affiliates import Affiliate
from storage.contests import ACTIVE, Contest

STARTED: Final = "started"
ANNOUNCED: Final = "announced"
CALLED_OFF: Final = "cancelled"

AT_ONCE: Final = 100
_TEMPLATES: Final = {
    STARTED: "contest_started",
    ANNOUNCED: "contest_announced",
    CALLED_OFF: "contest_cancelled",
}


def prize(contest: Contest) -> str:
    """What can be won, in words and as money."""
    if not contest.prize_amount_cents:
        return contest.prize_description
    amount = money(contest.prize_amount_cents, contest.currency)
    if amount.removesuffix(".00") == contest.prize_description.removesuffix(".00"):
        return amount
    return f"{contest.prize_description} ({amount})"


async def started(session: AsyncSession, contest: Contest) -> None:
    """It runs: a notice for operators, and mails to every affiliate who wants them."""
    until = in_words(contest.end_date, contest.time_zone)
    text = f"The contest {contest.name} has begun. It runs until {until}. Prize: {prize(contest)}."
    await effects.tell_operators(session, text)
    await effects.mail_contest(session, contest.id, STARTED)


async def announced(session: AsyncSession, contest: Contest, winner: Affiliate | None) -> None:
    """The outcome: a mail to the winner, mails to the others who took part, a notice."""
    if winner is None:
        text = f"The contest {contest.name} is over, without a winner."
    else:
        text = f"{winner.name} has won the contest {contest.name}: {prize(contest)}."
        about = {"contest": str(contest.id), "affiliate": str(winner.id)}
        await effects.send_mail(session, "contest_won", winner.email, **about)
    await effects.tell_operators(session, text)
    await effects.mail_contest(session, contest.id, ANNOUNCED)


async def cancelled(session: AsyncSession, contest: Contest, *, begun: bool) -> None:
    """It is called off. Affiliates were told of it only if it had begun."""
    await effects.tell_operators(session, f"The contest {contest.name} is called off.")
    if begun:
        await effects.mail_contest(session, contest.id, CALLED_OFF)


async def mail_part(session: AsyncSession, contest_id: UUID, news: str, after: UUID | None) -> None:
    """Ask for the mails of the next hundred, and for the part behind them."""
    contest = await rows.get(session, contest_id)
    if contest is None or (news == STARTED and contest.status != ACTIVE):
        return
    if news == STARTED:
        people = await affiliates.page(session, before=after, limit=AT_ONCE, status=Status.APPROVED)
    else:
        ids = await rows.participants(session, contest_id, after, AT_ONCE)
        found = await affiliates.by_ids(session, ids)
        people = [found[one] for one in ids]
    for person in people:
        if person.id != contest.winner_user_id and person.status == Status.APPROVED:
            template, topic = _TEMPLATES[news], subscriptions.CONTESTS
            about = {"contest": str(contest_id)}
            await subscriptions.send_mail(session, topic, template, person, **about)
    if len(people) == AT_ONCE:
        await effects.mail_contest(session, contest_id, news, people[-1].id)
