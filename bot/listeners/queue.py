"""`/affiliate queue`: what waits for a decision."""

from bot.app import Bot
from bot.cards.blocks import Message
from bot.cards.queue import SHOWN_MAX, queue_card
from bot.context import BotContext
from storage import applications


def register(bot: Bot, context: BotContext) -> None:
    """Offer the subcommand."""

    async def queue(_text: str) -> Message:
        async with context.db.read() as session:
            pending = await applications.queue(session, SHOWN_MAX)
            counts = await applications.count_by_status(session)
        return queue_card(pending, counts.get(applications.PENDING, 0))

    bot.subcommands.add("queue", "Applications that wait for a decision.", queue)
