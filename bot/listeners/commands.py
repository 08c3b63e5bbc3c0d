"""`/affiliate`: hands what was typed to the subcommand of that name."""

from typing import Final

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.app import Bot, Listener
from bot.cards.blocks import Message
from bot.cards.help import help_card, unknown_card
from bot.commands import Subcommands
from bot.context import BotContext
from bot.interactions import show, whisper

OPENED: Final = (
    "leaderboard",
    "onboarding",
    "privacy",
    "report",
    "resources",
    "settings",
    "tiers",
    "tokens",
    "violations",
    "webhooks",
)
"""The subcommands that the App Home has buttons for, but finance's."""


async def run(known: Subcommands, text: str, args: AsyncArgs, *, under: str = "") -> Message | None:
    """Hand what was typed to the subcommand that its first word names.

    `under` is the subcommand that these belong to, with a space after it.
    """
    name, _, rest = text.strip().partition(" ")
    subcommand = known.named(name or "help")
    if subcommand is None:
        return unknown_card(name, known.near(name), known.all(), under=under)
    return await subcommand.run(rest.strip(), args)


def register(bot: Bot, _context: BotContext) -> None:
    """Listen to the one command, and offer `help`."""
    known = bot.subcommands

    async def explain(_text: str) -> Message:
        return help_card(known.all())

    async def answer(args: AsyncArgs) -> None:
        await args.ack()
        message = await run(known, args.body.get("text", ""), args)
        if message is not None:
            await whisper(args.body["response_url"], message)

    known.add("help", "Shows this.", explain)
    bot.on_command("/affiliate", answer)
    for name in OPENED:
        bot.on_action(f"{name}.open", _opens(known, name))


def _opens(known: Subcommands, name: str) -> Listener:
    """A press that shows what a subcommand answers to its bare name."""

    async def press(args: AsyncArgs) -> None:
        await args.ack()
        message = await run(known, name, args)
        if message is not None:
            await show(args, message)

    return press
