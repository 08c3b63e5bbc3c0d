"""Discount codes: their forms, and the buttons on their cards."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final
from uuid import UUID

from slack_bolt.kwargs_injection.async_args import AsyncArgs
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import adoption
from bot.app import Bot
from bot.cards.blocks import Json, button
from bot.cards.discount_codes import code_card
from bot.cards.notices import notice
from bot.code_drafts import Draft
from bot.code_lists import view
from bot.context import BotContext
from bot.errands import Errand
from bot.home import publish
from bot.interactions import actor_of, show_modal, whisper
from bot.modals import discount_codes as modals
from bot.places import Place
from bot.promo_codes import AtStripe, ask_for
from domain import code_terms, codes, discount_codes
from domain.audit import Actor
from domain.codes import CAMPAIGN_LENGTH
from domain.errors import ConflictError, InvalidError
from domain.program import Program, load
from storage.codes import ARCHIVED, DiscountCode

Step = Callable[[AsyncSession, UUID, Actor], Awaitable[DiscountCode]]

BULK_COUNT: Final = "50"
SUBMIT_SECONDS: Final = 1.2
"""How long a form waits for Stripe's word, within the three seconds that Slack waits."""
STEPS: Final[dict[str, Step]] = {
    "pause": discount_codes.pause,
    "activate": discount_codes.activate,
    "archive": discount_codes.archive,
    "retry": discount_codes.retry,
}
SAID: Final = {
    "pause": "{} is paused: customers cannot redeem it. Discounts that run already go on.",
    "activate": "{} is active: customers can redeem it.",
    "archive": "{} is archived: customers cannot redeem it, and lists leave it out.",
    "retry": "Stripe is asked once more to honour {}.",
}
_UNDO: Final = {
    "pause": ("Activate again", "code.activate"),
    "activate": ("Pause again", "code.pause"),
    "archive": ("Activate again", "code.activate"),
}


def register(bot: Bot, context: BotContext) -> None:
    """Listen to everything that is about discount codes."""
    on = DiscountCodes(context)
    bot.on_action("code.new", on.ask_terms)
    bot.on_action("code.many", on.ask_many)
    bot.on_action("code.edit", on.ask_changes)
    bot.on_action("code.menu", on.choose)
    bot.on_action("code.adopt", on.adopt)
    for step in STEPS:
        bot.on_action(f"code.{step}", on.step(step))
    for field in modals.REDRAWING:
        bot.on_action(field, on.redraw)
    bot.on_form(modals.CREATE, on.create)
    bot.on_form(modals.EDIT, on.edit)
    bot.on_form(modals.BULK, on.create_many)
    bot.on_form(modals.ARCHIVE, on.archive)


