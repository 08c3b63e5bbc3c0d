"""Resources for affiliates: `/affiliate resources`, their form, their history."""

import asyncio
from typing import Final

import structlog
from slack_bolt.kwargs_injection.async_args import AsyncArgs
from slack_sdk.errors import SlackApiError

from bot.app import Bot
from bot.asset_drafts import Draft
from bot.cards.assets import SHOWN_MAX, Listed, asset_card, assets_card
from bot.cards.blocks import Json, Message
from bot.context import BotContext
from bot.errands import Errand
from bot.interactions import actor_of, show, show_modal, whisper
from bot.modals import assets as modals
from domain import assets
from domain.asset_content import SEARCH_MAX, TYPES, require_usable
from domain.asset_files import FILE_MAX, File, examine
from domain.errors import ConflictError, DomainError, InvalidError
from domain.texts import keepable
from integrations.errors import TransportError
from integrations.slack import download
from storage import assets as rows
from storage.assets import ARCHIVED, DRAFT, PUBLISHED, Asset
from storage.ids import new_id

USAGE: Final = "resources [TYPE] [draft|published|archived] [TEXT]"
_STATUSES: Final = (DRAFT, PUBLISHED, ARCHIVED)
_PATIENCE: Final = (0.0, 0.2, 0.5, 1.0, 2.0)
_STEPS: Final = {"publish": assets.publish, "archive": assets.archive}
_SAID: Final = {
    "publish": "“{}” is published: affiliates see it.",
    "archive": "“{}” is archived: no affiliate sees it any more.",
}
_NO_SCOPE: Final = (
    "The app may not read files in Slack yet. Add the scope files:read, as manifest.yml has it, "
    "install the app again, and retry."
)

log = structlog.get_logger(__name__)


def register(bot: Bot, context: BotContext) -> None:
    """Offer the subcommand and listen to everything that is about resources."""
    on = Assets(context)
    bot.subcommands.add(USAGE, "What affiliates can share: texts, files, videos.", on.listed)
    bot.on_action("asset.new", on.ask_new)
    bot.on_action("asset.starters", on.add_starters)
    bot.on_action("asset.menu", on.choose)
    bot.on_action("asset.publish", on.press)
    bot.on_action("asset.archive", on.press)
    bot.on_action("asset.restore", on.restore)
    bot.on_form(modals.CREATE, on.save)
    bot.on_form(modals.EDIT, on.save)


