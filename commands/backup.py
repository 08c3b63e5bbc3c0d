"""`backup`: a copy of the database as it is now, whole and checked, while servers go on."""

import argparse
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Final

import clock
from commands import bars
from commands.arguments import Commands, on_database
from commands.own_eyes import own_eyes
from desk import Desk
from domain.audit import Actor, record
from domain.errors import InvalidError
from storage import postgresql_backups, schema, sqlite_backups
from storage.db import Database

_OURS: Final = re.compile(r"affiliate-desk-\d{8}T\d{6}Z\.(?:db|dump)")
"""What a backup in a folder is called. No other file there is ever deleted."""
_PART: Final = ".part"
_MB: Final = 1_000_000


def add(commands: Commands) -> None:
    """Have the command line know it."""
    found = commands.add_parser("backup", help="copy the database, while servers go on")
    found.add_argument(
        "path",
        type=Path,
        metavar="FILE",
        help="a file that is not there yet, or a folder, where it is called by the moment",
    )
    found.add_argument(
        "--keep",
        type=_count,
        metavar="N",
        help="in a folder: delete all but the newest N backups, once this one is whole",
    )
    found.set_defaults(run=on_database(_run, migrates=False))


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("how many to keep is a number from 1 on")
    return int(text)


async def _run(desk: Desk, arguments: argparse.Namespace, actor: Actor) -> int:
    print(await backup(desk.db, arguments.path, actor, arguments.keep))
    return 0


async def backup(db: Database, path: Path, actor: Actor, keep: int | None = None) -> str:
    """Back the database up; returns what there is to say.

    It is noted in the audit log afterwards, so the backup itself does not tell of it. Raises
    `InvalidError` for a place that is none, and `DatabaseError`.
    """
    kind = kind_of(db)
    to = _place(path, kind.SUFFIX, keep)
    await db.require_answer()
    if await _revision_of(db) is None:
        raise InvalidError("There is nothing in this database yet.")
    with _whole_or_not_at_all(to) as part, bars.counting() as bar:
        task = bar.add_task("Copying", total=None)
        await kind.write(db, part, lambda done, of: bar.update(task, completed=done, total=of))
    async with db.transaction() as session:
        await record(session, actor, "program.backed_up", "program", file=to.name)
    gone = _delete_older(path, keep) if keep else 0
    lines = [f"The database is in {to} ({to.stat().st_size / _MB:,.1f} MB), whole and checked."]
    if gone:
        lines.append(f"{gone} older ones were deleted.")
    lines.append(
        "It holds everything but the environment: keep SECRET_KEY and TAX_ENCRYPTION_KEYS, too, "
        "and not beside it."
    )
    return "\n".join(lines)


def kind_of(db: Database) -> ModuleType:
    """What writes and reads backups of this kind of database."""
    return sqlite_backups if db.is_sqlite else postgresql_backups


def _place(path: Path, suffix: str, keep: int | None) -> Path:
    """The file that a backup goes to."""
    if path.is_dir():
        return path / f"affiliate-desk-{clock.now():%Y%m%dT%H%M%SZ}{suffix}"
    if keep is not None:
        raise InvalidError(f"--keep is for a folder, and {path} is none.")
    return path


async def _revision_of(db: Database) -> str | None:
    """The last migration that the database has seen; None where it is empty."""
    async with db.engine.connect() as connection:
        return await connection.run_sync(schema.revision_of)


@contextmanager
def _whole_or_not_at_all(path: Path) -> Iterator[Path]:
    """A file for its owner's eyes that has its name once the block is through.

    Raises `InvalidError` where it is there, or cannot be written.
    """
    part = path.with_name(path.name + _PART)
    if path.exists():
        raise InvalidError(f"{path} is there already. Name one that is not.")
    try:
        with open(part, "xb", opener=own_eyes):
            pass
    except FileExistsError as error:
        raise InvalidError(
            f"{part} is there: another backup is being written, or one was broken off. If none "
            "is, delete it."
        ) from error
    except OSError as error:
        raise InvalidError(f"{path} cannot be written: {error.strerror}.") from error
    try:
        yield part
        part.rename(path)
        _sync_folder(path.parent)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _delete_older(folder: Path, keep: int) -> int:
    """Delete our backups but the newest, and what was broken off before those; returns how many."""
    whole = sorted(file.name for file in folder.iterdir() if _OURS.fullmatch(file.name))
    oldest = whole[-keep:][0]
    old = [file for file in folder.iterdir() if _OURS.match(file.name) and file.name < oldest]
    for file in old:
        file.unlink()
    return len(old)
