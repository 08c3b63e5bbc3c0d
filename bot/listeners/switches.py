"""`/affiliate settings`: the switches of the program, pressed in Slack."""

import json
from typing import Final

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.app import Bot
from bot.cards.blocks import Message
from bot.cards.switches import SET, switches_card
from bot.context import BotContext
from bot.interactions import actor_of, show
from domain import program

_BUTTONS: Final = ("two_tier_enabled", "leaderboard_enabled", "names")


def register(bot: Bot, context: BotContext) -> None:
    """Offer the subcommand, and listen to its buttons."""

    async def card(_text: str) -> Message:
        async with context.db.read() as session:
            return switches_card(await program.load(session))

    async def switch(args: AsyncArgs) -> None:
        await args.ack()
        pressed = args.body["actions"][0]
        setting, _, value = pressed["value"].partition(" ")
        async with context.db.transaction() as session:
            now = await program.update(session, {setting: json.loads(value)}, actor_of(args))
        await show(args, switches_card(now, "Saved."))

    for name in _BUTTONS:
        bot.on_action(f"{SET}.{name}", switch)
    bot.subcommands.add("settings", "Two tiers and the leaderboard, on or off.", card)
