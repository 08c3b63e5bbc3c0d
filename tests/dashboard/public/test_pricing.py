"""The pricing page as customers use it, on a shop at Stripe."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import ClientSession, CookieJar, web
from aiohttp.test_utils import TestServer
from sqlmodel import select

import clock
from dashboard.context import DashboardContext
from dashboard.limits import CODES_PER_CLIENT
from dashboard.public.pricing import add_routes
from domain import discount_codes, program
from domain.checkouts import LIVES
from integrations.stripe import StripeGateway
from storage.checkouts import COMPLETED, LATE, Checkout
from tests.builders import RITA
from tests.dashboard.desk import Browser, Page, make_settings
from tests.dashboard.public.conftest import Counter, Json
from tests.shop import Shop

MIA = "mia@example.com"
MINUS = "\N{MINUS SIGN}"


@asynccontextmanager
async def visiting(
    shop: Shop, stripe: StripeGateway | None, public_url: str = ""
) -> AsyncIterator[Browser]:
    """Somebody at the page; the payment page has our own origin unless we are elsewhere."""
    settings = make_settings(public_url=public_url or origin(shop))
    app = web.Application()
    add_routes(app, DashboardContext(shop.db, settings, None, stripe))
    server = TestServer(app)
    await server.start_server()
    jar = CookieJar(unsafe=True)
    async with ClientSession(server.make_url("/"), cookie_jar=jar) as client:
        yield Browser(client)
    await server.close()


def origin(shop: Shop) -> str:
    """Where the stand-ins' payment page is."""
    return str(shop.stand_ins.settings()["stripe_api_url"]).removesuffix("/sandbox/stripe")


@pytest.fixture
async def visitor(counter: Counter) -> AsyncIterator[Browser]:
    """A customer who was never there before."""
    async with visiting(counter.shop, counter.shop.services.stripe) as browser:
        yield browser


async def order(browser: Browser, at: str = "/pricing", **typed: Any) -> Page:
    """Fill in the form at an address and press `Continue to payment`."""
    chosen = {"plan": "monthly", "email": MIA, "do": "pay"} | typed
    return await browser.fill_in(at, "/pricing", **chosen)


async def session_of(counter: Counter, page: Page) -> Json:
    """The session at Stripe that the page leads to."""
    assert page.status == 303, page.words
    return counter.session({"url": page.headers["Location"]})


def sessions(counter: Counter) -> list[Json]:
    """Every checkout session at Stripe."""
    return list(counter.shop.account.objects.newest_first("checkout.session"))


def fields(page: Page) -> dict[str, dict[str, str | None]]:
    """The inputs by id."""
    return {str(given["id"]): given for tag, given in page.tags if tag == "input" and "id" in given}


def chosen_totals(page: Page) -> list[str]:
    """The amounts of the order as shown: the plan's price, the discount, and what is due today."""
    (shown,) = re.findall(r'class="totals chosen">(.*?)</dl>', page.html, flags=re.DOTALL)
    return re.findall(r"<dd>(.*?)</dd>", shown)


async def test_plans_stand_there_with_their_prices(visitor: Browser) -> None:
    """In the program's order, the first chosen; search engines may list the page."""
    page = await visitor.get("/pricing")
    assert page.status == 200
    assert "noindex" not in page.html
    inputs = fields(page)
    plans = [name for name in inputs if name.startswith("plan-")]
    assert plans == ["plan-monthly", "plan-3-month", "plan-6-month", "plan-yearly"]
    assert [name for name in plans if "checked" in inputs[name]] == ["plan-monthly"]
    assert chosen_totals(page) == ["$29.00", "None", "$29.00"]
    for price in ("$79.00", "$149.00", "$279.00", "every 3 months", "every year"):
        assert price in page.words
    assert "Affiliate" not in page.words


async def test_the_policy_lets_pay_and_nothing_else(visitor: Browser) -> None:
    """The form may lead to the payment provider, the script may ask us; all else stays strict."""
    policy = (await visitor.get("/pricing")).headers["Content-Security-Policy"]
    assert "form-action 'self' https://checkout.stripe.com;" in policy
    assert "connect-src 'self'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


