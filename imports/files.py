"""CSV files as other programs and spreadsheets write them: encodings, delimiters, quotes.

A file is read line by line, never as a whole.
"""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from domain.errors import InvalidError

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_DELIMITERS: Final = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_QUOTED: Final = re.compile(r'"[^"]*"?')
_SAID: Final = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
_CHUNK: Final = 1 << 20
_LONGEST_LINE: Final = 1 << 20
_LONGEST_ROW: Final = 1 << 22
_ENDLESS: Final = f"goes on for more than {_LONGEST_ROW:,} letters"
_TOP: Final = 100
_TICK_ROWS: Final = 1000

Tick = Callable[[int], None]
"""Told how many bytes of a file were read since it was told last."""


class BrokenFileError(Exception):
    """From a line on a file cannot be read. Its text says why."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line = line


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A file that can be read: how it is written, and its header with the line of it."""

    path: Path
    encoding: str
    called: str
    delimiter: str
    header_line: int
    header: tuple[str, ...] = ()

    @property
    def written(self) -> str:
        """How it is written, for a person."""
        return f"{self.called}, {_DELIMITERS[self.delimiter]}"


def look_at(path: Path) -> CsvFile:
    """Find out how a file is written. Raises `InvalidError` for one that is no table."""
    try:
        encoding, called = _encoding(path)
        top = _top(path, encoding)
    except OSError as error:
        raise InvalidError(f"{path.name} cannot be read: {error.strerror}.") from error
    # What Excel puts first where its own delimiter is another than most programs'.
    said = _SAID.fullmatch(top[0][1].strip()) if top else None
    if said:
        top = top[1:]
    if not top:
        raise InvalidError(f"{path.name} is empty.")
    number, text = top[0]
    known = said is not None and said[1] in _DELIMITERS
    found = CsvFile(path, encoding, called, said[1] if said and known else _delimiter(text), number)
    try:
        _, header = next(_read(found, lambda _: None))
    except (BrokenFileError, StopIteration) as error:
        sentence = f"{path.name}: its first row cannot be read as the names of columns."
        raise InvalidError(sentence) from error
    names = tuple(name.strip() for name in header)
    return CsvFile(path, encoding, called, found.delimiter, number, names)


def rows(file: CsvFile, tick: Tick = lambda _: None) -> Iterator[tuple[int, list[str]]]:
    """The rows below the header, each with its line; empty ones are left out.

    Raises `BrokenFileError` where nothing further can be told apart.
    """
    return islice(_read(file, tick), 1, None)


def _read(file: CsvFile, tick: Tick) -> Iterator[tuple[int, list[str]]]:
    """Every row that is not empty, the header first."""
    with file.path.open("rb") as binary:
        text = io.TextIOWrapper(binary, encoding=file.encoding, newline="")
        lines = _Lines(text, file)
        reader = csv.reader(lines, delimiter=file.delimiter, strict=True)
        line, told = file.header_line, 0
        while True:
            lines.of_row = 0
            try:
                row = next(reader, None)
            except csv.Error as error:
                raise BrokenFileError(line, _broken(error)) from error
            except UnicodeError as error:
                why = f"There are bytes that are no {file.called}, in this line or soon after."
                raise BrokenFileError(line, why) from error
            if row is None:
                break
            if reader.line_num % _TICK_ROWS == 0:
                tick(binary.tell() - told)
                told = binary.tell()
            if any(field.strip() for field in row):
                yield line, row
            line = file.header_line + reader.line_num
        tick(binary.tell() - told)
        text.detach()


class _Lines:
    """A file's lines from the header on. `of_row` counts the letters of a row that goes on."""

    def __init__(self, text: io.TextIOWrapper, file: CsvFile) -> None:
        self._text, self._file = text, file
        self._number = 0
        self.of_row = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        while line := self._text.readline(_LONGEST_LINE):
            self._number += 1
            if len(line) == _LONGEST_LINE:
                why = f"This line is longer than {_LONGEST_LINE:,} letters."
                raise BrokenFileError(self._number, why)
            if self._number >= self._file.header_line:
                self.of_row += len(line)
                if self.of_row > _LONGEST_ROW:
                    raise csv.Error(_ENDLESS)
                return line
        raise StopIteration


def _broken(error: csv.Error) -> str:
    if _ENDLESS in str(error):
        return f"This row {_ENDLESS}: a quote is missing, or never closed."
    if "field larger" in str(error) or "unexpected end" in str(error):
        return "A quote that is opened in this row is never closed."
    return "In this row there is text behind a closing quote, or a quote is missing."


def _encoding(path: Path) -> tuple[str, str]:
    """The encoding, as Python and as people call it; what is no UTF is taken for Windows'."""
    with path.open("rb") as file:
        start = file.read(4)
        for mark, encoding, called in _MARKS:
            if start.startswith(mark):
                return encoding, called
        if start[1:2] == b"\0":
            return "utf-16-le", "UTF-16"
        if start[:1] == b"\0":
            return "utf-16-be", "UTF-16"
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252", "Windows-1252"
    return "utf-8", "UTF-8"


def _top(path: Path, encoding: str) -> list[tuple[int, str]]:
    """The lines at the top that have anything in them, by their number: two, if there are."""
    found = []
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        for number in range(1, _TOP):
            line = file.readline(_LONGEST_LINE)
            if line.strip("\ufeff \t\r\n"):
                found.append((number, line))
            if not line or len(found) == 2:  # noqa: PLR2004 - what Excel says, and the header
                break
    return found


def _delimiter(header: str) -> str:
    """The delimiter that stands most often outside of quotes; a comma where none does."""
    counts = Counter(letter for letter in _QUOTED.sub("", header) if letter in _DELIMITERS)
    return counts.most_common(1)[0][0] if counts else ","
