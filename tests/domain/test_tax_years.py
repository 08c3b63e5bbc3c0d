"""A year of payments: who is reported, with what, and who is not."""

import io
from datetime import UTC, datetime

import pytest
from sqlmodel import select

import clock
from domain import payouts, program, tax_years
from domain.errors import InvalidError
from domain.tax_values import COLUMNS, THRESHOLDS, TaxThreshold, threshold_of
from domain.tax_years import Export, Total
from storage import audit
from storage.affiliates import Affiliate
from storage.db import Database
from storage.ids import new_id
from storage.payouts import Payout
from tests.builders import RITA, SAM, effects_asked_for, join
from tests.payout_builders import approve_payout, ask, earn
from tests.tax_builders import FINANCE, GERMAN, SSN, US_COMPANY, seal, send

IN_2026 = datetime(2026, 6, 1, tzinfo=UTC)


async def member(db: Database, code: str) -> Affiliate:
    """An affiliate of this code."""
    return await join(db, code, email=f"{code.lower()}@example.com", legal_name="Jared Example")


async def paid(
    db: Database,
    affiliate: Affiliate,
    amount: int,
    *,
    at: datetime = IN_2026,
    method: str = "bank",
    currency: str = "usd",
) -> None:
    """A payout that was paid at a moment."""
    async with db.transaction() as session:
        session.add(
            Payout(
                affiliate_user_id=affiliate.id,
                amount_cents=amount,
                currency=currency,
                status="paid",
                method=method,
                reference=str(new_id()),
                paid_at=at,
            )
        )


async def totals(db: Database, year: int = 2026) -> dict[str, Total]:
    """The totals, by code."""
    async with db.read() as session:
        return {each.affiliate.promo_code: each for each in await tax_years.totals(session, year)}


async def export(db: Database, *, with_tins: bool = False) -> Export:
    """The export of 2026."""
    async with db.transaction() as session:
        return await tax_years.export(session, 2026, FINANCE, with_tins=with_tins)


def test_thresholds_are_those_of_the_law() -> None:
    """600 dollars through 2025, 2,000 from 2026 on."""
    years = {year: threshold_of(THRESHOLDS, year) for year in (2015, 2025, 2026, 2027)}
    assert years == {2015: 60_000, 2025: 60_000, 2026: 200_000, 2027: 200_000}


async def test_a_threshold_is_added_for_a_year(db: Database) -> None:
    """As the law adjusts it; each year once."""
    more = [each.model_dump() for each in THRESHOLDS] + [{"from_year": 2027, "cents": 210_000}]
    async with db.transaction() as session:
        settings = await program.update(session, {"tax_thresholds": more[::-1]}, RITA)
    assert settings.tax_thresholds[-1] == TaxThreshold(from_year=2027, cents=210_000)
    assert threshold_of(settings.tax_thresholds, 2026) == 200_000
    with pytest.raises(InvalidError):
        async with db.transaction() as session:
            await program.update(session, {"tax_thresholds": [more[0], more[0]]}, RITA)


async def test_what_counts_is_when_it_was_paid(db: Database) -> None:
    """To the second, at both ends of the year."""
    seal(db)
    jared = await member(db, "JARED30")
    await send(db, jared.id)
    first, last = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)
    for at in (first, last, datetime(2027, 1, 1, tzinfo=UTC), datetime(2025, 12, 31, tzinfo=UTC)):
        await paid(db, jared, 100_000, at=at)
    found = (await totals(db))["JARED30"]
    assert (found.reported, found.threshold, found.is_over) == (200_000, 200_000, True)
    assert (await totals(db, 2025))["JARED30"].is_over


async def test_networks_and_other_currencies_are_left_out(db: Database) -> None:
    """PayPal reports what it pays; which methods do is a setting."""
    seal(db)
    jared = await member(db, "JARED30")
    await send(db, jared.id)
    await paid(db, jared, 150_000)
    await paid(db, jared, 90_000, method="paypal")
    await paid(db, jared, 900_000, currency="eur")
    found = (await totals(db))["JARED30"]
    assert (found.reported, found.by_networks, found.others) == (150_000, 90_000, True)
    assert not found.is_over
    async with db.transaction() as session:
        await program.update(session, {"tax_networks": []}, RITA)
    assert (await totals(db))["JARED30"].reported == 240_000


async def test_what_came_back_is_not_reported(db: Database) -> None:
    """A part that was reversed is taken off; a payout that failed does not count at all."""
    seal(db)
    jared = await member(db, "JARED30")
    await send(db, jared.id)
    async with db.transaction() as session:
        jared.payout_method = "stripe"
        session.add(jared)
    for transfer, back in (("tr_1", 500), ("tr_2", 5500)):
        await earn(db, jared.id, 5000)
        payout = await approve_payout(db, await ask(db, jared))
        async with db.transaction() as session:
            await payouts.transferred(session, payout.id, transfer)
            await payouts.transfer_reversed(session, transfer, back)
    year = clock.now().year
    # The second payout also took the 500 that had come back.
    assert (await totals(db, year))["JARED30"].reported == 4500


