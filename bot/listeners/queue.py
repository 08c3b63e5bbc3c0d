"""`/affiliate queue`: what waits for a decision."""

from bot.app import Bot
from bot.cards.blocks import Message
from bot.cards.fraud import WAITING_MAX, waiting_blocks
from bot.cards.queue import SHOWN_MAX, queue_card
from bot.context import BotContext
from storage import applications, fraud


def register(bot: Bot, context: BotContext) -> None:
    """Offer the subcommand."""

    async def queue(_text: str) -> Message:
        async with context.db.read() as session:
            pending = await applications.queue(session, SHOWN_MAX)
            counts = await applications.count_by_status(session)
            flagged = await fraud.open_flags(session, WAITING_MAX)
            total = await fraud.count_open(session)
        reviews = waiting_blocks(flagged, total)
        return queue_card(pending, counts.get(applications.PENDING, 0), reviews)

    bot.subcommands.add(
        "queue", "Applications and paused affiliates that wait for a decision.", queue
    )
