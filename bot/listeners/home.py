"""The App Home: shown afresh each time that somebody opens it, and its tabs."""

from dataclasses import replace

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.app import Bot, Listener
from bot.cards.home import closed_view, tab_id
from bot.context import BotContext
from bot.home import publish
from bot.interactions import typed
from bot.places import Place, Tab


def register(bot: Bot, context: BotContext) -> None:
    """Listen to `app_home_opened`, and to what leads somewhere else in it.

    The same event twice shows the same, so it may come twice.
    """
    on = _Home(context)
    bot.on_event("app_home_opened", on.opened)
    for tab in Tab:
        bot.on_action(tab_id(tab), on.turn_to(tab))
    bot.on_action("affiliate.search", on.search)
    bot.on_action("affiliate.newest", on.newest)


class _Home:
    def __init__(self, desk: BotContext) -> None:
        self._desk = desk

    async def opened(self, args: AsyncArgs) -> None:
        event = args.event or {}
        if event.get("tab") != "home":
            return
        if refusal := args.context["refusal"]:
            await args.client.views_publish(user_id=event["user"], view=closed_view(refusal))
            return
        shown = event.get("view") or {}
        place = Place(Place.carried(shown.get("private_metadata", "")).tab)
        await publish(self._desk, args.client, event["user"], place)

    def turn_to(self, tab: Tab) -> Listener:
        """A press that opens a tab, in the App Home or in a form above it."""

        async def turn(args: AsyncArgs) -> None:
            await args.ack()
            await self._show(args, replace(_place(args), tab=tab))

        return turn

    async def search(self, args: AsyncArgs) -> None:
        """The search for affiliates."""
        await args.ack()
        wanted = args.body["actions"][0].get("value") or typed(args, "affiliate.search")
        await self._show(args, replace(_place(args), sought=wanted.strip()))

    async def newest(self, args: AsyncArgs) -> None:
        """Back from what was searched for."""
        await args.ack()
        await self._show(args, replace(_place(args), sought=""))

    async def _show(self, args: AsyncArgs, place: Place) -> None:
        await publish(self._desk, args.client, args.context.user_id or "", place)


def _place(args: AsyncArgs) -> Place:
    return Place.carried(args.body["view"].get("private_metadata", ""))
