"""Contests: `/affiliate contest`, their forms, and who wins."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from uuid import UUID

from slack_bolt.kwargs_injection.async_args import AsyncArgs

import clock
from bot.app import Bot
from bot.cards.blocks import Json, Message
from bot.cards.contests import contests_card, standings_card
from bot.cards.payouts import name_of
from bot.contest_drafts import Draft
from bot.context import BotContext
from bot.errands import Errand
from bot.home import finish
from bot.interactions import actor_of, show, show_modal, typed, whisper
from bot.modals import contests as modals
from domain import affiliates, contest_winners, contests
from domain.contest_winners import View
from domain.errors import ConflictError, DomainError, InvalidError
from domain.money import money
from domain.program import Program, load
from storage.contests import ACTIVE, UPCOMING, Contest


def register(bot: Bot, context: BotContext) -> None:
    """Listen to everything that is about contests, and offer the subcommand."""
    on = Contests(context)
    bot.on_action("contest.list", on.show_list)
    bot.on_action("contest.new", on.ask_new)
    bot.on_action("contest.edit", on.ask_changes)
    bot.on_action("contest.cancel", on.ask_cancel)
    bot.on_action("contest.standings", on.show_standings)
    bot.on_action("contest.disqualify", on.ask_out)
    bot.on_action("contest.readmit", on.readmit)
    bot.on_action("contest.confirm", on.ask_confirm)
    bot.on_action("contest.none", on.ask_close)
    bot.on_action(f"{modals.ASKS_CANCEL}.reason", on.pick_cancel_reason)
    bot.on_action(f"{modals.ASKS_OUT}.reason", on.pick_out_reason)
    bot.on_action(f"{modals.ASKS_CLOSE}.reason", on.pick_close_reason)
    bot.on_form(modals.CREATE, on.create)
    bot.on_form(modals.EDIT, on.edit)
    bot.on_form(modals.CANCEL, on.cancel)
    bot.on_form(modals.DISQUALIFY, on.disqualify)
    bot.on_form(modals.CONFIRM, on.confirm)
    bot.on_form(modals.CLOSE, on.close)

    async def answer(_text: str) -> Message:
        return await on.card()

    bot.subcommands.add("contest", "Contests: make one, see who leads, decide who wins.", answer)


class Contests:
    """The listeners. What a form decides is committed before Slack is told that it is taken."""

    def __init__(self, desk: BotContext) -> None:
        self._desk = desk

    async def card(self, news: str = "") -> Message:
        """The contests as they are now; `news` is what just became of one."""
        async with self._desk.db.read() as session:
            shown = await contests.all_shown(session)
            views = [await contest_winners.view(session, each.id) for each in shown]
            return contests_card(views, news)

    async def show_list(self, args: AsyncArgs) -> None:
        """`Contests` in the App Home."""
        await args.ack()
        await show(args, await self.card())

    async def ask_new(self, args: AsyncArgs) -> None:
        """`Add contest`."""
        await args.ack()
        program = await self._program()
        draft = Draft.new(clock.now(), program.time_zone)
        errand = Errand.about("", args.body)
        await show_modal(args, modals.create(draft, program.time_zone, program.currency, errand))

    async def ask_changes(self, args: AsyncArgs) -> None:
        """`Edit`."""
        await args.ack()
        errand = Errand.of(args.body)
        view, program = await self._view(errand.id), await self._program()
        contest = view.contest
        if view.phase not in {UPCOMING, ACTIVE}:
            raise ConflictError(f"{contest.name} is over: nothing can be changed any more.")
        errand = replace(errand, subject=f"{contest.id} {contests.version(contest)}")
        begun, zone = view.phase == ACTIVE, program.time_zone
        made = modals.edit(Draft.of(contest), zone, contest, errand, begun=begun)
        await show_modal(args, made)

    async def ask_cancel(self, args: AsyncArgs) -> None:
        """`Call off`."""
        await args.ack()
        await show_modal(args, await self._cancel_form(Errand.of(args.body)))

    async def show_standings(self, args: AsyncArgs) -> None:
        """`Standings`."""
        await args.ack()
        await show(args, standings_card(await self._view(Errand.of(args.body).id)))

    async def ask_out(self, args: AsyncArgs) -> None:
        """`Disqualify`."""
        await args.ack()
        errand = Errand.of(args.body)
        await show_modal(args, modals.disqualify(await self._view(errand.id), errand))

    async def ask_confirm(self, args: AsyncArgs) -> None:
        """`Confirm winner`: shown once more with the money, before any is moved."""
        await args.ack()
        errand = Errand.of(args.body)
        contest_id, winner = _two_ids(errand.subject)
        view = await self._view(contest_id)
        leader = view.standings.leader
        if leader is None or leader.affiliate.id != winner:
            raise ConflictError("The standings have changed: see the card, which follows them.")
        await show_modal(args, modals.confirm(view, errand))

    async def ask_close(self, args: AsyncArgs) -> None:
        """`No winner`."""
        await args.ack()
        errand = Errand.of(args.body)
        await show_modal(args, modals.close(await self._view(errand.id), errand))

    async def pick_cancel_reason(self, args: AsyncArgs) -> None:
        """A usual reason is put into the field."""
        reason = _picked(args, modals.CANCEL_REASONS)
        await self._redraw(args, await self._cancel_form(Errand.carried(args.body), reason))

    async def pick_out_reason(self, args: AsyncArgs) -> None:
        """A usual reason is put into the field."""
        await self._pick(args, modals.disqualify, modals.OUT_REASONS)

    async def pick_close_reason(self, args: AsyncArgs) -> None:
        """A usual reason is put into the field."""
        await self._pick(args, modals.close, modals.CLOSE_REASONS)

    async def create(self, args: AsyncArgs) -> None:
        """The form of a new contest."""
        draft = Draft.typed(args.body["view"])
        async with self._desk.db.transaction() as session:
            wish = draft.given((await load(session)).currency)
            contest = await contests.create(session, wish, actor_of(args))
        told = f"{contest.name} is added. Affiliates are told when it begins."
        await self._answer(args, " ".join([told, *draft.skipped()]))

    async def edit(self, args: AsyncArgs) -> None:
        """The form of a contest that exists."""
        draft = Draft.typed(args.body["view"])
        contest_id, _, seen = Errand.carried(args.body).subject.partition(" ")
        async with self._desk.db.transaction() as session:
            contest = await contests.by_id(session, UUID(contest_id))
            begun = _runs(contest)
            wish = draft.given(contest.currency, begun=contest if begun else None)
            contest = await contests.edit(session, contest.id, wish, actor_of(args), seen=seen)
        await self._answer(args, " ".join([f"{contest.name} is saved.", *draft.skipped()]))

    async def cancel(self, args: AsyncArgs) -> None:
        """The form of `Call off`."""
        errand = Errand.carried(args.body)
        async with self._desk.db.transaction() as session:
            reason = typed(args, "reason")
            contest = await contests.cancel(session, errand.id, reason, actor_of(args))
        await self._answer(args, f"{contest.name} is called off.")

    async def disqualify(self, args: AsyncArgs) -> None:
        """The form of `Disqualify`."""
        errand = Errand.carried(args.body)
        async with self._desk.db.transaction() as session:
            try:
                affiliate = await affiliates.look_up(session, typed(args, "who"))
            except DomainError as error:
                raise InvalidError(str(error), {"who": str(error)}) from error
            contest = await contest_winners.disqualify(
                session, errand.id, affiliate.id, typed(args, "reason"), actor_of(args)
            )
        await self._answer(args, f"{name_of(affiliate)} is out of {contest.name}.")

    async def readmit(self, args: AsyncArgs) -> None:
        """`Let back in`."""
        errand = Errand.of(args.body)
        contest_id, affiliate_id = _two_ids(errand.subject)
        async with self._desk.db.transaction() as session:
            await contest_winners.readmit(session, contest_id, affiliate_id, actor_of(args))
        await args.ack()
        await show(args, standings_card(await self._view(contest_id)))

    async def confirm(self, args: AsyncArgs) -> None:
        """The form of `Confirm winner`."""
        contest_id, winner = _two_ids(Errand.carried(args.body).subject)
        async with self._desk.db.transaction() as session:
            contest = await contest_winners.confirm(session, contest_id, winner, actor_of(args))
        view = await self._view(contest.id)
        name = name_of(view.winner) if view.winner else ""
        cents = contest.prize_amount_cents
        paid = f" {money(cents, contest.currency)} are in their balance." if cents else ""
        await self._answer(args, f"{name} has won {contest.name}.{paid} Mails are on their way.")

    async def close(self, args: AsyncArgs) -> None:
        """The form of `No winner`."""
        errand = Errand.carried(args.body)
        async with self._desk.db.transaction() as session:
            reason = typed(args, "reason")
            contest = await contest_winners.close(session, errand.id, reason, actor_of(args))
        await self._answer(args, f"{contest.name} ended without a winner.")

    async def _pick(
        self, args: AsyncArgs, form: Callable[[View, Errand, str], Json], usual: Sequence[str]
    ) -> None:
        errand = Errand.carried(args.body)
        view = await self._view(errand.id)
        await self._redraw(args, form(view, errand, _picked(args, usual)))

    async def _redraw(self, args: AsyncArgs, view: Json) -> None:
        await args.ack()
        await args.client.views_update(view_id=args.body["view"]["id"], view=view)

    async def _cancel_form(self, errand: Errand, reason: str = "") -> Json:
        async with self._desk.db.read() as session:
            contest = await contests.by_id(session, errand.id)
        return modals.cancel(contest, errand, begun=contest.status != UPCOMING, reason=reason)

    async def _answer(self, args: AsyncArgs, sentence: str) -> None:
        """Tell the outcome, with the contests as they are now."""
        await args.ack(response_action="clear")
        errand = Errand.carried(args.body)
        if errand.answer_to:
            await whisper(errand.answer_to, await self.card(sentence))
        else:
            await finish(self._desk, args, errand, sentence)

    async def _view(self, contest_id: UUID) -> View:
        async with self._desk.db.read() as session:
            return await contest_winners.view(session, contest_id)

    async def _program(self) -> Program:
        async with self._desk.db.read() as session:
            return await load(session)


def _runs(contest: Contest) -> bool:
    return contests.phase(contest, clock.now()) == ACTIVE


def _picked(args: AsyncArgs, usual: Sequence[str]) -> str:
    return usual[int(args.body["actions"][0]["selected_option"]["value"])]


def _two_ids(subject: str) -> tuple[UUID, UUID]:
    """The contest and the affiliate that a button is about."""
    contest_id, _, affiliate_id = subject.partition(" ")
    return UUID(contest_id), UUID(affiliate_id)
