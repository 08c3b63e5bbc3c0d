"""Earnings: each sale with the sum behind its commission, or the reason why there is none."""

from dataclasses import replace
from datetime import timedelta

import pytest

import clock
from dashboard.pages import earnings
from domain import program
from tests.builders import BUYER, PAID, facts, join, later, settle
from tests.dashboard.desk import OPERATOR, Browser, Desk, Page

HERE = "/affiliate/dashboard/earnings"


async def opened(desk: Desk, browser: Browser, path: str = HERE) -> Page:
    """The page, as Jared sees it."""
    return await (await desk.signed_in(browser, "jared@example.com")).get(path)


def squeezed(page: Page) -> str:
    """The words, with single spaces."""
    return " ".join(page.words.split())


async def test_it_is_for_approved_affiliates(desk: Desk, browser: Browser) -> None:
    """Visitors sign in first."""
    for path in (HERE, f"{HERE}/statement", f"{HERE}/statement.csv"):
        assert (await browser.get(path)).url.path == "/affiliate/sign-in"


async def test_without_any_it_says_how_they_come_about(desk: Desk, browser: Browser) -> None:
    """No empty list."""
    await join(desk.db)
    page = await opened(desk, browser)
    assert "No earnings yet" in page.words
    assert "Earnings" in page.words


async def test_every_commission_is_a_sum_that_adds_up(desk: Desk, browser: Browser) -> None:
    """Collected less tax, fee, refunds and disputes, times the rate; zeros are left out."""
    await join(desk.db)
    one = facts(tax=400)
    await settle(desk.db, one, later(one, refunded=500, disputed=500))
    with clock.travel(PAID + timedelta(days=1)):
        words = squeezed(await opened(desk, browser))
    minus, times = "\N{MINUS SIGN}", "\N{MULTIPLICATION SIGN}"
    assert (
        f"Collected $29.00 Tax {minus}$4.00 Payment fee {minus}$1.14 Refunded {minus}$5.00 "
        f"Disputed {minus}$5.00 Base $13.86 Your share {times} 20% Commission $2.77"
    ).replace(" ", "") in words.replace(" ", "")
    assert "On hold until 1 December 2026" in words
    assert "cycle 1 · monthly" in words
    assert "Credited by your promo code." in words


@pytest.mark.parametrize(
    ("days", "refunded", "status"),
    [(30, 0, "Available since 1 December 2026"), (3, 2900, "Taken back")],
)
async def test_it_says_what_became_of_the_money(
    desk: Desk, browser: Browser, days: int, refunded: int, status: str
) -> None:
    """Free after the hold, or gone with the refund."""
    await join(desk.db)
    await settle(desk.db, facts(), later(facts(), refunded=refunded))
    with clock.travel(PAID + timedelta(days=days)):
        assert status in squeezed(await opened(desk, browser))


async def test_a_base_below_zero_is_zero_and_says_so(desk: Desk, browser: Browser) -> None:
    """The fee ate it up."""
    await join(desk.db)
    await settle(desk.db, facts(collected=4, fee=30))
    words = squeezed(await opened(desk, browser))
    assert "Base, never below zero $0.00" in words.replace("zero$", "zero $")
    assert "Nothing earned" in words


async def test_a_gross_program_leaves_the_fee_out_of_the_sum(desk: Desk, browser: Browser) -> None:
    """What is not taken off is not listed as if it were."""
    await join(desk.db)
    async with desk.db.transaction() as session:
        await program.update(session, {"commission_base": "gross"}, OPERATOR)
    await settle(desk.db, facts())
    words = squeezed(await opened(desk, browser))
    assert "Payment fee" not in words
    assert "before fees" in words
    assert "$5.80" in words


async def test_the_customer_stays_masked(desk: Desk, browser: Browser) -> None:
    """Told apart by the end of an id; never an address, a card or an invoice."""
    await join(desk.db)
    buyer = replace(BUYER, id="cus_Nffrabcd", card="fingerprint")
    await settle(desk.db, facts(customer=buyer))
    for path in (HERE, f"{HERE}/statement", f"{HERE}/statement.csv"):
        page = await opened(desk, browser, path)
        assert "Customer …abcd" in page.html
        for secret in ("buyer", "cus_Nff", "fingerprint", "in_1"):
            assert secret not in page.html


async def test_what_nobody_is_credited_for_is_not_shown(desk: Desk, browser: Browser) -> None:
    """That is for operators."""
    await join(desk.db)
    await settle(desk.db, facts(codes=()))
    assert "No earnings yet" in (await opened(desk, browser)).words


async def test_a_sale_beyond_the_cycles_says_why_it_earns_nothing(
    desk: Desk, browser: Browser
) -> None:
    """An affiliate who sees a renewal without money reads the reason, and what it brought."""
    await join(desk.db)
    await settle(desk.db, facts(1), facts(2), facts(3))
    words = squeezed(await opened(desk, browser))
    assert "No commission" in words
    assert "This is paid cycle 3; commissions are paid on the first 2." in words
    assert words.count("Commission$5.57") == 2
    assert "Collected$29.00 Commission$0.00" in words


async def test_pages_follow_each_other(
    desk: Desk, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Older ones by cursor, and back to the newest."""
    monkeypatch.setattr(earnings, "PAGE", 1)
    await join(desk.db)
    await settle(desk.db, facts(1), facts(2))
    page = await opened(desk, browser)
    assert "cycle 2" in page.words
    assert "cycle 1" not in page.words
    older = next(
        str(given["href"]) for tag, given in page.tags if "cursor=" in str(given.get("href"))
    )
    page = await browser.get(older)
    assert "cycle 1" in page.words
    assert "Older" not in page.words
    assert HERE in [given.get("href") for _, given in page.tags]


@pytest.mark.parametrize("cursor", ["x", "%00", "1" * 200, "01a1fe4a-8bc9-7143-b315-fbf60f50c2a0"])
async def test_a_cursor_that_is_none_is_not_found(
    desk: Desk, browser: Browser, cursor: str
) -> None:
    """No failure."""
    await join(desk.db)
    assert (await opened(desk, browser, f"{HERE}?cursor={cursor}")).status == 404
