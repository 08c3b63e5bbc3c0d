"""Resources for affiliates, as operators see them: the list, and one after it was changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from bot.cards.blocks import (
    Json,
    Message,
    actions,
    button,
    clean,
    escaped,
    header,
    plain,
    rich,
    said,
    section,
    sign,
    words,
)
from domain.asset_content import TITLE_MAX, TYPES
from storage.assets import ARCHIVED, PUBLISHED, Asset

SHOWN_MAX: Final = 30
"""One block each and one for each type: a message holds fifty."""


@dataclass(frozen=True, slots=True)
class Listed:
    """What was looked for, and found: at most `SHOWN_MAX`, and whether there are `more`."""

    assets: Sequence[Asset]
    more: bool
    status: str = ""
    asset_type: str = ""
    text: str = ""
    starters_left: bool = False


def assets_card(found: Listed) -> Message:
    """The answer to `/affiliate resources`."""
    sentence = _sentence(found)
    blocks = [header("Resources"), rich(section(words(sentence, 400, bold=True)))]
    buttons = [button("Add resource", "asset.new", found.asset_type or "new", style="primary")]
    if found.starters_left:
        buttons.append(button("Add the starter set", "asset.starters", "starters"))
    blocks.append(actions(*buttons))
    for name, each in groupby(found.assets, key=lambda one: one.asset_type):
        blocks.append(rich(section(said(TYPES[name], bold=True))))
        blocks += [_row(one) for one in each]
    return escaped(sentence), blocks


def asset_card(asset: Asset, sentence: str, *, undo: bool = False) -> Message:
    """What became of one resource; `undo` puts away what was published, and the reverse."""
    blocks = [rich(section(sign(good=True), said(" "), words(sentence, 600, bold=True)))]
    blocks.append(_row(asset))
    if undo:
        value = str(asset.id)
        back = asset.status == ARCHIVED
        label, step = ("Publish again", "publish") if back else ("Archive again", "archive")
        blocks.append(actions(button(label, f"asset.{step}", value)))
    return escaped(clean(sentence, 600)), blocks


def in_short(asset: Asset) -> str:
    """A line about a resource."""
    short = [asset.status, f"version {asset.version}", f"{asset.changed_at:%-d %b %Y}"]
    if asset.file_name:
        short.append(clean(asset.file_name, 60))
    if asset.url:
        short.append(clean(asset.url, 80))
    return " · ".join(short)


def _sentence(found: Listed) -> str:
    kind = f" under {TYPES[found.asset_type]}" if found.asset_type else ""
    about = f" with “{clean(found.text, 60)}”" if found.text else ""
    which = f"{found.status} resource" if found.status else "resource"
    count = len(found.assets)
    if not count:
        return f"There is no {which}{kind}{about}{'' if kind or about or found.status else ' yet'}."
    if found.more:
        return f"The first {count} {which}s{kind}{about}. Name a type or a word to find others."
    return f"{count} {which}{'s' * (count != 1)}{kind}{about}."


def _row(asset: Asset) -> Json:
    text = f"{clean(asset.title, TITLE_MAX) or '—'}\n{in_short(asset)}"
    return {
        "type": "section",
        "text": {"type": "plain_text", "text": text, "emoji": False},
        "accessory": _menu(asset),
    }


def _menu(asset: Asset) -> Json:
    steps = [("Edit", "edit")]
    if asset.status != PUBLISHED:
        steps.append(("Publish", "publish"))
    if asset.status != ARCHIVED:
        steps.append(("Archive", "archive"))
    steps.append(("History", "history"))
    return {
        "type": "overflow",
        "action_id": "asset.menu",
        "options": [
            {"text": plain(label, 75), "value": f"{step}:{asset.id}"} for label, step in steps
        ],
    }
