"""`/affiliate stats` and `/affiliate report`: how the program does, and what it owes."""

from bot.app import Bot
from bot.cards.blocks import Message
from bot.cards.stats import report_card, stats_card
from bot.context import BotContext
from domain import stats
from domain.errors import InvalidError
from domain.stats import Period


def register(bot: Bot, context: BotContext) -> None:
    """Offer the subcommands."""

    async def show(text: str) -> Message:
        name = text.lower() or Period.MONTH
        if name not in set(Period):
            raise InvalidError(f"Of which period? {', '.join(Period)}: /affiliate stats week")
        async with context.db.read() as session:
            return stats_card(await stats.overview(session, Period(name)))

    async def report(_text: str) -> Message:
        async with context.db.read() as session:
            return report_card(await stats.report(session))

    bot.subcommands.add(
        f"stats [{'|'.join(Period)}]", "Sales, commissions and who earned most.", show
    )
    bot.subcommands.add("report", "What is owed, on hold, in payouts and paid.", report)
