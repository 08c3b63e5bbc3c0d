"""The pages of webhooks: made, tested, switched, sent again and removed by their owner alone."""

import re
from collections.abc import AsyncIterator

import pytest
from sqlmodel import col, select, update

import clock
from dashboard.limits import WEBHOOK_REPLAYS_PER_AFFILIATE
from domain import webhook_endpoints
from domain.webhook_endpoints import OWN_MAX
from storage.audit import AuditLine
from storage.db import Database
from storage.webhook_deliveries import WebhookAttempt, WebhookDelivery
from storage.webhook_endpoints import WebhookEndpoint
from tests.dashboard.desk import Browser, Desk, make_settings

HERE = "/affiliate/dashboard/webhooks"
URL = "https://hooks.mia.example/in"
MIA, ANN = "mia@example.com", "ann@example.com"


@pytest.fixture
async def desk(db: Database) -> AsyncIterator[Desk]:
    """A dashboard with Mia, on either database."""
    async with Desk(db, make_settings()).running() as desk:
        await desk.approve(MIA)
        yield desk


@pytest.fixture
async def mia(desk: Desk) -> AsyncIterator[Browser]:
    """Mia's browser."""
    async with desk.browser() as browser:
        yield await desk.signed_in(browser, MIA)


async def endpoints(db: Database) -> list[WebhookEndpoint]:
    """Every endpoint there is."""
    async with db.read() as session:
        query = select(WebhookEndpoint).order_by(col(WebhookEndpoint.id))
        return list((await session.exec(query)).all())


async def deliveries(db: Database) -> list[WebhookDelivery]:
    """Everything that was to be sent."""
    async with db.read() as session:
        query = select(WebhookDelivery).order_by(col(WebhookDelivery.id))
        return list((await session.exec(query)).all())


async def make(browser: Browser, **given: str) -> str:
    """Add an endpoint; returns where its page is."""
    page = await browser.fill_in(HERE, HERE, **{"url": URL, "description": "Sheet", **given})
    assert page.status == 303, page.words
    return page.headers["Location"].partition("?")[0]


async def test_an_endpoint_is_added_and_tested(desk: Desk, mia: Browser) -> None:
    """Its page shows the secret, and the log what was sent and answered."""
    assert "No endpoints yet" in (await mia.get(HERE)).words
    where = await make(mia, events="payout.paid")
    (one,) = await endpoints(desk.db)
    assert (one.url, one.events) == (URL, ["payout.paid"])
    page = await mia.get(where)
    assert webhook_endpoints.secret_of("k" * 32, one)[:6] == "whsec_"
    shown = re.findall(r"whsec_[A-Za-z0-9+/=]{44}", page.html)
    assert len(set(shown)) == 1
    await mia.fill_in(where, where, deed="test")
    (sent,) = await deliveries(desk.db)
    assert sent.kind == "webhook.test"
    assert "On its way" in (await mia.get(where)).words
    async with desk.db.transaction() as session:
        session.add(
            WebhookAttempt(
                delivery_id=sent.id,
                status=500,
                milliseconds=12,
                problem="It answered 500.",
                answer="<script>alert(1)</script>",
            )
        )
        await session.exec(update(WebhookDelivery).values(parked_at=clock.now(), last_error="x"))
    page = await mia.get(where)
    assert "Failed It answered 500. (12 ms)" in page.words
    assert "<script>alert(1)</script>" not in page.html
    await mia.fill_in(where, f"{where}/deliveries/{sent.id}")
    (sent,) = await deliveries(desk.db)
    assert sent.state in {"waiting", "retrying"}


