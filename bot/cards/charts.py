"""Charts and tables, and the same figures in plain words where Slack does not take them.

Limits: https://docs.slack.dev/reference/block-kit/blocks (data-visualization-block, table-block).
The client's own classes do not know charts, so these are plain objects.
"""

from collections.abc import Mapping, Sequence

from bot.cards.blocks import Json, bullets, clean, rich, said, section

LABEL_MAX = 20
TITLE_MAX = 50
CELL_MAX = 80


def bar_chart(
    title: str, labels: Sequence[str], series: Mapping[str, Sequence[int]], *, y_label: str
) -> Json:
    """Bars beside each other: for each name of the series a count for each label."""
    categories = [clean(label, LABEL_MAX) for label in labels]
    return {
        "type": "data_visualization",
        "title": clean(title, TITLE_MAX),
        "chart": {
            "type": "bar",
            "series": [
                {
                    "name": clean(name, LABEL_MAX),
                    "data": [
                        {"label": label, "value": value}
                        for label, value in zip(categories, values, strict=True)
                    ],
                }
                for name, values in series.items()
            ],
            "axis_config": {"categories": categories, "y_label": clean(y_label, TITLE_MAX)},
        },
    }


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Json:
    """A table; its first column is text, the others are figures. One fits into a message."""
    return {
        "type": "table",
        "rows": [
            [{"type": "raw_text", "text": clean(cell, CELL_MAX) or "—"} for cell in row]
            for row in (columns, *rows)
        ],
        "column_settings": [
            {"align": "right" if place else "left"} for place in range(len(columns))
        ],
    }


def plainer(blocks: Sequence[Json]) -> list[Json]:
    """The same blocks with every chart and table as a list of its figures."""
    return [_IN_WORDS.get(block["type"], _as_it_is)(block) for block in blocks]


def _chart_in_words(block: Json) -> Json:
    chart = block["chart"]
    lines = [
        section(said(f"{label}: ", bold=True), said(", ".join(_figures(chart, label))))
        for label in chart["axis_config"]["categories"]
    ]
    return rich(section(said(block["title"], bold=True)), bullets(*lines))


def _figures(chart: Json, label: str) -> list[str]:
    return [
        f"{point['value']} {series['name']}"
        for series in chart["series"]
        for point in series["data"]
        if point["label"] == label
    ]


def _table_in_words(block: Json) -> Json:
    columns, *rows = [[cell["text"] for cell in row] for row in block["rows"]]
    lines = [
        section(
            said(f"{row[0]}: ", bold=True),
            said(
                ", ".join(f"{name} {cell}" for name, cell in zip(columns[1:], row[1:], strict=True))
            ),
        )
        for row in rows
    ]
    return rich(bullets(*lines)) if lines else rich(section(said(" · ".join(columns))))


def _as_it_is(block: Json) -> Json:
    return block


_IN_WORDS = {"data_visualization": _chart_in_words, "table": _table_in_words}
