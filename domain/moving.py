"""The whole program as files, out of one database and into an empty one.

One file of JSON lines for each table, and a manifest of what is in them. What is written depends
on the rows alone: not on the hour, nor on which database they lie in. So an export of an import is
the same, byte for byte.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from typing import IO, Any, Final, Literal, Protocol

from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import Table
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import audit, moving_sheets
from domain.errors import ConflictError, InvalidError
from domain.money import money
from storage import carried, moving, moving_values

MANIFEST: Final = "manifest.json"
README: Final = "README.txt"
_FORMAT: Final = "affiliate-desk export"
_AT_ONCE: Final = 1000
_BYTES_AT_ONCE: Final = 4 * 2**20
_CHUNK: Final = 2**20
_MANIFEST_MAX: Final = 2**20
LINE_MAX: Final = 64 * 2**20
"""Bytes of a row, some times as many as the largest file makes: one line is held in memory."""

_ABOUT: Final = """The whole of an affiliate program.

tables/    one file for each table, a row a line, as JSON: what an import reads
csv/       the main nouns for people and spreadsheets; an import does not look at them
manifest.json  how many rows and bytes each table has, its checksum, and sums by currency

Into an empty database: affiliate-desk import FOLDER
It needs the same SECRET_KEY and TAX_ENCRYPTION_KEYS, which are not in here.

Everything is in here that the program knows of people. Keep it as you keep the database, and
delete it when it has served.
"""


class Box(Protocol):
    """Where the files of an export lie."""

    def create(self, name: str) -> AbstractContextManager[IO[bytes]]:
        """A new file to write to."""

    def open(self, name: str) -> AbstractContextManager[IO[bytes]]:
        """A file to read from. Raises `InvalidError` where there is none, or it is damaged."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class File(_Strict):
    """What must be true of a table's file."""

    rows: int
    bytes: int
    sha256: str


class Manifest(_Strict):
    """What an export holds. `sums` are of columns by table and currency, in minor units.

    `set_aside` counts work that was not done when the program moved. `first_broken_line` is that
    of the audit log, which nobody should have touched.
    """

    format: Literal["affiliate-desk export"] = _FORMAT
    version: Literal[1] = 1
    revision: str
    tables: dict[str, File]
    sums: dict[str, dict[str, dict[str, int]]]
    set_aside: dict[str, int]
    first_broken_line: int | None
    left_out: dict[str, str]

    @property
    def rows(self) -> int:
        """How many there are in all."""
        return sum(file.rows for file in self.tables.values())

    def owed(self) -> str:
        """What the ledger comes to, for a person."""
        totals = self.sums["affiliate_ledger"]["amount"]
        return " + ".join(money(cents, currency) for currency, cents in totals.items()) or "nothing"


Step = Callable[[str, int], None]
"""Told what is worked on, and of how many rows that are done with it."""


async def size(session: AsyncSession) -> int:
    """How many rows an export will write, those of spreadsheets among them."""
    rows = {table.name: await moving.count(session, table) for table in carried.tables()}
    shown = [rows[name] for name in moving_sheets.tables()]
    return sum(rows.values()) + sum(shown)


async def write(session: AsyncSession, box: Box, step: Step) -> Manifest:
    """Write everything, as it is at one moment if the session sees one; the manifest comes last."""
    files, aside = dict[str, File](), Counter[str]()
    for table in carried.tables():
        with box.create(_path(table)) as file:
            files[table.name] = await _write_table(session, table, file, step, aside)
    for name in moving_sheets.names():
        with box.create(f"csv/{name}.csv") as file:
            await moving_sheets.write(session, name, file, partial(step, f"{name}.csv"))
    sums = {table.name: await moving.sums(session, table) for table in carried.tables()}
    manifest = Manifest(
        revision=await moving.revision(session),
        tables=files,
        sums={name: of_columns for name, of_columns in sums.items() if of_columns},
        set_aside={name: count for name, count in aside.items() if count},
        first_broken_line=await audit.first_broken_line(session),
        left_out=dict(carried.LEFT_OUT),
    )
    with box.create(README) as file:
        file.write(_ABOUT.encode())
    with box.create(MANIFEST) as file:
        file.write(json.dumps(manifest.model_dump(), indent=2, sort_keys=True).encode() + b"\n")
    return manifest


def _path(table: Table) -> str:
    return f"tables/{table.name}.jsonl"


async def _write_table(
    session: AsyncSession, table: Table, file: IO[bytes], step: Step, aside: Counter[str]
) -> File:
    rows, size, sum_ = 0, 0, hashlib.sha256()
    async for part in moving.parts(session, table):
        data = b"".join(map(moving_values.line, part))
        file.write(data)
        sum_.update(data)
        rows, size = rows + len(part), size + len(data)
        aside[table.name] += sum(map(moving.is_set_aside, part))
        step(table.name, len(part))
    return File(rows=rows, bytes=size, sha256=sum_.hexdigest())


