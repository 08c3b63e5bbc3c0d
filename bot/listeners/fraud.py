"""Pauses for a fraud score: restore, ban, and answers to appeals."""

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.app import Bot
from bot.cards.payouts import name_of
from bot.context import BotContext
from bot.errands import Errand
from bot.home import finish
from bot.interactions import actor_of, show_modal, typed
from bot.modals import fraud as modals
from bot.modals.fraud import STEPS, Step
from domain import fraud_decisions
from domain.errors import NotFoundError
from domain.fraud_decisions import View
from storage import fraud as rows
from storage.fraud import RESTORED


def register(bot: Bot, context: BotContext) -> None:
    """Listen to the buttons of cards and appeals."""
    for step in STEPS:
        on = _Decide(context, step)
        bot.on_action(step.action, on.ask)
        bot.on_action(f"fraud_{step.word.lower()}.reason", on.pick_reason)
        bot.on_form(step.action, on.decide)
    answer = _Answer(context)
    bot.on_action("fraud.answer", answer.ask)
    bot.on_form("fraud.answer", answer.send)


class _Decide:
    """One way to decide: asked why first, below the evidence."""

    def __init__(self, desk: BotContext, step: Step) -> None:
        self._desk = desk
        self._step = step

    async def ask(self, args: AsyncArgs) -> None:
        """The button asks for the reason."""
        await args.ack()
        errand = Errand.of(args.body)
        await show_modal(args, modals.decision(self._step, await self._view(errand), errand))

    async def pick_reason(self, args: AsyncArgs) -> None:
        """A usual reason is put into the field."""
        await args.ack()
        picked = int(args.body["actions"][0]["selected_option"]["value"])
        errand, reason = Errand.carried(args.body), self._step.usual_reasons[picked]
        view = modals.decision(self._step, await self._view(errand), errand, reason)
        await args.client.views_update(view_id=args.body["view"]["id"], view=view)

    async def decide(self, args: AsyncArgs) -> None:
        """The form. The decision is committed before Slack is told that it is taken."""
        errand, decision = Errand.carried(args.body), self._step.decision
        async with self._desk.db.transaction() as session:
            view = await fraud_decisions.decide(
                session, errand.id, decision, typed(args, "reason"), actor_of(args)
            )
        await args.ack(response_action="clear")
        who = name_of(view.affiliate)
        sentence = f"{who} is no affiliate any more."
        if decision == RESTORED:
            sentence = f"{who} is back: {view.affiliate.promo_code} works again."
        await finish(self._desk, args, errand, sentence)

    async def _view(self, errand: Errand) -> View:
        async with self._desk.db.read() as session:
            return await fraud_decisions.view(session, errand.id)


class _Answer:
    """The answer to an appeal, which is mailed."""

    def __init__(self, desk: BotContext) -> None:
        self._desk = desk

    async def ask(self, args: AsyncArgs) -> None:
        """The button asks for the answer."""
        await args.ack()
        errand = Errand.of(args.body)
        async with self._desk.db.read() as session:
            appeal = await rows.get_appeal(session, errand.id)
            if appeal is None:
                raise NotFoundError("There is no such appeal.")
            view = await fraud_decisions.view(session, appeal.flag_id)
        await show_modal(args, modals.answer(view, appeal, errand))

    async def send(self, args: AsyncArgs) -> None:
        """The form."""
        errand = Errand.carried(args.body)
        async with self._desk.db.transaction() as session:
            view = await fraud_decisions.answer(
                session, errand.id, typed(args, "answer"), actor_of(args)
            )
        await args.ack(response_action="clear")
        await finish(self._desk, args, errand, f"Your answer to {name_of(view.affiliate)} is sent.")
