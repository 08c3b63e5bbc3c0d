"""Sales: an affiliate's last ones, and why somebody earns from one or nobody does."""

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.app import Bot
from bot.cards.sales import SHOWN_MAX, sales_card, why_card
from bot.context import BotContext
from bot.interactions import show
from domain import affiliates
from domain.sales import explain
from storage import sales


def register(bot: Bot, context: BotContext) -> None:
    """Listen to `Last sales` and `Why?`."""

    async def last(args: AsyncArgs) -> None:
        await args.ack()
        async with context.db.read() as session:
            affiliate = await affiliates.look_up(session, args.body["actions"][0]["value"])
            found = await sales.of_affiliate(session, affiliate.id, SHOWN_MAX)
        await show(args, sales_card(affiliate, found))

    async def why(args: AsyncArgs) -> None:
        await args.ack()
        async with context.db.read() as session:
            found = await explain(session, args.body["actions"][0]["value"])
        await show(args, why_card(found))

    bot.on_action("affiliate.sales", last)
    bot.on_action("sale.why", why)
