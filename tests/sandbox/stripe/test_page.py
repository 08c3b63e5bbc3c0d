import re
from collections.abc import AsyncIterator

import aiohttp
import pytest

from sandbox.stripe.account import StripeAccount
from sandbox.stripe.resources.coupons import Coupons
from sandbox.stripe.resources.promotion_codes import PromotionCodes


class Visitor:
    """Somebody in front of the page."""

    def __init__(self, session: aiohttp.ClientSession, base: str) -> None:
        self._session = session
        self._base = base
        self.status = 0
        self.text = ""

    async def look(self) -> str:
        """Open the page and read it without its markup."""
        async with self._session.get(f"{self._base}/") as answer:
            return await self._read(answer)

    async def press(self, path: str, **form: str) -> str:
        """Send one of the page's forms and read what comes."""
        url = f"{self._base}/{path}"
        async with self._session.post(url, data=form, allow_redirects=False) as answer:
            if answer.status == 303:
                return await self.look()
            return await self._read(answer)

    async def _read(self, answer: aiohttp.ClientResponse) -> str:
        self.status, self.html = answer.status, await answer.text()
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", self.html))


@pytest.fixture
async def visitor(server: str) -> AsyncIterator[Visitor]:
    """A visitor of the stand-in."""
    async with aiohttp.ClientSession() as session:
        yield Visitor(session, server)


@pytest.fixture
def code(account: StripeAccount) -> str:
    """A code for 30 % off the first purchase."""
    coupons, codes = Coupons(account), PromotionCodes(account)
    coupon = {"id": "offer-30", "percent_off": 30.0}
    coupons.new(coupon, **coupons.build(coupon))
    params = {
        "code": "JARED30",
        "promotion": {"type": "coupon", "coupon": "offer-30"},
        "restrictions": {"first_time_transaction": True},
    }
    codes.new(params, **codes.build(params))
    return "JARED30"


async def test_an_empty_account_says_what_to_do(visitor: Visitor) -> None:
    """A new account shows its plans and tells where the first things come from."""
    page = await visitor.look()

    assert "Monthly, 29.00 USD" in page
    assert "The first one is made when an affiliate is approved" in page


async def test_a_code_is_shown_with_what_it_takes(visitor: Visitor, code: str) -> None:
    """A promotion code is listed with its offer and its state."""
    assert "JARED30 30 % off, once first purchase offer-30 0 active" in await visitor.look()


async def test_a_code_is_switched_by_hand(
    visitor: Visitor, account: StripeAccount, code: str
) -> None:
    """Off and on again; the endpoints hear of both."""
    (made,) = account.objects.newest_first("promotion_code")
    page = await visitor.press(f"promotion_codes/{made['id']}/off")
    assert "offer-30 0 inactive Switch on" in page
    page = await visitor.press(f"promotion_codes/{made['id']}/on")
    assert "offer-30 0 active Switch off" in page
    events = [each["type"] for each in account.objects.newest_first("event")]
    assert events.count("promotion_code.updated") == 2


async def test_a_purchase_with_a_code(visitor: Visitor, code: str) -> None:
    """Buying with a code shows the invoice with discount and fee, and the redemption."""
    page = await visitor.press(
        "buy", email="zoe@example.com", plan="monthly", promotion_code="jared30"
    )

    assert "-0001 JARED30 20.30 USD 0.89 USD 0.00 USD paid" in page
    assert "JARED30 30 % off, once first purchase offer-30 1 active" in page


async def test_a_refused_purchase_says_why_and_keeps_the_form(visitor: Visitor) -> None:
    """An unknown code is refused in words, and what was typed stays."""
    page = await visitor.press(
        "buy", email="zoe@example.com", plan="yearly", promotion_code="NOSUCH"
    )

    assert visitor.status == 422
    assert "This promotion code is invalid: NOSUCH" in page
    assert 'value="zoe@example.com"' in visitor.html
    assert '<option value="yearly" selected>' in visitor.html


async def test_a_subscription_goes_on_and_ends(visitor: Visitor, account: StripeAccount) -> None:
    """Renewing writes a second invoice, a declined card leaves one open, cancelling ends it."""
    await visitor.press("buy", email="zoe@example.com", plan="monthly")
    (subscription,) = account.objects.newest_first("subscription")

    await visitor.press(f"subscriptions/{subscription['id']}/renew")
    assert "past due" in await visitor.press(f"subscriptions/{subscription['id']}/decline")
    page = await visitor.press(f"subscriptions/{subscription['id']}/cancel")

    assert "canceled" in page
    assert "Decline card" not in page
    states = [invoice["status"] for invoice in account.objects.newest_first("invoice")]
    assert states == ["open", "paid", "paid"]


async def test_money_back_by_hand(visitor: Visitor, account: StripeAccount) -> None:
    """A part is refunded as typed; what is no amount is refused; a dispute can be won."""
    bought = await account.buy(email="zoe@example.com")
    refund = f"invoices/{bought['id']}/refund"

    assert "10.50 USD paid" in await visitor.press(refund, amount="10.5")
    for typed in ("ten", "1.234", "-5", "1e3", "٣"):
        assert "is no amount" in await visitor.press(refund, amount=typed)
    assert "needs response Win Lose" in await visitor.press(f"invoices/{bought['id']}/dispute")
    (dispute,) = account.objects.newest_first("dispute")
    assert " won " in await visitor.press(f"disputes/{dispute['id']}/win")


async def test_what_customers_write_is_no_markup(visitor: Visitor, account: StripeAccount) -> None:
    """A name with HTML is shown as it was typed."""
    await account.buy(email="zoe@example.com", name="<script>alert(1)</script>")

    await visitor.look()

    assert "<script" not in visitor.html
    assert "&lt;script&gt;alert(1)" in visitor.html


async def test_another_site_cannot_press_the_buttons(server: str, account: StripeAccount) -> None:
    """A form sent from somewhere else does nothing."""
    headers = {"Sec-Fetch-Site": "cross-site"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{server}/buy", data={"email": "a@example.com", "plan": "monthly"}) as answer,
    ):
        assert answer.status == 403
    assert list(account.objects.newest_first("invoice")) == []
