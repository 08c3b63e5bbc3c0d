"""`restore`: put a backup into the place of the database, all of it or nothing."""

import argparse
from contextlib import nullcontext
from pathlib import Path
from typing import Final

from commands import bars
from commands.arguments import Commands, on_database
from commands.backup import kind_of
from desk import Desk
from domain import audit, reconcile, tax_secrets
from domain.audit import Actor, record
from domain.errors import ConflictError, InvalidError
from storage import backups, migrate
from storage.db import Database
from storage.sole_server import sole_server

_HEADS: Final = {True: b"SQLite format 3\0", False: b"PGDMP"}
"""How a backup begins, by whether it is of SQLite."""

_OPEN_WORK: Final = (
    "What was open in the backup is done once a server starts. To try a backup while the real "
    "server runs, give this one none of the services' keys."
)


def add(commands: Commands) -> None:
    """Have the command line know it."""
    found = commands.add_parser("restore", help="put a backup into the place of the database")
    found.add_argument("path", type=Path, metavar="FILE", help="what `backup` wrote")
    found.add_argument(
        "--replace",
        action="store_true",
        help="also where the database has rows: they are lost",
    )
    found.set_defaults(run=on_database(_run, migrates=False))


async def _run(desk: Desk, arguments: argparse.Namespace, actor: Actor) -> int:
    told, is_well = await restore(desk.db, arguments.path, actor, replace=arguments.replace)
    print(told)
    return 0 if is_well else 1


async def restore(db: Database, path: Path, actor: Actor, *, replace: bool) -> tuple[str, bool]:
    """Restore a backup and look through the books; what there is to say, and whether all is well.

    Raises `InvalidError` for what is no backup of this kind of database, `ConflictError` where
    there are rows and it was not said that they may go, and `DatabaseError`.
    """
    _require_of_kind(db, path)
    await db.require_answer()
    alone = sole_server(Path(db.url.database or "")) if db.is_sqlite else nullcontext()
    kind = kind_of(db)
    with alone, bars.counting() as bar:
        task = bar.add_task("Checking", total=None)
        shape: backups.Shape = await kind.shape(db, path)
        shape.require_known(path)
        table = await backups.occupied(db)
        if table is not None and not replace:
            raise ConflictError(
                f"There is a program in this database already: {table} has rows. Nothing was "
                "restored. Back it up first; then --replace puts this backup into its place."
            )
        await db.close()
        bar.update(task, description="Restoring")
        await kind.read(db, path, lambda done, of: bar.update(task, completed=done, total=of))
        await db.close()  # what was known of the tables before
        await migrate.upgrade(db)
        async with db.transaction() as session:
            replaced = table is not None
            await record(
                session, actor, "program.restored", "program", file=path.name, replaced=replaced
            )
    return await _look_through(db, path)


async def _look_through(db: Database, path: Path) -> tuple[str, bool]:
    async with db.read(at_one_moment=True) as session:
        unlike = await reconcile.disagreements(session)
        broken = await audit.first_broken_line(session)
        locked = await tax_secrets.unopened(session)
    lines = [f"{path} was restored, and is in the shape of this release."]
    if not unlike and broken is None:
        lines.append("The ledger agrees with the books, and the audit log is whole.")
    lines += [f"The ledger does not agree: {each}" for each in unlike]
    if broken is not None:
        lines.append(f"The audit log was touched before the backup: line {broken} does not fit.")
    if locked:
        lines.append(
            f"No key here opens {locked} of the tax forms: set TAX_ENCRYPTION_KEYS as it was."
        )
    lines += [
        _OPEN_WORK,
        "What was sold since the backup is fetched by: affiliate-desk reconcile",
    ]
    return "\n".join(lines), not unlike and broken is None


def _require_of_kind(db: Database, path: Path) -> None:
    """Raise `InvalidError` for a file that is a backup of nothing, or of the other kind."""
    try:
        with path.open("rb") as file:
            begin = file.read(16)
    except OSError as error:
        raise InvalidError(f"{path} cannot be read: {error.strerror}.") from error
    if begin.startswith(_HEADS[db.is_sqlite]):
        return
    if begin.startswith(_HEADS[not db.is_sqlite]):
        this, that = ("PostgreSQL", "SQLite") if db.is_sqlite else ("SQLite", "PostgreSQL")
        raise InvalidError(
            f"{path} is a backup of {this}, and DATABASE_URL names {that}. To change from one to "
            "the other: affiliate-desk export, and import."
        )
    raise InvalidError(f"{path} is no backup: affiliate-desk backup writes one.")