async def test_a_secret_is_changed_and_an_endpoint_switched_and_removed(
    desk: Desk, mia: Browser
) -> None:
    """Each button does what it says, and says what it did."""
    where = await make(mia)
    (before,) = await endpoints(desk.db)
    await mia.fill_in(where, where, deed="rotate")
    (after,) = await endpoints(desk.db)
    assert after.salt != before.salt
    again = await mia.fill_in(where, where, deed="rotate")
    assert (again.status, "changed already" in again.words) == (409, True)
    await mia.fill_in(where, where, deed="off")
    page = await mia.get(where)
    assert "It is off" in page.words
    assert "Send a test" not in page.words
    await mia.fill_in(where, where, deed="on")
    assert (await endpoints(desk.db))[0].status == "on"
    assert URL in (await mia.get(f"{where}/remove")).words
    gone = await mia.fill_in(f"{where}/remove", where, deed="remove")
    assert gone.headers["Location"] == f"{HERE}?done=remove"
    assert (await mia.get(where)).status == 404
    assert "No endpoints yet" in (await mia.get(HERE)).words


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "Type a whole address"),
        ("javascript:alert(1)", "Type a whole address"),
        ("https://me:pw@x.example/", "Leave the name and password out"),
    ],
)
async def test_what_cannot_be_an_address_is_said_at_the_field(
    desk: Desk, mia: Browser, url: str, said: str
) -> None:
    """What was typed stays in the form."""
    page = await mia.fill_in(HERE, HERE, url=url, description="Sheet")
    assert (page.status, said in page.words) == (422, True)
    assert await endpoints(desk.db) == []


async def test_events_of_operators_cannot_be_had(desk: Desk, mia: Browser) -> None:
    """Nor are they offered."""
    assert "fraud.paused" not in (await mia.get(HERE)).words
    page = await mia.fill_in(HERE, HERE, url=URL, events="fraud.paused")
    assert page.status == 422
    assert await endpoints(desk.db) == []


async def test_there_is_a_most(desk: Desk, mia: Browser) -> None:
    """Who has as many as there can be is told before they type."""
    for _ in range(OWN_MAX):
        await make(mia)
    assert "as many as there can be" in (await mia.get(HERE)).words
    assert len(await endpoints(desk.db)) == OWN_MAX


async def test_sending_everything_again_is_no_tool_against_others(desk: Desk, mia: Browser) -> None:
    """One press sends thousands of requests to whatever address is there, so presses are few."""
    where = await make(mia)
    await mia.fill_in(where, where, deed="test")

    async def fail() -> None:
        async with desk.db.transaction() as session:
            await session.exec(update(WebhookDelivery).values(parked_at=clock.now()))

    for _ in range(WEBHOOK_REPLAYS_PER_AFFILIATE.amount):
        await fail()
        assert (await mia.fill_in(where, where, deed="replay")).status == 303
    await fail()
    page = await mia.fill_in(where, where, deed="replay")
    assert (page.status, "Try again in an hour" in page.words) == (429, True)
    assert [one.state for one in await deliveries(desk.db)] == ["failed"]
    assert (await mia.fill_in(where, where, deed="test")).status == 303


async def test_an_address_is_in_no_log_that_is_kept_for_ever(desk: Desk, mia: Browser) -> None:
    """It says who somebody is, and its path is often a secret of theirs."""
    where = await make(mia, url="https://mia-example.example/hook/5ecret")
    await mia.fill_in(f"{where}/remove", where, deed="remove")
    async with desk.db.read() as session:
        lines = (await session.exec(select(AuditLine))).all()
    told = [line for line in lines if line.action.startswith("webhook.")]
    assert [line.action for line in told] == ["webhook.added", "webhook.removed"]
    for line in told:
        assert "mia" not in str(line.detail)
        assert "5ecret" not in str(line.detail)


async def test_endpoints_of_others_are_not_there(desk: Desk, mia: Browser) -> None:
    """Neither the page, nor what it does, nor what was sent."""
    where = await make(mia)
    await mia.fill_in(where, where, deed="test")
    (sent,) = await deliveries(desk.db)
    await desk.approve(ANN, "ANN30")
    async with desk.browser() as browser:
        ann = await desk.signed_in(browser, ANN)
        hers = await make(ann)
        for path in (where, f"{where}/remove"):
            assert (await ann.get(path)).status == 404
        for deed in ("test", "off", "rotate", "replay", "remove"):
            form = (await ann.get(hers)).forms[hers] | {"deed": deed}
            assert (await ann.post(where, form)).status == 404
        form = (await ann.get(hers)).forms[hers]
        for endpoint in (where, hers):
            link = f"{endpoint}/deliveries/{sent.id}"
            assert (await ann.post(link, form)).status == 404
    mias = [one for one in await endpoints(desk.db) if str(one.id) in where]
    assert [one.status for one in mias] == ["on"]
