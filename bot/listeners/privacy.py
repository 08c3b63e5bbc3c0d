"""Privacy: requests for erasure, and an affiliate's data as a file."""

from tempfile import NamedTemporaryFile

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.app import Bot
from bot.cards.blocks import Message
from bot.cards.notices import notice
from bot.cards.privacy import requests_card
from bot.context import BotContext
from bot.errands import Errand
from bot.home import finish
from bot.interactions import actor_of, show_modal, typed
from bot.modals import privacy as modals
from domain import affiliates, erasure, privacy_exports
from domain.audit import record
from domain.erasure import View
from storage import erasures

USAGE = "privacy [export CODE]"


def register(bot: Bot, context: BotContext) -> None:
    """Listen to everything that is about privacy."""
    on = Privacy(context)
    bot.subcommands.add_errand(
        USAGE, "Who asks to be erased; all data of an affiliate.", on.command
    )
    bot.on_action("privacy.erase", on.erase)
    bot.on_action("privacy.keep", on.ask_reason)
    bot.on_action("privacy_keep.reason", on.pick_reason)
    bot.on_form("privacy.keep", on.keep)


class Privacy:
    """The listeners."""

    def __init__(self, desk: BotContext) -> None:
        self._desk = desk

    async def command(self, text: str, args: AsyncArgs) -> Message:
        """`/affiliate privacy`, with or without more words."""
        match text.split():
            case []:
                async with self._desk.db.read() as session:
                    waiting = await erasures.open_ones(session)
                    return requests_card([await erasure.view(session, one.id) for one in waiting])
            case [word, name] if word.lower() == "export":
                return await self._export(name, args)
        return notice(f"That is typed like this: /affiliate {USAGE}")

    async def erase(self, args: AsyncArgs) -> None:
        """`Erase`, confirmed. It takes a while to look where else they are named."""
        await args.ack()
        errand = Errand.of(args.body)
        view = await self._view(errand)
        async with self._desk.db.read() as session:
            found = await erasure.traces(session, view.affiliate.id)
        async with self._desk.db.transaction() as session:
            gone = await erasure.erase(session, errand.id, found, actor_of(args))
        await finish(self._desk, args, errand, f"Erased: {gone.promo_code}. A mail tells them.")

    async def ask_reason(self, args: AsyncArgs) -> None:
        """`Keep` asks for the reason."""
        await args.ack()
        errand = Errand.of(args.body)
        await show_modal(args, modals.keeping(await self._view(errand), errand))

    async def pick_reason(self, args: AsyncArgs) -> None:
        """A usual reason is put into the field."""
        await args.ack()
        errand = Errand.carried(args.body)
        reason = modals.REASONS[int(args.body["actions"][0]["selected_option"]["value"])]
        view = modals.keeping(await self._view(errand), errand, reason)
        await args.client.views_update(view_id=args.body["view"]["id"], view=view)

    async def keep(self, args: AsyncArgs) -> None:
        """The form of `Keep`."""
        errand = Errand.carried(args.body)
        async with self._desk.db.transaction() as session:
            view = await erasure.keep(session, errand.id, typed(args, "reason"), actor_of(args))
        await args.ack(response_action="clear")
        sentence = f"Kept: {view.affiliate.promo_code}. A mail tells them why."
        await finish(self._desk, args, errand, sentence)

    async def _view(self, errand: Errand) -> View:
        async with self._desk.db.read() as session:
            return await erasure.view(session, errand.id)

    async def _export(self, name: str, args: AsyncArgs) -> Message:
        """Everything about an affiliate, as a file where only the asker sees it."""
        async with self._desk.db.transaction() as session:
            affiliate = await affiliates.look_up(session, name)
            subject = f"affiliate:{affiliate.id}"
            await record(session, actor_of(args), "privacy.exported", subject)
        with NamedTemporaryFile(suffix=".zip") as file:
            async with self._desk.db.read() as session:
                product = self._desk.settings.product_name
                await privacy_exports.write(session, affiliate, product, file)
            file.flush()
            opened = await args.client.conversations_open(users=args.context.user_id or "")
            title = privacy_exports.file_name(affiliate)
            await args.client.files_upload_v2(
                channel=opened["channel"]["id"],
                filename=title,
                title=title,
                file=file.name,
                initial_comment=f"Everything that is kept about {affiliate.promo_code}.",
            )
        return notice("The file is in our direct messages. It is personal: delete it afterwards.")
