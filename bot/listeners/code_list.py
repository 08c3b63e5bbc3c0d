"""The App Home's list of discount codes: filtered, searched, and page by page."""

from dataclasses import replace

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.app import Bot
from bot.cards.code_list import status_of
from bot.code_lists import Looking
from bot.context import BotContext
from bot.home import publish
from bot.interactions import typed
from bot.places import Place, Tab


def register(bot: Bot, context: BotContext) -> None:
    """Listen to what chooses the codes that are shown."""
    on = CodeList(context)
    bot.on_action("code.status", on.filter)
    bot.on_action("code.search", on.search)
    bot.on_action("code.older", on.older)
    bot.on_action("code.newest", on.newest)


class CodeList:
    """The listeners. What is looked at travels in the App Home itself."""

    def __init__(self, desk: BotContext) -> None:
        self._desk = desk

    async def filter(self, args: AsyncArgs) -> None:
        """The menu of statuses in the App Home."""
        await args.ack()
        before = _looking(args)
        option = args.body["actions"][0]["selected_option"]["value"]
        await self._show(args, Looking(status_of(option), before.text))

    async def search(self, args: AsyncArgs) -> None:
        """The search in the App Home."""
        await args.ack()
        wanted = args.body["actions"][0].get("value") or typed(args, "code.search")
        await self._show(args, Looking(_looking(args).status, wanted.strip()))

    async def older(self, args: AsyncArgs) -> None:
        """The next page in the App Home."""
        await args.ack()
        shown, before = _looking(args), args.body["actions"][0]["value"]
        await self._show(args, Looking(shown.status, shown.text, before))

    async def newest(self, args: AsyncArgs) -> None:
        """Back to the first page."""
        await args.ack()
        shown = _looking(args)
        await self._show(args, Looking(shown.status, shown.text))

    async def _show(self, args: AsyncArgs, looking: Looking) -> None:
        place = replace(_place(args), tab=Tab.CODES, codes=looking)
        await publish(self._desk, args.client, args.context.user_id or "", place)


def _place(args: AsyncArgs) -> Place:
    return Place.carried(args.body["view"].get("private_metadata", ""))


def _looking(args: AsyncArgs) -> Looking:
    return _place(args).codes
