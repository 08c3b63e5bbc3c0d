"""The App Home, and how an operator learns what became of an errand that began there."""

from collections import Counter
from collections.abc import Sequence

from slack_bolt.kwargs_injection.async_args import AsyncArgs
from slack_sdk.web.async_client import AsyncWebClient
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from bot import code_lists
from bot.cards.blocks import Json
from bot.cards.code_list import SHOWN_MAX as CODES_MAX
from bot.cards.home import CodeNews, Home, Motivation, home_view
from bot.cards.notices import notice
from bot.cards.queue import SHOWN_MAX
from bot.code_lists import NEWEST, Looking
from bot.context import BotContext
from bot.errands import Errand
from bot.health import look
from bot.interactions import whisper
from domain import contests, networks, taxes
from domain.networks import View
from storage import affiliates, applications, fraud, milestones
from storage.contests import ACTIVE, ENDED


async def publish(
    desk: BotContext,
    client: AsyncWebClient,
    user_id: str,
    looking: Looking = NEWEST,
    *,
    news: str = "",
    undo: Json | None = None,
) -> None:
    """Show a reviewer the App Home as it is now.

    `looking` says which discount codes; `news` is what just became of one, `undo` its button.
    """
    async with desk.db.read() as session:
        home = Home(
            await applications.queue(session, SHOWN_MAX),
            await applications.count_by_status(session),
            await affiliates.count_by_status(session),
            await look(session, desk.settings),
            CodeNews(await code_lists.look(session, looking, CODES_MAX), news, undo),
            await _motivation(session),
            await taxes.counts(session),
            await fraud.count_open(session),
            _networks(await networks.views(session)),
        )
    await client.views_publish(user_id=user_id, view=home_view(home))


def _networks(found: Sequence[View]) -> str:
    names = ", ".join(each.network.name for each in found if each.network.is_active)
    refused = sum(each.refused for each in found)
    told = f" {refused} of what they were told was refused: look." if refused else ""
    return f"Networks: {names or 'none in use'}.{told}" if found else ""


async def _motivation(session: AsyncSession) -> Motivation:
    now = clock.now()
    phases = Counter(contests.phase(each, now) for each in await contests.all_shown(session))
    counting = await milestones.in_order(session, only_active=True)
    return Motivation(len(counting), phases[ACTIVE], phases[ENDED])


async def finish(desk: BotContext, args: AsyncArgs, errand: Errand, sentence: str) -> None:
    """Tell the outcome where the errand began: beside its message, or in the App Home."""
    if errand.answer_to:
        await whisper(errand.answer_to, notice(sentence))
    else:
        looking = Looking.carried(errand.home)
        await publish(desk, args.client, args.context.user_id or "", looking)
