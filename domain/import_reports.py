"""What an import would do, or did, for a person: counts, sums, and the rows that are odd."""

import csv
from collections.abc import Iterator
from typing import Final, TextIO

from domain.imports import Program
from domain.money import money, number
from domain.spreadsheets import inert
from domain.texts import printable
from storage.staging import AGAIN, CHANGED, KNOWN, LEFT_OUT, NEW, ODD, Staging

SHOWN: Final = 20
"""Odd rows that the report names one by one; all of them are in the file of `write_fates`."""

_FATES: Final = {
    NEW: "new",
    CHANGED: "changed since",
    KNOWN: "here already",
    AGAIN: "named twice",
    LEFT_OUT: "left out",
    ODD: "odd",
}
_TABLES: Final = ("affiliates", "links", "customers", "commissions")
_STATES: Final = {"owed": "owed", "paid": "paid there, kept as history", "void": "void, as history"}
COLUMNS: Final = ("file", "line", "what", "name", "fate", "why")


def odd_rows(staging: Staging) -> int:
    """How many rows cannot be understood."""
    return sum(_counts(staging, table).get(ODD, 0) for table in (*_TABLES, "notes"))


def is_broken(staging: Staging) -> bool:
    """Whether a file could not be read to its end."""
    return staging.one("SELECT 1 FROM notes WHERE what = 'the rest of the file'") is not None


def lines(staging: Staging, program: Program) -> Iterator[str]:
    """The report, for a terminal: whatever the files hold."""
    return map(printable, _lines(staging, program))


def _lines(staging: Staging, program: Program) -> Iterator[str]:
    yield f"From {program.title}:"
    for sheet in program.sheets:
        yield f"  {sheet.name}: {sheet.noun}. {sheet.written}."
        if sheet.unused:
            yield f"    Columns that are not used: {', '.join(sheet.unused)}."
    yield ""
    for table in _TABLES:
        counts = _counts(staging, table)
        said = [f"{number(counts[fate])} {word}" for fate, word in _FATES.items() if fate in counts]
        if said:
            yield f"{table.capitalize():<12} {', '.join(said)}"
    yield from _money(staging)
    yield from _left_out(staging)
    yield from _odd(staging, program)


def _counts(staging: Staging, table: str) -> dict[str, int]:
    where = "" if table == "notes" else " WHERE file >= 0"
    query = f"SELECT fate, COUNT(*) FROM {table}{where} GROUP BY fate"  # noqa: S608 - names are ours
    return {str(fate): int(count) for fate, count in staging.all(query)}


def _money(staging: Staging) -> Iterator[str]:
    found = staging.all(
        "SELECT currency, state, COUNT(*), SUM(amount) FROM commissions WHERE fate IN (?, ?)"
        " GROUP BY currency, state ORDER BY currency, state",
        [NEW, CHANGED],
    )
    for currency, state, count, amount in found:
        what = "1 commission" if count == 1 else f"{number(count)} commissions"
        yield f"  {money(amount, currency)} {_STATES[state]} ({what})"
    for currency, amount in _posted(staging):
        yield f"  So the ledger gets {money(amount, currency)} in all."


def _posted(staging: Staging) -> list[tuple[str, int]]:
    """What the ledger gets, by currency."""
    found = staging.all(
        f"SELECT currency, SUM({WANTED} - COALESCE(posted, 0)) AS more FROM commissions"  # noqa: S608 - names are ours
        " WHERE fate IN (?, ?) GROUP BY currency HAVING more <> 0 ORDER BY currency",
        [NEW, CHANGED],
    )
    return [(currency, amount) for currency, amount in found]


WANTED: Final = "CASE WHEN state = 'owed' THEN amount ELSE 0 END"
"""What should be in the ledger of a staged commission."""


def _left_out(staging: Staging) -> Iterator[str]:
    query = (
        f"SELECT why, COUNT(*) AS often FROM ({_every('left_out')}) GROUP BY why"  # noqa: S608 - names are ours
        f" ORDER BY often DESC, why LIMIT {SHOWN}"
    )
    reasons = staging.all(query)
    if reasons:
        yield ""
        yield "Left out:"
        for why, count in reasons:
            yield f"  {number(count)}: {why}"


def _odd(staging: Staging, program: Program) -> Iterator[str]:
    found = staging.all(f"{_every('odd')} ORDER BY file, line LIMIT {SHOWN}")
    if not found:
        return
    count = odd_rows(staging)
    yield ""
    yield "Odd, to be mended first:"
    for file, line, what, _, _, why in found:
        yield f"  {_name(program, file)} line {line}, {what}: {why}"
    if count > SHOWN:
        yield f"  and {number(count - SHOWN)} more."


def _name(program: Program, file: int) -> str:
    return program.sheets[file].name


def _every(fate: str = "") -> str:
    names = {
        "affiliates": ("affiliate", "email"),
        "links": ("link", "ref"),
        "customers": ("customer", "COALESCE(NULLIF(customer, ''), NULLIF(user, ''), email)"),
        "commissions": ("commission", "id"),
    }
    where = f" AND fate = '{fate}'" if fate else ""
    parts = [
        f"SELECT file, line, '{what}' AS what, {name} AS name, fate, COALESCE(why, '') AS why"  # noqa: S608 - names are ours
        f" FROM {table} WHERE file >= 0{where}"
        for table, (what, name) in names.items()
    ]
    parts.append(f"SELECT file, line, what, '', fate, why FROM notes WHERE 1{where}")  # noqa: S608 - names are ours
    return " UNION ALL ".join(parts)


def write_fates(staging: Staging, program: Program, to: TextIO) -> int:
    """Write what happens to each row as CSV, in the order of files and lines; returns how many."""
    table = csv.writer(to)
    table.writerow(COLUMNS)
    count = 0
    for part in staging.parts(f"{_every()} ORDER BY file, line, what", size=1000):
        for file, line, what, name, fate, why in part:
            said = [_name(program, file), line, what, inert(name), _FATES[fate], inert(why)]
            table.writerow(said)
        count += len(part)
    return count


def summary(staging: Staging, program: Program) -> str:
    """An import in one line."""
    said = []
    for table in _TABLES:
        counts = _counts(staging, table)
        if new := counts.get(NEW, 0) + counts.get(CHANGED, 0):
            said.append(f"{number(new)} {table}")
    posted = ", ".join(money(amount, currency) for currency, amount in _posted(staging))
    owed = f" {posted} owed are in the ledger." if posted else ""
    return f"Brought over from {program.title}: {', '.join(said) or 'nothing new'}.{owed}"
