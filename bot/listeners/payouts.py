"""Payouts: approve, reject, mark paid; list what waits.

All this is finance's, batches too: `Access` knows it by its name, which begins with `payout`.
"""

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.app import Bot
from bot.cards.blocks import Message
from bot.cards.notices import notice
from bot.cards.payouts import SHOWN_MAX, amount_of, payee_of, payouts_card
from bot.context import BotContext
from bot.errands import Errand
from bot.home import finish
from bot.interactions import actor_of, show_modal, typed
from bot.listeners.payout_batches import Batches
from bot.modals import payouts as modals
from domain import affiliates, payout_methods, payout_views, payouts
from domain.payout_views import View
from storage import payouts as rows

USAGE = "payouts [batch | connect CODE ACCOUNT]"


def register(bot: Bot, context: BotContext) -> None:
    """Listen to everything that is about payouts."""
    on = Payouts(context, Batches(context))
    bot.subcommands.add_errand(
        USAGE, "What waits to be paid; payment files; a Stripe account.", on.command
    )
    bot.on_action("payout.approve", on.approve)
    bot.on_action("payout.reject", on.ask_rejection)
    bot.on_action("payout_rejection.reason", on.pick_reason)
    bot.on_form("payout.reject", on.reject)
    bot.on_action("payout.mark_paid", on.ask_payment)
    bot.on_form("payout.mark_paid", on.mark_paid)


class Payouts:
    """The listeners. A form's decision is committed before Slack is told that it is taken."""

    def __init__(self, desk: BotContext, batches: Batches) -> None:
        self._desk = desk
        self._batches = batches

    async def command(self, text: str, args: AsyncArgs) -> Message:
        """`/affiliate payouts`, with or without more words."""
        match text.split():
            case []:
                return await self._list()
            case ["batch"]:
                return await self._batches.make(args)
            case ["connect", code, account]:
                return await self._connect(code, account, args)
        return notice(f"That is typed like this: /affiliate {USAGE}")

    async def approve(self, args: AsyncArgs) -> None:
        """`Approve payout`, confirmed with the amount."""
        errand = Errand.of(args.body)
        async with self._desk.db.transaction() as session:
            await payouts.approve(session, errand.id, actor_of(args))
        await args.ack()
        view = await self._view(errand)
        await finish(self._desk, args, errand, _approved(view))

    async def ask_rejection(self, args: AsyncArgs) -> None:
        """`Reject payout` asks for the reason."""
        await args.ack()
        errand = Errand.of(args.body)
        await show_modal(args, modals.rejection(await self._view(errand), errand))

    async def pick_reason(self, args: AsyncArgs) -> None:
        """A usual reason is put into the field."""
        await args.ack()
        errand = Errand.carried(args.body)
        reason = modals.REASONS[int(args.body["actions"][0]["selected_option"]["value"])]
        view = modals.rejection(await self._view(errand), errand, reason)
        await args.client.views_update(view_id=args.body["view"]["id"], view=view)

    async def reject(self, args: AsyncArgs) -> None:
        """The form of `Reject payout`."""
        errand = Errand.carried(args.body)
        async with self._desk.db.transaction() as session:
            await payouts.reject(session, errand.id, typed(args, "reason"), actor_of(args))
        await args.ack(response_action="clear")
        view = await self._view(errand)
        sentence = f"Rejected: {amount_of(view)} are back in the balance of {payee_of(view)}."
        await finish(self._desk, args, errand, sentence)

    async def ask_payment(self, args: AsyncArgs) -> None:
        """`Mark paid` asks for the reference."""
        await args.ack()
        errand = Errand.of(args.body)
        await show_modal(args, modals.payment(await self._view(errand), errand))

    async def mark_paid(self, args: AsyncArgs) -> None:
        """The form of `Mark paid`."""
        errand = Errand.carried(args.body)
        async with self._desk.db.transaction() as session:
            await payouts.mark_paid(session, errand.id, typed(args, "reference"), actor_of(args))
        await args.ack(response_action="clear")
        view = await self._view(errand)
        sentence = f"Paid: {amount_of(view)} to {payee_of(view)}. A mail tells them."
        await finish(self._desk, args, errand, sentence)

    async def _view(self, errand: Errand) -> View:
        async with self._desk.db.read() as session:
            return await payout_views.view(session, errand.id)

    async def _list(self) -> Message:
        async with self._desk.db.read() as session:
            waiting = await rows.open_ones(session, SHOWN_MAX)
            views = [await payout_views.view(session, payout.id) for payout in waiting]
            return payouts_card(views, await rows.count_open(session))

    async def _connect(self, code: str, account: str, args: AsyncArgs) -> Message:
        async with self._desk.db.transaction() as session:
            affiliate = await affiliates.look_up(session, code)
            await payout_methods.connect(session, affiliate.id, account, actor_of(args))
        return notice(
            f"The next payout of {affiliate.promo_code} is transferred to {account} at Stripe "
            "once it is approved."
        )


def _approved(view: View) -> str:
    """What is said to the one who approved."""
    what = f"{amount_of(view)} to {payee_of(view)}"
    if view.payout.status == rows.REQUESTED:
        return f"Noted: {what}. {view.needed} people have to approve it, and one more is missing."
    if view.payout.method == payouts.STRIPE:
        return f"Approved: {what} is transferred now."
    return f"Approved: {what}. Press Mark paid once it is paid."
