"""Tiers: `/affiliate tiers`, their forms, and who is put into which by hand."""

from dataclasses import replace
from uuid import UUID

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.app import Bot
from bot.cards.blocks import Message
from bot.cards.tiers import tiers_card
from bot.context import BotContext
from bot.errands import Errand
from bot.home import finish
from bot.interactions import actor_of, show_modal, whisper
from bot.modals import tiers as modals
from bot.tier_drafts import Draft
from domain import affiliates, tier_moves, tiers
from domain.errors import ConflictError, InvalidError
from domain.perks import ICONS
from domain.program import Program, load


def register(bot: Bot, context: BotContext) -> None:
    """Listen to everything that is about tiers, and offer the subcommand."""
    on = Tiers(context)
    bot.on_action("tier.new", on.ask_new)
    bot.on_action("tier.edit", on.ask_changes)
    bot.on_action("tier.delete", on.ask_delete)
    bot.on_action("tier.add_perk", on.add_perk)
    bot.on_action("tier.remove_perk", on.remove_perk)
    bot.on_action("affiliate.tier", on.ask_tier)
    bot.on_form(modals.CREATE, on.create)
    bot.on_form(modals.EDIT, on.edit)
    bot.on_form(modals.DELETE, on.delete)
    bot.on_form(modals.GIVE, on.give)

    async def show(_text: str) -> Message:
        return await on.card()

    bot.subcommands.add("tiers", "The tiers: their rates, payout minimums and perks.", show)


class Tiers:
    """The listeners. What a form decides is committed before Slack is told that it is taken."""

    def __init__(self, desk: BotContext) -> None:
        self._desk = desk

    async def card(self, news: str = "") -> Message:
        """The tiers as they are now; `news` is what just became of one."""
        async with self._desk.db.read() as session:
            return tiers_card(await tiers.steps(session), await load(session), news)

    async def ask_new(self, args: AsyncArgs) -> None:
        """`Add tier`."""
        await args.ack()
        errand = Errand.about("", args.body)
        await show_modal(args, modals.create(Draft(), await self._program(), errand))

    async def ask_changes(self, args: AsyncArgs) -> None:
        """`Edit`."""
        await args.ack()
        errand = Errand.of(args.body)
        async with self._desk.db.read() as session:
            tier, program = await tiers.by_id(session, errand.id), await load(session)
        errand = replace(errand, subject=f"{tier.id} {tiers.version(tier)}")
        await show_modal(args, modals.edit(Draft.of(tier, program), program, errand))

    async def ask_delete(self, args: AsyncArgs) -> None:
        """`Delete`."""
        await args.ack()
        errand = Errand.of(args.body)
        async with self._desk.db.read() as session:
            await tiers.by_id(session, errand.id)
            steps = await tiers.steps(session)
        step = next(each for each in steps if each.tier.id == errand.id)
        others = [each.tier for each in steps if each is not step]
        await show_modal(args, modals.delete(step, others, errand))

    async def add_perk(self, args: AsyncArgs) -> None:
        """`Add a perk` in a form."""
        await self._redraw(args, Draft.typed(args.body["view"]).with_perk(next(iter(ICONS))))

    async def remove_perk(self, args: AsyncArgs) -> None:
        """`Remove` beside a perk in a form."""
        slot = int(args.body["actions"][0]["value"])
        await self._redraw(args, Draft.typed(args.body["view"]).without_perk(slot))

    async def create(self, args: AsyncArgs) -> None:
        """The form of a new tier."""
        draft = Draft.typed(args.body["view"])
        try:
            async with self._desk.db.transaction() as session:
                wish = draft.given(await load(session))
                tier = await tiers.create(session, wish, actor_of(args))
        except InvalidError as error:
            raise draft.placed(error) from error
        reached = "Whoever has reached it already moves up tonight."
        await self._answer(args, f"{tier.name} is added. {reached}")

    async def edit(self, args: AsyncArgs) -> None:
        """The form of a tier that exists."""
        draft = Draft.typed(args.body["view"])
        tier_id, _, seen = Errand.carried(args.body).subject.partition(" ")
        try:
            async with self._desk.db.transaction() as session:
                wish = draft.given(await load(session))
                tier = await tiers.edit(session, UUID(tier_id), wish, actor_of(args), seen=seen)
        except InvalidError as error:
            raise draft.placed(error) from error
        await self._answer(args, f"{tier.name} is saved.")

    async def delete(self, args: AsyncArgs) -> None:
        """The question before a tier goes, answered with yes."""
        errand, choice = Errand.carried(args.body), _chosen(args, "move_to")
        async with self._desk.db.transaction() as session:
            tier, moved = await tiers.remove(
                session,
                errand.id,
                actor_of(args),
                move_to=UUID(choice) if choice not in {"", modals.NO_TIER} else None,
                to_none=choice == modals.NO_TIER,
            )
        went = f" {moved} affiliate{'s were' if moved > 1 else ' was'} moved." if moved else ""
        await self._answer(args, f"{tier.name} is deleted.{went}")

    async def ask_tier(self, args: AsyncArgs) -> None:
        """`Tier` beside an affiliate."""
        await args.ack()
        errand = Errand.of(args.body)
        async with self._desk.db.read() as session:
            affiliate = await affiliates.look_up(session, errand.subject)
            progress = await tier_moves.standing(session, affiliate)
            steps = await tiers.steps(session)
        if progress is None:
            raise ConflictError("There are no tiers yet. Make the first: /affiliate tiers")
        view = modals.give(affiliate, progress, [each.tier for each in steps], errand)
        await show_modal(args, view)

    async def give(self, args: AsyncArgs) -> None:
        """The form of `Tier`."""
        errand, choice, actor = Errand.carried(args.body), _chosen(args, "tier"), actor_of(args)
        async with self._desk.db.transaction() as session:
            if choice == modals.BY_REFERRALS:
                affiliate = await tier_moves.release(session, errand.id, actor)
            else:
                tier_id = None if choice == modals.NO_TIER else UUID(choice)
                affiliate = await tier_moves.give(session, errand.id, tier_id, actor)
            tier = await tiers.by_id(session, affiliate.tier_id) if affiliate.tier_id else None
        await args.ack(response_action="clear")
        where = f"in the tier {tier.name}" if tier else "in no tier"
        how = "until you let referrals decide" if affiliate.tier_pinned else "by their referrals"
        await finish(self._desk, args, errand, f"{affiliate.promo_code} is {where}, {how}.")

    async def _redraw(self, args: AsyncArgs, draft: Draft) -> None:
        await args.ack()
        shown, errand = args.body["view"], Errand.carried(args.body)
        form = modals.create if shown["callback_id"] == modals.CREATE else modals.edit
        made = form(draft, await self._program(), errand)
        await args.client.views_update(view_id=shown["id"], view=made)

    async def _answer(self, args: AsyncArgs, sentence: str) -> None:
        """Tell the outcome, with the tiers as they are now."""
        await args.ack(response_action="clear")
        await whisper(Errand.carried(args.body).answer_to, await self.card(sentence))

    async def _program(self) -> Program:
        async with self._desk.db.read() as session:
            return await load(session)


def _chosen(args: AsyncArgs, name: str) -> str:
    """What was chosen in a menu of a form; empty where the form has no such menu."""
    values = args.body["view"]["state"]["values"]
    option = values.get(name, {}).get(name, {}).get("selected_option") or {}
    return str(option.get("value") or "")