class DiscountCodes:
    """The listeners. A form's codes are committed before Slack is told that they are taken."""

    def __init__(self, desk: BotContext) -> None:
        self._desk = desk

    async def ask_terms(self, args: AsyncArgs) -> None:
        """`New code` in the App Home."""
        await args.ack()
        await self.show_create(args, "")

    async def show_create(self, args: AsyncArgs, word: str) -> None:
        """Open the form of a new code."""
        errand = Errand.about("", args.body)
        await show_modal(args, modals.create(Draft(code=word), await self._program(), errand))

    async def ask_many(self, args: AsyncArgs) -> None:
        """`Many at once` in the App Home."""
        await args.ack()
        await self.show_bulk(args, BULK_COUNT, "")

    async def show_bulk(self, args: AsyncArgs, count: str, prefix: str) -> None:
        """Open the form of many codes."""
        draft = Draft(count=count, prefix=prefix, max_uses="1")
        errand = Errand.about("", args.body)
        await show_modal(args, modals.bulk(draft, await self._program(), errand))

    async def ask_changes(self, args: AsyncArgs) -> None:
        """`Edit` on a card."""
        await args.ack()
        await self.show_edit(args, Errand.of(args.body))

    async def show_edit(self, args: AsyncArgs, errand: Errand) -> None:
        """Open the form of a code that exists."""
        async with self._desk.db.read() as session:
            shown = await view(session, errand.subject)
        if shown.code.status == ARCHIVED:
            raise ConflictError(f"{shown.code.code} is archived. Activate it first.")
        draft = Draft.of(code_terms.terms_of(shown.code), shown.affiliate)
        await show_modal(args, modals.edit(draft, shown.program, errand))

    async def redraw(self, args: AsyncArgs) -> None:
        """A field that decides on others was changed: show the form that fits."""
        await args.ack()
        shown = args.body["view"]
        errand = Errand.carried(args.body)
        form = {modals.CREATE: modals.create, modals.EDIT: modals.edit, modals.BULK: modals.bulk}
        draft = Draft.typed(shown, code=await self._word(errand))
        made = form[shown["callback_id"]](draft, await self._program(), errand)
        await args.client.views_update(view_id=shown["id"], view=made)

    async def create(self, args: AsyncArgs) -> None:
        """The form of a new code."""
        errand, draft = Errand.carried(args.body), Draft.typed(args.body["view"])
        with _complaints_in_place(args.body["view"]):
            await self._require_free_at_stripe(draft.code.strip())
            async with self._desk.db.transaction() as session:
                given = draft.given(await load(session))
                code = await discount_codes.create(session, given, actor_of(args))
        await args.ack(response_action="clear")
        await self._answer(args, errand, code, f"{code.code} is made: {self._how_it_goes_on()}")

    async def edit(self, args: AsyncArgs) -> None:
        """The form of `Edit`."""
        errand = Errand.carried(args.body)
        with _complaints_in_place(args.body["view"]):
            async with self._desk.db.transaction() as session:
                shown = await view(session, errand.subject)
                before = Draft.of(code_terms.terms_of(shown.code), shown.affiliate)
                draft = Draft.typed(args.body["view"], code=before.code)
                given = draft.given(shown.program)
                if draft.expires_at == before.expires_at:
                    del given["expires_at"]  # a form knows no fractions of a second
                code = await discount_codes.edit(session, errand.id, given, actor_of(args))
        await args.ack(response_action="clear")
        await self._answer(args, errand, code, f"{code.code} is saved.")

    async def create_many(self, args: AsyncArgs) -> None:
        """The form of many codes: all are made at once, or none."""
        errand, draft = Errand.carried(args.body), Draft.typed(args.body["view"])
        with _complaints_in_place(args.body["view"]):
            async with self._desk.db.transaction() as session:
                given = draft.given(await load(session))
                made = await discount_codes.create_many(
                    session, given, draft.prefix.strip(), int(draft.count or 0), actor_of(args)
                )
        await args.ack(response_action="clear")
        sentence = (
            f"{len(made)} codes {draft.prefix.strip()}-… are made. The operators' channel shows "
            "how far Stripe is with them, and then gets the file."
        )
        if errand.answer_to:
            await whisper(errand.answer_to, notice(sentence))
        else:
            await self._show_home(args, Place.carried(errand.home), sentence)

    async def archive(self, args: AsyncArgs) -> None:
        """The question before a code is put away, answered with yes."""
        await self._take(args, "archive", Errand.carried(args.body))

    async def adopt(self, args: AsyncArgs) -> None:
        """`Adopt it` on the card of a code whose word Stripe has for another."""
        await args.ack()
        errand = Errand.of(args.body)
        async with self._desk.db.read() as session:
            word = (await discount_codes.by_name(session, errand.subject)).code
        code = await adoption.take_over(self._desk, word, actor_of(args))
        await self._answer(args, errand, code, adoption.SAID.format(code.code))

    def step(self, name: str) -> Callable[[AsyncArgs], Awaitable[None]]:
        """The listener of a button that takes this step."""

        async def take(args: AsyncArgs) -> None:
            await self._take(args, name, Errand.of(args.body))

        return take

    async def choose(self, args: AsyncArgs) -> None:
        """The menu beside a code in a list."""
        step, _, name = args.body["actions"][0]["selected_option"]["value"].partition(":")
        errand = Errand.about(name, args.body)
        if step in {"pause", "activate"}:
            await self._take(args, step, errand)
            return
        await args.ack()
        if step == "edit":
            await self.show_edit(args, errand)
            return
        async with self._desk.db.read() as session:
            shown = await view(session, name)
        if step == "archive":
            await show_modal(args, modals.archive(shown.code, errand))
        elif step == "copy":
            await show_modal(args, modals.copy(shown.code))
        elif errand.answer_to:
            await whisper(errand.answer_to, code_card(shown))
        else:
            await show_modal(args, modals.about(code_card(shown), errand))

    async def _take(self, args: AsyncArgs, step: str, errand: Errand) -> None:
        async with self._desk.db.transaction() as session:
            code = await STEPS[step](session, errand.id, actor_of(args))
        if args.body["type"] == "view_submission":
            await args.ack(response_action="clear")
        else:
            await args.ack()
        undo = button(_UNDO[step][0], _UNDO[step][1], str(code.id)) if step in _UNDO else None
        await self._answer(args, errand, code, SAID[step].format(code.code), undo)

    async def _answer(
        self,
        args: AsyncArgs,
        errand: Errand,
        code: DiscountCode,
        sentence: str,
        undo: Json | None = None,
    ) -> None:
        """Tell the outcome where the errand began, with what undoes it."""
        shown = args.body.get("view") or {}
        if args.body["type"] == "block_actions" and shown.get("type") == "modal":
            async with self._desk.db.read() as session:
                card = code_card(await view(session, str(code.id)), sentence)
            await args.client.views_update(view_id=shown["id"], view=modals.about(card, errand))
        elif errand.answer_to:
            async with self._desk.db.read() as session:
                card = code_card(await view(session, str(code.id)), sentence)
            await whisper(errand.answer_to, card)
            return
        await self._show_home(args, Place.carried(errand.home), sentence, undo)

    async def _show_home(
        self, args: AsyncArgs, place: Place, news: str = "", undo: Json | None = None
    ) -> None:
        user = args.context.user_id or ""
        await publish(self._desk, args.client, user, place, news=news, undo=undo)

    async def _program(self) -> Program:
        async with self._desk.db.read() as session:
            return await load(session)

    async def _word(self, errand: Errand) -> str:
        """The word of the code that a form is about; empty where it makes new ones."""
        if not errand.subject:
            return ""
        async with self._desk.db.read() as session:
            return (await discount_codes.by_name(session, errand.subject)).code

    async def _require_free_at_stripe(self, word: str) -> None:
        """Complain of a word that Stripe has; if it is silent, the outbox asks it later."""
        if self._desk.stripe is None or not word or len(word) > CAMPAIGN_LENGTH:
            return
        async with self._desk.db.read() as session:
            known = await codes.taken(session, {word.upper()})
        if not known and await ask_for(self._desk.stripe, word, SUBMIT_SECONDS) is AtStripe.TAKEN:
            sentence = (
                f"Stripe has a promotion code {word} already. Use another word, or take that one "
                f"over: /affiliate code adopt {word}"
            )
            raise InvalidError(sentence, {"code": sentence})

    def _how_it_goes_on(self) -> str:
        if self._desk.stripe is None:
            return "Stripe is not connected, so customers can redeem it once it is."
        return "customers can redeem it in a moment, once it is at Stripe."


@contextmanager
def _complaints_in_place(view: Json) -> Iterator[None]:
    """Show a complaint about a field that the form does not have beside the one nearest to it."""
    there = {name for fields in view["state"]["values"].values() for name in fields}
    try:
        yield
    except InvalidError as error:
        placed: dict[str, str] = {}
        for name, sentence in error.fields.items():
            placed.setdefault(name if name in there else modals.STANDS_AT.get(name, name), sentence)
        raise InvalidError(str(error), placed) from error
