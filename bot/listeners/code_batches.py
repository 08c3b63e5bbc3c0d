"""Codes that were made at once."""

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.app import Bot
from bot.cards.notices import notice
from bot.context import BotContext
from bot.errands import Errand
from bot.interactions import actor_of, whisper
from domain import code_batches


def register(bot: Bot, context: BotContext) -> None:
    """Listen to the button on their card."""

    async def retry(args: AsyncArgs) -> None:
        """`Retry refused` on the card of many codes."""
        errand = Errand.of(args.body)
        async with context.db.transaction() as session:
            count = await code_batches.retry(session, errand.id, actor_of(args))
        await args.ack()
        codes = "1 code" if count == 1 else f"{count} codes"
        await whisper(errand.answer_to, notice(f"Stripe is asked once more for {codes}."))

    bot.on_action("code_batch.retry", retry)
