"""An alert: what is wrong, since when, where it says what to do, and later that it is over."""

from bot.cards.blocks import (
    Message,
    clean,
    code,
    escaped,
    header,
    rich,
    said,
    section,
    sign,
    when,
    words,
)
from domain.alerts import TITLES, kind_of
from storage.alerts import Alert

_PROBLEM_MAX = 1000


def alert_card(alert: Alert) -> Message:
    """The alert as it stands now."""
    title = TITLES[kind_of(alert.name)]
    over = alert.cleared_at
    pieces = [sign(good=over is not None), said(" ")]
    pieces += [words(alert.problem, _PROBLEM_MAX), said("\nNoticed: "), when(alert.raised_at)]
    if over is not None:
        pieces += [said(". "), said("It is over since ", bold=True), when(over)]
    pieces.append(said("."))
    blocks = [header(f"Over: {title[:1].lower()}{title[1:]}" if over else title)]
    blocks.append(rich(section(*pieces)))
    if over is None:
        chapter = f"docs/runbook.md#{anchor(title)}"
        blocks.append(rich(section(said("What to do: "), code(chapter), said("."))))
    text = f"{'Over: ' if over else ''}{title}. {clean(alert.problem, _PROBLEM_MAX)}"
    return escaped(text), blocks


def anchor(title: str) -> str:
    """Where a chapter of a page begins, as the sites that show Markdown name it."""
    return title.lower().replace(" ", "-")
