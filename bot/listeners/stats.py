"""`/affiliate stats` and `/affiliate report`: how the program does, and what it owes."""

import clock
from bot.app import Bot
from bot.cards.blocks import Message
from bot.cards.digest import digest_card
from bot.cards.stats import report_card, stats_card
from bot.context import BotContext
from domain import stats
from domain.digest import Week, digest
from domain.errors import InvalidError
from domain.stats import Period

_WEEKS = ("week", "last_week")


def register(bot: Bot, context: BotContext) -> None:
    """Offer the subcommands."""

    async def show(text: str) -> Message:
        name = text.lower() or Period.MONTH
        if name not in set(Period):
            raise InvalidError(f"Of which period? {', '.join(Period)}: /affiliate stats week")
        async with context.db.read() as session:
            return stats_card(await stats.overview(session, Period(name)))

    async def report(text: str) -> Message:
        name = text.lower()
        if name not in {"", *_WEEKS}:
            raise InvalidError(
                "That is no report. /affiliate report says what is owed, /affiliate report week "
                "shows this week so far, and /affiliate report last_week what was posted of it."
            )
        async with context.db.read() as session:
            if not name:
                return report_card(await stats.report(session))
            week = Week.of(clock.now())
            return digest_card(await digest(session, week if name == "week" else week.before()))

    bot.subcommands.add(
        f"stats [{'|'.join(Period)}]", "Sales, commissions and who earned most.", show
    )
    bot.subcommands.add(
        f"report [{'|'.join(_WEEKS)}]",
        "What is owed, on hold, in payouts and paid; or the summary of a week.",
        report,
    )
