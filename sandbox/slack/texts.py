"""The words of blocks without their looks: for tests, notifications and screen readers."""

from collections.abc import Iterator
from typing import Any

from sandbox.slack.blocks import elements_of

_LABELS = ("text", "title", "label", "hint", "subtitle", "body", "caption", "alt_text")


def blocks_text(blocks: list[dict[str, Any]]) -> list[str]:
    """The visible pieces of text of these blocks, in reading order."""
    return [piece for block in blocks if isinstance(block, dict) for piece in _block(block)]


def button_text(element: dict[str, Any]) -> str:
    """The visible text of a button, or an empty string for other elements."""
    text = element.get("text")
    return str(text["text"]) if isinstance(text, dict) and "text" in text else ""


def rich_text(node: Any) -> str:
    """Rich text flattened to a line or several."""
    if not isinstance(node, dict):
        return ""
    kind = node.get("type")
    if kind == "text":
        return str(node.get("text"))
    if kind == "link":
        return str(node.get("text") or node.get("url"))
    if kind in ("user", "channel", "usergroup", "team"):
        return f"<{'#' if kind == 'channel' else '@'}{node.get(f'{kind}_id')}>"
    if kind in ("emoji", "broadcast", "color", "date"):
        for name in ("fallback", "name", "range", "value"):
            if node.get(name):
                return f":{node[name]}:" if kind == "emoji" else str(node[name])
    between = "\n" if kind in ("rich_text", "rich_text_list") else ""
    return between.join(rich_text(child) for child in node.get("elements") or [])


def cell_text(cell: Any) -> str:
    """The text of one table cell."""
    if not isinstance(cell, dict):
        return ""
    if cell.get("type") == "rich_text":
        return rich_text(cell)
    if cell.get("type") == "action":
        return button_text(cell.get("element") or {})
    return str(cell.get("text", ""))


def _block(block: dict[str, Any]) -> Iterator[str]:
    kind = block.get("type")
    if kind == "rich_text":
        yield rich_text(block)
        return
    if kind == "data_visualization":
        yield from _chart(block)
        return
    for name in _LABELS:
        value = block.get(name)
        if isinstance(value, dict) and "text" in value:
            yield str(value["text"])
        elif isinstance(value, str) and (name != "alt_text" or kind == "image"):
            yield value
    yield from (str(field.get("text")) for field in block.get("fields") or [])
    for row in block.get("rows") or []:
        yield " | ".join(cell_text(cell) for cell in row)
    if kind not in ("table", "data_table"):
        yield from _elements(block)
    for child in (block.get("child_blocks") or []) + (block.get("tasks") or []):
        yield from _block(child)


def _elements(block: dict[str, Any]) -> Iterator[str]:
    if block.get("type") == "carousel":
        for card in block.get("elements") or []:
            yield from _block(card)
        return
    for element in elements_of(block):
        if element["type"] in ("mrkdwn", "plain_text"):
            yield str(element.get("text"))
        elif element["type"] == "image":
            yield str(element.get("alt_text"))
        elif words := button_text(element):
            yield words
        for option in element.get("options") or []:
            yield button_text(option)


def _chart(block: dict[str, Any]) -> Iterator[str]:
    yield str(block.get("title"))
    chart = block.get("chart") or {}
    for segment in chart.get("segments") or []:
        yield f"{segment['label']}: {segment['value']}"
    for series in chart.get("series") or []:
        points = ", ".join(f"{point['label']} {point['value']}" for point in series["data"])
        yield f"{series['name']}: {points}"
