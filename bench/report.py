"""The results: a table on the terminal, and `bench/RESULTS.md` with a chart."""

import os
import platform
from collections.abc import Sequence
from datetime import date
from html import escape
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from bench.figures import Figure

_FOLDER: Final = Path(__file__).parent
_BAR, _LINE, _NAMES = 260, 26, 420
_NOT_MET: Final = "## Where it does not meet the promise\n\n{}\n"
_COLORS: Final = {True: "#2e7d4f", False: "#b3402a", None: "#8a8f98"}
_WORDS: Final = {True: "kept", False: "not kept", None: "not measured"}


def show(figures: Sequence[Figure]) -> None:
    """Print the table."""
    table = Table("Work", "Ours", "Floor", "Share", "Owed", "")
    for figure in figures:
        table.add_row(
            figure.work, figure.ours, figure.floor, _share(figure), _owed(figure), _word(figure)
        )
    Console().print(table)


def write(figures: Sequence[Figure], today: date) -> Path:
    """Write the results and the chart; returns the file of the results."""
    (_FOLDER / "results.svg").write_text(chart(figures), encoding="utf-8")
    rows = "\n".join(
        f"| {figure.work} | {figure.ours} | {figure.floor} | {_share(figure)} | {_owed(figure)} "
        f"| {_word(figure)} | {figure.note} |"
        for figure in figures
    )
    unmet = [
        f"- {one.work}: {_share(one)}, owed {_owed(one)} ({one.ours} beside {one.floor})."
        for one in figures
        if one.owed and one.is_met is False
    ]
    unknown = [f"- {one.work}: {one.note}." for one in figures if one.owed and one.is_met is None]
    short = _NOT_MET.format("\n".join([*unmet, *unknown]) or "Everywhere it does.")
    file = _FOLDER / "RESULTS.md"
    file.write_text(
        f"# Results\n\nMeasured on {today.isoformat()} by `make bench` on {_machine()}. Absolute "
        "figures\nmove from machine to machine; each share is of a floor that was measured in the "
        "same run, in\nturn with ours, and both are medians of three: the server on one core, the "
        "load on the other.\nPostgreSQL's own processes go where the kernel puts them.\n\n"
        "![Each promise, and what was measured](results.svg)\n\n"
        "| work | ours | floor | share | owed | promise | note |\n|---|---|---|---|---|---|---|\n"
        f"{rows}\n\n{short}",
        encoding="utf-8",
    )
    return file


def _machine() -> str:
    """The machine in words that name nobody's."""
    cores, memory = os.cpu_count(), os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    model = next(models, platform.machine())
    return (
        f"{cores} cores ({model}, {platform.machine()}), {memory / 1024**3:.0f} GB, "
        f"{platform.system()}, Python {platform.python_version()}"
    )


def chart(figures: Sequence[Figure]) -> str:
    """A bar a promise: the line in the middle is the promise, and farther right is better."""
    known = [figure for figure in figures if figure.share and figure.owed]
    lines = []
    for number, figure in enumerate(known):
        assert figure.share is not None  # noqa: S101 - those without are left out above
        better = figure.owed / figure.share if figure.at_most else figure.share / figure.owed
        width = min(better, 2) / 2 * _BAR
        y = number * _LINE + 8
        lines.append(
            f'<text x="0" y="{y + 13}">{escape(figure.work)}</text>'
            f'<rect x="{_NAMES}" y="{y}" width="{width:.0f}" height="16" rx="3" '
            f'fill="{_COLORS[figure.is_met]}"/>'
            f'<text x="{_NAMES + _BAR + 10}" y="{y + 13}">{_share(figure)} ({_owed(figure)})</text>'
        )
    height, middle = len(known) * _LINE + 12, _NAMES + _BAR // 2
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_NAMES + _BAR + 170}" height="{height}" '
        'font-family="system-ui, sans-serif" font-size="13" fill="#6b7280">\n'
        + "\n".join(lines)
        + f'\n<line x1="{middle}" y1="2" x2="{middle}" y2="{height - 4}" stroke="#6b7280" '
        'stroke-dasharray="3 3"/>\n</svg>\n'
    )


def _share(figure: Figure) -> str:
    return "-" if figure.share is None else f"{figure.share:.3g}"


def _owed(figure: Figure) -> str:
    return figure.promise if figure.owed else "-"


def _word(figure: Figure) -> str:
    return _WORDS[figure.is_met] if figure.owed else "comparison"
