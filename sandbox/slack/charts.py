"""Native charts (`data_visualization`) laid out as shapes for an inline SVG."""

from dataclasses import dataclass, field
from math import cos, pi, sin
from typing import Any

WIDTH, HEIGHT = 560, 240
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 12, 34
PIE_X, PIE_Y, PIE_R = 110, 116, 96
TICKS = 4


@dataclass
class Drawing:
    """What a chart consists of, in the coordinates of the SVG."""

    kind: str
    width: int = WIDTH
    height: int = HEIGHT
    bars: list[dict[str, Any]] = field(default_factory=list)
    paths: list[dict[str, Any]] = field(default_factory=list)
    dots: list[dict[str, Any]] = field(default_factory=list)
    labels: list[dict[str, Any]] = field(default_factory=list)
    ticks: list[dict[str, Any]] = field(default_factory=list)
    legend: list[dict[str, Any]] = field(default_factory=list)


def amount(value: float) -> str:
    """A figure short enough for an axis."""
    for size, sign in ((1_000_000, "M"), (1_000, "k")):
        if abs(value) >= size:
            return f"{value / size:.1f}".removesuffix(".0") + sign
    return f"{value:.2f}".rstrip("0").rstrip(".")


def draw(chart: dict[str, Any]) -> Drawing:
    """Lay out one chart of type pie, bar, line or area."""
    return _pie(chart) if chart["type"] == "pie" else _axes(chart)


def _pie(chart: dict[str, Any]) -> Drawing:
    drawing = Drawing("pie", width=420, height=232)
    segments = chart["segments"]
    whole = sum(segment["value"] for segment in segments)
    angle = -pi / 2
    for index, segment in enumerate(segments):
        share = segment["value"] / whole
        end = angle + 2 * pi * min(share, 0.99999)
        x1, y1 = PIE_X + PIE_R * cos(angle), PIE_Y + PIE_R * sin(angle)
        x2, y2 = PIE_X + PIE_R * cos(end), PIE_Y + PIE_R * sin(end)
        large = int(share > 1 / 2)
        path = (
            f"M{PIE_X},{PIE_Y} L{x1:.2f},{y1:.2f} A{PIE_R},{PIE_R} 0 {large} 1 {x2:.2f},{y2:.2f} Z"
        )
        drawing.paths.append({"d": path, "hue": index, "fill": True})
        words = f"{segment['label']} {amount(segment['value'])} ({share:.0%})"
        drawing.legend.append({"text": words, "hue": index})
        angle += 2 * pi * share
    return drawing


def _axes(chart: dict[str, Any]) -> Drawing:
    drawing = Drawing(chart["type"])
    series, categories = chart["series"], chart["axis_config"]["categories"]
    values = [point["value"] for line in series for point in line["data"]]
    low, high = min(0, *values), max(0, *values)
    high = high if high > low else low + 1
    span_x, span_y = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    step = span_x / len(categories)

    def height_of(value: float) -> float:
        return TOP + span_y * float(high - value) / float(high - low)

    for number in range(TICKS + 1):
        value = low + (high - low) * number / TICKS
        drawing.ticks.append({"y": height_of(value), "text": amount(value)})
    skip = -(-len(categories) // 8)
    for index, category in enumerate(categories):
        if index % skip == 0:
            drawing.labels.append({"x": LEFT + step * (index + 0.5), "text": category})
    for hue, line in enumerate(series):
        drawing.legend.append({"text": line["name"], "hue": hue})
        held = {point["label"]: point["value"] for point in line["data"]}
        points = [
            (LEFT + step * (index + 0.5), height_of(held[category]), category, held[category])
            for index, category in enumerate(categories)
        ]
        if chart["type"] == "bar":
            wide = step * 0.7 / len(series)
            for x, y, category, value in points:
                zero = height_of(0)
                drawing.bars.append(
                    {
                        "x": x - step * 0.35 + wide * hue,
                        "y": min(y, zero),
                        "width": max(wide - 1, 1),
                        "height": max(abs(zero - y), 1),
                        "hue": hue,
                        "text": f"{line['name']}, {category}: {value}",
                    }
                )
        else:
            _line(drawing, hue, line["name"], points, height_of(0), filled=chart["type"] == "area")
    return drawing


def _line(
    drawing: Drawing,
    hue: int,
    name: str,
    points: list[tuple[float, float, str, float]],
    ground: float,
    *,
    filled: bool,
) -> None:
    path = "M" + " L".join(f"{x:.1f},{y:.1f}" for x, y, _, _ in points)
    if filled:
        area = f"{path} L{points[-1][0]:.1f},{ground:.1f} L{points[0][0]:.1f},{ground:.1f} Z"
        drawing.paths.append({"d": area, "hue": hue, "area": True})
    drawing.paths.append({"d": path, "hue": hue, "line": True})
    for x, y, category, value in points:
        drawing.dots.append({"x": x, "y": y, "hue": hue, "text": f"{name}, {category}: {value}"})
