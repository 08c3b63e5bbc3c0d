"""The tab of affiliates: how many there are, a search, and who joined last."""

from collections.abc import Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.cards.blocks import (
    Json,
    actions,
    button,
    header,
    rich,
    said,
    searched,
    section,
)
from bot.cards.find import newest_line
from bot.cards.home import counted
from bot.finding import TEXT_MAX
from domain.statuses import Status
from storage import affiliates, applications

NEWEST_MAX = 8
_HINT = "Name, address, code, link, or an invoice, in_…; then Enter"


async def blocks(session: AsyncSession, sought: str, found: Sequence[Json]) -> list[Json]:
    """What was looked for and `found`, or else who joined last."""
    shown = [
        header("Affiliates"),
        rich(section(said(counted("Affiliates", await affiliates.count_by_status(session))))),
        rich(section(said(counted("Applications", await applications.count_by_status(session))))),
        searched("affiliate.search", "Find", _HINT, sought, TEXT_MAX),
        actions(
            *([button("Back to the newest", "affiliate.newest", "home")] if sought else []),
            button("Leaderboard", "leaderboard.open", "home"),
        ),
    ]
    if sought:
        return [*shown, *found]
    newest = await affiliates.page(session, status=Status.APPROVED, limit=NEWEST_MAX)
    if not newest:
        nobody = "Nobody has joined yet. Who is approved shows up here."
        return [*shown, rich(section(said(nobody)))]
    joined = rich(section(said("Who joined last", bold=True)))
    return [*shown, joined, *map(newest_line, newest)]
