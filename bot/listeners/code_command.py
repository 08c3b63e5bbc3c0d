"""`/affiliate code …`: discount codes by command."""

from collections.abc import Awaitable, Callable
from typing import Final

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot import adoption
from bot.app import Bot
from bot.cards.blocks import Message
from bot.cards.discount_codes import LISTED_MAX, code_card, codes_card
from bot.cards.help import help_card
from bot.code_lists import Looking, look, view
from bot.commands import Subcommands
from bot.context import BotContext
from bot.errands import Errand
from bot.interactions import actor_of
from bot.listeners.commands import run
from bot.listeners.discount_codes import BULK_COUNT, SAID, STEPS, DiscountCodes
from domain import discount_codes
from domain.errors import InvalidError

USAGE: Final = "code [create | list | show | edit | pause | activate | archive | bulk | adopt]"
_UNDER: Final = "code "


def register(bot: Bot, context: BotContext) -> None:
    """Offer the subcommand, which has words of its own."""
    on = CodeCommand(context, DiscountCodes(context))
    bot.subcommands.add_errand(USAGE, "Discount codes; /affiliate code help says more.", on.command)


class CodeCommand:
    """What can be typed; forms are opened by the listeners that receive them."""

    def __init__(self, desk: BotContext, on: DiscountCodes) -> None:
        self._desk = desk
        self._on = on
        self._words = Subcommands()
        add = self._words.add_errand
        add("create [WORD]", "Makes a code.", self._create)
        add("list [active|paused|expired|archived] [TEXT]", "The codes, newest first.", self._list)
        add("show WORD", "All about one code.", self._show)
        add("edit WORD", "Changes what a code does.", self._edit)
        add("pause WORD", "Stops customers from redeeming it.", self._stepping("pause"))
        add("activate WORD", "Lets them redeem it again.", self._stepping("activate"))
        add("archive WORD", "Puts it away.", self._stepping("archive"))
        add("bulk [COUNT] [PREFIX]", "Makes many codes with the same terms.", self._bulk)
        add("adopt WORD", "Takes over a code that Stripe has already.", self._adopt)
        self._words.add("help", "Shows this.", self._help)

    async def command(self, text: str, args: AsyncArgs) -> Message | None:
        """`/affiliate code …`."""
        return await run(self._words, text, args, under=_UNDER)

    async def _help(self, _text: str) -> Message:
        return help_card(self._words.all(), under=_UNDER)

    async def _create(self, text: str, args: AsyncArgs) -> None:
        await self._on.show_create(args, text.upper())

    async def _list(self, text: str, _args: AsyncArgs) -> Message:
        looking = Looking.typed(text)
        async with self._desk.db.read() as session:
            found = await look(session, looking, LISTED_MAX)
        return codes_card(found.codes, found.counts, looking.status, looking.text, more=found.more)

    async def _show(self, text: str, _args: AsyncArgs) -> Message:
        async with self._desk.db.read() as session:
            return code_card(await view(session, _named(text)))

    async def _edit(self, text: str, args: AsyncArgs) -> None:
        async with self._desk.db.read() as session:
            code = await discount_codes.by_name(session, _named(text))
        await self._on.show_edit(args, Errand.about(str(code.id), args.body))

    def _stepping(self, step: str) -> Callable[[str, AsyncArgs], Awaitable[Message]]:
        async def take(text: str, args: AsyncArgs) -> Message:
            async with self._desk.db.transaction() as session:
                code = await discount_codes.by_name(session, _named(text))
                await STEPS[step](session, code.id, actor_of(args))
                return code_card(await view(session, str(code.id)), SAID[step].format(code.code))

        return take

    async def _adopt(self, text: str, args: AsyncArgs) -> Message:
        code = await adoption.take_over(self._desk, _named(text), actor_of(args))
        async with self._desk.db.read() as session:
            return code_card(await view(session, str(code.id)), adoption.SAID.format(code.code))

    async def _bulk(self, text: str, args: AsyncArgs) -> None:
        words = text.split()
        count = words.pop(0) if words and words[0].isdecimal() else BULK_COUNT
        await self._on.show_bulk(args, count, " ".join(words).upper())


def _named(text: str) -> str:
    if not text:
        raise InvalidError("Which code? Type its word, such as: /affiliate code show LAUNCH20")
    return text