class Assets:
    """The listeners. What a form without a file says is committed before Slack is told so.

    A file has to come from Slack first, which may take longer than Slack waits: then the form
    says that it is being fetched, and what follows replaces that.
    """

    def __init__(self, desk: BotContext) -> None:
        self._desk = desk

    async def listed(self, text: str) -> Message:
        """`/affiliate resources …`."""
        asset_type, status, text = _asked(text)
        statuses = (status,) if status else (PUBLISHED, DRAFT)
        async with self._desk.db.read() as session:
            found = await rows.find(session, statuses, asset_type=asset_type, text=text)
            left = await assets.has_starters_left(session)
        shown = assets.in_order(found)[:SHOWN_MAX]
        more = len(found) > len(shown)
        return assets_card(Listed(shown, more, status, asset_type, text, left))

    async def ask_new(self, args: AsyncArgs) -> None:
        """`Add resource`."""
        await args.ack()
        kind = args.body["actions"][0]["value"]
        draft = Draft(asset_type=kind if kind in TYPES else "")
        await show_modal(args, modals.form(draft, Errand.about("", args.body)))

    async def add_starters(self, args: AsyncArgs) -> None:
        """`Add the starter set`."""
        async with self._desk.db.transaction() as session:
            await assets.add_starters(session, actor_of(args))
        await args.ack()
        await show(args, await self.listed(""))

    async def choose(self, args: AsyncArgs) -> None:
        """The menu beside a resource."""
        step, _, name = args.body["actions"][0]["selected_option"]["value"].partition(":")
        errand = Errand.about(name, args.body)
        if step in _STEPS:
            await self._take(args, step, errand)
            return
        await args.ack()
        async with self._desk.db.read() as session:
            asset = await assets.view(session, errand.id)
            versions = await rows.versions(session, asset.id, modals.VERSIONS_SHOWN)
        if step == "history":
            await show_modal(args, modals.history(asset, versions, errand))
        else:
            seen = Errand(f"{asset.id}:{asset.version}", errand.answer_to, errand.home)
            await show_modal(args, modals.form(Draft.of(asset), seen))

    async def press(self, args: AsyncArgs) -> None:
        """The button that undoes what was just done."""
        step = args.body["actions"][0]["action_id"].removeprefix("asset.")
        await self._take(args, step, Errand.of(args.body))

    async def restore(self, args: AsyncArgs) -> None:
        """`Restore` beside a version, confirmed."""
        name, _, version = args.body["actions"][0]["value"].partition(":")
        errand = Errand.about(name, args.body)
        async with self._desk.db.transaction() as session:
            asset = await assets.restore(session, errand.id, int(version), actor_of(args))
            versions = await rows.versions(session, asset.id, modals.VERSIONS_SHOWN)
        await args.ack()
        news = f"Version {version} is restored, as version {asset.version}."
        view = modals.history(asset, versions, errand, news)
        await args.client.views_update(view_id=args.body["view"]["id"], view=view)

    async def save(self, args: AsyncArgs) -> None:
        """The form of a resource."""
        errand = Errand.carried(args.body)
        draft = Draft.typed(args.body["view"], await self._kept_file(errand))
        wish = draft.wish()
        if not draft.file:
            asset = await self._store(args, draft, errand)
            await args.ack(response_action="clear")
            await self._tell(errand, asset)
            return
        require_usable(wish, has_file=True)
        name = str(new_id())
        await args.ack(response_action="update", view=modals.fetching(errand, name))
        try:
            asset = await self._store(args, draft, errand, await self._fetch(draft.file))
        except TransportError as error:
            problem = _NO_SCOPE if error.code == "missing_scope" else f"{error} Nothing was saved."
            shown = modals.form(draft, errand, problem)
        except DomainError as error:
            shown = modals.form(draft, errand, str(error))
        else:
            shown = modals.saved(_saved(asset), errand)
            await self._tell(errand, asset)
        await _replace(args, name, shown)

    async def _store(
        self, args: AsyncArgs, draft: Draft, errand: Errand, file: File | None = None
    ) -> Asset:
        wish, actor = draft.wish(file), actor_of(args)
        name, _, version = errand.subject.partition(":")
        async with self._desk.db.transaction() as session:
            if not name:
                return await assets.create(session, wish, actor)
            about = Errand(name)
            try:
                return await assets.edit(session, about.id, wish, int(version), actor)
            except ConflictError as error:
                # In the form, so that what was typed is not lost.
                raise InvalidError(str(error), {"title": str(error)}) from error

    async def _fetch(self, file_id: str) -> File:
        name, content = await download(self._desk.slack, file_id, FILE_MAX)
        return await asyncio.to_thread(examine, name, content)

    async def _kept_file(self, errand: Errand) -> str:
        name = errand.subject.partition(":")[0]
        if not name:
            return ""
        async with self._desk.db.read() as session:
            return (await assets.view(session, Errand(name).id)).file_name

    async def _tell(self, errand: Errand, asset: Asset) -> None:
        if errand.answer_to:
            await whisper(errand.answer_to, asset_card(asset, _saved(asset)))

    async def _take(self, args: AsyncArgs, step: str, errand: Errand) -> None:
        async with self._desk.db.transaction() as session:
            asset = await _STEPS[step](session, errand.id, actor_of(args))
        await args.ack()
        await show(args, asset_card(asset, _SAID[step].format(asset.title), undo=True))


async def _replace(args: AsyncArgs, name: str, view: Json) -> None:
    """Show a view in place of the one of this name, once Slack has that.

    Slack may still be busy with our answer to the form. Whoever closed it sees nothing more.
    """
    for wait in _PATIENCE:
        await asyncio.sleep(wait)
        try:
            await args.client.views_update(external_id=name, view=view)
        except SlackApiError as error:
            if error.response.get("error") != "not_found":
                raise
        else:
            return
    log.info("the form was closed before its file was there")


def _saved(asset: Asset) -> str:
    seen = "affiliates see it" if asset.status == PUBLISHED else "nobody sees it yet"
    return f"“{asset.title}” is saved as version {asset.version}: {seen}."


def _asked(text: str) -> tuple[str, str, str]:
    """The type, the status and the words that were typed, in this order, each or none."""
    words = text.split()
    asset_type = status = ""
    if words and (asset_type := _type_named(words[0])):
        words.pop(0)
    if words and words[0].lower() in _STATUSES:
        status = words.pop(0).lower()
    return asset_type, status, keepable(" ".join(words))[:SEARCH_MAX]


def _type_named(word: str) -> str:
    """The type that a word means: `faq`, `banners`, `video`, `swipe-file`; empty for none."""
    named = word.lower().replace("-", "_").rstrip("s")
    return next((name for name in TYPES if named in {name, name.partition("_")[0]}), "")
