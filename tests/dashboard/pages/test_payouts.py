"""Payouts, as an affiliate asks for them and follows them."""

import pytest

from domain import payouts
from storage import audit
from storage.db import Database
from storage.payouts import Payout
from storage.tiers import Tier
from tests.builders import RITA, affiliate_now, join
from tests.dashboard.desk import Browser, Desk, Page
from tests.payout_builders import approve_payout, ask, balance, earn, rich

JARED = "jared@example.com"
HERE = "/affiliate/dashboard/payouts"
ASK, METHOD = f"{HERE}/request", f"{HERE}/method"


async def opened(desk: Desk, browser: Browser, path: str = HERE) -> Page:
    """A page as Jared sees it."""
    return await (await desk.signed_in(browser, JARED)).get(path)


def said(page: Page) -> str:
    """The words, with single spaces."""
    return " ".join(page.words.split())


def links(page: Page) -> list[str]:
    """Where the page leads."""
    return [str(given.get("href")) for tag, given in page.tags if tag == "a"]


async def reject(db: Database, payout: Payout, reason: str) -> None:
    """Turn a payout down."""
    async with db.transaction() as session:
        await payouts.reject(session, payout.id, reason, RITA)


async def actor_of_request(db: Database, payout_id: object) -> str:
    """Who the log says asked for it."""
    async with db.read() as session:
        return (await audit.of_subject(session, f"payout:{payout_id}"))[0].actor


class TestPage:
    """What it shows."""

    async def test_it_is_for_approved_affiliates(self, desk: Desk, browser: Browser) -> None:
        """Visitors sign in first, and nothing can be posted without being one."""
        for path in (HERE, ASK):
            assert (await browser.get(path)).url.path == "/affiliate/sign-in"
        await desk.signed_in(browser, JARED)
        assert (await browser.get(HERE)).url.path == "/affiliate"

    async def test_without_enough_it_says_what_is_missing(
        self, desk: Desk, browser: Browser
    ) -> None:
        """The minimum, the gap and what is on hold; no button that could only fail."""
        jared = await rich(desk.db, 1000)
        await earn(desk.db, jared.id, 3000, days=5)
        page = await opened(desk, browser)
        assert "$10.00 of $25.00, $15.00 to go" in said(page)
        assert "$30.00 more are on hold" in said(page)
        assert "No payouts yet" in said(page)
        assert not any(link.startswith(ASK) for link in links(page))

    async def test_every_payout_is_told_with_how_it_ended(
        self, desk: Desk, browser: Browser
    ) -> None:
        """Paid with its reference, rejected with its reason, the newest first."""
        jared = await rich(desk.db, method="paypal", to="jared@pay.example")
        await reject(desk.db, await ask(desk.db, jared), "Refunds are coming.")
        payout = await approve_payout(desk.db, await ask(desk.db, jared))
        async with desk.db.transaction() as session:
            await payouts.mark_paid(session, payout.id, "PP-77", RITA)
        page = said(await opened(desk, browser))
        assert page.index("PP-77") < page.index("Refunds are coming.")
        for told in ("Paid", "Rejected", payout.number, "$50.00", "PayPal"):
            assert told in page

    async def test_what_could_not_be_delivered_is_explained(
        self, desk: Desk, browser: Browser
    ) -> None:
        """In words for them; the provider's own stay with the operators."""
        jared = await rich(desk.db, method="stripe", to="acct_1234")
        payout = await approve_payout(desk.db, await ask(desk.db, jared))
        async with desk.db.transaction() as session:
            await payouts.fail(session, payout.id, "No such destination: acct_1234")
        page = said(await opened(desk, browser))
        assert "It could not be delivered." in page
        assert "No such destination" not in page
        assert "By Stripe, to acct_1234" in page

    async def test_other_currencies_have_a_claim_of_their_own(
        self, desk: Desk, browser: Browser
    ) -> None:
        """Never added to the program's."""
        jared = await rich(desk.db, 1000)
        await earn(desk.db, jared.id, 7000, currency="eur")
        page = await opened(desk, browser)
        assert "Available now in USD" in said(page)
        assert f"{ASK}?currency=eur" in links(page)
        confirmed = await browser.fill_in(f"{ASK}?currency=eur", ASK)
        assert confirmed.status == 303
        assert "€70.00 are on their way" in said(await browser.get(HERE))

    async def test_the_overview_leads_here(self, desk: Desk, browser: Browser) -> None:
        """With the minimum of their tier, as here."""
        jared = await rich(desk.db, 1200)
        page = await opened(desk, browser, "/affiliate/dashboard")
        assert "$12.00 of $25.00, $13.00 to go" in said(page)
        async with desk.db.transaction() as session:
            tier = Tier(name="Gold", min_payout_cents=1000)
            session.add(tier)
            await session.flush()
            jared.tier_id = tier.id
            session.add(jared)
        page = await browser.get("/affiliate/dashboard")
        assert "The minimum of $10.00 is reached" in said(page)
        # From the menu, from the list of the first two weeks, and from here.
        assert links(page).count(HERE) == 3
        await approve_payout(desk.db, await ask(desk.db, jared))
        page = await browser.get("/affiliate/dashboard")
        assert "$12.00 are on their way: approved, and paid next." in said(page)


