"""Small files of earlier programs, and the way from a file to the database."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from domain import import_plans, import_reports, import_runs, import_staging, program
from domain.audit import Actor
from domain.import_runs import Orders
from domain.imports import Program
from imports import registry
from imports.sheets import Options
from storage.db import Database
from storage.staging import Staging

CLI = Actor("root", "", "cli")
UNTIL = datetime(2026, 11, 10, tzinfo=UTC)

AFFILIATES = """\
id,first_name,last_name,email,state,token,coupon,created_at
a1,Adam,Jones,adam@example.com,active,adam,ADAM20,2024-01-02T03:04:05Z
a2,Bea,Smith,Bea@Example.com,active,"bea,bea-smith",,2024-01-02
a3,Carl,Gone,carl@example.com,pending,carl,,2024-02-02
"""
REFERRALS = """\
id,stripe_customer_id,customer_email,affiliate_id,conversion_state,created_at
r1,cus_1,buyer@example.net,a1,conversion,2026-10-01T00:00:00Z
r2,,lead@example.net,a2,lead,2026-10-20T00:00:00Z
r3,,,a2,visitor,2026-10-21T00:00:00Z
"""
COMMISSIONS = """\
id,affiliate_email,amount,currency,state,due_at,created_at,stripe_customer_id
c1,adam@example.com,$30.00,USD,due,2026-10-31,2026-10-01,cus_1
c2,adam@example.com,$15.50,USD,paid,2026-08-31,2026-08-01,cus_1
c3,adam@example.com,€8.25,EUR,pending,2026-12-01,2026-11-01,cus_2
c4,adam@example.com,$9.00,USD,voided,2026-12-01,2026-11-01,cus_3
"""


def write(folder: Path, **files: str) -> list[Path]:
    """Write files, named by what they hold."""
    paths = []
    for name, text in files.items():
        path = folder / f"{name}.csv"
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths


def rewardful(folder: Path, **changes: str) -> list[Path]:
    """The files of a small program at Rewardful."""
    files = {"affiliates": AFFILIATES, "referrals": REFERRALS, "commissions": COMMISSIONS}
    return write(folder, **files | changes)


async def bring(
    db: Database,
    earlier: Program,
    *,
    apply: bool = True,
    notify: Sequence[str] = (),
    until: datetime = UNTIL,
) -> str:
    """Import; returns the report."""
    with Staging() as staging:
        import_staging.fill(staging, earlier)
        async with db.read(at_one_moment=True) as session:
            settings = await program.load(session)
            await import_plans.sort_out(session, staging, earlier.source, settings, lambda _: None)
            asked = await import_runs.asked_for(session, staging, earlier.source)
        report = "\n".join([*import_reports.lines(staging, earlier), *asked.lines(notify)])
        if apply:
            async with db.transaction() as session:
                orders = Orders(CLI, until, notify)
                await import_runs.carry_out(session, staging, earlier, settings, orders)
    return report


def read(paths: Sequence[Path], source: str = "", **options: str) -> Program:
    """Files, understood."""
    return registry.read_files(paths, source, Options(**options))