async def test_an_address_can_carry_code_plan_and_where_somebody_came_from(
    counter: Counter, visitor: Browser
) -> None:
    """The code is judged at once, also for the plans beside the chosen one."""
    await counter.make()
    page = await visitor.get(
        "/pricing?code=%20launch20&plan=yearly&ref=jane&src=mail",
        {"Referer": "https://coupons.example/a?b"},
    )
    assert fields(page)["code"]["value"] == "launch20"
    assert "checked" in fields(page)["plan-yearly"]
    assert "20% off your first payment" in page.words
    assert chosen_totals(page) == ["$279.00", f"{MINUS}$55.80", "$223.20"]
    assert "$23.20" in page.words
    kept = page.forms["/pricing"]
    assert (kept["ref"], kept["src"], kept["referrer"]) == ("jane", "mail", "coupons.example")


async def test_trying_a_code_needs_nothing_else(counter: Counter, visitor: Browser) -> None:
    """No e-mail, no checkout: the same page, with the price."""
    await counter.make()
    page = await visitor.fill_in("/pricing", "/pricing", do="look", plan="monthly", code="LAUNCH20")
    assert page.status == 200
    assert chosen_totals(page) == ["$29.00", f"{MINUS}$5.80", "$23.20"]
    assert "Then $29.00 every month." in page.words
    assert sessions(counter) == []


@pytest.mark.parametrize("do", ["look", "pay"])
async def test_a_refused_code_is_said_beside_its_field(
    counter: Counter, visitor: Browser, do: str
) -> None:
    """What was typed stays, the price is the full one, and no checkout is begun."""
    code = await counter.make()
    async with counter.shop.db.transaction() as session:
        await discount_codes.pause(session, code.id, RITA)
    for typed, sentence in (
        ("launch20", "LAUNCH20 cannot be used at the moment."),
        ("<b>NOPE", "We do not know the code <B>NOPE."),
        ("X" * 200, "This is too long for a code"),
    ):
        page = await order(visitor, code=typed, do=do)
        assert page.status == 422
        assert sentence in page.words
        field = fields(page)["code"]
        assert (field["value"], field["aria-invalid"]) == (typed, "true")
        assert field["aria-describedby"] == "code-said"
        assert chosen_totals(page) == ["$29.00", "None", "$29.00"]
        assert fields(page)["email"]["value"] == MIA
        assert "Error: Pricing" in page.words
    assert sessions(counter) == []


async def test_a_code_for_larger_plans_shows_there_only(counter: Counter, visitor: Browser) -> None:
    """The price of the small plan stays whole, the large one's is lower."""
    await counter.make(min_plan="yearly")
    page = await visitor.get("/pricing?code=LAUNCH20&plan=monthly")
    assert "LAUNCH20 needs at least the plan Yearly." in page.words
    assert chosen_totals(page) == ["$29.00", "None", "$29.00"]
    assert "$223.20" in page.words
    assert "$23.20" not in page.words


@pytest.mark.parametrize("email", ["", "mia@", "mia@example.com, zoe@example.com"])
async def test_paying_needs_an_address(counter: Counter, visitor: Browser, email: str) -> None:
    """The field says so."""
    page = await order(visitor, email=email)
    assert page.status == 422
    assert "Type your mail address, like name@example.com." in page.words
    assert fields(page)["email"]["aria-invalid"] == "true"
    assert sessions(counter) == []


