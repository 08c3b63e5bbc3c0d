"""Performance by source: what the rollups hold, put in order and nothing made up."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest

import clock
from domain import money, sources
from domain.sources import Dimension, Performance, Source, Span
from storage.db import Database
from storage.ids import new_id
from storage.rollups import ALL, Counts, EarningRollup, Rollup

NOW = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)
TODAY = NOW.date()


async def keep(
    db: Database, affiliate: UUID, dimension: str, value: str, ago: int = 0, **given: Any
) -> None:
    """Rollups of one day; currencies among the counts are earnings."""
    under: dict[str, Any] = {
        "affiliate_user_id": affiliate,
        "dimension": dimension,
        "value": value,
        "day": TODAY - timedelta(days=ago),
    }
    async with db.transaction() as session:
        counts = {name: count for name, count in given.items() if len(name) > 3}
        session.add(Rollup(**under, **counts))
        for unit in given.keys() - counts.keys():
            session.add(EarningRollup(**under, currency=unit, amount=given[unit]))


async def seen(
    db: Database, affiliate: UUID, span: Span = Span.ALL, dimension: Dimension = Dimension.TAG
) -> Performance:
    """The performance at NOW."""
    with clock.travel(NOW):
        async with db.read() as session:
            return await sources.performance(session, affiliate, dimension, span)


async def test_every_source_of_the_affiliate_is_summed_over_its_days(db: Database) -> None:
    """Across days and currencies; nobody else's, and no other dimension."""
    me, other = new_id(), new_id()
    await keep(
        db, me, "tag", "news", clicks=3, repeats=2, bots=1, signups=2, conversions=1, usd=500
    )
    await keep(db, me, "tag", "news", 1, clicks=1, usd=-20, eur=7)
    await keep(db, me, "tag", "", conversions=4, usd=4)
    await keep(db, me, "page", "news", clicks=100)
    await keep(db, other, "tag", "news", clicks=100, usd=100)
    found = await seen(db, me)
    assert found.sources == [
        Source("news", Counts(4, 2, 1, 2, 1), {"eur": 7, "usd": 480}),
        Source("", Counts(conversions=4), {"usd": 4}),
    ]
    assert found.sources[0].rate_bp == 2500
    assert found.sources[0].per_click == {"eur": 2, "usd": 120}
    assert found.sources[1].rate_bp is None
    assert found.sources[1].per_click == {}


@pytest.mark.parametrize(
    ("span", "clicks"), [(Span.WEEK, 1), (Span.MONTH, 3), (Span.QUARTER, 7), (Span.ALL, 15)]
)
async def test_a_span_ends_today_and_has_whole_days(db: Database, span: Span, clicks: int) -> None:
    """The seventh day back is in, the eighth is not; its bars hold exactly what the total does."""
    me = new_id()
    for ago, count in ((6, 1), (7, 2), (89, 4), (90, 8)):
        await keep(db, me, "tag", "a", ago, clicks=count, usd=count)
        await keep(db, me, ALL, "", ago, clicks=count, usd=count)
    found = await seen(db, me, span)
    assert [source.counts.clicks for source in found.sources] == [clicks]
    assert found.total == Source("", Counts(clicks), {"usd": clicks})
    assert found.currencies == ["usd"]
    assert sum(bar.counts.clicks for bar in found.course) == clicks


@pytest.mark.parametrize("length", [1, 7, 31, 32, 217, 218, 5000, 20_000])
async def test_bars_follow_each_other_without_a_gap(db: Database, length: int) -> None:
    """However long the story is, they fit the chart, and the last one ends today."""
    me = new_id()
    await keep(db, me, ALL, "", length - 1, clicks=1)
    await keep(db, me, ALL, "", 0, signups=1) if length > 1 else None
    bars = (await seen(db, me)).course
    assert len(bars) <= 31
    assert (bars[0].first, bars[-1].last) == (TODAY - timedelta(days=length - 1), TODAY)
    for before, after in pairwise(bars):
        assert before.last + timedelta(days=1) == after.first
    assert sum(bar.counts.clicks for bar in bars) == 1


async def test_without_anything_there_is_nothing(db: Database) -> None:
    """One empty bar for today, and no source."""
    found = await seen(db, new_id())
    assert (found.sources, found.total, found.currencies) == ([], Source("", Counts()), [])
    assert [(bar.first, bar.last) for bar in found.course] == [(TODAY, TODAY)]


def test_sources_stand_in_the_order_that_is_asked_for() -> None:
    """By each figure, both ways; equal ones by name, and the unnamed one last of them."""
    a = Source("a", Counts(clicks=10, conversions=1), {"usd": 5, "eur": 90})
    b = Source("b", Counts(clicks=2, conversions=1), {"usd": 10})
    c = Source("", Counts(conversions=9), {"usd": -3})
    given = [b, c, a]

    def order(by: str, currency: str = "usd", *, ascending: bool = False) -> str:
        found = sources.ordered(given, by, currency, ascending=ascending)
        return "".join(source.value or "-" for source in found)

    assert order("clicks") == "ab-"
    assert order("clicks", ascending=True) == "-ba"
    assert order("conversions") == "-ab"
    assert order("repeats") == "ab-"
    assert order("rate") == "ba-"
    assert order("earnings") == "ba-"
    assert order("earnings", "eur") == "ab-"
    assert order("epc") == "ba-"
    assert order("value", ascending=True) == "ab-"
    assert order("value") == "-ba"


async def test_a_spreadsheet_gets_every_source_and_runs_none(db: Database) -> None:
    """Names that are formulas lie still; amounts are plain numbers, a column for each currency."""
    me = new_id()
    await keep(db, me, "page", "=1+1", clicks=3, bots=2, conversions=1, usd=-1250, jpy=7)
    await keep(db, me, "page", "/a", conversions=1)
    await keep(db, me, ALL, "", clicks=3, bots=2, conversions=2, usd=-1250, jpy=7)
    table = io.StringIO(newline="")
    sources.write_csv(await seen(db, me, dimension=Dimension.PAGE), table)
    first, second = csv.DictReader(io.StringIO(table.getvalue(), newline=""))
    assert first == {
        "Landing page": "'=1+1",
        "Clicks": "3",
        "Repeated clicks": "0",
        "Bots": "2",
        "Sign-ups": "0",
        "Conversions": "1",
        "Conversion rate %": "33.33",
        "Earnings JPY": "7",
        "EPC JPY": "2",
        "Earnings USD": "-12.50",
        "EPC USD": "-4.17",
    }
    assert (second["Conversion rate %"], second["EPC USD"], second["Earnings USD"]) == (
        "",
        "",
        "0.00",
    )


@pytest.mark.parametrize(
    ("amount", "count", "each"), [(10, 4, 3), (9, 4, 2), (-10, 4, -2), (-9, 4, -2), (0, 3, 0)]
)
def test_means_are_rounded_to_the_nearest(amount: int, count: int, each: int) -> None:
    """Exactly half a unit goes up, as everywhere."""
    assert money.mean(amount, count) == each


def test_days_are_those_of_the_span() -> None:
    """Seven days are today and the six before."""
    assert Span.WEEK.since(date(2026, 11, 21)) == date(2026, 11, 15)
    assert Span.ALL.since(date(2026, 11, 21)) is None
