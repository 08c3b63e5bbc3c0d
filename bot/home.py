"""The App Home, and how an operator learns what became of an errand that began there."""

from slack_bolt.kwargs_injection.async_args import AsyncArgs
from slack_sdk.web.async_client import AsyncWebClient
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import code_lists
from bot.cards.blocks import Json, header
from bot.cards.code_list import SHOWN_MAX as CODES_MAX
from bot.cards.code_list import list_blocks
from bot.cards.health import health_blocks
from bot.cards.home import home_view
from bot.cards.notices import notice
from bot.context import BotContext
from bot.errands import Errand
from bot.finding import find
from bot.health import Health, look
from bot.interactions import whisper
from bot.places import BEGINNING, Place, Tab
from bot.tabs import affiliates, money, program, queue
from bot.tabs.queue import Waiting
from domain.errors import DomainError


async def publish(
    desk: BotContext,
    client: AsyncWebClient,
    user_id: str,
    place: Place = BEGINNING,
    *,
    news: str = "",
    undo: Json | None = None,
) -> None:
    """Show a reviewer the App Home as it is now, at the place where they are.

    `news` is what just became of something, `undo` its button.
    """
    found = await _found(desk, place)
    may_pay = await money.may_pay(desk, user_id) if place.tab is Tab.MONEY else False
    async with desk.db.read() as session:
        waiting = await Waiting.now(session)
        health = await look(session, desk.settings)
        blocks = await _blocks(session, place, waiting, health, found, may_pay=may_pay)
    counts = {Tab.QUEUE: waiting.total, Tab.HEALTH: len(health.parked) + len(health.alerts)}
    await client.views_publish(user_id=user_id, view=home_view(place, counts, blocks, news, undo))


async def _blocks(
    session: AsyncSession,
    place: Place,
    waiting: Waiting,
    health: Health,
    found: list[Json],
    *,
    may_pay: bool,
) -> list[Json]:
    match place.tab:
        case Tab.QUEUE:
            return await queue.blocks(session, waiting)
        case Tab.AFFILIATES:
            return await affiliates.blocks(session, place.sought, found)
        case Tab.CODES:
            return list_blocks(await code_lists.look(session, place.codes, CODES_MAX))
        case Tab.PROGRAM:
            return await program.blocks(session)
        case Tab.MONEY:
            return await money.blocks(session, may_pay=may_pay)
        case Tab.HEALTH:
            return [header("Health"), *health_blocks(health)]


async def _found(desk: BotContext, place: Place) -> list[Json]:
    if place.tab is not Tab.AFFILIATES or not place.sought:
        return []
    try:
        return (await find(desk, place.sought))[1]
    except DomainError as error:
        return notice(str(error))[1]


async def finish(desk: BotContext, args: AsyncArgs, errand: Errand, sentence: str) -> None:
    """Tell the outcome where the errand began: beside its message, or in the App Home."""
    if errand.answer_to:
        await whisper(errand.answer_to, notice(sentence))
    else:
        place = Place.carried(errand.home)
        await publish(desk, args.client, args.context.user_id or "", place, news=sentence)
