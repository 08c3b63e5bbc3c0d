"""docs/security.md: what it names is there."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "security.md").read_text()
PLAIN = ("not met", "not applicable", "the operator's", "`SECURITY.md`", "`make audit`", "above")
"""What a line without a test says instead."""


def rows() -> list[list[str]]:
    """The lines of the tables of requirements: requirement, how, test."""
    found = []
    for part in PAGE.split("| requirement | how | test |\n")[1:]:
        lines = part.split("\n\n", 1)[0].splitlines()[1:]
        found += [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]
    return found


def ids_in(path: Path) -> set[str]:
    """The ids of a file's tests."""
    found = set()
    for node in ast.parse(path.read_text()).body:
        inside = node.body if isinstance(node, ast.ClassDef) else [node]
        before = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
        for one in inside:
            if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef):
                found.add(f"{before}{one.name}")
    return found


def test_every_test_that_is_named_is_there() -> None:
    """A test that was renamed has its new name on the page."""
    named = re.findall(r"`(tests/[\w/]+\.py)::([\w:]+)`", PAGE)
    assert len(named) > 100
    lost = [
        f"{path}::{name}"
        for path, name in named
        if not (ROOT / path).exists() or name not in ids_in(ROOT / path)
    ]
    assert lost == []


def test_every_file_that_is_named_is_there() -> None:
    """Of code and of documentation."""
    named = re.findall(r"`([\w/]+(?:/[\w.]+)?\.(?:py|js|yml|lock|md))`|\b(docs/[\w-]+\.md)", PAGE)
    paths = {first or second for first, second in named}
    assert len(paths) > 40
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []


def test_every_line_has_a_test_or_says_why_not() -> None:
    """Nothing is just claimed."""
    lines = rows()
    assert len(lines) > 120
    assert {len(line) for line in lines} == {3}
    bare = [line for line in lines if not line[2] and not any(w in line[1] for w in PLAIN)]
    allowed = ("there are none", "PyJWT", "redirects nobody")
    assert [line for line in bare if not any(words in line[1] for words in allowed)] == []


def test_what_is_not_met_is_said() -> None:
    """These are the lines that an operator wants to know of."""
    assert len([line for line in rows() if "ot met" in line[1]]) > 10
