"""Discount codes that may have leaked: pause one, or say that it is fine."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from slack_bolt.kwargs_injection.async_args import AsyncArgs
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.app import Bot
from bot.cards.leaks import decided
from bot.context import BotContext
from bot.errands import Errand
from bot.home import finish
from bot.interactions import actor_of
from domain import leaks
from domain.audit import Actor
from storage.codes import DiscountCode

Decision = Callable[[AsyncSession, UUID, Actor], Awaitable[DiscountCode]]


def register(bot: Bot, context: BotContext) -> None:
    """Listen to the buttons of the card."""
    on = Leaks(context)
    bot.on_action("leak.pause", on.pause)
    bot.on_action("leak.dismiss", on.dismiss)


class Leaks:
    """The listeners."""

    def __init__(self, desk: BotContext) -> None:
        self._desk = desk

    async def pause(self, args: AsyncArgs) -> None:
        """`Pause code`, confirmed."""
        await self._decide(args, leaks.pause)

    async def dismiss(self, args: AsyncArgs) -> None:
        """`It is fine`."""
        await self._decide(args, leaks.dismiss)

    async def _decide(self, args: AsyncArgs, decision: Decision) -> None:
        errand = Errand.of(args.body)
        async with self._desk.db.transaction() as session:
            await decision(session, errand.id, actor_of(args))
        await args.ack()
        async with self._desk.db.read() as session:
            view = await leaks.view(session, errand.id)
        await finish(self._desk, args, errand, decided(view))
