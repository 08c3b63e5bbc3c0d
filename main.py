"""The command line: `affiliate-desk serve | sandbox | migrate | doctor | replay | …`."""

import argparse
import asyncio
import getpass
import importlib.util
import sys
from collections.abc import Coroutine
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from pydantic import ValidationError

import logs
from commands import importing, moving, privacy, tax, tokens
from commands.clerk_metadata import clerk_metadata
from commands.doctor import Health, examine
from commands.reconcile import reconcile
from commands.replay import replay
from commands.rollups import rollups
from commands.serve import sandbox, serve
from desk import Desk
from domain import audit, operator_tokens
from domain.audit import Actor
from domain.errors import DomainError
from domain.tax_years import parse_year
from integrations.errors import TransportError
from settings import Settings
from storage import migrate
from storage.errors import DatabaseError


def main() -> None:
    """Run a command; exits 1 where it failed and 2 where it was asked wrongly."""
    arguments = _parser().parse_args()
    logs.configure()
    try:
        sys.exit(_loop().run(_run(arguments)))
    except ValidationError as error:
        for problem in error.errors():
            name = "_".join(str(part) for part in problem["loc"]).upper()
            print(f"{name}: {problem['msg']}" if name else problem["msg"], file=sys.stderr)
        sys.exit(2)
    except (DomainError, TransportError, DatabaseError) as error:
        print(error, file=sys.stderr)
        sys.exit(1)


def _loop() -> asyncio.Runner:
    """Prefer uvloop, which is faster; there is no build of it for every platform."""
    if importlib.util.find_spec("uvloop") is None:
        return asyncio.Runner()
    return asyncio.Runner(loop_factory=importlib.import_module("uvloop").new_event_loop)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="affiliate-desk", description="The affiliate program that a product runs from Slack."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("serve", help="run the server")
    trial = commands.add_parser("sandbox", help="try everything on this machine, without accounts")
    trial.add_argument("--port", type=_port, default=8080)
    trial.add_argument("--folder", type=Path, default=Path("var/sandbox"))
    trial.add_argument("--fresh", action="store_true", help="forget what was there")
    commands.add_parser("migrate", help="bring the database to the present shape")
    commands.add_parser("doctor", help="check every integration and say what to do")
    again = commands.add_parser("replay", help="put a parked event or effect back to work")
    again.add_argument("event", help="its id, as /affiliate health shows it; or moved")
    moving.add_export(commands)
    importing.add_import(commands)
    clerk = commands.add_parser("clerk-metadata", help="set a status in Clerk by hand")
    clerk.add_argument("--email", required=True)
    clerk.add_argument("--status", required=True)
    clerk.add_argument("--apply", action="store_true", help="really change it")
    money = commands.add_parser("reconcile", help="compare the sales with Stripe and repair them")
    money.add_argument("--since", type=_day, help="a date, as 2026-11-01; by default 35 days ago")
    sums = commands.add_parser("rollups", help="check the sums of clicks and earnings by source")
    sums.add_argument("--rebuild", action="store_true", help="build them anew from the raw rows")
    _add_tax(commands)
    _add_privacy(commands)
    _add_token(commands)
    log = commands.add_parser("audit", help="prove that nobody touched the audit log")
    log.add_argument("what", choices=["verify"])
    return parser


