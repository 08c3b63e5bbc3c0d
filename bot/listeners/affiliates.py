"""Affiliates: pause, restore, ban."""

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.app import Bot
from bot.context import BotContext
from bot.errands import Errand
from bot.home import finish
from bot.interactions import actor_of, show_modal, typed
from bot.modals.affiliates import BAN, PAUSE, Step, why
from domain import affiliates
from domain.statuses import Status
from storage.affiliates import Affiliate


def register(bot: Bot, context: BotContext) -> None:
    """Listen to everything that is about affiliates."""
    for step in (PAUSE, BAN):
        on, action = _Stop(context, step), step.word.lower()
        bot.on_action(f"affiliate.{action}", on.ask)
        bot.on_action(f"{action}.reason", on.pick_reason)
        bot.on_form(f"affiliate.{action}", on.stop)

    async def restore(args: AsyncArgs) -> None:
        errand = Errand.of(args.body)
        async with context.db.transaction() as session:
            affiliate = await affiliates.change_status(
                session, errand.id, Status.APPROVED, "", actor_of(args)
            )
        await args.ack()
        await finish(context, args, errand, f"{affiliate.promo_code} works again.")

    bot.on_action("affiliate.restore", restore)


class _Stop:
    """A pause or a ban: asked why first."""

    def __init__(self, desk: BotContext, step: Step) -> None:
        self._desk = desk
        self._step = step

    async def ask(self, args: AsyncArgs) -> None:
        """The button asks for the reason."""
        await args.ack()
        errand = Errand.of(args.body)
        await show_modal(args, why(self._step, await self._affiliate(errand), errand))

    async def pick_reason(self, args: AsyncArgs) -> None:
        """A usual reason is put into the field."""
        await args.ack()
        picked = int(args.body["actions"][0]["selected_option"]["value"])
        errand, reason = Errand.carried(args.body), self._step.usual_reasons[picked]
        view = why(self._step, await self._affiliate(errand), errand, reason)
        await args.client.views_update(view_id=args.body["view"]["id"], view=view)

    async def stop(self, args: AsyncArgs) -> None:
        """The form."""
        errand = Errand.carried(args.body)
        async with self._desk.db.transaction() as session:
            affiliate = await affiliates.change_status(
                session, errand.id, self._step.status, typed(args, "reason"), actor_of(args)
            )
        await args.ack(response_action="clear")
        sentence = f"{affiliate.promo_code} is {affiliate.status} and gives no discount any more."
        await finish(self._desk, args, errand, sentence)

    async def _affiliate(self, errand: Errand) -> Affiliate:
        async with self._desk.db.read() as session:
            return await affiliates.look_up(session, errand.subject)
