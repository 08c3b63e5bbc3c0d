"""`/affiliate find TEXT`: people by name, address, code or link, and sales by their invoice."""

from bot.app import Bot
from bot.cards.blocks import Message
from bot.cards.notices import notice
from bot.context import BotContext
from bot.finding import find


def register(bot: Bot, context: BotContext) -> None:
    """Offer the subcommand."""

    async def answer(text: str) -> Message:
        if text:
            return await find(context, text)
        return notice("Whom? Type a part of a name, an address or a code: /affiliate find JARED")

    bot.subcommands.add(
        "find TEXT", "People by name, address, code or link; a sale by its invoice, in_…", answer
    )
