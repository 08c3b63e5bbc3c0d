"""`import`: affiliates, customers and commissions of an earlier program; dry unless applied."""

import argparse
import hashlib
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

import clock
from commands.arguments import Commands, on_database
from commands.moving import read_program
from commands.own_eyes import own_eyes
from desk import Desk
from domain import import_plans, import_reports, import_runs, import_staging, program
from domain.audit import Actor
from domain.errors import InvalidError
from domain.imports import Program
from imports import clerk, registry
from imports.files import Tick
from imports.sheets import Options
from storage.staging import Staging

CLERK = "clerk"


@dataclass(frozen=True)
class Wish:
    """What was typed. Without `settled_until` it is the moment of the import."""

    paths: Sequence[Path]
    source: str = ""
    options: Options = field(default_factory=Options)
    settled_until: datetime | None = None
    notify: Collection[str] = ()
    apply: bool = False
    skip_odd: bool = False
    fates: Path | None = None


def add(commands: Commands) -> None:
    """Have the command line know `import`."""
    come = commands.add_parser("import", help="bring over an earlier program, or an export")
    come.add_argument(
        "files",
        nargs="*",
        type=Path,
        metavar="FILE",
        help="CSV files of one earlier program; or the folder or .zip that export wrote",
    )
    come.add_argument("--from", dest="source", default="", choices=[*registry.SOURCES, CLERK])
    come.add_argument("--apply", action="store_true", help="really import it")
    come.add_argument("--skip-odd", action="store_true", help="leave odd rows out and go on")
    come.add_argument("--report", type=Path, help="a CSV file: what happens to each row")
    come.add_argument("--currency", default="", help="of amounts without one, as usd")
    come.add_argument(
        "--amounts", default="", choices=["major", "minor"], help="what whole numbers count"
    )
    come.add_argument("--dates", default="", choices=["dmy", "mdy"], help="what 01/02/2026 means")
    come.add_argument(
        "--as-of", type=_moment, help="when it was exported, as 2026-11-21T09:00 (UTC); now without"
    )
    come.add_argument(
        "--notify",
        action="append",
        default=[],
        choices=import_runs.NOTIFY,
        help="ask the outside for this, several times if need be; nothing without",
    )
    come.set_defaults(run=on_database(_run))


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("a moment looks like 2026-11-21T09:00") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


async def _run(desk: Desk, arguments: argparse.Namespace, actor: Actor) -> int:
    """Import files of an earlier program, or the whole of an export; returns the exit status."""
    files = arguments.files
    if len(files) == 1 and not arguments.source and _is_export(files[0]):
        print(await read_program(desk.db, files[0]))
        return 0
    wish = Wish(
        files,
        arguments.source,
        Options(arguments.currency, arguments.amounts, arguments.dates),
        arguments.as_of,
        arguments.notify,
        apply=arguments.apply,
        skip_odd=arguments.skip_odd,
        fates=arguments.report,
    )
    return 0 if await bring_over(desk, wish, actor) else 1


def _is_export(path: Path) -> bool:
    return path.is_dir() or path.suffix.lower() == ".zip"


async def bring_over(desk: Desk, wish: Wish, actor: Actor) -> bool:
    """Report, and carry out if told to; whether there was nothing that kept it from that.

    Raises `InvalidError` for files that are nobody's, `ConflictError` where something changed
    meanwhile, and `TransportError` where the user directory fails.
    """
    with _Bars() as bars, Staging() as staging:
        earlier = await _read(desk, wish, bars)
        import_staging.fill(staging, earlier)
        async with desk.db.read(at_one_moment=True) as session:
            settings = await program.load(session)
            await import_plans.sort_out(session, staging, earlier.source, settings, bars.name)
            asked = await import_runs.asked_for(session, staging, earlier.source)
        bars.stop()
        print("\n".join(import_reports.lines(staging, earlier)))
        if wish.fates is not None:
            _write_fates(staging, earlier, wish.fates)
        until = wish.settled_until or clock.now()
        print()
        print("\n".join(asked.lines(wish.notify)))
        print()
        print(
            f"What was paid before {until:%Y-%m-%d %H:%M} UTC earns nothing here, as "
            f"{earlier.title} accounted for it. If you exported at another time, say --as-of."
        )
        print()
        odd = import_reports.odd_rows(staging)
        if import_reports.is_broken(staging) or (odd and not wish.skip_odd):
            print("Nothing was changed, because of the odd rows. Mend them in the files.")
            return False
        if not wish.apply:
            print("Nothing was changed. Add --apply to apply this.")
            return True
        seals = {path.name: _seal(path) for path in wish.paths}
        orders = import_runs.Orders(actor, until, wish.notify, seals, bars.count)
        bars.start()
        async with desk.db.transaction() as session:
            await import_runs.carry_out(session, staging, earlier, settings, orders)
        bars.stop()
        print(import_reports.summary(staging, earlier))
        return True


async def _read(desk: Desk, wish: Wish, bars: "_Bars") -> Program:
    if wish.source != CLERK:
        if not wish.paths:
            raise InvalidError("Name the files to import.")
        return registry.read_files(wish.paths, wish.source, wish.options, bars.file)
    namespace, options = desk.settings.clerk_namespace, wish.options
    if wish.paths:
        return clerk.read_files(wish.paths, namespace, options)
    if desk.services.clerk is None:
        raise InvalidError("Clerk is not connected: set CLERK_SECRET_KEY, or name a file of users.")
    bars.name("Asking Clerk")
    users = [user async for user in desk.services.clerk.every_user()]
    return clerk.read_users(users, namespace, options)


def _write_fates(staging: Staging, earlier: Program, to: Path) -> None:
    try:
        with open(to, "x", encoding="utf-8", newline="", opener=own_eyes) as file:
            count = import_reports.write_fates(staging, earlier, file)
    except OSError as error:
        raise InvalidError(f"{to} cannot be written: {error.strerror}.") from error
    print(f"\nWhat happens to each of {count:,} rows is in {to}.")


def _seal(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _Bars:
    """Progress on the error stream, where a person looks at it; silent elsewhere."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=console, disable=not sys.stderr.isatty())
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def start(self) -> None:
        """Show the bars again."""
        self._progress.start()

    def stop(self) -> None:
        """Leave the bars as they are, so that something can be printed."""
        self._progress.stop()

    def file(self, path: Path) -> Tick:
        """A bar for a file."""
        task = self._progress.add_task(f"Reading {path.name}", total=path.stat().st_size)
        return lambda size: self._progress.advance(task, size)

    def name(self, what: str) -> None:
        """A bar that only runs."""
        self._progress.add_task(what, total=None)

    def count(self, what: str, done: int, total: int) -> None:
        """A bar for something that is counted."""
        if what not in self._tasks:
            self._tasks[what] = self._progress.add_task(what, total=total)
        self._progress.update(self._tasks[what], completed=done)
