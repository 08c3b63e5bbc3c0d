"""`/affiliate health`: what is stuck, and one press to try it again."""

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.app import Bot
from bot.cards.blocks import Message
from bot.cards.health import health_card
from bot.context import BotContext
from bot.errands import Errand
from bot.health import look, replay
from bot.home import finish
from bot.interactions import actor_of


def register(bot: Bot, context: BotContext) -> None:
    """Offer the subcommand, and listen to its `Replay` buttons."""

    async def health(_text: str) -> Message:
        async with context.db.read() as session:
            return health_card(await look(session, context.settings))

    async def again(args: AsyncArgs) -> None:
        errand = Errand.of(args.body)
        async with context.db.transaction() as session:
            await replay(session, errand.subject, actor_of(args))
        await args.ack()
        await finish(context, args, errand, "Back to work. It is tried again now.")

    bot.subcommands.add("health", "What is stuck or not connected.", health)
    bot.on_action("health.replay", again)
