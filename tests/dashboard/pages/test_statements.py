"""Monthly statements."""

from datetime import timedelta

import pytest

import clock
from tests.builders import PAID, facts, join, later, settle
from tests.dashboard.desk import Browser, Desk, Page

HERE = "/affiliate/dashboard/earnings/statement"


async def opened(desk: Desk, browser: Browser, path: str) -> Page:
    """The page, as Jared sees it."""
    return await (await desk.signed_in(browser, "jared@example.com")).get(path)


async def a_november(desk: Desk) -> None:
    """A sale, and half of it refunded ten days later."""
    with clock.travel(PAID - timedelta(days=40)):
        await join(desk.db)
    with clock.travel(PAID):
        await settle(desk.db, facts())
    with clock.travel(PAID + timedelta(days=10)):
        await settle(desk.db, later(facts(), refunded=1450))


async def test_it_shows_every_entry_between_its_balances(desk: Desk, browser: Browser) -> None:
    """Opening, entries with the balance after each, closing."""
    await a_november(desk)
    with clock.travel(PAID + timedelta(days=40)):
        page = await opened(desk, browser, f"{HERE}?month=2026-11")
    words = "".join(page.words.split())
    assert "StatementofNovember2026" in words
    assert "Openingbalance$0.00" in words
    assert "Commission,Customer…us_1,cycle12026-11-012026-12-01$5.57$5.57" in words
    assert "Takenback,Customer…us_1,cycle12026-11-112026-12-01\N{MINUS SIGN}$2.90$2.67" in words
    assert "Closingbalance$2.67" in words


async def test_months_lead_to_each_other(desk: Desk, browser: Browser) -> None:
    """From the first month in the program to this one, and no further."""
    await a_november(desk)

    async def around(month: str) -> list[str]:
        page = await opened(desk, browser, f"{HERE}?month={month}")
        hrefs = [str(given.get("href")) for _, given in page.tags]
        return [href[-7:] for href in hrefs if href.startswith(f"{HERE}?")]

    with clock.travel(PAID + timedelta(days=40)):
        assert await around("2026-11") == ["2026-10", "2026-12"]
        assert await around("2026-12") == ["2026-11"]
        assert await around("2026-09") == ["2026-10"]


async def test_this_month_is_not_over(desk: Desk, browser: Browser) -> None:
    """The default is the present month, whose balance is one so far."""
    await a_november(desk)
    with clock.travel(PAID + timedelta(days=20)):
        page = await opened(desk, browser, HERE)
    assert "Balance so far" in page.words
    assert "Closing balance" not in page.words


@pytest.mark.parametrize("month", ["2026-13", "x", "%3Cscript%3E", "9999-12"])
@pytest.mark.parametrize("kind", ["", ".csv"])
async def test_what_is_no_month_is_not_found(
    desk: Desk, browser: Browser, month: str, kind: str
) -> None:
    """In words, on a page."""
    await join(desk.db)
    page = await opened(desk, browser, f"{HERE}{kind}?month={month}")
    assert page.status == 404
    assert "Write it like 2026-11" in page.words


async def test_it_can_be_downloaded(desk: Desk, browser: Browser) -> None:
    """As a file of its month, never kept by a cache."""
    await a_november(desk)
    page = await opened(desk, browser, f"{HERE}.csv?month=2026-11")
    assert page.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert page.headers["Content-Disposition"] == 'attachment; filename="statement-2026-11.csv"'
    assert page.headers["Cache-Control"] == "no-store"
    lines = page.html.splitlines()
    assert lines[0].startswith("posted_at,what,customer")
    assert len(lines) == 5
