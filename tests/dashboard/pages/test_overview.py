"""The dashboard: the code, the money, who came through it."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import Engine, event

import clock
from domain import affiliates, program
from domain.statuses import Status
from storage.affiliates import Affiliate
from storage.db import Database
from storage.ledger import LedgerEntry
from storage.payouts import Payout
from storage.referrals import Referral
from storage.tiers import Tier
from tests.dashboard.desk import OPERATOR, Browser, Desk, make_settings

MIA = "mia@example.com"
HERE = "/affiliate/dashboard"


async def earn(desk: Desk, affiliate_id: UUID, amount: int, currency: str, days: int) -> None:
    """Post an entry that becomes available in `days`."""
    async with desk.db.transaction() as session:
        session.add(
            LedgerEntry(
                affiliate_user_id=affiliate_id,
                amount=amount,
                currency=currency,
                reason="commission",
                source=f"test:{amount}{currency}",
                available_at=clock.now() + timedelta(days=days),
            )
        )


async def test_it_is_locked_without_an_approval(desk: Desk, browser: Browser) -> None:
    """A visitor is asked to sign in; who is signed in is shown where they stand."""
    assert (await browser.get(HERE)).url.path == "/affiliate/sign-in"
    await desk.signed_in(browser, MIA)
    assert (await browser.get(HERE)).url.path == "/affiliate"
    await desk.apply()
    page = await browser.get(HERE)
    assert page.url.path == "/affiliate"
    assert "Your application is with us" in page.words


async def test_code_link_and_words_are_the_affiliates_own(db: Database) -> None:
    """Ready to be copied, with every blank filled in."""
    settings = make_settings(public_url="http://desk.example")
    async with Desk(db, settings).running() as desk, desk.browser() as browser:
        await desk.approve(display_name="Mia Picks")
        page = await (await desk.signed_in(browser, MIA)).get(HERE)
        assert "Hello, Mia Picks" in page.words
        link = next(given for _, given in page.tags if given.get("id") == "referral-link")
        assert link["value"] == "http://desk.example/r/MIA30"
        assert "I am an affiliate of PropMine and earn a commission" in page.words
        assert (
            "My code MIA30 takes 30% off your first PropMine purchase. I earn from it: "
            "http://desk.example/r/MIA30"
        ) in page.words
        assert "aff_MIA30" in page.words
        assert "20% of the first two successful billing cycles" in page.words


async def test_words_of_the_program_cannot_break_the_page(desk: Desk, browser: Browser) -> None:
    """Neither markup nor braces in them do anything but stand there."""
    text = "<b>{product}</b> {code.__class__} {{ 7*7 }}"
    async with desk.db.transaction() as session:
        await program.update(session, {"promo_copy": [text]}, OPERATOR)
    await desk.approve()
    page = await (await desk.signed_in(browser, MIA)).get(HERE)
    assert page.status == 200
    assert "<b>PropMine</b> {code.__class__} {{ 7*7 }}" in page.words
    assert "<b>" not in page.html


async def test_the_bar_counts_what_is_available(desk: Desk, browser: Browser) -> None:
    """Pending money stands beside it; another currency is never added."""
    affiliate = await desk.approve()
    await earn(desk, affiliate.id, 1850, "usd", 0)
    await earn(desk, affiliate.id, -600, "usd", 0)
    await earn(desk, affiliate.id, 4180, "usd", 30)
    await earn(desk, affiliate.id, 700, "jpy", 30)
    await desk.signed_in(browser, MIA)
    with clock.travel(clock.now() + timedelta(seconds=1)):
        page = await browser.get(HERE)
        assert "$12.50 of $25.00, $12.50 to go" in page.words
        assert "$41.80" in page.words
        assert "¥700" in page.words
        label = "Balance on the way to a payout"
        (bar,) = [given for _, given in page.tags if given.get("aria-label") == label]
        assert (bar["value"], bar["max"]) == ("1250", "2500")
    with clock.travel(clock.now() + timedelta(days=31)):
        await desk.signed_in(browser, MIA)
        assert "The minimum of $25.00 is reached" in (await browser.get(HERE)).words


async def test_referrals_are_broken_down_by_plan_and_status(desk: Desk, browser: Browser) -> None:
    """Each plan a row, each status a column, and sums that are right."""
    affiliate = await desk.approve()
    kinds = [("monthly", "active"), ("monthly", "active"), ("monthly", "canceled")]
    kinds += [("yearly", "active"), ("", "trialing")]
    async with desk.db.transaction() as session:
        for number, (plan, status) in enumerate(kinds):
            session.add(
                Referral(
                    affiliate_user_id=affiliate.id,
                    customer_id=f"cus_{number}",
                    plan=plan,
                    status=status,
                )
            )
    page = await (await desk.signed_in(browser, MIA)).get(HERE)
    table = " ".join(page.words.split("Referrals by plan and status")[1].split())
    columns = "Plan Active Canceled Trialing All"
    rows = "Unknown plan 0 0 1 1", "Monthly 2 1 0 3", "Yearly 1 0 0 1", "All plans 3 1 1 5"
    squeezed = table.replace(" ", "")
    for line in (columns, *rows):
        assert line.replace(" ", "") in squeezed


async def test_a_rate_of_ones_own_is_shown(desk: Desk, browser: Browser) -> None:
    """It goes before the program's."""
    affiliate = await desk.approve()
    async with desk.db.transaction() as session:
        row = await session.get(Affiliate, affiliate.id)
        assert row is not None
        row.rate_bp = 3000
    page = await (await desk.signed_in(browser, MIA)).get(HERE)
    assert "You earn 30% of the" in page.words


