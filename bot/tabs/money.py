"""The tab of money: this month, what is owed, and the payouts that wait."""

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.access import UnsureError
from bot.cards.blocks import Json, actions, button, divider, rich, said, section
from bot.cards.home import counted
from bot.cards.payouts import SHOWN_MAX, payouts_card
from bot.cards.stats import stats_card
from bot.context import BotContext
from domain import payout_views, stats, taxes
from domain.stats import Period
from storage import payouts


async def may_pay(desk: BotContext, user_id: str) -> bool:
    """Whether somebody decides on payouts; nobody does while Slack does not say who they are."""
    try:
        return await desk.access.may_pay(user_id)
    except UnsureError:
        return False


async def blocks(session: AsyncSession, *, may_pay: bool) -> list[Json]:
    """This month and the payouts: their buttons for finance, to others how many wait."""
    _, month = stats_card(await stats.overview(session, Period.MONTH))
    shown = [
        *month,
        actions(
            button("What is owed", "report.open", "home"),
            button("Tax forms", "taxes.open", "home"),
        ),
    ]
    if forms := await taxes.counts(session):
        shown.append(rich(section(said(counted("Tax forms", forms)))))
    return [*shown, divider(), *await _payouts(session, may_pay=may_pay)]


async def _payouts(session: AsyncSession, *, may_pay: bool) -> list[Json]:
    total = await payouts.count_open(session)
    if total and not may_pay:
        waiting = f"{total} {'payout waits' if total == 1 else 'payouts wait'} for finance."
        return [rich(section(said(waiting, bold=True)))]
    found = await payouts.open_ones(session, SHOWN_MAX)
    views = [await payout_views.view(session, each.id) for each in found]
    return payouts_card(views, total)[1]
