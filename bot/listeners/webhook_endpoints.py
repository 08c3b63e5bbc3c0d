"""Outgoing webhooks of the operators: `/affiliate webhooks`, and what its answer offers."""

from datetime import timedelta

from slack_bolt.kwargs_injection.async_args import AsyncArgs

import clock
from bot.app import Bot
from bot.cards.blocks import Message
from bot.cards.webhook_endpoints import REPLAYED_DAYS, endpoints_card
from bot.context import BotContext
from bot.errands import Errand
from bot.interactions import actor_of, picked, show, show_modal, typed, whisper
from bot.modals import webhook_endpoints as modals
from domain import webhook_deliveries, webhook_endpoints
from domain.webhook_endpoints import Wanted
from storage import webhook_deliveries as rows


def register(bot: Bot, context: BotContext) -> None:
    """Listen to the buttons, and offer the subcommand."""

    async def card(news: str = "") -> Message:
        async with context.db.read() as session:
            found = await webhook_endpoints.all_of(session, None)
            failed = await rows.count_failed(session, [one.id for one in found])
        return endpoints_card(found, failed, news)

    async def answer(_text: str) -> Message:
        return await card()

    async def ask(args: AsyncArgs) -> None:
        await args.ack()
        await show_modal(args, modals.add(Errand.of(args.body)))

    async def add(args: AsyncArgs) -> None:
        errand = Errand.carried(args.body)
        wanted = Wanted(typed(args, "url"), picked(args, "events"), typed(args, "description"))
        async with context.db.transaction() as session:
            made = await webhook_endpoints.add(session, None, wanted, actor_of(args))
        key = context.settings.secret_key.get_secret_value()
        shown = modals.secret(webhook_endpoints.secret_of(key, made))
        await args.ack(response_action="update", view=shown)
        if errand.answer_to:
            await whisper(errand.answer_to, await card(f"{made.url} is added."))

    async def test(args: AsyncArgs) -> None:
        errand = Errand.of(args.body)
        async with context.db.transaction() as session:
            await webhook_deliveries.test(session, None, errand.id, actor_of(args))
        await args.ack()
        await show(args, await card("A test is on its way."))

    async def replay(args: AsyncArgs) -> None:
        errand = Errand.of(args.body)
        since = clock.now() - timedelta(days=REPLAYED_DAYS)
        async with context.db.transaction() as session:
            count = await webhook_deliveries.replay_failed(
                session, None, errand.id, since, actor_of(args)
            )
        await args.ack()
        days = f"of the last {REPLAYED_DAYS} days"
        await show(args, await card(f"{count} {days} {'is' if count == 1 else 'are'} sent again."))

    async def switch(args: AsyncArgs, *, on: bool) -> None:
        errand = Errand.of(args.body)
        async with context.db.transaction() as session:
            one = await webhook_endpoints.switch(session, None, errand.id, actor_of(args), on=on)
        await args.ack()
        await show(args, await card(f"{one.url} is {one.status} now."))

    async def switch_on(args: AsyncArgs) -> None:
        await switch(args, on=True)

    async def switch_off(args: AsyncArgs) -> None:
        await switch(args, on=False)

    bot.on_action("webhook.new", ask)
    bot.on_form(modals.ADD, add)
    bot.on_action("webhook.test", test)
    bot.on_action("webhook.replay", replay)
    bot.on_action("webhook.on", switch_on)
    bot.on_action("webhook.off", switch_off)
    bot.subcommands.add("webhooks", "Where our news is sent, and whether it arrives.", answer)