async def test_the_rate_of_a_tier_is_shown(desk: Desk, browser: Browser) -> None:
    """It goes before the program's, and after their own."""
    affiliate = await desk.approve()
    async with desk.db.transaction() as session:
        tier = Tier(name="Gold", rate_bp=2500)
        session.add(tier)
        await session.flush()
        row = await session.get(Affiliate, affiliate.id)
        assert row is not None
        row.tier_id = tier.id
    page = await (await desk.signed_in(browser, MIA)).get(HERE)
    assert "You earn 25% of the" in page.words


async def test_who_is_let_in_again_gets_it_back(desk: Desk, browser: Browser) -> None:
    """Paused and restored, the same dashboard is there."""
    affiliate = await desk.approve()
    await desk.signed_in(browser, MIA)
    for status, reason in (
        (Status.PAUSED, "A check."),
        (Status.APPROVED, ""),
    ):
        async with desk.db.transaction() as session:
            await affiliates.change_status(session, affiliate.id, status, reason, OPERATOR)
    page = await browser.get("/affiliate")
    assert page.url.path == HERE
    assert "MIA30" in page.words


async def test_what_was_paid_out_is_told_from_what_is_on_its_way(
    desk: Desk, browser: Browser
) -> None:
    """The reserved money of an open payout is not paid yet, and what came back is not any more."""
    affiliate = await desk.approve()
    payouts = [("paid", 4000, 1500), ("requested", 900, 0), ("rejected", 700, 700)]
    async with desk.db.transaction() as session:
        for status, amount, back in payouts:
            payout = Payout(
                affiliate_user_id=affiliate.id, amount_cents=amount, currency="usd", status=status
            )
            session.add(payout)
            await session.flush()
            for part, moved in (("", -amount), (":back", back)):
                session.add(
                    LedgerEntry(
                        affiliate_user_id=affiliate.id,
                        amount=moved,
                        currency="usd",
                        reason="payout",
                        source=f"payout:{payout.id}{part}",
                        available_at=clock.now(),
                    )
                )
    page = await (await desk.signed_in(browser, MIA)).get(HERE)
    assert "Paid out$25.00" in "".join(page.words.split(" ")).replace("Paidout", "Paid out")


async def test_the_page_asks_for_each_thing_once(desk: Desk, browser: Browser) -> None:
    """Whatever several cards show is read once, and not by each of them."""
    await desk.approve()
    await desk.signed_in(browser, "mia@example.com")
    said: list[tuple[str, str]] = []

    def hear(_c: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        if statement.startswith("SELECT"):
            said.append((statement, repr(parameters)))

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        assert (await browser.get("/affiliate/dashboard")).status == 200
    finally:
        event.remove(Engine, "before_cursor_execute", hear)
    of_program = [one for one in said if "FROM affiliate_program" in one[0]]
    assert len(of_program) == 1
    assert len(set(said)) == len(said)
    # With the list of a newcomer, which is nine of them.
    assert 10 < len(said) <= 30, len(said)
