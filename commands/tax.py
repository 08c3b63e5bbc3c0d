"""`tax`: make a key, seal every form with the newest one, read one form, export a year."""

import argparse
import asyncio
from pathlib import Path

from cryptography.fernet import Fernet

from commands import bars
from commands.arguments import Commands, on_database
from commands.own_eyes import own_eyes
from dashboard.tax_copies import copy_b, file_name
from desk import Desk
from domain import affiliates, networks, program, tax_secrets, tax_years, taxes
from domain.audit import Actor, record
from domain.errors import InvalidError, NotFoundError
from domain.tax_choices import TITLES
from domain.tax_values import TaxPayer
from domain.tins import written
from storage import taxes as rows
from storage.db import Database
from storage.taxes import TaxForm

_AT_ONCE = 50
_OWN_FOLDER = 0o700


def add(commands: Commands) -> None:
    """Have the command line know it."""
    found = commands.add_parser("tax", help="keys and forms, and what a year's payments come to")
    deeds = found.add_subparsers(dest="deed", required=True, metavar="DEED")
    key = deeds.add_parser("new-key", help="make a key for TAX_ENCRYPTION_KEYS")
    key.set_defaults(run=_new_key)
    again = deeds.add_parser("rotate", help="seal every form with the first key")
    again.set_defaults(run=on_database(_rotate))
    one = deeds.add_parser("show", help="one form with its tax number; this is written down")
    one.add_argument("affiliate", help="promo code, public id or id")
    one.add_argument("--why", required=True, help="what for; it is kept in the audit log")
    one.set_defaults(run=on_database(_show))
    year = deeds.add_parser("export", help="a year's 1099-NEC, as CSV and a PDF per recipient")
    year.add_argument("--year", required=True)
    year.add_argument("--out", required=True, type=Path, help="a folder")
    year.add_argument("--with-tins", action="store_true", help="whole tax numbers in the CSV")
    year.set_defaults(run=on_database(_export))


async def _new_key(_arguments: argparse.Namespace) -> int:
    print(new_key())
    return 0


async def _rotate(desk: Desk, _arguments: argparse.Namespace, actor: Actor) -> int:
    told, is_whole = await rotate(desk.db, actor)
    print(told)
    return 0 if is_whole else 1


async def _show(desk: Desk, arguments: argparse.Namespace, actor: Actor) -> int:
    print(await show(desk.db, arguments.affiliate, arguments.why, actor))
    return 0


async def _export(desk: Desk, arguments: argparse.Namespace, actor: Actor) -> int:
    year = tax_years.parse_year(arguments.year)
    folder, with_tins = arguments.out, arguments.with_tins
    print(await export(desk.db, year, folder, actor, with_tins=with_tins))
    return 0


def new_key() -> str:
    """A key for TAX_ENCRYPTION_KEYS, and what to do with it."""
    return Fernet.generate_key().decode()


async def rotate(db: Database, actor: Actor) -> tuple[str, bool]:
    """Seal every form with the first key, with a progress bar on standard error.

    Returns what there is to say, and whether all forms could be opened. Can be broken off and
    run again. Raises `ConflictError` without keys.
    """
    async with db.read() as session:
        ids = await rows.sealed(session)
    changed, stuck = 0, list[TaxForm]()
    with bars.counting() as bar:
        task = bar.add_task("Sealing", total=len(ids))
        for start in range(0, max(1, len(ids)), _AT_ONCE):
            part = ids[start : start + _AT_ONCE]
            async with db.transaction() as session:
                sealed, locked = await tax_secrets.reseal(session, part)
            changed, stuck = changed + sealed, stuck + locked
            bar.update(task, advance=len(part))
    async with db.transaction() as session:
        changed_networks = await networks.reseal(session)
        await tax_secrets.tell_locked(session, stuck)
        about = {"forms": len(ids), "sealed": changed, "locked": len(stuck)}
        about |= {"networks": changed_networks}
        await record(session, actor, "tax.rotated", "taxes", **about)
    told = f"{changed} of {len(ids)} forms were sealed with the first key; the others were already."
    if not stuck:
        return f"{told} The other keys can go.", True
    return (
        f"{changed} of {len(ids)} forms were sealed with the first key. No key opens {len(stuck)}: "
        "operators are told whose. Put the old key back and run this again, or have them sent anew."
    ), False


async def show(db: Database, whom: str, purpose: str, actor: Actor) -> str:
    """A whole form with its number, for a stated purpose; that is written into the audit log.

    Raises `NotFoundError`, `InvalidError` without a purpose, `ConflictError` for a lost key.
    """
    async with db.transaction() as session:
        affiliate = await affiliates.look_up(session, whom)
        form = (await taxes.standing(session, affiliate.id)).form
        if form is None:
            raise NotFoundError(f"{affiliate.promo_code} has sent no tax form.")
        secrets = await tax_secrets.read(session, form, actor, purpose)
    number = written(form.tax_id_type, secrets.tax_id)
    address = (form.address_line1, form.address_line2, form.address_city, form.address_state)
    lines = [
        f"{TITLES[form.form_type]} of {affiliate.promo_code}, version {form.version}",
        f"Name: {form.legal_name}",
        f"Business name: {form.business_name}",
        f"{form.tax_id_type.upper()}: {number}",
        f"Born: {secrets.date_of_birth}",
        (
            f"Address: {', '.join(each for each in address if each)} {form.address_zip} "
            f"{form.address_country}"
        ),
        (
            f"Signed: {form.signed_name} {form.signed_as} at {form.submitted_at:%Y-%m-%d %H:%M} "
            f"UTC from {secrets.signed_from}"
        ),
    ]
    return "\n".join(line for line in lines if not line.endswith(": "))


async def export(db: Database, year: int, folder: Path, actor: Actor, *, with_tins: bool) -> str:
    """Write a year's 1099-NEC as CSV, and a copy as PDF for each recipient; only its owner reads.

    Raises `InvalidError` where the folder cannot be written to.
    """
    async with db.transaction() as session:
        made = await tax_years.export(session, year, actor, with_tins=with_tins)
        payer = (await program.load(session)).tax_payer
    try:
        await asyncio.to_thread(_write, made, payer, folder)
    except OSError as error:
        raise InvalidError(f"{folder} cannot be written to: {error.strerror}.") from error
    return f"{made.summary()} The files are in {folder}."


def _write(made: tax_years.Export, payer: TaxPayer, folder: Path) -> None:
    folder.mkdir(mode=_OWN_FOLDER, parents=True, exist_ok=True)
    path = folder / f"1099-nec-{made.year}.csv"
    with open(path, "w", encoding="utf-8", newline="", opener=own_eyes) as file:
        tax_years.write_csv(made, file)
    for total in made.recipients:
        if total.form is not None:
            with open(folder / file_name(total), "wb", opener=own_eyes) as copy:
                copy.write(copy_b(total, total.form, payer))
