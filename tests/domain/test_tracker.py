"""The tracker: every affiliate in one table, for a spreadsheet."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest

import clock
from domain import tracker
from storage.db import Database
from storage.ledger import LedgerEntry
from tests.builders import join
from tests.tax_builders import seal, send, verify

JUNE = datetime(2026, 6, 11, 12, tzinfo=UTC)


async def export(db: Database) -> list[dict[str, str]]:
    """The tracker, written as CSV and read as a spreadsheet would."""
    written = io.StringIO(newline="")
    async with db.read() as session:
        count = await tracker.write_csv(session, written)
    rows = list(csv.DictReader(io.StringIO(written.getvalue(), newline="")))
    assert len(rows) == count
    return rows


async def test_an_empty_program_has_a_head(db: Database) -> None:
    """Whoever opens the file sees what will stand in it."""
    written = io.StringIO(newline="")
    async with db.read() as session:
        assert await tracker.write_csv(session, written) == 0
    assert written.getvalue() == ",".join(tracker.COLUMNS) + "\r\n"


async def test_an_approved_affiliate_stands_in_it(db: Database) -> None:
    """With everything that the workflow records of them."""
    with clock.travel(JUNE):
        await join(db, "JARED30")
    (row,) = await export(db)
    assert row == {
        "affiliate_id": "aff_JARED30",
        "legal_name": "Jared Example",
        "display_name": "Jared Bets",
        "email": "jared@example.com",
        "status": "approved",
        "promo_code": "JARED30",
        "stripe_promotion_code_id": "",
        "stripe_coupon_id": "",
        "terms_version": "v1",
        "submitted_at": "2026-06-11",
        "approved_at": "2026-06-11",
        "approved_by": "'@rita",
        "payout_method": "",
        "payout_status": "not_requested",
        "tax_status": "missing",
        "unpaid_balance": "",
    }


async def test_it_says_where_their_tax_form_stands(db: Database) -> None:
    """As every list does."""
    seal(db)
    jared = await join(db, "JARED30")
    await verify(db, await send(db, jared.id))
    (row,) = await export(db)
    assert row["tax_status"] == "verified"


async def test_rows_stand_in_the_order_of_approval_each_with_their_own(db: Database) -> None:
    """Codes and balances of one do not slip into the row of another."""
    for n, name in enumerate(("ZOE", "ANNA", "MIA")):
        with clock.travel(JUNE + timedelta(days=n)):
            affiliate = await join(db, name, email=f"{name}@example.com")
        async with db.transaction() as session:
            for currency, amount in (("usd", 1000 * n), ("usd", 250), ("eur", -5)):
                session.add(
                    LedgerEntry(
                        affiliate_user_id=affiliate.id,
                        amount=amount,
                        currency=currency,
                        reason="test",
                        source=f"{name}:{currency}:{amount}",
                        available_at=JUNE if amount == 250 else clock.now() + timedelta(days=99),
                    )
                )
    rows = await export(db)
    assert [(row["promo_code"], row["unpaid_balance"]) for row in rows] == [
        ("ZOE", "eur -5 + usd 250"),
        ("ANNA", "eur -5 + usd 1250"),
        ("MIA", "eur -5 + usd 2250"),
    ]


@pytest.mark.parametrize(
    "name",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "  =HYPERLINK(1)",
        "\N{FULLWIDTH EQUALS SIGN}1+1",
        '=cmd|" /C calc"!A0',
    ],
)
async def test_a_name_is_no_formula(db: Database, name: str) -> None:
    """A spreadsheet that opens the file runs nothing that an applicant typed."""
    await join(db, legal_name=name)
    (row,) = await export(db)
    assert row["legal_name"] == f"'{name}"


async def test_any_other_name_is_exported_as_it_is(db: Database) -> None:
    """Commas, quotes, line breaks, emoji and right-to-left text survive the way."""
    name = 'جاريد "J", 🎰\nBets = fun'
    await join(db, legal_name=name)
    (row,) = await export(db)
    assert row["legal_name"] == name
