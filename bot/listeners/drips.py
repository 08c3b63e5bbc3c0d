"""The mails of the first weeks: `/affiliate onboarding`, their form, a look at one."""

from dataclasses import replace
from typing import Final

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.app import Bot
from bot.cards.blocks import Message
from bot.cards.drips import drips_card, mail_blocks
from bot.context import BotContext
from bot.errands import Errand
from bot.interactions import actor_of, show, show_modal, typed, whisper
from bot.modals import drips as modals
from bot.modals.frame import notice_modal
from domain import drips
from domain.drip_texts import Text, fill, fill_blocks, parse
from domain.drip_words import SAMPLE_FIGURES, Site, sample_words
from domain.drips import StepView
from domain.errors import ConflictError, InvalidError
from domain.program import load

_SWITCHES: Final = {"on": True, "off": False}


def register(bot: Bot, context: BotContext) -> None:
    """Offer the subcommand and listen to everything that is about these mails."""
    on = Drips(context)
    bot.on_action("drip.menu", on.choose)
    bot.on_action("drip.reset", on.reset)
    bot.on_action("drip.ask_test", on.ask_test)
    bot.on_form(modals.EDIT, on.save)
    bot.on_form(modals.TEST, on.send_test)

    async def card(_text: str) -> Message:
        return await on.card()

    bot.subcommands.add("onboarding", "The mails of an affiliate's first two weeks.", card)


class Drips:
    """The listeners. What a form decides is committed before Slack is told that it is taken."""

    def __init__(self, desk: BotContext) -> None:
        self._desk = desk

    async def card(self, news: str = "") -> Message:
        """The mails as they are now; `news` is what just became of one."""
        async with self._desk.db.read() as session:
            return drips_card(await drips.views(session), news)

    async def choose(self, args: AsyncArgs) -> None:
        """The menu beside a mail."""
        step, _, name = args.body["actions"][0]["selected_option"]["value"].partition(":")
        if step in _SWITCHES:
            async with self._desk.db.transaction() as session:
                on = _SWITCHES[step]
                seen = await drips.switch(session, name, actor_of(args), on=on)
            await args.ack()
            state = "on: it is sent from now on" if seen.is_on else "off: nobody gets it any more"
            await show(args, await self.card(f"“{seen.step.title}” is {state}."))
            return
        await args.ack()
        errand = Errand.about(name, args.body)
        if step == "preview":
            await self._preview(args, errand)
            return
        async with self._desk.db.read() as session:
            seen = await drips.view(session, name)
        await show_modal(args, modals.edit(seen, _at(errand, seen)))

    async def _preview(self, args: AsyncArgs, errand: Errand) -> None:
        settings = self._desk.settings
        async with self._desk.db.read() as session:
            seen = await drips.view(session, errand.subject)
            program = await load(session)
        site = Site(settings.product_name, settings.public_url)
        filled, text = sample_words(program, site), seen.text
        mail = mail_blocks(
            fill(text.subject, filled),
            fill(text.preheader, filled),
            fill_blocks(parse(text.body), filled),
            SAMPLE_FIGURES.lines(program.currency),
        )
        await show_modal(args, modals.preview(seen, mail, errand))

    async def save(self, args: AsyncArgs) -> None:
        """The form of a mail."""
        errand = Errand.carried(args.body)
        name, _, version = errand.subject.partition(":")
        text = Text(typed(args, "subject"), typed(args, "preheader"), typed(args, "body"))
        async with self._desk.db.transaction() as session:
            try:
                seen = await drips.edit(session, name, text, int(version), actor_of(args))
            except ConflictError as error:
                # In the form, so that what was typed is not lost.
                raise InvalidError(str(error), {"subject": str(error)}) from error
        await args.ack(response_action="clear")
        await self._tell(errand, f"“{seen.step.title}” has your text from now on.")

    async def reset(self, args: AsyncArgs) -> None:
        """`Use the ready-made text`, confirmed; the form shows it."""
        errand = Errand.carried(args.body)
        name = errand.subject.partition(":")[0]
        async with self._desk.db.transaction() as session:
            seen = await drips.reset(session, name, actor_of(args))
        await args.ack()
        view = modals.edit(seen, _at(errand, seen))
        await args.client.views_update(view_id=args.body["view"]["id"], view=view)
        await self._tell(errand, f"“{seen.step.title}” has its ready-made text again.")

    async def ask_test(self, args: AsyncArgs) -> None:
        """`Send me a test mail`."""
        await args.ack()
        await show_modal(args, modals.ask_address(Errand.carried(args.body)))

    async def send_test(self, args: AsyncArgs) -> None:
        """The form of a test mail."""
        errand = Errand.carried(args.body)
        async with self._desk.db.transaction() as session:
            to = await drips.send_test(session, errand.subject, typed(args, "to"), actor_of(args))
        await args.ack(response_action="update", view=notice_modal(f"On its way to {to}."))

    async def _tell(self, errand: Errand, news: str) -> None:
        if errand.answer_to:
            await whisper(errand.answer_to, await self.card(news))


def _at(errand: Errand, seen: StepView) -> Errand:
    """The errand about a step as it is shown."""
    return replace(errand, subject=f"{seen.step.name}:{seen.version}")
