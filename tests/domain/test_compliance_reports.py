"""Reports of the public: whom they name, how often they count, and what they never do."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import func, select

import clock
from domain import compliance_reports
from domain.compliance_cases import Decision
from domain.compliance_reports import KEPT, UNMATCHED_A_DAY, Said
from domain.errors import InvalidError
from storage.compliance import Report
from storage.db import Database
from tests.builders import affiliate_now, effects_asked_for, join
from tests.compliance_builders import decide, violations
from tests.landing_builders import save

KEY = b"k" * 32


def said(**changes: Any) -> Said:
    """A whole report."""
    given = {"named": "JARED30", "kind": "spam", "text": "A mail that I never asked for."}
    return Said(**({"address": "203.0.113.7"} | given | changes))


async def report(db: Database, **changes: Any) -> None:
    """Somebody reports."""
    async with db.transaction() as session:
        await compliance_reports.report(session, said(**changes), KEY)


async def kept(db: Database) -> int:
    """How many rows of reports there are."""
    async with db.read() as session:
        return (await session.exec(select(func.count()).select_from(Report))).one()


@pytest.mark.parametrize(
    "named",
    [
        "JARED30",
        "jared30",
        "Jared Bets",
        "https://desk.example/r/JARED30?src=mail",
        "propmine.example/pricing?ref=jared30",
        "https://desk.example/partner/jared-bets",
        "jared-bets",
    ],
)
async def test_codes_links_and_names_lead_to_the_affiliate(db: Database, named: str) -> None:
    """However it was typed."""
    jared = await join(db)
    await save(db, jared)
    await report(db, named=named)
    (one,) = await violations(db)
    assert (one.affiliate_user_id, one.source, one.kind) == (jared.id, "report", "spam")


@pytest.mark.parametrize(
    "named", ["NOBODY", "https://x.example/", "//[", "?ref=", "💥", "a/b?" * 60]
)
async def test_who_names_nobody_is_kept_for_operators(db: Database, named: str) -> None:
    """Without a case; the day's first is told in the channel."""
    await join(db)
    await report(db, named=named)
    await report(db, named=named, address="198.51.100.9")
    assert await violations(db) == []
    assert await kept(db) == 2
    notices = [one for one in await effects_asked_for(db) if one.kind == "card.notice"]
    assert len(notices) == 1


async def test_a_name_of_two_is_nobodys(db: Database) -> None:
    """Better no case than one about the wrong person."""
    await join(db)
    await join(db, "MIA30", email="mia@example.com", requested_code="MIA30")
    await report(db, named="Jared Bets")
    assert await violations(db) == []


async def test_one_network_counts_once(db: Database) -> None:
    """Ten thousand reports from one address are one, and one card."""
    await join(db)
    for number in range(60):
        await report(db, address=f"203.0.113.{number}", text=f"Report {number}")
    (one,) = await violations(db)
    assert (one.times, await kept(db)) == (1, 1)
    kinds = [effect.kind for effect in await effects_asked_for(db)]
    assert kinds.count("card.case") == 1


async def test_many_networks_are_counted_and_few_are_kept(db: Database) -> None:
    """The card is asked for once until it is due; nobody is punished by a number."""
    jared = await join(db)
    for number in range(KEPT + 20):
        await report(db, address=f"10.{number}.0.1")
    (one,) = await violations(db)
    assert one.times == KEPT + 20
    assert await kept(db) == KEPT
    kinds = [effect.kind for effect in await effects_asked_for(db)]
    assert kinds.count("card.case") <= 2
    assert (await affiliate_now(db, jared.id)).status == "approved"


async def test_networks_that_report_at_once_all_count(db: Database) -> None:
    """Each of them waits for the one before, and then counts on from there."""
    await join(db)
    await report(db, address="203.0.113.1")
    await asyncio.gather(*(report(db, address=f"198.51.{n}.1") for n in range(6)))
    (one,) = await violations(db)
    assert one.times == 7


async def test_reports_of_nobody_are_bounded_by_the_day(db: Database) -> None:
    """From wherever they come."""
    for number in range(UNMATCHED_A_DAY + 10):
        await report(db, named="NOBODY", address=f"10.{number}.0.1")
    assert await kept(db) == UNMATCHED_A_DAY


async def test_who_was_dismissed_is_not_reported_again_by_the_same(db: Database) -> None:
    """Somebody else may; the same network after a week."""
    await join(db)
    await report(db)
    (one,) = await violations(db)
    await decide(db, one.case_id, Decision.DISMISSED)
    await report(db)
    assert len(await violations(db)) == 1
    await report(db, address="198.51.100.9")
    assert len(await violations(db)) == 2
    with clock.travel(clock.now() + timedelta(days=8)):
        await report(db)
    assert (await violations(db))[-1].times == 2


async def test_no_address_is_kept(db: Database) -> None:
    """Neither in clear nor as a hash that could be tried out without the key."""
    await join(db)
    await report(db, email="me@example.net")
    async with db.read() as session:
        (row,) = (await session.exec(select(Report))).all()
    assert "203.0.113" not in row.model_dump_json()
    assert row.reporter == compliance_reports.reporter_of(KEY, "203.0.113.200")
    assert row.reporter != compliance_reports.reporter_of(b"other", "203.0.113.7")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"named": " "}, "named"),
        ({"kind": "hats"}, "kind"),
        ({"text": ""}, "text"),
        ({"text": "x" * 2001}, "text"),
        ({"email": "nobody@"}, "email"),
        ({"url": "x" * 501}, "url"),
    ],
)
async def test_what_is_missing_is_said(db: Database, changes: dict[str, str], field: str) -> None:
    """By field, and the same whoever is named."""
    with pytest.raises(InvalidError) as refused:
        await report(db, **changes)
    assert set(refused.value.fields) == {field}