async def test_paying_with_a_code_ends_in_thanks(counter: Counter, visitor: Browser) -> None:
    """The code, the address and the way back are at Stripe; what was paid is said on return."""
    await counter.make()
    page = await order(visitor, "/pricing?ref=jane&src=mail", code="LAUNCH20")
    session = await session_of(counter, page)
    assert session["customer_email"] == MIA
    assert session["discounts"][0]["promotion_code"]
    cancelled = urlsplit(session["cancel_url"])
    assert parse_qs(cancelled.query) == {
        "checkout": ["unfinished"],
        "plan": ["monthly"],
        "code": ["LAUNCH20"],
        "ref": ["jane"],
        "src": ["mail"],
    }
    back = session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"])
    assert back == f"{origin(counter.shop)}/pricing?checkout={session['id']}&src=mail"
    way = back.removeprefix(origin(counter.shop))

    waiting = await visitor.get(way)
    assert "Confirming your payment" in waiting.words
    assert waiting.headers["Refresh"] == "3"
    await counter.pay({"url": page.headers["Location"]})
    thanks = await visitor.get(way)
    assert "Thank you" in thanks.words
    assert "Refresh" not in thanks.headers
    assert re.findall(r"<dd>(.*?)</dd>", thanks.html) == ["$29.00", f"{MINUS}$5.80", "$23.20"]
    assert MIA not in thanks.html
    async with counter.shop.db.read() as reading:
        checkout = (await reading.exec(select(Checkout))).one()
    assert (checkout.status, checkout.ref, checkout.plan) == (COMPLETED, "JANE", "monthly")


async def test_paying_twice_by_a_double_click_is_one_checkout(
    counter: Counter, visitor: Browser
) -> None:
    """The second press leads to the same page, and holds no second use."""
    await counter.make(max_uses=1)
    first, second = [await order(visitor, code="LAUNCH20") for _ in range(2)]
    assert first.status == second.status == 303
    assert first.headers["Location"] == second.headers["Location"]
    other = await order(visitor, code="LAUNCH20", email="zoe@example.com")
    assert other.status == 422
    assert "The last uses of LAUNCH20 are being paid right now." in other.words


async def test_who_comes_back_unpaid_may_take_another_plan(
    counter: Counter, visitor: Browser
) -> None:
    """The use that they hold themselves does not stand in their way; a paid one does."""
    await counter.make()
    first = await session_of(counter, await order(visitor, code="LAUNCH20"))
    again = await order(visitor, code="LAUNCH20", plan="yearly", do="look")
    assert chosen_totals(again)[2] == "$223.20"
    page = await order(visitor, code="LAUNCH20", plan="yearly")
    second = await session_of(counter, page)
    states = {one["id"]: one["status"] for one in sessions(counter)}
    assert states == {first["id"]: "expired", second["id"]: "open"}
    await counter.pay({"url": page.headers["Location"]})
    refused = await order(visitor, code="LAUNCH20")
    assert refused.status == 422
    assert "You have used LAUNCH20 already." in refused.words
    assert chosen_totals(refused) == ["$29.00", "None", "$29.00"]


async def test_who_holds_the_last_use_themselves_may_go_on(
    counter: Counter, visitor: Browser
) -> None:
    """Told how while nobody knows who they are; with their address, it is the same payment."""
    await counter.make(max_uses=1)
    first = await order(visitor, code="LAUNCH20")
    page = await visitor.get("/pricing?checkout=unfinished&code=LAUNCH20")
    assert "If you began to pay with it, give your email address and go on" in page.words
    own = await order(visitor, code="LAUNCH20", do="look")
    assert chosen_totals(own)[2] == "$23.20"
    other = await order(visitor, code="LAUNCH20", email="zoe@example.com", do="look")
    assert "are being paid right now. Try again in an hour." in other.words
    assert chosen_totals(other)[2] == "$29.00"
    again = await order(visitor, code="LAUNCH20")
    assert again.headers["Location"] == first.headers["Location"]


async def test_who_comes_back_unpaid_finds_what_they_chose(
    counter: Counter, visitor: Browser
) -> None:
    """With a word that nothing was charged."""
    await counter.make()
    page = await visitor.get("/pricing?checkout=unfinished&plan=yearly&code=LAUNCH20")
    assert "Your payment was not finished" in page.words
    assert "checked" in fields(page)["plan-yearly"]
    assert chosen_totals(page)[2] == "$223.20"


@pytest.mark.parametrize("name", ["cs_made_up", "%00", "%ED%A0%80", "x" * 2000])
async def test_a_made_up_checkout_gets_no_thanks(visitor: Browser, name: str) -> None:
    """It is the page as if nothing had been paid."""
    page = await visitor.get(f"/pricing?checkout={name}")
    assert page.status == 200
    assert "Thank you" not in page.words
    assert "Choose your plan" in page.words


