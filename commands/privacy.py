"""`privacy`: everything that is kept about an affiliate as a file, and their erasure."""

import argparse
from pathlib import Path

from commands.arguments import Commands, on_database
from commands.own_eyes import own_eyes
from desk import Desk
from domain import erasure, privacy_exports
from domain.audit import Actor, record
from domain.emails import email_key
from domain.errors import InvalidError, NotFoundError
from storage import affiliates, erasures
from storage.affiliates import Affiliate
from storage.db import Database


def add(commands: Commands) -> None:
    """Have the command line know it."""
    found = commands.add_parser("privacy", help="an affiliate's personal data")
    deeds = found.add_subparsers(dest="deed", required=True, metavar="DEED")
    whole = deeds.add_parser("export", help="everything that is kept about them, as a ZIP")
    whole.add_argument("--output", type=Path, required=True, help="a file that is not there yet")
    whole.set_defaults(run=on_database(_export))
    gone = deeds.add_parser("erase", help="erase them, for good")
    gone.add_argument("--yes", action="store_true", help="they asked for it")
    gone.add_argument("--waive", action="store_true", help="they give up what is owed to them")
    gone.set_defaults(run=on_database(_erase))
    for each in (whole, gone):
        each.add_argument("--email", required=True)


async def _export(desk: Desk, arguments: argparse.Namespace, actor: Actor) -> int:
    product, output = desk.settings.product_name, arguments.output
    print(await export(desk.db, arguments.email, product, output, actor))
    return 0


async def _erase(desk: Desk, arguments: argparse.Namespace, actor: Actor) -> int:
    sure, waives = arguments.yes, arguments.waive
    print(await erase(desk.db, arguments.email, actor, confirmed=sure, waives=waives))
    return 0


async def export(db: Database, email: str, product: str, output: Path, actor: Actor) -> str:
    """Write the archive, for its owner's eyes only. Raises `NotFoundError`, `InvalidError`."""
    affiliate = await _affiliate(db, email)
    try:
        file = open(output, "xb", opener=own_eyes)  # noqa: ASYNC230, SIM115 - nobody else waits; closed below
    except OSError as error:
        raise InvalidError(f"{output} cannot be written: {error.strerror}.") from error
    with file:
        async with db.transaction() as session:
            await record(session, actor, "privacy.exported", f"affiliate:{affiliate.id}")
        async with db.read() as session:
            done = await privacy_exports.write(session, affiliate, product, file)
    return f"{done.rows} rows in {done.files} files are in {output}."


async def erase(db: Database, email: str, actor: Actor, *, confirmed: bool, waives: bool) -> str:
    """Erase somebody who asked for it elsewhere, such as by letter.

    Raises `InvalidError` unless it is confirmed, and `ConflictError` where money is in the way.
    """
    affiliate = await _affiliate(db, email)
    if not confirmed:
        raise InvalidError(
            f"This erases {affiliate.promo_code} for good. Run it again with --yes if they asked "
            "for it, and with --waive if they give up what is owed to them."
        )
    async with db.transaction() as session:
        asked = await erasures.open_of(session, affiliate.id)
        if asked is None:
            asked = await erasure.ask(session, affiliate.id, actor, waives=waives)
        elif waives and not asked.waives:
            asked.waives = True
            session.add(asked)
    async with db.read() as session:
        found = await erasure.traces(session, affiliate.id)
    async with db.transaction() as session:
        await erasure.erase(session, asked.id, found, actor)
    return (
        f"{affiliate.promo_code} was erased. The server brings the directory, the provider and the "
        "cards up to date, and mails them. Backups made before still hold them."
    )


async def _affiliate(db: Database, email: str) -> Affiliate:
    async with db.read() as session:
        found = await affiliates.by_email_key(session, email_key(email))
    if found is None:
        raise NotFoundError("There is no affiliate of this address.")
    return found
