"""Files that operators bring: CSV of other programs, Clerk's users, and an export of our own."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import product
from pathlib import Path
from typing import Any, Final

from hypothesis import strategies as st

from domain import import_plans, import_reports, import_runs, import_staging, moving, program
from domain.errors import DomainError
from domain.import_runs import Orders
from domain.imports import Program
from imports import clerk, registry
from imports.sheets import Options
from storage.db import Database
from storage.staging import Staging
from tests.fuzz.hunting import Trial
from tests.fuzz.vendors import NAMESPACE, kept_users
from tests.fuzz.wild import ODD, Change, changed, changes, encoded, one_of
from tests.fuzz.worlds import database, require, require_books
from tests.imports.bringing import CLI, UNTIL
from tests.imports.test_sources import FILES
from tests.moving_builders import Shelf, exported, fill

_OPTIONS: Final = [
    Options(*each) for each in product(("", "usd", "jpy"), ("", "minor"), ("", "dmy", "mdy"))
]


class _UndoError(Exception):
    """Ends a transaction of which nothing is to stay."""


def _tables() -> st.SearchStrategy[bytes]:
    """Files of every program that is known, changed cell by cell and byte by byte."""
    sheets = [
        [line.split(",") for line in text.splitlines()]
        for files in FILES.values()
        for text in files.values()
    ]
    quoted = st.sampled_from([",", ",", ",", ";", "\t", "|"])
    encodings = st.sampled_from(["utf-8"] * 5 + ["utf-8-sig", "utf-16", "utf-16-le", "cp1252"])

    def written(sheet: Any, wanted: Any, delimiter: str, encoding: str, rows: int) -> bytes:
        found = changed(sheet, wanted)
        found = found if isinstance(found, list) else [found]
        found = found[:1] + found[1:] * rows
        lines = [
            delimiter.join(map(str, line)) if isinstance(line, list) else str(line)
            for line in found
        ]
        return "\n".join(lines).encode(encoding, errors="replace")

    made = st.builds(
        written, one_of(sheets), changes, quoted, encodings, st.sampled_from([1, 1, 3])
    )

    def damaged(table: bytes, place: int, put: bytes) -> bytes:
        at = place % (len(table) + 1)
        return table[:at] + put + table[at:]

    odd = st.one_of(st.binary(max_size=6), st.sampled_from([b'"', b"\0", b"\r", b"\xff", b'"","']))
    return st.one_of(made, made, made, st.builds(damaged, made, st.integers(0, 600), odd), ODD)


@asynccontextmanager
async def sheets(folder: Path) -> AsyncIterator[Trial]:
    """Files of earlier programs: read, planned, now and then brought over, and undone."""
    async with database(folder) as db:
        file = folder / "brought.csv"

        async def attempt(given: tuple[bytes, Options, str, bool]) -> None:
            content, options, source, apply = given
            file.write_bytes(content)
            try:
                earlier = registry.read_files([file], source, options)
                await _bring(db, earlier, apply=apply)
            except DomainError as error:
                require(str(error), "refused without a word")

        sources = st.sampled_from(["", "", *registry.SOURCES])
        applying = st.sampled_from([True, False, False])
        inputs = st.tuples(_tables(), one_of(_OPTIONS), sources, applying)
        yield Trial(inputs, attempt)


@asynccontextmanager
async def users(folder: Path) -> AsyncIterator[Trial]:
    """Users of Clerk in a file: as one list, or one a line."""
    async with database(folder) as db:
        file = folder / "users.jsonl"

        async def attempt(given: tuple[list[bytes], bool, Options]) -> None:
            lines, as_list, options = given
            joined = b"[" + b",".join(lines) + b"]" if as_list else b"\n".join(lines)
            file.write_bytes(joined)
            try:
                await _bring(db, clerk.read_files([file], NAMESPACE, options), apply=True)
            except DomainError as error:
                require(str(error), "refused without a word")

        one = st.builds(changed, one_of(kept_users()), changes).map(encoded)
        lines = st.lists(st.one_of(one, one, one, ODD), min_size=1, max_size=3)
        yield Trial(st.tuples(lines, st.booleans(), one_of(_OPTIONS)), attempt)


async def _bring(db: Database, earlier: Program, *, apply: bool) -> None:
    """Plan it, and carry it out in a transaction that is undone."""
    with Staging() as staging:
        import_staging.fill(staging, earlier)
        async with db.read(at_one_moment=True) as session:
            settings = await program.load(session)
            await import_plans.sort_out(session, staging, earlier.source, settings, lambda _: None)
            asked = await import_runs.asked_for(session, staging, earlier.source)
        require([*import_reports.lines(staging, earlier), *asked.lines(())], "no report")
        if apply:
            try:
                async with db.transaction() as session:
                    orders = Orders(CLI, UNTIL, ())
                    await import_runs.carry_out(session, staging, earlier, settings, orders)
                    raise _UndoError  # noqa: TRY301 - the transaction ends here, undone
            except _UndoError:
                pass


@asynccontextmanager
async def export(folder: Path) -> AsyncIterator[Trial]:
    """Exports in which rows were changed, with checksums that fit: refused, or taken whole."""
    async with database(folder) as db:
        empty = (folder / "desk.db").read_bytes()
        await fill(db, each=2)
        whole = await exported(db)
        await db.close()
        (folder / "desk.db").write_bytes(empty)
        for other in ("desk.db-wal", "desk.db-shm"):
            (folder / other).unlink(missing_ok=True)
        names = [name for name in sorted(whole) if name.endswith(".jsonl") and whole[name]]
        place = st.tuples(st.integers(0, 1000), st.integers(0, 1000))
        one = st.tuples(place, changes, st.one_of(st.none(), st.none(), ODD))
        manifests: st.SearchStrategy[list[Change]] = st.one_of(st.just([]), st.just([]), changes)

        async def attempt(given: Any) -> None:
            rows, of_manifest = given
            shelf = _altered(whole, names, rows, of_manifest)
            try:
                manifest = moving.manifest_of(shelf)
                async with db.transaction() as session:
                    await moving.read(session, shelf, manifest, lambda _what, _rows: None)
                    raise _UndoError  # noqa: TRY301 - the transaction ends here, undone
            except DomainError as error:
                require(str(error), "refused without a word")
            except _UndoError:
                pass

        async def inspect() -> None:
            await require_books(db)
            await asyncio.sleep(0)

        inputs = st.tuples(st.lists(one, max_size=2), manifests)
        yield Trial(inputs, attempt, inspect)


def _altered(whole: Shelf, names: list[str], rows: Any, of_manifest: Any) -> Shelf:
    shelf = Shelf(whole)
    manifest = json.loads(shelf[moving.MANIFEST])
    for (table, number), wanted, odd in rows:
        name = names[table % len(names)]
        lines = shelf[name].splitlines(keepends=True)
        at = number % len(lines)
        lines[at] = (
            odd if odd is not None else encoded(changed(json.loads(lines[at]), wanted))
        ) + b"\n"
        content = b"".join(lines)
        dict.__setitem__(shelf, name, content)
        manifest["tables"][Path(name).stem] |= {
            "bytes": len(content),
            "rows": len(lines),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
    dict.__setitem__(shelf, moving.MANIFEST, encoded(changed(manifest, of_manifest)))
    return shelf
