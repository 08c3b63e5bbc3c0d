"""Performance by source, as an affiliate reads, sorts and downloads it."""

import csv
import html
import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import clock
from dashboard.pages import sources
from storage.affiliates import Affiliate
from storage.rollups import EarningRollup, Origin, Rollup
from tests.dashboard.desk import Browser, Desk, Page

HERE = "/affiliate/dashboard/links/performance"
DASH = "\N{EN DASH}"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


async def day(
    desk: Desk, me: Affiliate, ago: int, origin: tuple[str, str, str], **given: Any
) -> None:
    """What one day brought from one origin, summed up as clicks and sales are."""
    amount = given.pop("usd", 0)
    async with desk.db.transaction() as session:
        for dimension, value in Origin(me.id, *origin).values():
            under: dict[str, Any] = {
                "affiliate_user_id": me.id,
                "dimension": dimension,
                "value": value,
                "day": NOW.date() - timedelta(days=ago),
            }
            session.add(Rollup(**under, **given))
            if amount:
                session.add(EarningRollup(**under, currency="usd", amount=amount))


@pytest.fixture
async def mia(desk: Desk, browser: Browser) -> Browser:
    """Mia's browser; she posted in two places, and somebody bought by her code alone."""
    me = await desk.approve()
    with clock.travel(NOW):
        await desk.signed_in(browser, "mia@example.com")
    news = ("news", "/pricing", "US")
    await day(desk, me, 0, news, clicks=40, repeats=3, bots=2, signups=9, conversions=4, usd=2228)
    await day(desk, me, 10, ("youtube", "/", "DE"), clicks=90, signups=3, conversions=1, usd=557)
    await day(desk, me, 40, ("", "", ""), conversions=1, usd=100)
    return browser


async def opened(browser: Browser, query: str = "") -> Page:
    """The page, on the day of the story."""
    with clock.travel(NOW):
        return await browser.get(f"{HERE}?{query}")


def table(page: Page) -> list[str]:
    """The rows of the table of sources, in words."""
    body = page.html.partition('id="sources"')[2].partition("<tbody")[2].partition("</tbody>")[0]
    rows = body.partition(">")[2].split("</tr>")[:-1]
    return [" ".join(html.unescape(re.sub("<[^>]+>", " ", row)).split()) for row in rows]


NEWS = "40 3 2 9 4 10% $22.28 $0.56"
YOUTUBE = "90 0 0 3 1 1.11% $5.57 $0.06"
CODE = f"0 0 0 0 1 {DASH} $1.00 {DASH}"


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("", [f"youtube {YOUTUBE}", f"news {NEWS}"]),
        ("span=7", [f"news {NEWS}"]),
        ("span=90", [f"youtube {YOUTUBE}", f"news {NEWS}", f"No tag {CODE}"]),
        ("span=all&sort=bots", [f"news {NEWS}", f"youtube {YOUTUBE}", f"No tag {CODE}"]),
        ("sort=clicks&order=asc", [f"news {NEWS}", f"youtube {YOUTUBE}"]),
        ("sort=value", [f"news {NEWS}", f"youtube {YOUTUBE}"]),
        ("sort=epc", [f"news {NEWS}", f"youtube {YOUTUBE}"]),
        ("by=page", [f"/ {YOUTUBE}", f"/pricing {NEWS}"]),
        ("by=country&sort=rate", [f"US {NEWS}", f"DE {YOUTUBE}"]),
        ("by=x&span=-1&sort=<script>&order=x", [f"youtube {YOUTUBE}", f"news {NEWS}"]),
    ],
)
async def test_sources_are_compared(mia: Browser, query: str, rows: list[str]) -> None:
    """Over a period, by tag, page or country, in any order; nonsense is the usual view."""
    assert table(await opened(mia, query)) == rows


async def test_the_whole_period_stands_above(mia: Browser) -> None:
    """Clicks with what does not count beside them, rates, and what a click is worth."""
    words = " ".join((await opened(mia, "by=country")).words.split())
    assert "Clicks130people; not counted: 3 repeated, 2 by bots" in words.replace(" 130 ", "130")
    assert "3.85% of clicks" in words
    assert "$27.85" in words
    assert "$0.21 per click" in words


async def test_headings_sort_and_turn_the_order_around(mia: Browser) -> None:
    """By links that keep the period and the comparison; the one in force says so."""
    page = await opened(mia, "span=90&by=page")
    heads = [given for tag, given in page.tags if tag == "th" and given.get("scope") == "col"]
    assert [head.get("aria-sort") for head in heads].count("descending") == 1
    links = [str(given.get("href")) for tag, given in page.tags if tag == "a"]
    assert f"{HERE}?span=90&by=page&sort=clicks&order=asc#sources" in links
    assert f"{HERE}?span=90&by=page&sort=earnings&order=desc#sources" in links
    assert f"{HERE}?span=7&by=page" in links
    assert f"{HERE}?span=90&by=country" in links


async def test_the_chart_says_in_words_what_it_draws(mia: Browser) -> None:
    """A bar for each day with anything, and a table with every day."""
    page = await opened(mia)
    said = [given["aria-label"] for tag, given in page.tags if given.get("role") == "img"]
    assert said == [
        "Clicks: 130, most on 11 Nov 2026: 90",
        "Sign-ups: 12, most on 21 Nov 2026: 9",
        "Conversions: 5, most on 21 Nov 2026: 4",
    ]
    bars = [given for tag, given in page.tags if tag == "rect"]
    assert [bar["height"] for bar in bars] == ["100", "44", "33", "100", "25", "100"]
    assert "21 Nov 2026: 40" in page.words
    alternative = page.html.partition("<details")[2].partition("</details>")[0]
    assert alternative.count("<tr") == 1 + 30


async def test_a_spreadsheet_gets_the_same(mia: Browser) -> None:
    """The period and the comparison that are shown."""
    with clock.travel(NOW):
        answer = await mia.client.get(f"{HERE}.csv?span=90&by=tag")
    assert answer.content_type == "text/csv"
    name = "performance-by-tag-90-2026-11-21.csv"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    rows = list(csv.DictReader(io.StringIO(await answer.text())))
    assert [row["Source tag"] for row in rows] == ["youtube", "news", ""]
    assert [row["Earnings USD"] for row in rows] == ["5.57", "22.28", "1.00"]


async def test_a_period_without_clicks_says_how_they_come_about(
    desk: Desk, browser: Browser
) -> None:
    """No empty table and no flat chart."""
    await desk.approve()
    page = await (await desk.signed_in(browser, "mia@example.com")).get(HERE)
    assert "No clicks in this period" in page.words
    assert "svg role" not in page.html


async def test_a_flood_of_sources_stays_readable(
    mia: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first hundred, and how many more the file holds."""
    monkeypatch.setattr(sources, "SHOWN", 1)
    page = await opened(mia)
    assert table(page) == [f"youtube {YOUTUBE}"]
    assert "1 more is in the CSV file" in page.words
