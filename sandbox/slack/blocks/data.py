"""Tables, data tables and native charts.

Fields and limits: https://docs.slack.dev/reference/block-kit/blocks (table-block, data-table-block,
data-visualization-block).
"""

from typing import Any

from sandbox.slack.blocks.elements import BUTTONS
from sandbox.slack.blocks.rich_text import RICH_TEXT
from sandbox.slack.blocks.rules import (
    Report,
    Rule,
    anything,
    array,
    boolean,
    by_type,
    enum,
    integer,
    number,
    shape,
    string,
)

_CELLS: dict[str, Rule] = {
    "raw_text": shape({"type": anything, "text": string(shortest=0)}),
    "raw_number": shape({"type": anything, "value": number, "text": string()}),
    "rich_text": RICH_TEXT,
}
_DATA_CELLS: dict[str, Rule] = {
    **_CELLS,
    "action": shape({"type": anything, "element": by_type({"button": BUTTONS["button"]})}),
}


def _even_rows(value: dict[str, Any], report: Report) -> None:
    rows = value.get("rows")
    if not isinstance(rows, list) or not rows or not isinstance(rows[0], list):
        return
    for index, row in enumerate(rows):
        if isinstance(row, list) and len(row) != len(rows[0]):
            report.at("rows", index).add(f"must have {len(rows[0])} cells as the first row has")


def _plain_header(value: dict[str, Any], report: Report) -> None:
    rows = value.get("rows")
    if isinstance(rows, list) and rows and isinstance(rows[0], list):
        for index, cell in enumerate(rows[0]):
            if isinstance(cell, dict) and cell.get("type") == "rich_text":
                report.at("rows", 0, index).add("rich_text is not allowed in the header row")


TABLE = shape(
    {"type": anything, "rows": array(array(by_type(_CELLS), most=20), most=100)},
    {
        "block_id": string(longest=255),
        "column_settings": array(
            shape({}, {"align": enum("left", "center", "right"), "is_wrapped": boolean}),
            fewest=0,
            most=20,
        ),
    },
)

DATA_TABLE = shape(
    {
        "type": anything,
        "caption": string(),
        "rows": array(array(by_type(_DATA_CELLS), most=20), fewest=2, most=101),
    },
    {
        "block_id": string(longest=255),
        "page_size": integer(1, 100),
        "row_header_column_index": integer(0, 19),
    },
    _even_rows,
    _plain_header,
)

_LABEL = string(longest=20)
_POINT = shape({"label": _LABEL, "value": number})


def _slice(value: Any, report: Report) -> None:
    _POINT(value, report)
    size = value.get("value") if isinstance(value, dict) else None
    if isinstance(size, int | float) and size <= 0:
        report.at("value").add("must be greater than 0")


def _points_fit_axis(value: dict[str, Any], report: Report) -> None:
    """Every series names itself once and has one point for each category."""
    axis = value.get("axis_config")
    series = value.get("series")
    if not isinstance(axis, dict) or not isinstance(series, list):
        return
    categories = axis.get("categories")
    names: set[str] = set()
    for index, line in enumerate(series):
        if not isinstance(line, dict):
            continue
        name = line.get("name")
        if isinstance(name, str) and name in names:
            report.at("series", index, "name").add(f"series name already exists: {name}")
        elif isinstance(name, str):
            names.add(name)
        points = line.get("data")
        if isinstance(points, list) and isinstance(categories, list):
            labels = [point.get("label") for point in points if isinstance(point, dict)]
            if sorted(map(str, labels)) != sorted(map(str, categories)):
                report.at("series", index, "data").add("labels must match axis_config.categories")


_AXIS_CHART = shape(
    {
        "type": anything,
        "series": array(shape({"name": _LABEL, "data": array(_POINT, most=20)}), most=6),
        "axis_config": shape(
            {"categories": array(_LABEL, most=20)},
            {"x_label": string(longest=50), "y_label": string(longest=50)},
        ),
    },
    None,
    _points_fit_axis,
)

CHART = shape(
    {
        "type": anything,
        "title": string(longest=50),
        "chart": by_type(
            {
                "pie": shape({"type": anything, "segments": array(_slice, most=6)}),
                "bar": _AXIS_CHART,
                "area": _AXIS_CHART,
                "line": _AXIS_CHART,
            }
        ),
    },
    {"block_id": string(longest=255)},
)
