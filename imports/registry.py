"""Which programs can be left for this one, and how a file is recognised as one of theirs."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from domain.errors import InvalidError
from domain.imports import Item, Odd, Place, Program, Sheet
from imports import files
from imports.amounts import in_units
from imports.dub import DUB
from imports.files import BrokenFileError, CsvFile, Tick
from imports.firstpromoter import FIRSTPROMOTER
from imports.partnerstack import PARTNERSTACK
from imports.rewardful import REWARDFUL
from imports.sheets import Options, Reader
from imports.sources import Form, Source
from imports.tapfiliate import TAPFILIATE
from imports.tolt import TOLT

SOURCES: Final = {
    source.name: source
    for source in (REWARDFUL, FIRSTPROMOTER, TOLT, TAPFILIATE, PARTNERSTACK, DUB)
}

Choose = Callable[[Path], Tick]
"""Told that a file is read from its beginning; answers what is told how far."""


def read_files(
    paths: Sequence[Path], source: str, options: Options, watch: Choose = lambda _: lambda _: None
) -> Program:
    """Understand a set of files of one program; `source` is its name, or empty to be found out.

    Raises `InvalidError` for a file that is nobody's, or whose amounts could mean two things.
    """
    opened = [files.look_at(path) for path in paths]
    known = SOURCES[source] if source else _guess(opened)
    readers = [_reader(file, known, options) for file in opened]
    sheets = tuple(
        Sheet(file.path.name, reader.form.noun, file.written, _unused(file, reader))
        for file, reader in zip(opened, readers, strict=True)
    )
    items = partial(_items, list(zip(opened, readers, strict=True)), watch)
    return Program(known.name, known.title, sheets, items, known.parameter)


def _items(opened: Sequence[tuple[CsvFile, Reader]], watch: Choose) -> Iterator[Item]:
    for number, (file, reader) in enumerate(opened):
        try:
            for line, row in files.rows(file, watch(file.path)):
                yield from reader.items(Place(number, line), row)
        except BrokenFileError as error:
            yield Odd(Place(number, error.line), str(error), fatal=True)


def _guess(opened: Sequence[CsvFile]) -> Source:
    """Whose files these are: the one program whose forms fit each of them best."""
    for file in opened:
        if not _likely(file):
            raise InvalidError(f"{_header(file)} No program that is known writes such a file.")
    common = [name for name in SOURCES if all(name in _likely(file) for file in opened)]
    if not common:
        said = "; ".join(f"{file.path.name} of {_titles(_likely(file))}" for file in opened)
        raise InvalidError(
            f"These files look like those of several programs: {said}. Import one program at a "
            "time, or say with --from whose they are."
        )
    if len(common) > 1:
        raise InvalidError(f"This could be of {_titles(common)}. Say which with --from.")
    return SOURCES[common[0]]


def _likely(file: CsvFile) -> list[str]:
    """The programs whose form fits a file best; several where nothing tells them apart."""
    scores = {
        source.name: form.score(file.header)
        for source in SOURCES.values()
        if (form := _best(file, source)) is not None
    }
    return [name for name, score in scores.items() if score == max(scores.values())]


def _titles(names: Sequence[str]) -> str:
    return " or ".join(SOURCES[name].title for name in names)


def _best(file: CsvFile, source: Source) -> Form | None:
    fitting = [form for form in source.forms if form.fits(file.header)]
    return max(fitting, key=lambda form: form.score(file.header), default=None)


def _header(file: CsvFile) -> str:
    names = ", ".join(f"“{name[:40]}”" for name in file.header[:30])
    return f"{file.path.name} has the columns {names}."


def _reader(file: CsvFile, source: Source, options: Options) -> Reader:
    form = _best(file, source)
    if form is None:
        wanted = "; ".join(
            f"{each.noun}: "
            + ", ".join(
                " or ".join(each.columns[name][0] for name in some if each.columns.get(name))
                for some in each.needs
            )
            for each in source.forms
        )
        raise InvalidError(
            f"{_header(file)} That is no file of {source.title}, of which we need {wanted}."
        )
    likely = _likely(file)
    if source.name not in likely and not form.score(file.header)[0]:
        other = _best(file, SOURCES[likely[0]])
        if other is not None and other.score(file.header)[0] > 1:
            # The same column may be the sale there and the commission here.
            raise InvalidError(
                f"{file.path.name} looks like a file of {_titles(likely)}, not of {source.title}."
            )
    columns = form.found(file.header)
    minor = _whole_is_minor(file, columns, source, options)
    return Reader(source, form, columns, len(file.header), options, minor)


def _whole_is_minor(
    file: CsvFile, columns: dict[str, int], source: Source, options: Options
) -> bool:
    """What an amount without a point counts: one with a point in the column decides, or a person.

    Raises `InvalidError` where neither does.
    """
    place = columns.get("amount")
    if place is None or "amount_minor" in columns:
        return False
    if options.amounts:
        return options.amounts == "minor"
    seen = False
    try:
        for _, row in files.rows(file):
            cell = row[place].strip() if len(row) > place else ""
            if in_units(cell) and any(letter.isdigit() for letter in cell):
                return False
            seen = seen or cell.strip("0") != ""
    except BrokenFileError:
        # It is told, with its line, when the file is read for good.
        return False
    if seen and source.whole_is_minor is None:
        raise InvalidError(
            f"{file.path.name}: all its amounts are whole numbers. Say --amounts minor if 1250 "
            "means 12.50, or --amounts major if it means 1,250.00."
        )
    return bool(source.whole_is_minor)


def _unused(file: CsvFile, reader: Reader) -> tuple[str, ...]:
    used = set(reader.columns.values())
    return tuple(name for place, name in enumerate(file.header) if place not in used)
