"""The App Home's part on discount codes: figures, filter, search, and the codes page by page."""

from typing import Final

from bot.cards.blocks import (
    Json,
    actions,
    button,
    header,
    plain,
    rich,
    said,
    searched,
    section,
    words,
)
from bot.cards.discount_codes import STATUSES, amounts, code_blocks
from bot.code_lists import TEXT_MAX, CodeList
from domain.money import number
from storage.codes import ACTIVE

SHOWN_MAX: Final = 8
"""A code takes three blocks where Stripe refuses it, and the App Home holds a hundred in all."""

_HINT: Final = "A part of the code or its note, then Enter"
_CURRENT: Final = "current"
"""In the menu, all but the archived: an option cannot be empty."""


def list_blocks(found: CodeList) -> list[Json]:
    """The tab as it must look now."""
    blocks = [header("Discount codes"), _figures(found), _steps(found)]
    blocks.append(searched("code.search", "Search codes", _HINT, found.looking.text, TEXT_MAX))
    if not found.codes:
        none = "No code is like that." if _is_narrowed(found) else "There is no code yet."
        blocks.append(rich(section(said(none))))
    for each in found.codes[:SHOWN_MAX]:
        blocks += code_blocks(each)
    if pages := _pages(found):
        blocks.append(actions(*pages))
    return blocks


def status_of(option: str) -> str:
    """The status that an option of the menu stands for; empty for all but the archived."""
    return "" if option == _CURRENT else option


def _figures(found: CodeList) -> Json:
    total = sum(found.counts.values())
    return rich(
        section(
            said(f"{number(total)} code{'s' * (total != 1)}", bold=True),
            said(f", {number(found.counts.get(ACTIVE, 0))} active · "),
            said(f"{number(found.uses)} redemption{'s' * (found.uses != 1)}", bold=True),
            said(" · discount given: "),
            words(amounts(found.given), bold=True),
        )
    )


def _steps(found: CodeList) -> Json:
    shown = found.looking.status or _CURRENT
    options = [_option(_CURRENT, "All but archived")]
    options += [
        _option(status, f"{status.capitalize()} ({number(found.counts.get(status, 0))})")
        for status in STATUSES
    ]
    menu: Json = {
        "type": "static_select",
        "action_id": "code.status",
        "placeholder": plain("Which codes"),
        "options": options,
        "initial_option": next(each for each in options if each["value"] == shown),
    }
    return actions(
        button("New code", "code.new", "new", style="primary"),
        button("Many at once", "code.many", "many"),
        menu,
    )


def _pages(found: CodeList) -> list[Json]:
    shown: list[Json] = []
    if found.looking.before:
        shown.append(button("Back to the newest", "code.newest", "newest"))
    if found.more and found.codes:
        shown.append(button("Older codes", "code.older", str(found.codes[-1].id)))
    return shown


def _is_narrowed(found: CodeList) -> bool:
    looking = found.looking
    return bool(looking.status or looking.text or looking.before or found.counts)


def _option(value: str, text: str) -> Json:
    return {"text": plain(text, 75), "value": value}