def _add_tax(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    found = commands.add_parser("tax", help="keys and forms, and what a year's payments come to")
    deeds = found.add_subparsers(dest="deed", required=True, metavar="DEED")
    deeds.add_parser("new-key", help="make a key for TAX_ENCRYPTION_KEYS")
    deeds.add_parser("rotate", help="seal every form with the first key")
    one = deeds.add_parser("show", help="one form with its tax number; this is written down")
    one.add_argument("affiliate", help="promo code, public id or id")
    one.add_argument("--why", required=True, help="what for; it is kept in the audit log")
    year = deeds.add_parser("export", help="a year's 1099-NEC, as CSV and a PDF per recipient")
    year.add_argument("--year", required=True)
    year.add_argument("--out", required=True, type=Path, help="a folder")
    year.add_argument("--with-tins", action="store_true", help="whole tax numbers in the CSV")


def _add_privacy(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    found = commands.add_parser("privacy", help="an affiliate's personal data")
    deeds = found.add_subparsers(dest="deed", required=True, metavar="DEED")
    whole = deeds.add_parser("export", help="everything that is kept about them, as a ZIP")
    whole.add_argument("--output", type=Path, required=True, help="a file that is not there yet")
    gone = deeds.add_parser("erase", help="erase them, for good")
    gone.add_argument("--yes", action="store_true", help="they asked for it")
    gone.add_argument("--waive", action="store_true", help="they give up what is owed to them")
    for each in (whole, gone):
        each.add_argument("--email", required=True)


def _add_token(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    found = commands.add_parser("token", help="let an operator's program use the admin API")
    deeds = found.add_subparsers(dest="deed", required=True, metavar="DEED")
    new = deeds.add_parser("create", help="make a token; it is shown once")
    new.add_argument("--name", required=True, help="what the program is called, as CRM")
    new.add_argument("--operator", required=True, help="for whom it acts: their member ID in Slack")
    new.add_argument("--operator-name", default="", help="what they are called there, as @maria")
    new.add_argument(
        "--scope",
        action="append",
        required=True,
        choices=operator_tokens.scopes(),
        metavar="SCOPE",
        help="what it may do, several times if need be: " + ", ".join(operator_tokens.scopes()),
    )
    new.add_argument("--until", type=_day, help="a date on which it ends, as 2027-01-01")
    deeds.add_parser("list", help="who has which, and when they were last used")
    end = deeds.add_parser("revoke", help="end a token at once")
    end.add_argument("token", help="its beginning or its id, as the list shows them")


def _day(text: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text), time(), tzinfo=UTC)
    except ValueError:
        raise argparse.ArgumentTypeError("a date looks like 2026-11-01") from None


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) not in range(1, 65536):
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return int(text)


def _run(arguments: argparse.Namespace) -> Coroutine[Any, Any, int]:
    if arguments.command == "sandbox":
        return _sandbox(arguments)
    if arguments.command == "tax" and arguments.deed == "new-key":
        return _new_key()
    settings = Settings()
    if arguments.command == "serve":
        return _serve(settings)
    return _on_database(Desk(settings), arguments)


async def _serve(settings: Settings) -> int:
    await serve(settings)
    return 0


async def _new_key() -> int:
    print(tax.new_key())
    return 0


async def _sandbox(arguments: argparse.Namespace) -> int:
    await sandbox(arguments.folder, port=arguments.port, fresh=arguments.fresh)
    return 0


async def _on_database(desk: Desk, arguments: argparse.Namespace) -> int:
    """Run one of the commands that look or change something and end."""
    actor = Actor(getpass.getuser(), "", "cli")
    try:
        if arguments.command == "doctor":
            return await _doctor(desk)
        await migrate.upgrade(desk.db)
        if arguments.command == "migrate":
            print("The database is in shape.")
        elif arguments.command == "replay":
            print(await replay(desk.db, arguments.event, actor))
        elif arguments.command in {"export", "import"}:
            return await _move(desk, arguments, actor)
        elif arguments.command == "clerk-metadata":
            print(
                await clerk_metadata(
                    desk,
                    email=arguments.email,
                    status_text=arguments.status,
                    apply=arguments.apply,
                    actor=actor,
                )
            )
        elif arguments.command == "reconcile":
            print(await reconcile(desk, arguments.since))
        elif arguments.command == "rollups":
            print(await rollups(desk.db, actor, rebuild=arguments.rebuild))
        elif arguments.command == "tax":
            return await _tax(desk, arguments, actor)
        elif arguments.command == "privacy":
            print(await _privacy(desk, arguments, actor))
        elif arguments.command == "token":
            print(await _token(desk, arguments, actor))
        elif arguments.command == "audit":
            return await _verify_audit(desk)
    finally:
        await desk.close()
    return 0


async def _doctor(desk: Desk) -> int:
    is_well = True
    async for finding in examine(desk):
        print(f"{finding.health:>4}  {finding.part:<9} {finding.text}")
        is_well = is_well and finding.health != Health.BAD
    return 0 if is_well else 1


async def _move(desk: Desk, arguments: argparse.Namespace, actor: Actor) -> int:
    if arguments.command == "import":
        return await importing.run(desk, arguments, actor)
    await moving.export(desk.db, arguments.what, arguments.output, actor)
    return 0


async def _tax(desk: Desk, arguments: argparse.Namespace, actor: Actor) -> int:
    if arguments.deed == "rotate":
        told, is_whole = await tax.rotate(desk.db, actor)
        print(told)
        return 0 if is_whole else 1
    if arguments.deed == "show":
        print(await tax.show(desk.db, arguments.affiliate, arguments.why, actor))
        return 0
    year = parse_year(arguments.year)
    folder, with_tins = arguments.out, arguments.with_tins
    print(await tax.export(desk.db, year, folder, actor, with_tins=with_tins))
    return 0


async def _privacy(desk: Desk, arguments: argparse.Namespace, actor: Actor) -> str:
    email = arguments.email
    if arguments.deed == "export":
        product, output = desk.settings.product_name, arguments.output
        return await privacy.export(desk.db, email, product, output, actor)
    sure, waives = arguments.yes, arguments.waive
    return await privacy.erase(desk.db, email, actor, confirmed=sure, waives=waives)


async def _token(desk: Desk, arguments: argparse.Namespace, actor: Actor) -> str:
    if arguments.deed == "list":
        return await tokens.listed(desk.db)
    if arguments.deed == "revoke":
        return await tokens.revoke(desk.db, arguments.token, actor)
    operator = Actor(arguments.operator, arguments.operator_name, "slack")
    return await tokens.create(
        desk.db,
        desk.settings,
        actor,
        name=arguments.name,
        operator=operator,
        scopes=arguments.scope,
        expires_at=arguments.until,
    )


async def _verify_audit(desk: Desk) -> int:
    async with desk.db.read() as session:
        broken = await audit.first_broken_line(session)
    if broken is None:
        print("The audit log is whole.")
        return 0
    print(f"The audit log was touched: line {broken} does not fit.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    main()