class TestRequest:
    """Asking for money."""

    async def test_the_question_says_what_follows(self, desk: Desk, browser: Browser) -> None:
        """Also to who has not said how to be paid: no method is named, and where to say it."""
        await rich(desk.db, 4321)
        shown = await opened(desk, browser, f"{ASK}?currency=usd")
        assert "The amount is set aside at once." in said(shown)
        assert "You have not said yet how you want to be paid" in said(shown)
        assert "Paid by" not in said(shown)
        assert f"{HERE}#method" in links(shown)

    async def test_two_presses_ask_for_everything_available(
        self, desk: Desk, browser: Browser
    ) -> None:
        """The first shows how much and where to, the second asks; the log says who did."""
        jared = await rich(desk.db, 4321, method="paypal", to="jared@pay.example")
        page = await opened(desk, browser)
        assert "Request payout of $43.21" in said(page)
        shown = await browser.get(f"{ASK}?currency=usd")
        assert "Request $43.21?" in said(shown)
        assert "jared@pay.example" in said(shown)
        assert await balance(desk.db, jared.id) == 4321

        answer = await browser.fill_in(f"{ASK}?currency=usd", ASK)

        assert (answer.status, answer.headers["Location"]) == (303, f"{HERE}?done=requested")
        page = await browser.get(f"{HERE}?done=requested")
        assert "Your payout is requested." in said(page)
        assert "$43.21 are on their way: requested, and waiting for approval" in said(page)
        assert not any(link.startswith(ASK) for link in links(page))
        assert await balance(desk.db, jared.id) == 0
        (card,) = await desk.effects("card.payout")
        assert await actor_of_request(desk.db, card["payout"]) == f"affiliate:{jared.id}"

    async def test_the_same_form_sent_twice_is_one_payout(
        self, desk: Desk, browser: Browser
    ) -> None:
        """The second is told that one is on its way."""
        jared = await rich(desk.db)
        await desk.signed_in(browser, JARED)
        form = (await browser.get(ASK)).forms[ASK]
        assert (await browser.post(ASK, form)).status == 303
        again = await browser.post(ASK, form)
        assert again.status == 409
        assert "A payout of $50.00 is on its way already." in said(again)
        assert await balance(desk.db, jared.id) == 0
        assert len(await desk.effects("card.payout")) == 1

    async def test_too_little_is_refused_in_words(self, desk: Desk, browser: Browser) -> None:
        """Also by the address itself, and for what is no currency."""
        await rich(desk.db, 1000)
        await desk.signed_in(browser, JARED)
        for query in ("", "?currency=usd", "?currency=%00", "?currency=nonsense"):
            page = await browser.get(f"{ASK}{query}")
            assert page.status == 422
            assert "Payouts start at $25.00: $15.00 is still missing." in said(page)

    async def test_a_form_of_another_site_asks_for_nothing(
        self, desk: Desk, browser: Browser
    ) -> None:
        """Without our token, or from elsewhere, no money is reserved."""
        jared = await rich(desk.db)
        await desk.signed_in(browser, JARED)
        form = (await browser.get(ASK)).forms[ASK]
        assert (await browser.post(ASK, {"currency": "usd"})).status == 419
        evil = {"Origin": "https://evil.example"}
        assert (await browser.post(ASK, form, headers=evil)).status == 403
        assert await balance(desk.db, jared.id) == 5000


class TestMethod:
    """How they are paid."""

    async def test_a_choice_is_saved_and_shown(self, desk: Desk, browser: Browser) -> None:
        """PayPal by its address; the field shows it again."""
        jared = await join(desk.db)
        await desk.signed_in(browser, JARED)
        answer = await browser.fill_in(
            HERE, METHOD, method="paypal", destination="jared@pay.example"
        )
        assert (answer.status, answer.headers["Location"]) == (303, f"{HERE}?done=method")
        now = await affiliate_now(desk.db, jared.id)
        assert (now.payout_method, now.payout_destination) == ("paypal", "jared@pay.example")
        page = await browser.get(f"{HERE}?done=method")
        assert page.forms[METHOD]["destination"] == "jared@pay.example"
        assert "It counts from your next payout on." in said(page)

    @pytest.mark.parametrize(
        ("typed", "sentence"),
        [
            ({"method": ""}, "Choose how you want to be paid."),
            ({"method": "stripe", "destination": "acct_1234"}, "Choose how you want to be paid."),
            (
                {"method": "paypal", "destination": "<b>jared@"},
                "Enter the mail address of your PayPal",
            ),
            ({"method": "bank", "destination": " "}, "Say where to pay"),
        ],
    )
    async def test_what_cannot_be_used_comes_back_with_its_reason(
        self, desk: Desk, browser: Browser, typed: dict[str, str], sentence: str
    ) -> None:
        """What was typed is still there, beside what is wrong; nothing is saved."""
        jared = await join(desk.db)
        await desk.signed_in(browser, JARED)
        page = await browser.fill_in(HERE, METHOD, **typed)
        assert page.status == 422
        assert sentence in said(page)
        assert page.forms[METHOD]["destination"] == typed.get("destination", "")
        assert (await affiliate_now(desk.db, jared.id)).payout_method == ""
