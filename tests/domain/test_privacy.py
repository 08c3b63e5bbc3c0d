"""What is kept is listed, exported, and told as the settings have it."""

import csv
import io
import json
import tracemalloc
from datetime import UTC, datetime
from tempfile import TemporaryFile
from typing import Any
from zipfile import ZipFile

from sqlalchemy import insert

from domain import privacy, privacy_exports
from domain.privacy_list import LIST, NOBODYS
from domain.privacy_terms import days
from domain.program import Program
from storage.affiliates import Affiliate
from storage.clicks import Click
from storage.db import Database
from storage.ids import new_id
from storage.personal import PARTS
from storage.tables import METADATA
from tests import landing_builders
from tests.builders import facts, join, settle
from tests.payout_builders import earn

LISTED = [table for kept in LIST for table in kept.tables]


def test_every_table_is_classified_once() -> None:
    """A new table has to say whom it is about, why it is kept, and until when."""
    assert len(LISTED) == len(set(LISTED))
    assert not NOBODYS & set(LISTED)
    assert set(METADATA.tables) == NOBODYS | set(LISTED)


def test_every_table_that_names_an_affiliate_is_exported() -> None:
    """Whatever points at an affiliate is theirs to see, or says here why not."""
    others = {
        # Of customers, whom the export must not name; their affiliate sees commissions.
        "sales",
        # Leads to nobody else's rows: `winner_user_id` is told by the places.
        "affiliate_contests",
    }
    pointing = {
        name
        for name, table in METADATA.tables.items()
        if name not in others
        and (
            "affiliate_user_id" in table.columns
            or any(key.column.table.name == "affiliates" for key in table.foreign_keys)
        )
    }
    assert pointing <= {part.rows.name for part in PARTS}


def test_the_page_says_what_the_settings_say() -> None:
    """Change a setting, and the page tells the other number."""
    told = str(privacy.sections(Program()))
    assert "400 days" in told
    assert "365 days" in told
    other = Program(click_retention_days=77, report_retention_days=33, tax_retention_years=9)
    told = str(privacy.sections(other))
    assert "77 days" in told
    assert "33 days" in told
    assert "9 years" in told
    assert "400 days" not in told
    assert days(1) == "1 day"


async def archive_of(db: Database, affiliate: Affiliate) -> dict[str, str]:
    """The files of an export, by name."""
    with TemporaryFile() as file:
        async with db.read() as session:
            done = await privacy_exports.write(session, affiliate, "PropMine", file)
        with ZipFile(file) as archive:
            assert archive.testzip() is None
            names = archive.namelist()
            assert done.files == len(names)
            return {name: archive.read(name).decode(errors="replace") for name in names}


async def test_an_export_holds_everything_and_nobody_else(db: Database) -> None:
    """In both forms alike; no customer, no other affiliate, no formula in a cell."""
    affiliate = await join(db, legal_name="=HYPERLINK(1)")
    other = await join(db, "ANNA30", email="anna@example.com")
    await settle(db, facts())
    await earn(db, other.id, 123_456)
    await landing_builders.save(db, affiliate)
    files = await archive_of(db, affiliate)
    for part in PARTS:
        rows: list[dict[str, Any]] = json.loads(files[f"{part.name}.json"])
        table = list(csv.DictReader(io.StringIO(files[f"{part.name}.csv"])))
        assert len(rows) == len(table)
        if rows:
            assert list(rows[0]) == list(table[0]) == part.columns
    (account,) = json.loads(files["account.json"])
    assert (account["email"], account["promo_code"]) == ("jared@example.com", "JARED30")
    assert "'=HYPERLINK(1)" in files["account.csv"]
    assert len(json.loads(files["ledger.json"])) == 1
    assert len(json.loads(files["referrals.json"])) == 1
    assert json.loads(files["mails.json"])
    assert json.loads(files["partner_page.json"])[0]["slug"] == "jared-bets"
    together = "".join(files.values())
    for stranger in ("anna@example.com", "ANNA30", "123456", "cus_1", "buyer@example.net", "@rita"):
        assert stranger not in together, stranger


async def test_an_export_of_many_clicks_takes_little_memory(sqlite: Database) -> None:
    """A hundred thousand rows are some dozen megabytes of text, and go by a few at a time."""
    affiliate = await join(sqlite)
    click: dict[str, Any] = {
        "affiliate_user_id": affiliate.id,
        "clicked_at": datetime(2026, 11, 1, tzinfo=UTC),
        "utm": {},
        "kind": "bot",
        **dict.fromkeys(
            ("ref", "source_tag", "landing_page", "country", "referrer_host", "device"), "x" * 20
        ),
        **dict.fromkeys(("visitor", "network", "channel", "fetched_as", "paid", "keyword"), ""),
    }
    async with sqlite.transaction() as session:
        connection = await session.connection()
        for _ in range(20):
            many = [{**click, "id": new_id()} for _ in range(2000)]
            await connection.execute(insert(Click), many)
    tracemalloc.start()
    with TemporaryFile() as file:
        async with sqlite.read() as session:
            done = await privacy_exports.write(session, affiliate, "PropMine", file)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert done.rows > 40_000
    assert most < 8_000_000
