"""`/affiliate find TEXT`: people by name, address, code or link."""

from bot.app import Bot
from bot.cards.blocks import Message
from bot.cards.find import SHOWN_MAX, find_card
from bot.cards.notices import notice
from bot.context import BotContext
from storage import affiliates, applications


def register(bot: Bot, context: BotContext) -> None:
    """Offer the subcommand."""

    async def find(text: str) -> Message:
        if not text:
            return notice(
                "Whom? Type a part of a name, an address or a code: /affiliate find JARED"
            )
        async with context.db.read() as session:
            people = await affiliates.find(session, text, SHOWN_MAX + 1)
            applied = await applications.find(session, text)
        others = [each for each in applied if each.affiliate_id is None]
        return find_card(text, people, others)

    bot.subcommands.add(
        "find TEXT", "Affiliates and applications by name, address, code or link.", find
    )
