"""Tokens of operators' programs: `/affiliate tokens`, and how to end one."""

from slack_bolt.kwargs_injection.async_args import AsyncArgs

import clock
from bot.app import Bot
from bot.cards.blocks import Message
from bot.cards.tokens import SHOWN_MAX, tokens_card
from bot.context import BotContext
from bot.errands import Errand
from bot.interactions import actor_of, show
from domain import operator_tokens
from storage import operator_tokens as rows


def register(bot: Bot, context: BotContext) -> None:
    """Listen to the button, and offer the subcommand."""

    async def card(news: str = "") -> Message:
        async with context.db.read() as session:
            return tokens_card(await rows.working(session, clock.now(), SHOWN_MAX + 1), news)

    async def answer(_text: str) -> Message:
        return await card()

    async def revoke(args: AsyncArgs) -> None:
        errand = Errand.of(args.body)
        async with context.db.transaction() as session:
            token = await operator_tokens.revoke(session, errand.id, actor_of(args))
        await args.ack()
        await show(args, await card(f"{token.name} ({token.prefix}…) opens nothing any more."))

    bot.on_action("token.revoke", revoke)
    bot.subcommands.add("tokens", "Whose programs use the admin API; end one.", answer)
