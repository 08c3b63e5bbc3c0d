"""Milestones: `/affiliate milestones` and their forms."""

from dataclasses import replace
from uuid import UUID

from slack_bolt.kwargs_injection.async_args import AsyncArgs
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.app import Bot
from bot.cards.blocks import Message
from bot.cards.milestones import milestones_card
from bot.context import BotContext
from bot.errands import Errand
from bot.home import finish
from bot.interactions import actor_of, show, show_modal, whisper
from bot.milestone_drafts import ACTIVE, Draft
from bot.modals import milestones as modals
from domain import milestones
from domain.audit import Actor
from domain.program import load


def register(bot: Bot, context: BotContext) -> None:
    """Listen to everything that is about milestones, and offer the subcommand."""
    on = Milestones(context)
    bot.on_action("milestone.list", on.show_list)
    bot.on_action("milestone.new", on.ask_new)
    bot.on_action("milestone.edit", on.ask_changes)
    bot.on_action("milestone.pause", on.pause)
    bot.on_action("milestone.resume", on.resume)
    bot.on_action("milestone.delete", on.ask_delete)
    bot.on_form(modals.CREATE, on.save)
    bot.on_form(modals.EDIT, on.save)
    bot.on_form(modals.CONFIRM, on.confirm)
    bot.on_form(modals.DELETE, on.delete)

    async def card(_text: str) -> Message:
        return await on.card()

    bot.subcommands.add("milestones", "Bonuses for numbers of converted referrals.", card)


class Milestones:
    """The listeners. What a form decides is committed before Slack is told that it is taken."""

    def __init__(self, desk: BotContext) -> None:
        self._desk = desk

    async def card(self, news: str = "") -> Message:
        """The milestones as they are now; `news` is what just became of one."""
        async with self._desk.db.read() as session:
            return milestones_card(await milestones.marks(session), await load(session), news)

    async def show_list(self, args: AsyncArgs) -> None:
        """`Milestones` in the App Home."""
        await args.ack()
        await show(args, await self.card())

    async def ask_new(self, args: AsyncArgs) -> None:
        """`Add milestone`."""
        await args.ack()
        async with self._desk.db.read() as session:
            program = await load(session)
        await show_modal(args, modals.create(Draft(), program, Errand.about("", args.body)))

    async def ask_changes(self, args: AsyncArgs) -> None:
        """`Edit`."""
        await args.ack()
        errand = Errand.of(args.body)
        async with self._desk.db.read() as session:
            milestone, program = await milestones.by_id(session, errand.id), await load(session)
        errand = replace(errand, subject=f"{milestone.id} {milestones.version(milestone)}")
        await show_modal(args, modals.edit(Draft.of(milestone, program), program, errand))

    async def ask_delete(self, args: AsyncArgs) -> None:
        """`Delete`."""
        await args.ack()
        errand = Errand.of(args.body)
        async with self._desk.db.read() as session:
            await milestones.by_id(session, errand.id)
            marks = await milestones.marks(session)
        mark = next(each for each in marks if each.milestone.id == errand.id)
        await show_modal(args, modals.delete(mark, errand))

    async def pause(self, args: AsyncArgs) -> None:
        """`Pause`."""
        await self._switch(args, on=False)

    async def resume(self, args: AsyncArgs) -> None:
        """`Resume`; what it would cost at once is asked about first."""
        errand = Errand.of(args.body)
        async with self._desk.db.read() as session:
            milestone, program = await milestones.by_id(session, errand.id), await load(session)
            draft = replace(Draft.of(milestone, program), state=ACTIVE)
            due = await milestones.would_get(session, draft.given(program), milestone.id)
        if not due:
            await self._switch(args, on=True)
            return
        await args.ack()
        subject = f"{milestone.id} {milestones.version(milestone)}\n{draft.packed()}"
        view = modals.confirm(draft.given(program), due, program, replace(errand, subject=subject))
        await show_modal(args, view)

    async def save(self, args: AsyncArgs) -> None:
        """The form of a milestone; what it would cost at once is asked about first."""
        draft, errand = Draft.typed(args.body["view"]), Errand.carried(args.body)
        milestone_id, seen = _subject(errand)
        async with self._desk.db.transaction() as session:
            program = await load(session)
            wish = await milestones.read(session, draft.given(program), milestone_id)
            due = await milestones.would_get(session, wish, milestone_id)
            if due == 0:
                sentence = await _kept(session, draft, milestone_id, seen, actor_of(args))
        if due:
            asks = replace(errand, subject=f"{errand.subject}\n{draft.packed()}")
            view = modals.confirm(wish, due, program, asks)
            await args.ack(response_action="update", view=view)
            return
        await self._answer(args, errand, sentence)

    async def confirm(self, args: AsyncArgs) -> None:
        """The question what it costs at once, answered with yes."""
        errand = Errand.carried(args.body)
        subject, _, draft = errand.subject.partition("\n")
        milestone_id, seen = _subject(replace(errand, subject=subject))
        async with self._desk.db.transaction() as session:
            made = Draft.unpacked(draft)
            sentence = await _kept(session, made, milestone_id, seen, actor_of(args))
        await self._answer(args, errand, sentence)

    async def delete(self, args: AsyncArgs) -> None:
        """The question before a milestone goes, answered with yes."""
        errand = Errand.carried(args.body)
        async with self._desk.db.transaction() as session:
            milestone = await milestones.remove(session, errand.id, actor_of(args))
        await self._answer(args, errand, f"{milestone.name} is deleted.")

    async def _switch(self, args: AsyncArgs, *, on: bool) -> None:
        await args.ack()
        milestone_id = Errand.of(args.body).id
        async with self._desk.db.transaction() as session:
            milestone = await milestones.switch(session, milestone_id, actor_of(args), on=on)
        now = "counts again" if on else "is paused. Whoever has its bonus keeps it"
        await show(args, await self.card(f"{milestone.name} {now}."))

    async def _answer(self, args: AsyncArgs, errand: Errand, sentence: str) -> None:
        """Tell the outcome, with the milestones as they are now."""
        await args.ack(response_action="clear")
        if errand.answer_to:
            await whisper(errand.answer_to, await self.card(sentence))
        else:
            await finish(self._desk, args, errand, sentence)


def _subject(errand: Errand) -> tuple[UUID | None, str]:
    """The milestone that is edited and the version that was shown; None for a new one."""
    milestone_id, _, seen = errand.subject.partition(" ")
    return (UUID(milestone_id) if milestone_id else None), seen


async def _kept(
    session: AsyncSession, draft: Draft, milestone_id: UUID | None, seen: str, actor: Actor
) -> str:
    """Save the form; what to say about it."""
    wish = draft.given(await load(session))
    if milestone_id is None:
        return f"{(await milestones.create(session, wish, actor)).name} is added."
    made = await milestones.edit(session, milestone_id, wish, actor, seen=seen)
    return f"{made.name} is saved."
