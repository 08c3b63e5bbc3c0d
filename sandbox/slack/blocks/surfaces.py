"""What Slack checks about a whole message or view, and the two doors of this package."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sandbox.slack.blocks.composition import plain
from sandbox.slack.blocks.layout import IN_MESSAGE, IN_VIEW
from sandbox.slack.blocks.rules import Report, anything, array, boolean, shape, string

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
CHARTS_IN_A_MESSAGE = 2
MARKDOWN_IN_A_MESSAGE = 12_000


def elements_of(block: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The interactive elements of a block, whichever field they stand in."""
    found = [block.get("accessory"), block.get("element")]
    for name in ("elements", "actions"):
        if isinstance(block.get(name), list):
            found += block[name]
    for row in block.get("rows") or []:
        if isinstance(row, list):
            found += [cell.get("element") for cell in row if isinstance(cell, dict)]
    for element in found:
        if isinstance(element, dict) and element.get("type") == "card":
            yield from elements_of(element)
        elif isinstance(element, dict) and "type" in element:
            yield element
    for child in block.get("child_blocks") or []:
        if isinstance(child, dict):
            yield from elements_of(child)


def flat(blocks: Any) -> list[dict[str, Any]]:
    """All blocks, those inside containers too."""
    found: list[dict[str, Any]] = []
    for block in blocks if isinstance(blocks, list) else []:
        if isinstance(block, dict):
            found += [block, *flat(block.get("child_blocks"))]
    return found


def _ids(blocks: Any, report: Report) -> None:
    """`block_id` is unique on a surface, `action_id` in a block; one element takes the focus."""
    seen: set[str] = set()
    focused = 0
    for index, block in enumerate(blocks if isinstance(blocks, list) else []):
        if not isinstance(block, dict):
            continue
        name = block.get("block_id")
        if isinstance(name, str) and name in seen:
            report.at(index, "block_id").add(f"block_id already exists: {name}")
        elif isinstance(name, str):
            seen.add(name)
        actions: set[str] = set()
        for element in elements_of(block):
            action = element.get("action_id")
            if isinstance(action, str) and action in actions:
                report.at(index).add(f"action_id already exists: {action}")
            elif isinstance(action, str):
                actions.add(action)
            focused += element.get("focus_on_load") is True
    if focused > 1:
        report.add("focus_on_load can only be set on one element")


def check_blocks(blocks: Any) -> list[str]:
    """What Slack would refuse about the blocks of a message; empty when it would take them."""
    report = Report("message", "/blocks")
    array(IN_MESSAGE, fewest=0, most=MESSAGE_BLOCKS)(blocks, report)
    _ids(blocks, report)
    everything = flat(blocks)
    kinds = Counter(str(block.get("type")) for block in everything)
    if kinds["table"] > 1:
        report.add("only one table is allowed in a message")
    if kinds["data_visualization"] > CHARTS_IN_A_MESSAGE:
        report.add(f"no more than {CHARTS_IN_A_MESSAGE} data_visualization blocks allowed")
    written = sum(
        len(str(block.get("text"))) for block in everything if block.get("type") == "markdown"
    )
    if kinds["markdown"] > 1 and written > MARKDOWN_IN_A_MESSAGE:
        report.add(f"markdown text must be less than {MARKDOWN_IN_A_MESSAGE + 1} characters in all")
    for index, block in enumerate(blocks if isinstance(blocks, list) else []):
        element = block.get("element") if isinstance(block, dict) else None
        if isinstance(element, dict) and element.get("type") == "file_input":
            report.at(index, "element").add("file_input is only allowed in modals")
    return report.errors


_COMMON = {
    "private_metadata": string(shortest=0, longest=3000),
    "callback_id": string(shortest=0, longest=255),
    "external_id": string(shortest=0, longest=255),
}
_BLOCKS = array(IN_VIEW, fewest=0, most=VIEW_BLOCKS)
_MODAL = shape(
    {"type": anything, "title": plain(24), "blocks": _BLOCKS},
    {
        **_COMMON,
        "submit": plain(24),
        "close": plain(24),
        "clear_on_close": boolean,
        "notify_on_close": boolean,
        "submit_disabled": boolean,
    },
)
_HOME = shape({"type": anything, "blocks": _BLOCKS}, _COMMON)


def check_view(view: Any, kind: str) -> list[str]:
    """What Slack would refuse about a view of this `kind` (modal or home)."""
    report = Report(kind, "/view")
    if not isinstance(view, dict):
        report.add("must provide an object")
        return report.errors
    if view.get("type") != kind:
        report.at("type").add(f"must be a valid enum value: {kind}")
        return report.errors
    (_MODAL if kind == "modal" else _HOME)(view, report)
    blocks = view.get("blocks")
    _ids(blocks, report.at("blocks"))
    asks = any(block.get("type") == "input" for block in flat(blocks))
    if kind == "modal" and asks and not view.get("submit"):
        report.add("missing required field: submit (a modal with input blocks needs it)")
    return report.errors
