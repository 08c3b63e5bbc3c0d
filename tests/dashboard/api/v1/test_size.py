"""The affiliates' API in a program with many rows: nothing is read that is not theirs."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, insert, text

from storage.affiliates import Affiliate
from storage.commissions import Commission
from storage.ids import new_id
from storage.ledger import LedgerEntry
from storage.payouts import Payout
from storage.referrals import Referral
from storage.rollups import EarningRollup, Rollup
from storage.sales import Sale
from tests.builders import PAID
from tests.dashboard.api.v1.conftest import Reader

OTHERS, EACH = 150, 40
BIG = (
    "affiliate_commissions",
    "affiliate_ledger",
    "affiliate_payouts",
    "affiliate_referrals",
    "referral_earning_rollups",
    "referral_rollups",
    "sales",
)


def rows_of(affiliate: Affiliate, number: int) -> Iterator[tuple[Any, dict[str, Any]]]:
    """What comes with a customer of theirs."""
    made: datetime = PAID - timedelta(hours=8 * number)
    owner: dict[str, Any] = {"affiliate_user_id": affiliate.id}
    customer = f"cus_{affiliate.promo_code}_{number}"
    sale, commission = new_id(), new_id()
    day: dict[str, Any] = {
        "dimension": "all",
        "value": "",
        "day": PAID.date() - timedelta(days=number),
    } | owner
    moments: dict[str, Any] = {"created_at": made, "updated_at": made}
    terms: dict[str, Any] = {
        "rate_bp": 2000,
        "base": "net",
        "cycle": 1,
        "currency": "usd",
        "amount_cents": 557,
    }
    entry: dict[str, Any] = {
        "amount": 557,
        "currency": "usd",
        "available_at": made,
        "created_at": made,
    } | owner
    referral = Referral(**owner, customer_id=customer, plan="monthly", status="active")
    yield Referral, referral.model_dump() | {"created_at": made}
    paid = Sale(
        **owner,
        invoice_id=customer,
        customer_id=customer,
        currency="usd",
        paid_at=made,
        facts_at=made,
    )
    yield Sale, paid.model_dump() | {"id": sale}
    held = Commission(**owner, **terms, sale_id=sale, attributed_by="link", available_at=made)
    yield Commission, held.model_dump() | {"id": commission} | moments
    asked = Payout(**owner, amount_cents=500, currency="usd", method="stripe", status="paid")
    yield Payout, asked.model_dump() | {"id": new_id()}
    for source, reason in (
        (f"commission:{commission}:1", "commission"),
        (f"second_tier:{commission}:1", "second_tier"),
        (f"payout:{commission}", "payout"),
    ):
        yield LedgerEntry, entry | {"id": new_id(), "source": source, "reason": reason}
    yield Rollup, Rollup(**day, clicks=3).model_dump()
    yield EarningRollup, EarningRollup(**day, currency="usd", amount=557).model_dump()


@pytest.fixture
async def large(reader: Reader) -> Reader:
    """Two hundred other affiliates with as many customers as Jared has."""
    others = [
        Affiliate(
            reference=f"aff_{n}",
            status="approved",
            email=f"{n}@example.com",
            email_key=f"{n}@example.com",
            promo_code=f"AFF{n}",
        )
        for n in range(OTHERS)
    ]
    tables: dict[Any, list[dict[str, Any]]] = {}
    for affiliate in (reader.affiliate, *others):
        for number in range(EACH):
            for table, row in rows_of(affiliate, number):
                tables.setdefault(table, []).append(row)
    async with reader.db.transaction() as session:
        connection = await session.connection()
        await connection.execute(insert(Affiliate), [one.model_dump() for one in others])
        for table, rows in tables.items():
            await connection.execute(insert(table), rows)
    engine = reader.db.engine.execution_options(isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text("ANALYZE"))
    return reader


@contextmanager
def heard() -> Iterator[list[tuple[str, Any]]]:
    """The questions that the database is asked meanwhile."""
    said: list[tuple[str, Any]] = []

    def hear(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            said.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", hear)
    yield said
    event.remove(Engine, "before_cursor_execute", hear)


ASKED: tuple[tuple[str, dict[str, str]], ...] = (
    ("stats", {}),
    ("stats", {"since": "2026-10-01", "until": "2026-10-31"}),
    ("referrals", {"limit": "5"}),
    ("referrals", {"since": "2026-10-21", "until": "2026-10-31", "limit": "5"}),
    ("commissions", {"limit": "5"}),
    ("commissions", {"since": "2026-10-21", "until": "2026-10-31", "limit": "5"}),
    ("earnings", {}),
    ("earnings", {"group": "month", "until": "2026-10-20"}),
)


async def test_no_table_is_read_from_end_to_end(large: Reader) -> None:
    """Each question finds its rows by an index, also those of the second page."""
    with heard() as said:
        for noun, query in ASKED:
            told = await large.get(noun, **query)
            if noun in {"referrals", "commissions"}:
                assert len(told["data"]) == 5
                assert (await large.get(noun, cursor=told["next_cursor"], **query))["data"]
    explain = "EXPLAIN QUERY PLAN " if large.db.is_sqlite else "EXPLAIN "
    looked_at = 0
    async with large.db.read() as session:
        connection = await session.connection()
        for statement, parameters in said:
            if not re.search(rf"\b(FROM|JOIN) ({'|'.join(BIG)})\b", statement):
                continue
            found = await connection.exec_driver_sql(explain + statement, parameters)
            plan = "\n".join(" ".join(map(str, row)) for row in found)
            scanned = re.findall(r"(?:Seq Scan on|SCAN) (\w+)", plan)
            assert set(scanned) & set(BIG) == set(), f"{statement}\n{plan}"
            looked_at += 1
    assert looked_at > 20