async def test_the_export_holds_those_over_who_get_one(db: Database) -> None:
    """No foreigner, no corporation, nobody below; who has no form is said."""
    seal(db)
    for code, asked in (("JARED30", None), ("GERMAN30", GERMAN), ("CORP30", US_COMPANY)):
        someone = await member(db, code)
        await (send(db, someone.id, asked) if asked else send(db, someone.id))
        await paid(db, someone, 250_000)
    await paid(db, await member(db, "NOFORM30"), 250_000)
    low = await member(db, "LOW30")
    await send(db, low.id)
    await paid(db, low, 199_999)
    made = await export(db)
    assert [line["account_number"] for line in made.lines] == ["aff_JARED30"]
    assert "1 recipient of a 1099-NEC" in made.summary()
    assert "CORP30 (a corporation), NOFORM30 (no tax form)" in made.summary()
    (line,) = made.lines
    assert line["box1_nonemployee_compensation"] == "2500.00"
    assert line["recipient_tin"] == "SSN ***-**-4399"


async def test_columns_are_as_the_settings_order_them(db: Database) -> None:
    """And no cell is a formula."""
    seal(db)
    jared = await member(db, "JARED30")
    await send(db, jared.id, business_name="=HYPERLINK(1)")
    await paid(db, jared, 250_000)
    table = io.StringIO()
    tax_years.write_csv(await export(db), table)
    assert table.getvalue().splitlines()[0] == ",".join(COLUMNS)
    columns = ["promo_code", "recipient_business_name", "tax_year"]
    async with db.transaction() as session:
        await program.update(session, {"tax_export_columns": columns}, RITA)
    table = io.StringIO()
    tax_years.write_csv(await export(db), table)
    assert table.getvalue().splitlines() == [
        "promo_code,recipient_business_name,tax_year",
        "JARED30,'=HYPERLINK(1),2026",
    ]
    with pytest.raises(InvalidError):
        async with db.transaction() as session:
            await program.update(session, {"tax_export_columns": ["iban"]}, RITA)


async def log_of(db: Database, subject: str) -> list[str]:
    """The actions in the log about something."""
    async with db.read() as session:
        return [line.action for line in await audit.of_subject(session, subject)]


async def test_whole_numbers_are_read_one_by_one(db: Database) -> None:
    """Each reading is written down; without asking for them there is none."""
    seal(db)
    jared = await member(db, "JARED30")
    await send(db, jared.id)
    await paid(db, jared, 250_000)
    await export(db)
    assert "tax.read" not in await log_of(db, f"affiliate:{jared.id}")
    made = await export(db, with_tins=True)
    assert made.lines[0]["recipient_tin"] == SSN
    assert "tax.read" in await log_of(db, f"affiliate:{jared.id}")
    assert await log_of(db, "taxes") == ["tax.exported", "tax.exported"]


async def test_a_lost_key_leaves_one_number_out_and_says_whose(db: Database) -> None:
    """The rest of the export is whole."""
    seal(db)
    for code in ("JARED30", "MIA30"):
        if code == "MIA30":
            seal(db)
        someone = await member(db, code)
        await send(db, someone.id)
        await paid(db, someone, 250_000)
    made = await export(db, with_tins=True)
    numbers = {line["account_number"]: line["recipient_tin"] for line in made.lines}
    assert numbers == {"aff_JARED30": "", "aff_MIA30": SSN}
    assert "opens it: JARED30" in made.summary()


async def test_operators_hear_who_crosses_the_threshold_once(db: Database) -> None:
    """With the payment that does it, and with none before or after."""
    seal(db)
    jared = await member(db, "JARED30")
    await send(db, jared.id)
    said = []
    for amount in (199_999, 5_000, 5_000):
        await earn(db, jared.id, amount)
        payout = await approve_payout(db, await ask(db, jared))
        if payout.status == "requested":
            payout = await approve_payout(db, payout, SAM)
        async with db.transaction() as session:
            await payouts.mark_paid(session, payout.id, "1", RITA)
        notices = [each for each in await effects_asked_for(db) if each.kind == "card.notice"]
        said.append([each.payload["text"] for each in notices if "1099" in each.payload["text"]])
    assert [len(each) for each in said] == [0, 1, 1]
    assert "JARED30 was paid $2,049.99" in said[-1][0]


async def test_what_is_withheld_is_reported_whatever_the_sum(db: Database) -> None:
    """In box 4, and as part of box 1."""
    seal(db)
    jared = await member(db, "JARED30")
    await send(db, jared.id)
    await paid(db, jared, 7_600)
    async with db.transaction() as session:
        (payout,) = (await session.exec(select(Payout))).all()
        payout.withheld_cents = 2_400
        session.add(payout)
    (line,) = (await export(db)).lines
    boxes = ("box1_nonemployee_compensation", "box4_federal_income_tax_withheld")
    assert [line[box] for box in boxes] == ["100.00", "24.00"]


@pytest.mark.parametrize("text", ["", "26", "1999", "2999", "2026x", "²⁰²⁶", "-2026"])
def test_a_year_that_is_none(text: str) -> None:
    """Is refused with a sentence."""
    with pytest.raises(InvalidError):
        tax_years.parse_year(text)
