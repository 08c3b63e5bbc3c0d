"""Cases of violations: warn, suspend, terminate, dismiss, and violations added by hand."""

from datetime import timedelta

from slack_bolt.kwargs_injection.async_args import AsyncArgs

import clock
from bot.app import Bot
from bot.cards.blocks import Message
from bot.cards.compliance import CASES_MAX, cases_card, record_card, unmatched_card
from bot.cards.notices import notice
from bot.cards.payouts import name_of
from bot.context import BotContext
from bot.errands import Errand
from bot.home import finish
from bot.interactions import actor_of, chosen, show_modal, ticked, typed
from bot.modals import compliance as modals
from bot.modals.compliance import STEPS, Step
from domain import affiliates, compliance, compliance_cases
from domain.compliance_cases import Decision, View
from domain.errors import NotFoundError
from storage import affiliates as affiliate_rows
from storage import compliance as rows
from storage.affiliates import Affiliate

LOOK_BACK = timedelta(days=30)
_PEOPLE_MAX = 5


def register(bot: Bot, context: BotContext) -> None:
    """Listen to everything that is about the rules."""
    for step in STEPS:
        on, action = _Decide(context, step), f"case.{step.decision}"
        bot.on_action(action, on.ask)
        bot.on_action(f"case_{step.decision}.reason", on.pick_reason)
        bot.on_form(action, on.decide)
    record = _Record(context)
    bot.on_action("violation.add", record.ask)
    bot.on_form("violation.add", record.add)
    bot.on_action("case.allow_bidding", record.allow)
    bot.on_action("case.forbid_bidding", record.forbid)
    bot.subcommands.add(
        "violations [TEXT]", "Cases that wait; of whom TEXT names, all there were", record.show
    )


class _Decide:
    """One way to decide a case: asked why first, below the evidence."""

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
            view = await compliance_cases.decide(
                session,
                errand.id,
                decision,
                typed(args, "reason"),
                actor_of(args),
                may_bid=ticked(args, "may_bid"),
            )
        await args.ack(response_action="clear")
        who = name_of(view.affiliate)
        sentences = {
            Decision.WARNED: f"{who} is warned, by a mail with what was seen.",
            Decision.SUSPENDED: f"{who} is suspended: code and link do not count for now.",
            Decision.TERMINATED: f"{who} is no affiliate any more.",
            Decision.DISMISSED: f"Dismissed: nothing stands against {who}.",
        }
        await finish(self._desk, args, errand, sentences[decision])

    async def _view(self, errand: Errand) -> View:
        async with self._desk.db.read() as session:
            return await compliance_cases.view(session, errand.id)


class _Record:
    """What stands against affiliates, and what operators add to it."""

    def __init__(self, desk: BotContext) -> None:
        self._desk = desk

    async def show(self, text: str) -> Message:
        """`/affiliate violations [TEXT]`."""
        if text.strip().lower() == "reports":
            async with self._desk.db.read() as session:
                return unmatched_card(await rows.unmatched(session, clock.now() - LOOK_BACK, 50))
        if text.strip():
            return await self._of_one(text.strip())
        async with self._desk.db.read() as session:
            waiting = await rows.open_cases(session, 100)
            views = [
                await compliance_cases.view(session, case.id) for case, _ in waiting[:CASES_MAX]
            ]
            unmatched = await rows.unmatched(session, clock.now() - LOOK_BACK, 50)
        return cases_card(views, len(waiting), len(unmatched))

    async def _of_one(self, text: str) -> Message:
        async with self._desk.db.read() as session:
            try:
                people = [await affiliates.look_up(session, text)]
            except NotFoundError:
                people = list(await affiliate_rows.find(session, text, _PEOPLE_MAX + 1))
            if not people:
                return notice(f"Nobody found for “{text}”.")
            if len(people) > 1:
                codes = ", ".join(one.promo_code for one in people[:_PEOPLE_MAX])
                return notice(f"Several match “{text}”: {codes}. Type one of these codes.")
            cases = await rows.cases_of(session, people[0].id)
            views = [await compliance_cases.view(session, case.id) for case in cases]
        return record_card(people[0], views)

    async def ask(self, args: AsyncArgs) -> None:
        """`Add a violation` asks what was seen."""
        await args.ack()
        errand = Errand.of(args.body)
        async with self._desk.db.read() as session:
            affiliate = await affiliates.look_up(session, errand.subject)
        await show_modal(args, modals.add(affiliate, errand))

    async def add(self, args: AsyncArgs) -> None:
        """The form of `Add a violation`."""
        errand = Errand.carried(args.body)
        async with self._desk.db.transaction() as session:
            await compliance.add_by_hand(
                session,
                errand.id,
                chosen(args, "kind"),
                typed(args, "note"),
                actor_of(args),
                url=typed(args, "url"),
            )
        await args.ack(response_action="clear")
        sentence = "Added: the card of the case is in the channel, with what can be decided."
        await finish(self._desk, args, errand, sentence)

    async def allow(self, args: AsyncArgs) -> None:
        """`Allow ads on our name`."""
        await self._bidding(args, allowed=True)

    async def forbid(self, args: AsyncArgs) -> None:
        """`Forbid ads on our name`."""
        await self._bidding(args, allowed=False)

    async def _bidding(self, args: AsyncArgs, *, allowed: bool) -> None:
        errand = Errand.of(args.body)
        async with self._desk.db.transaction() as session:
            affiliate: Affiliate = await compliance.allow_bidding(
                session, errand.id, actor_of(args), allowed=allowed
            )
        await args.ack()
        can = "may" if allowed else "may not"
        sentence = f"{name_of(affiliate)} {can} place ads on our name."
        await finish(self._desk, args, errand, sentence)
