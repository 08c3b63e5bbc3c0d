"""Where somebody stands, and affiliates from before this program ran here."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp.test_utils import TestServer
from sqlmodel import select

from domain.audit import first_broken_line
from integrations.clerk import Clerk
from sandbox.clerk.app import clerk_app
from sandbox.clerk.instance import ClerkInstance
from storage import affiliates, codes
from storage.affiliates import Affiliate
from storage.audit import AuditLine
from storage.db import Database
from tests.dashboard.desk import Browser, Desk, make_settings

JARED = "jared@example.com"
ENTRY: dict[str, Any] = {
    "status": "live",
    "promoCode": "JARED30",
    "affiliateApprovedAt": "2026-06-11T00:00:00.000Z",
    "affiliateTermsVersion": "v1",
    "affiliateId": "aff_JARED30",
    "payoutStatus": "not_requested",
    "payoutThreshold": 25,
    "stripePromotionCodeId": "promo_1",
    "stripeCouponId": "coupon_1",
}


@pytest.fixture
def instance() -> ClerkInstance:
    """A Clerk with Jared, who is in the directory as an affiliate."""
    instance = ClerkInstance()
    instance.add_user(JARED)
    describe(instance, ENTRY)
    return instance


@pytest.fixture
async def clerk(instance: ClerkInstance) -> AsyncIterator[Clerk]:
    """The client that asks it."""
    server = TestServer(clerk_app(instance))
    await server.start_server()
    clerk = Clerk(instance.secret_key, str(server.make_url("/v1")))
    yield clerk
    await clerk.close()
    await server.close()


@pytest.fixture
async def desk(sqlite: Database, clerk: Clerk) -> AsyncIterator[Desk]:
    """The dashboard with Clerk connected."""
    async with Desk(sqlite, make_settings(clerk_secret_key="sk"), clerk).running() as desk:
        yield desk


def describe(instance: ClerkInstance, entry: Any) -> None:
    """Say this of Jared in the directory."""
    (jared,) = instance.find(JARED)
    patch = {"private_metadata": {"propmine": {"affiliate": entry}}}
    instance.merge_metadata(jared["id"], {"private_metadata": {"propmine": None}})
    instance.merge_metadata(jared["id"], patch)


async def everyone(desk: Desk) -> list[Affiliate]:
    """All affiliates that are known here."""
    async with desk.db.read() as session:
        return list((await session.exec(select(Affiliate))).all())


async def test_an_affiliate_from_before_finds_their_dashboard(
    db: Database, clerk: Clerk, instance: ClerkInstance
) -> None:
    """`live` counts as approved; code, ids and dates are taken over, and the log says so."""
    settings = make_settings(clerk_secret_key="sk")
    async with Desk(db, settings, clerk).running() as desk, desk.browser() as browser:
        page = await (await desk.signed_in(browser, JARED)).get("/affiliate")
        assert page.url.path == "/affiliate/dashboard"
        assert "JARED30" in page.words
        assert "11 June 2026" in page.words
        (jared,) = await everyone(desk)
        assert jared.status == "approved"
        assert jared.reference == "aff_JARED30"
        assert jared.clerk_user_id == instance.find(JARED)[0]["id"]
        async with desk.db.read() as session:
            (code,) = await codes.of_affiliate(session, jared.id)
            lines = (await session.exec(select(AuditLine))).all()
            assert await first_broken_line(session) is None
        assert (code.stripe_coupon_id, code.stripe_promotion_code_id) == ("coupon_1", "promo_1")
        assert "affiliate.adopted" in [line.action for line in lines]
        await browser.get("/affiliate")
        assert len(await everyone(desk)) == 1


async def test_several_first_pages_at_once_take_them_in_once(db: Database, clerk: Clerk) -> None:
    """A browser that opens five tabs is shown five dashboards of one affiliate."""
    settings = make_settings(clerk_secret_key="sk")
    async with Desk(db, settings, clerk).running() as desk, desk.browser() as browser:
        await desk.signed_in(browser, JARED)
        pages = await asyncio.gather(*(browser.get("/affiliate") for _ in range(5)))
        assert {(page.status, page.url.path) for page in pages} == {(200, "/affiliate/dashboard")}
        assert len(await everyone(desk)) == 1


@pytest.mark.parametrize(
    "entry",
    [
        {**ENTRY, "status": "pending"},
        {**ENTRY, "status": "rejected"},
        {**ENTRY, "status": "super"},
        {**ENTRY, "promoCode": ""},
        {"status": "approved"},
        "approved",
    ],
)
async def test_who_was_not_let_in_gets_the_form(
    desk: Desk, browser: Browser, instance: ClerkInstance, entry: Any
) -> None:
    """Nobody slips in by an entry that says something else, or too little."""
    describe(instance, entry)
    page = await (await desk.signed_in(browser, JARED)).get("/affiliate")
    assert "/affiliate/apply" in page.forms
    assert await everyone(desk) == []


async def test_who_is_paused_in_the_directory_is_paused_here(
    desk: Desk, browser: Browser, instance: ClerkInstance
) -> None:
    """Taken in, and shown why there is no dashboard."""
    describe(instance, ENTRY | {"status": "paused"})
    page = await (await desk.signed_in(browser, JARED)).get("/affiliate")
    assert "Your account is paused" in page.words


async def test_a_code_that_belongs_to_somebody_here_is_not_given_twice(
    desk: Desk, browser: Browser
) -> None:
    """What is known here goes before the directory."""
    mia = await desk.approve("mia@example.com", "JARED30")
    page = await (await desk.signed_in(browser, JARED)).get("/affiliate")
    assert "/affiliate/apply" in page.forms
    async with desk.db.read() as session:
        assert await affiliates.by_email_key(session, JARED) is None
        code = await codes.by_code(session, "JARED30")
    assert code is not None
    assert code.affiliate_user_id == mia.id


async def test_another_persons_entry_is_not_theirs(desk: Desk, browser: Browser) -> None:
    """Only the owner of the address finds it."""
    page = await (await desk.signed_in(browser, "mia@example.com")).get("/affiliate")
    assert "/affiliate/apply" in page.forms
    assert await everyone(desk) == []


async def test_while_the_directory_is_down_the_page_says_so(
    desk: Desk, browser: Browser, instance: ClerkInstance
) -> None:
    """The form is there with a warning; a minute later the dashboard is."""
    instance.traffic.fail_next(503)
    await desk.signed_in(browser, JARED)
    page = await browser.get("/affiliate")
    assert page.status == 200
    assert "We could not check whether you are an affiliate already" in page.words
    assert (await browser.get("/affiliate")).url.path == "/affiliate/dashboard"
    assert len(await everyone(desk)) == 1


async def test_the_directory_is_not_asked_at_every_page(
    desk: Desk, browser: Browser, instance: ClerkInstance
) -> None:
    """Once for a while for who is unknown, and not at all for who is known."""
    await desk.apply("known@example.com")
    async with desk.browser() as other:
        await desk.signed_in(browser, "unknown@example.com")
        await desk.signed_in(other, "known@example.com")
        for _ in range(3):
            await browser.get("/affiliate")
            await other.get("/affiliate")
    assert len(instance.traffic.log) == 1
