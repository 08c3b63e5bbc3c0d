"""The App Home: a row of tabs, what just happened, and the tab that is open."""

from collections.abc import Mapping, Sequence

from bot.cards.blocks import (
    Json,
    actions,
    button,
    divider,
    header,
    rich,
    said,
    section,
    sign,
    words,
)
from bot.places import Place, Tab


def tab_id(tab: Tab) -> str:
    """The action_id of what opens a tab."""
    return f"home.{tab}"


def home_view(
    place: Place,
    counts: Mapping[Tab, int],
    blocks: Sequence[Json],
    news: str = "",
    undo: Json | None = None,
) -> Json:
    """The App Home of a reviewer: `blocks` are those of the tab that is open.

    `counts` are shown on the tabs' buttons, where they are not 0; `news` is what just became of
    something, and `undo` its button.
    """
    shown = [actions(*(_tab(tab, counts.get(tab, 0), place) for tab in Tab))]
    if news:
        shown.append(rich(section(sign(good=True), said(" "), words(news, 600, bold=True))))
        if undo:
            shown.append(actions(undo))
    return {
        "type": "home",
        "blocks": [*shown, divider(), *blocks],
        "private_metadata": place.packed(),
    }


def closed_view(reason: str) -> Json:
    """The App Home of everybody else."""
    return {"type": "home", "blocks": [header("Affiliate Desk"), rich(section(words(reason)))]}


def counted(label: str, counts: Mapping[str, int]) -> str:
    """How many there are in each state, in a sentence."""
    listed = ", ".join(f"{number} {status}" for status, number in sorted(counts.items()))
    return f"{label}: {listed or 'none yet'}."


def _tab(tab: Tab, count: int, place: Place) -> Json:
    name = f"{tab.capitalize()} · {count}" if count else tab.capitalize()
    return button(name, tab_id(tab), str(tab), style="primary" if tab is place.tab else "")
