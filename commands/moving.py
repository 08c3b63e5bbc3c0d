"""`export` and `import` of the whole program, with a progress bar on standard error."""

import argparse
import sys
from contextlib import nullcontext
from pathlib import Path

import clock
from commands import bars
from commands.arguments import Commands, on_database
from commands.moving_boxes import to_read, to_write
from commands.own_eyes import own_eyes
from desk import Desk
from domain import moving, tax_secrets, tracker
from domain.audit import Actor, record
from domain.errors import InvalidError
from domain.money import number
from storage.db import Database
from storage.sole_server import sole_server


def add(commands: Commands) -> None:
    """Have the command line know `export`."""
    out = commands.add_parser("export", help="write everything, to move or to keep")
    out.add_argument(
        "what",
        nargs="?",
        default="",
        metavar="FOLDER",
        help="a folder or a .zip that is not there yet; or tracker, for the affiliates as CSV",
    )
    out.add_argument("--output", type=Path, help="the same; the tracker goes there as a file")
    out.set_defaults(run=on_database(_run))


async def _run(desk: Desk, arguments: argparse.Namespace, actor: Actor) -> int:
    await export(desk.db, arguments.what, arguments.output, actor)
    return 0


async def export(db: Database, what: str, output: Path | None, actor: Actor) -> None:
    """Export the whole program, or the tracker, and say so. Raises `InvalidError`."""
    if what == "tracker":
        await _tracker(db, output)
    elif what and output:
        raise InvalidError(f"Say once where it goes: to {what}, or to {output}?")
    else:
        path = Path(what) if what else output or _default_path()
        print(await write_program(db, path, actor))


def _default_path() -> Path:
    return Path(f"affiliate-desk-{clock.now():%Y-%m-%d}")


async def _tracker(db: Database, output: Path | None) -> None:
    async with db.read() as session:
        if output is None:
            await tracker.write_csv(session, sys.stdout)
            return
        try:
            with open(output, "w", encoding="utf-8", newline="", opener=own_eyes) as file:  # noqa: ASYNC230 - nobody else waits
                count = await tracker.write_csv(session, file)
        except OSError as error:
            raise InvalidError(f"{output} cannot be written: {error.strerror}.") from error
    print(f"{count} affiliates are in {output}.")


async def write_program(db: Database, path: Path, actor: Actor) -> str:
    """Write the whole program, as it is at one moment; returns what there is to say.

    It is noted in the audit log once it is written, so the export itself does not tell of it.
    Raises `InvalidError` where it cannot be written.
    """
    with to_write(path) as box, bars.counting() as bar:
        async with db.read(at_one_moment=True) as session:
            task = bar.add_task("Writing", total=await moving.size(session))
            manifest = await moving.write(
                session,
                box,
                lambda what, rows: bar.update(task, advance=rows, description=f"Writing {what}"),
            )
    async with db.transaction() as session:
        await record(session, actor, "program.exported", "program", rows=manifest.rows)
    lines = [
        f"{_rows(manifest)} are in {path}. The ledger comes to {manifest.owed()}.",
        *_set_aside(manifest, "will be set aside where this is imported"),
        "It holds everything that is known of people: keep it as you keep the database.",
    ]
    return "\n".join(lines)


async def read_program(db: Database, path: Path) -> str:
    """Read an export into an empty database, all or nothing; returns what there is to say.

    Raises `InvalidError` for what is no whole export of this release, `ConflictError` where the
    database is not empty, and `DatabaseError` where a server runs on it.
    """
    alone = sole_server(Path(db.url.database or "")) if db.is_sqlite else nullcontext()
    with alone, to_read(path) as box, bars.counting() as bar:
        manifest = moving.manifest_of(box)
        task = bar.add_task("Checking", total=manifest.rows)
        async with db.transaction() as session:
            await moving.read(
                session,
                box,
                manifest,
                lambda what, rows: bar.update(task, advance=rows, description=f"Reading {what}"),
            )
    async with db.read() as session:
        locked = await tax_secrets.unopened(session)
    lines = [
        f"{_rows(manifest)} were imported.",
        f"The ledger comes to {manifest.owed()}, as it did there.",
        *_set_aside(
            manifest,
            "is set aside, so that two servers do not both do it. Once the other server is off for "
            "good: affiliate-desk replay moved",
        ),
    ]
    if locked:
        lines.append(
            f"No key here opens {locked} of the tax forms: set TAX_ENCRYPTION_KEYS as it was there."
        )
    lines.append("Everybody signs in again. SECRET_KEY must be the one from there, too.")
    return "\n".join(lines)


def _rows(manifest: moving.Manifest) -> str:
    return f"{number(manifest.rows)} rows of {len(manifest.tables)} tables"


def _set_aside(manifest: moving.Manifest, what: str) -> list[str]:
    count = sum(manifest.set_aside.values())
    if not count:
        return []
    pieces = "1 piece" if count == 1 else f"{number(count)} pieces"
    return [f"Of what was not done yet, {pieces} of work, nothing is lost: it {what}."]
