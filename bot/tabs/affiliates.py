"""The tab of affiliates: how many there are, a search, and who joined last."""

from collections.abc import Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.cards.blocks import (
    Json,
    actions,
    asked,
    button,
    clean,
    header,
    plain,
    rich,
    said,
    section,
)
from bot.cards.find import newest_line
from bot.cards.home import counted
from bot.finding import TEXT_MAX
from domain.statuses import Status
from storage import affiliates, applications

NEWEST_MAX = 8


async def blocks(session: AsyncSession, sought: str, found: Sequence[Json]) -> list[Json]:
    """What was looked for and `found`, or else who joined last."""
    shown = [
        header("Affiliates"),
        rich(section(said(counted("Affiliates", await affiliates.count_by_status(session))))),
        rich(section(said(counted("Applications", await applications.count_by_status(session))))),
        _search(sought),
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


def _search(sought: str) -> Json:
    text = clean(sought, TEXT_MAX)
    field: Json = {
        "type": "plain_text_input",
        "action_id": "affiliate.search",
        "max_length": TEXT_MAX,
        "placeholder": plain("Name, address, code, link, or an invoice, in_…; then Enter"),
        "dispatch_action_config": {"trigger_actions_on": ["on_enter_pressed"]},
    }
    if text:
        field["initial_value"] = text
    # Named after what is looked for: Slack would otherwise keep what was typed before.
    made = asked("Find", field, block_id=f"affiliate.search:{text}"[:200])
    return made | {"dispatch_action": True, "optional": True}
