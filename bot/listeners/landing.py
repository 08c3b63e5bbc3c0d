"""Partner pages: take down, put back."""

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.app import Bot
from bot.cards.payouts import name_of
from bot.context import BotContext
from bot.errands import Errand
from bot.home import finish
from bot.interactions import actor_of, show_modal, typed
from bot.modals import landing as modals
from domain import landing
from domain.landing import View
from domain.landing_views import is_public


def register(bot: Bot, context: BotContext) -> None:
    """Listen to everything that is about partner pages."""
    on = Landing(context)
    bot.on_action("landing.take_down", on.ask)
    bot.on_action("landing_take_down.reason", on.pick_reason)
    bot.on_form("landing.take_down", on.take_down)
    bot.on_action("landing.put_back", on.put_back)


class Landing:
    """The listeners. A form's decision is committed before Slack is told that it is taken."""

    def __init__(self, desk: BotContext) -> None:
        self._desk = desk

    async def ask(self, args: AsyncArgs) -> None:
        """`Take down` asks for the reason."""
        await args.ack()
        errand = Errand.of(args.body)
        await show_modal(args, modals.take_down(await self._view(errand), errand))

    async def pick_reason(self, args: AsyncArgs) -> None:
        """A usual reason is put into the field."""
        await args.ack()
        errand = Errand.carried(args.body)
        reason = modals.REASONS[int(args.body["actions"][0]["selected_option"]["value"])]
        view = modals.take_down(await self._view(errand), errand, reason)
        await args.client.views_update(view_id=args.body["view"]["id"], view=view)

    async def take_down(self, args: AsyncArgs) -> None:
        """The form of `Take down`."""
        errand = Errand.carried(args.body)
        async with self._desk.db.transaction() as session:
            view = await landing.take_down(
                session, errand.id, typed(args, "reason"), actor_of(args)
            )
        await args.ack(response_action="clear")
        sentence = f"Taken down: nobody sees the page of {name_of(view.affiliate)} any more."
        await finish(self._desk, args, errand, sentence)

    async def put_back(self, args: AsyncArgs) -> None:
        """`Put back`, confirmed."""
        errand = Errand.of(args.body)
        async with self._desk.db.transaction() as session:
            view = await landing.put_back(session, errand.id, actor_of(args))
        await args.ack()
        seen = is_public(view.page, view.affiliate)
        end = "is to be seen again." if seen else "is theirs to publish again."
        sentence = f"Put back: the page of {name_of(view.affiliate)} {end}"
        await finish(self._desk, args, errand, sentence)

    async def _view(self, errand: Errand) -> View:
        async with self._desk.db.read() as session:
            return await landing.view(session, errand.id)
