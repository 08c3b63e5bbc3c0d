"""`archive`: what left the database for files: move it now, list it, read it again."""

import argparse
import sys
import zlib
from datetime import datetime
from pathlib import Path

from commands.arguments import Commands, day, on_database
from desk import Desk
from domain import program, retention
from domain.audit import Actor
from domain.errors import InvalidError
from integrations import archive_files
from scheduled import archive as archiving
from storage import archive
from storage.archive import ArchiveFile

_UNSET = "There is no archive: set ARCHIVE_DIR to a folder."


def add(commands: Commands) -> None:
    """Have the command line know it."""
    found = commands.add_parser("archive", help="list and read what left the database for files")
    verbs = found.add_subparsers(required=True, metavar="DO")
    now = verbs.add_parser("run", help="move what is old now, not tonight")
    now.set_defaults(run=on_database(_run))
    listed = verbs.add_parser("list", help="every file, and whether it is here and whole")
    listed.set_defaults(run=on_database(_list))
    read = verbs.add_parser("read", help="write lines of JSON to standard output")
    read.add_argument("what", choices=archiving.WHAT)
    read.add_argument("--since", type=day, help="a date, as 2025-11-01")
    read.add_argument("--until", type=day, help="the date before which it ends")
    read.set_defaults(run=on_database(_read))


def _folder(desk: Desk) -> Path:
    if desk.settings.archive_dir is None:
        raise InvalidError(_UNSET)
    return desk.settings.archive_dir


async def _run(desk: Desk, _arguments: argparse.Namespace, _actor: Actor) -> int:
    folder = _folder(desk)
    async with desk.db.transaction() as session:
        settings = await program.load(session)
        await retention.begin(session, settings)
    with archiving.alone(folder):
        for term in retention.TERMS:
            if term.name in archiving.WHAT:
                moment = retention.before(term.days(settings))
                gone = await archiving.put_away(desk.services, folder, term.name, moment)
                print(f"{term.name}: {gone:,} rows of before {moment:%Y-%m-%d} moved.")
    return 0


async def _list(desk: Desk, _arguments: argparse.Namespace, _actor: Actor) -> int:
    folder, is_whole = _folder(desk), True
    async with desk.db.read() as session:
        files = await archive.files(session)
    for file in files:
        problem = _problem(folder, file)
        is_whole = is_whole and not problem
        span = f"{file.first_at:%Y-%m-%d} to {file.last_at:%Y-%m-%d}"
        said = problem or "whole"
        print(f"{file.name}  {file.rows:,} rows  {span}  {file.size:,} bytes  {said}")
    return 0 if is_whole else 1


def _problem(folder: Path, file: ArchiveFile) -> str:
    """What is wrong with a file; empty where all of it can be read."""
    path = folder / file.name
    if not path.exists():
        return "is not here"
    try:
        rows = sum(1 for _ in archive_files.lines(path, file.size))
    except (OSError, EOFError, zlib.error) as error:
        return f"cannot be read: {error}"
    return "" if rows == file.rows else f"has {rows:,} rows"


async def _read(desk: Desk, arguments: argparse.Namespace, _actor: Actor) -> int:
    folder = _folder(desk)
    async with desk.db.read() as session:
        files = await archive.files(session, arguments.what)
    for file in files:
        if not _is_between(file, arguments.since, arguments.until):
            continue
        try:
            for line in archive_files.lines(folder / file.name, file.size):
                if archive.is_between(file.what, line, arguments.since, arguments.until):
                    sys.stdout.write(line.decode() + "\n")
        except (OSError, EOFError, zlib.error) as error:
            raise InvalidError(f"{file.name} cannot be read: {error}") from None
    return 0


def _is_between(file: ArchiveFile, since: datetime | None, until: datetime | None) -> bool:
    return (since is None or file.last_at >= since) and (until is None or file.first_at < until)