def manifest_of(box: Box) -> Manifest:
    """What an export says of itself. Raises `InvalidError` where that cannot be read."""
    with box.open(MANIFEST) as file:
        read = file.read(_MANIFEST_MAX + 1)
    try:
        if len(read) > _MANIFEST_MAX:
            raise InvalidError(f"{MANIFEST} is far too long to be that of an export.")
        found = json.loads(read)
        if not isinstance(found, dict) or found.get("format") != _FORMAT:
            raise InvalidError(f"{MANIFEST} is not that of an export of Affiliate Desk.")
        if found.get("version") != 1:
            raise InvalidError("This export was written by a newer release: import it with that.")
        return Manifest.model_validate(found)
    except (ValidationError, ValueError, RecursionError) as error:
        raise InvalidError(f"{MANIFEST} was changed or cut short: {_first(error)}.") from error


def _first(error: ValueError | RecursionError) -> str:
    if isinstance(error, ValidationError):
        one = error.errors()[0]
        return f"{'.'.join(map(str, one['loc']))}: {one['msg']}"
    return str(error)


async def read(session: AsyncSession, box: Box, manifest: Manifest, step: Step) -> None:
    """Read everything into an empty database, all or nothing: the caller's transaction.

    Raises `InvalidError` for files that are not what the manifest says or another release's, and
    `ConflictError` where there are rows already.
    """
    await _require_same_release(session, manifest)
    for table in carried.tables():
        _require_whole(box, table, manifest.tables[table.name])
    taken = await moving.occupy(session)
    if taken is not None:
        raise ConflictError(
            f"There is a program in this database already: {taken} has rows. Nothing was imported. "
            "Set DATABASE_URL to an empty database."
        )
    for table in carried.tables():
        await _read_table(session, box, table, step)
    await _require_same_books(session, manifest)


async def _require_same_release(session: AsyncSession, manifest: Manifest) -> None:
    here = await moving.revision(session)
    if manifest.revision != here:
        raise InvalidError(
            f"This export has the shape {manifest.revision or 'of no release'}, this release reads "
            f"{here}. Import it with the release that wrote it, then run affiliate-desk migrate "
            "with this one."
        )
    if manifest.tables.keys() != carried.CARRIED:
        names = ", ".join(sorted(manifest.tables.keys() ^ carried.CARRIED))
        raise InvalidError(f"{MANIFEST} was changed: it differs in {names}.")


def _require_whole(box: Box, table: Table, told: File) -> None:
    size, sum_ = 0, hashlib.sha256()
    with box.open(_path(table)) as file:
        while size <= told.bytes and (chunk := file.read(_CHUNK)):
            size += len(chunk)
            sum_.update(chunk)
    if (size, sum_.hexdigest()) != (told.bytes, told.sha256):
        raise InvalidError(
            f"{_path(table)} is not as it was written: its checksum is another. Nothing was "
            "imported. Copy the export anew from where it was made."
        )


async def _read_table(session: AsyncSession, box: Box, table: Table, step: Step) -> None:
    expected = moving_values.from_plain(table)
    waiting, size, first = list[dict[str, Any]](), 0, 1
    with box.open(_path(table)) as file:
        for number, line in enumerate(_lines(file), start=1):
            if len(line) > LINE_MAX:
                raise _refused(table, number, f"it is longer than {LINE_MAX} bytes")
            try:
                waiting.append(moving.typed(moving_values.row(line), expected))
            except ValueError as error:
                raise _refused(table, number, str(error)) from error
            size += len(line)
            if len(waiting) == _AT_ONCE or size >= _BYTES_AT_ONCE:
                await _insert(session, table, waiting, first)
                step(table.name, len(waiting))
                waiting, size, first = [], 0, number + 1
    if waiting:
        await _insert(session, table, waiting, first)
    step(table.name, len(waiting))


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    """The lines of a file; of one that is too long as much as shows that it is."""
    while line := file.readline(LINE_MAX + 1):
        yield line


async def _insert(
    session: AsyncSession, table: Table, rows: list[dict[str, Any]], first: int
) -> None:
    try:
        await moving.insert(session, table, rows)
    except moving.RefusedRowError as error:
        raise _refused(table, first + error.place, str(error)) from error


def _refused(table: Table, number: int, reason: str) -> InvalidError:
    return InvalidError(
        f"Line {number} of {_path(table)} cannot be taken: {reason}. Nothing was imported."
    )


async def _require_same_books(session: AsyncSession, manifest: Manifest) -> None:
    """What lies in the database now comes to the same as there, counted by this database."""
    for table in carried.tables():
        rows = await moving.count(session, table)
        if rows != manifest.tables[table.name].rows:
            told = manifest.tables[table.name].rows
            raise InvalidError(f"{table.name} has {rows} rows here and {told} there. {_UNDONE}")
        found = await moving.sums(session, table)
        if found != manifest.sums.get(table.name, {}):
            raise InvalidError(f"The sums of {table.name} are others here than there. {_UNDONE}")
    if await audit.first_broken_line(session) != manifest.first_broken_line:
        raise InvalidError(f"The audit log does not hold together here as it did. {_UNDONE}")


_UNDONE: Final = "Nothing was imported."