async def test_a_checkout_that_ran_out_can_be_begun_again(
    counter: Counter, visitor: Browser
) -> None:
    """Its address does not wait for a payment for ever."""
    session = await session_of(counter, await order(visitor))
    with clock.travel(clock.now() + LIVES + LATE):
        page = await visitor.get(f"/pricing?checkout={session['id']}")
    assert "Your payment was not finished" in page.words


async def test_a_payment_page_of_another_name_is_led_to_by_a_link(counter: Counter) -> None:
    """A policy for forms would stop the redirect where Stripe has the shop's own domain."""
    shop = counter.shop
    async with visiting(shop, shop.services.stripe, "http://desk.example") as browser:
        page = await order(browser)
    assert page.status == 200
    (url,) = [
        str(given["href"])
        for tag, given in page.tags
        if tag == "a" and str(given["href"]).startswith(origin(shop))
    ]
    assert page.headers["Refresh"] == f"0; url={url}"
    assert counter.session({"url": url})["customer_email"] == MIA


async def test_without_stripe_nothing_is_sold_and_it_says_so(counter: Counter) -> None:
    """Also to a form that was opened before."""
    async with visiting(counter.shop, None) as browser:
        page = await browser.get("/pricing")
    assert page.status == 404
    assert "Payments are not set up on this site." in page.words


async def test_while_stripe_is_down_nobody_loses_anything(
    counter: Counter, visitor: Browser
) -> None:
    """The page says that it is not their doing; the code stays in the address to try again."""
    counter.shop.account.fail_next("/v1/prices", times=4)
    page = await visitor.get("/pricing?code=LAUNCH20")
    assert page.status == 503
    assert int(page.headers["Retry-After"]) > 0
    assert "nothing was charged" in page.words
    links = [given["href"] for tag, given in page.tags if tag == "a"]
    assert "/pricing?code=LAUNCH20" in links


async def test_when_the_payment_page_cannot_be_opened_the_form_stays(
    counter: Counter, visitor: Browser
) -> None:
    """And pressing again works."""
    counter.shop.account.fail_next("/v1/checkout/sessions", times=4)
    page = await order(visitor)
    assert page.status == 422
    assert "We could not open the payment page" in page.words
    assert fields(page)["email"]["value"] == MIA
    counter.shop.stand_ins.forgive()
    assert (await order(visitor)).status == 303


async def test_plans_without_a_price_are_left_out(counter: Counter, visitor: Browser) -> None:
    """And if none has one, the page says that there is nothing to buy."""
    plan = {"slug": "monthly", "name": "Monthly"}
    other = {"slug": "gold", "name": "Gold"}
    for plans, words, status in (
        ([other, plan], "Monthly", 200),
        ([other], "No plan has a price at the moment.", 200),
    ):
        async with counter.shop.db.transaction() as session:
            await program.update(session, {"plans": plans}, RITA)
        page = await visitor.get("/pricing")
        assert page.status == status
        assert words in page.words
        assert "Gold" not in page.words


async def test_codes_cannot_be_guessed_at_speed(visitor: Browser) -> None:
    """By the form or by the address; looking at the page stays free."""
    for _ in range(CODES_PER_CLIENT.amount):
        assert (await visitor.get("/pricing?code=NOPE")).status == 200
    page = await visitor.get("/pricing?code=NOPE")
    assert page.status == 429
    assert int(page.headers["Retry-After"]) > 0
    links = [given["href"] for tag, given in page.tags if tag == "a"]
    assert "/pricing" in links
    assert "/affiliate" not in links
    assert (await visitor.get("/pricing")).status == 200


async def test_a_form_of_another_site_is_refused(counter: Counter, visitor: Browser) -> None:
    """Nobody is sent to pay by a page that only pretends to be ours."""
    form = (await visitor.get("/pricing")).forms["/pricing"] | {"do": "pay", "email": MIA}
    page = await visitor.post("/pricing", form, {"Sec-Fetch-Site": "cross-site"})
    assert page.status == 403
    assert (await visitor.post("/pricing", form | {"csrf": "0"})).status == 419
    assert sessions(counter) == []
