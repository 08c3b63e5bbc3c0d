"""The App Home, shown afresh each time that somebody opens it."""

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.app import Bot
from bot.cards.home import closed_view
from bot.context import BotContext
from bot.home import publish


def register(bot: Bot, context: BotContext) -> None:
    """Listen to `app_home_opened`. The same event twice shows the same, so it may come twice."""

    async def opened(args: AsyncArgs) -> None:
        event = args.event or {}
        if event.get("tab") != "home":
            return
        if refusal := args.context["refusal"]:
            await args.client.views_publish(user_id=event["user"], view=closed_view(refusal))
        else:
            await publish(context, args.client, event["user"])

    bot.on_event("app_home_opened", opened)
