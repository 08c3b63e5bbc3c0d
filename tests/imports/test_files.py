"""CSV files as other programs and spreadsheets write them."""

import codecs
import csv
import io
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.errors import InvalidError
from imports.files import BrokenFileError, look_at, rows

TABLE = [["name", "email"], ["Jörg", "joerg@example.com"], ["O'Hara, Mia", 'say "hi"\nto her']]

CELLS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)


def as_csv(table: Sequence[Sequence[str]], delimiter: str = ",", end: str = "\r\n") -> str:
    """A table as CSV."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=end).writerows(table)
    return text.getvalue()


def found(path: Path) -> tuple[str, list[list[str]]]:
    """How a file is written, and all that is in it."""
    file = look_at(path)
    return file.written, [list(file.header), *(row for _, row in rows(file))]


@pytest.mark.parametrize(
    ("encoding", "mark", "called"),
    [
        ("utf-8", b"", "UTF-8"),
        ("utf-8", codecs.BOM_UTF8, "UTF-8"),
        ("utf-16-le", codecs.BOM_UTF16_LE, "UTF-16"),
        ("utf-16-be", codecs.BOM_UTF16_BE, "UTF-16"),
        ("utf-16-le", b"", "UTF-16"),
        ("utf-16-be", b"", "UTF-16"),
        ("cp1252", b"", "Windows-1252"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_however_it_is_written(
    tmp_path: Path, encoding: str, mark: bytes, called: str, end: str
) -> None:
    """Encodings with and without a mark, delimiters, and the ends of lines."""
    path = tmp_path / "some.csv"
    for delimiter, name in ((",", "commas"), (";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        path.write_bytes(mark + as_csv(TABLE, delimiter, end).encode(encoding))
        assert found(path) == (f"{called}, {name}", TABLE)


def test_what_excel_puts_first(tmp_path: Path) -> None:
    """Its own note on the delimiter, and blank lines, are no header."""
    path = tmp_path / "some.csv"
    path.write_text("\n\nsep=;\nname;email\n\nA,B;c@example.com\n ; \n", encoding="utf-8")
    file = look_at(path)
    assert (file.header, list(rows(file))) == (
        ("name", "email"),
        [(6, ["A,B", "c@example.com"])],
    )


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    """A cell of several lines counts as several; a row is named by its first."""
    path = tmp_path / "some.csv"
    path.write_text('a,b\n1,"x\ny\nz"\n\n2,3\n', encoding="utf-8")
    assert [line for line, _ in rows(look_at(path))] == [2, 6]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('a,b\n1,2\n3,"4\n5,6\n', 3),
        ('a,b\n1,2\n"3"x,4\n5,6\n', 3),
        ("a,b\n1,2\n3," + "4" * 200_000 + "\n", 3),
        ("a,b\n1,2\n" + "3" * 1_100_000 + "\n", 3),
    ],
)
def test_where_it_breaks(tmp_path: Path, text: str, line: int) -> None:
    """The rows before are read; what follows cannot be told apart."""
    path = tmp_path / "some.csv"
    path.write_text(text, encoding="utf-8")
    seen = []
    with pytest.raises(BrokenFileError) as broken:
        seen += [row for _, row in rows(look_at(path))]
    assert broken.value.line == line


def test_a_row_that_never_ends_is_not_held_in_memory(tmp_path: Path) -> None:
    """Each of its cells is short, and each goes on in the next line."""
    path = tmp_path / "some.csv"
    cell = "x" * 100_000
    path.write_text("a,b\n1,2\n" + f'"{cell}\n",' * 200 + "\n", encoding="utf-8")
    tracemalloc.start()
    with pytest.raises(BrokenFileError, match="goes on for") as broken:
        list(rows(look_at(path)))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert broken.value.line == 3
    assert most < 16_000_000


@pytest.mark.parametrize("content", [b"", b"\n \r\n", codecs.BOM_UTF8, b'"a'])
def test_what_is_no_table(tmp_path: Path, content: bytes) -> None:
    """A sentence with the file's name."""
    path = tmp_path / "some.csv"
    path.write_bytes(content)
    with pytest.raises(InvalidError, match=r"^some\.csv"):
        look_at(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """And one that is a folder."""
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(InvalidError, match="cannot be read"):
            look_at(path)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=8), st.sampled_from(",;\t|"))
def test_any_table_comes_back(tmp_path: Path, table: list[list[str]], delimiter: str) -> None:
    """Whatever its cells hold."""
    path = tmp_path / "some.csv"
    path.write_bytes(as_csv([["name", "email"], *table], delimiter).encode())
    kept = [row for row in table if any(cell.strip() for cell in row)]
    assert found(path)[1] == [["name", "email"], *kept]


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_a_sentence(tmp_path: Path, content: bytes) -> None:
    """Nothing else is raised, and every line is a line."""
    path = tmp_path / "some.csv"
    path.write_bytes(content)
    seen: list[tuple[int, list[str]]] = []
    said = ""
    try:
        seen += rows(look_at(path))
    except (InvalidError, BrokenFileError) as error:
        said = str(error)
    assert said or all(line >= 2 and row for line, row in seen)
