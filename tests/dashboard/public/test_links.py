import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import Engine, event
from sqlmodel import select

import clock
import door
from dashboard import clicks as intake
from dashboard.clicks import Clicks
from dashboard.context import DashboardContext
from dashboard.public.links import add_routes
from domain import program
from health import Metrics
from settings import Settings
from storage import group_commit, links, raw_sums
from storage.clicks import Click
from storage.db import Database
from storage.links import ReferralLink
from tests.builders import RITA, join
from tests.network_builders import add_network

HOME = "https://product.example.com/"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1 Mobile/15E148"
LAPTOP = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

Client = TestClient[web.Request, web.Application]


@asynccontextmanager
async def serving(db: Database, **changes: Any) -> AsyncIterator[Client]:
    """A server that follows links, behind a proxy on this machine."""
    given = {"product_url": HOME.rstrip("/"), "product_name": "Prop Mine", "secret_key": "s" * 32}
    settings = Settings(_env_file=None, **(given | changes))
    app = web.Application(middlewares=[door.watch(Metrics(), settings.trusted_proxies)])
    clicks = Clicks(db, settings)
    clicks.start()
    add_routes(app, DashboardContext(db, settings, None, None, clicks))
    async with TestClient(TestServer(app), headers={"User-Agent": LAPTOP}) as client:
        yield client
    await clicks.close()


async def follow(client: Client, path: str, **headers: str) -> str:
    """Where a link leads; the status where nowhere."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = await client.get(path, allow_redirects=False, headers=named)
    return answer.headers.get("Location", str(answer.status))


async def kept(db: Database) -> list[Click]:
    """All clicks, oldest first."""
    async with db.read() as session:
        found = list((await session.exec(select(Click).order_by(Click.id))).all())  # type: ignore[arg-type]
        assert await raw_sums.differences(session) == 0
    return found


async def suspend(db: Database, ref: str = "JARED30") -> None:
    """Suspend a link."""
    async with db.transaction() as session:
        link = await links.by_ref(session, ref)
        assert isinstance(link, ReferralLink)
        link.suspended = True
        session.add(link)


async def test_a_link_leads_to_the_product_and_says_who_sent_the_visitor(db: Database) -> None:
    """In any letter case; a ref that nobody has leads there without it, and is no click."""
    jared = await join(db)
    async with serving(db) as client:
        for path in ("/r/JARED30", "/r/jared30"):
            assert await follow(client, path) == f"{HOME}?ref=JARED30"
        for path in ("/r/NOBODY", "/r/%22%3E", "/r/%00", "/r/%FF", "/r/%ED%A0%80"):
            assert await follow(client, path) == HOME
        assert await follow(client, "/r/nobody?to=/pricing&src=x") == f"{HOME}pricing"
    assert [(click.affiliate_user_id, click.kind) for click in await kept(db)] == [
        (jared.id, "counted"),
        (jared.id, "repeat"),
    ]


async def test_a_ref_that_is_too_long_for_anybody_is_not_looked_for(db: Database) -> None:
    """It leads to the product, and neither the database nor our memory is asked to hold it."""
    await join(db)
    asked: list[str] = []

    def listen(*given: Any) -> None:
        asked.append(given[2])

    event.listen(Engine, "before_cursor_execute", listen)
    try:
        async with serving(db) as client:
            assert await follow(client, f"/r/{'X' * 5000}") == HOME
            assert [one for one in asked if "referral_links" in one] == []
            assert await follow(client, "/r/JARED30") == f"{HOME}?ref=JARED30"
            assert [one for one in asked if "referral_links" in one] != []
    finally:
        event.remove(Engine, "before_cursor_execute", listen)


async def test_a_suspended_link_counts_nothing_a_second_later(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It leads to the product all the same; so does that of somebody who was terminated."""
    monkeypatch.setattr(intake, "STALE_S", 0.05)
    await join(db)
    async with serving(db) as client:
        assert await follow(client, "/r/JARED30") == f"{HOME}?ref=JARED30"
        await suspend(db)
        await asyncio.sleep(0.1)
        assert await follow(client, "/r/JARED30?to=/pricing") == f"{HOME}pricing"
    assert len(await kept(db)) == 1


async def test_without_a_product_there_is_nowhere_to_lead(db: Database) -> None:
    """The address does not exist then."""
    async with serving(db, product_url="") as client:
        assert await follow(client, "/r/JARED30") == "404"


async def test_a_deep_link_keeps_what_the_affiliate_asked_for(db: Database) -> None:
    """Page, tag and campaign reach the product, and are kept with the click."""
    await join(db)
    async with serving(db) as client:
        leads_to = await follow(
            client,
            "/r/JARED30?to=/pricing%3Fplan%3Dyearly&src=YouTube%20Review&utm=1",
            Referer="https://www.youtube.com/watch?v=1",
            User_Agent=PHONE,
        )
    assert leads_to == (
        f"{HOME}pricing?plan=yearly&ref=JARED30&src=youtube-review&utm_source=prop-mine"
        "&utm_medium=affiliate&utm_campaign=JARED30&utm_content=youtube-review"
    )
    (click,) = await kept(db)
    assert (click.source_tag, click.landing_page, click.device, click.channel) == (
        "youtube-review",
        "/pricing",
        "mobile",
        "redirect",
    )
    assert (click.referrer_host, click.country) == ("www.youtube.com", "")
    assert click.utm["utm_campaign"] == "JARED30"


@pytest.mark.parametrize(
    "to",
    [
        "//evil.example",
        "https://evil.example/",
        "HTTPS://evil.example",
        "/%5Cevil.example",
        "https://product.example.com@evil.example",
        "%2F%2Fevil.example",
        "%252F%252Fevil.example",
        "javascript:alert(1)",
        "/a%0D%0ASet-Cookie:x",
    ],
)
async def test_no_link_leads_away_from_the_product(db: Database, to: str) -> None:
    """It leads to the product's home instead, and the click counts."""
    await join(db)
    async with serving(db) as client:
        assert await follow(client, f"/r/JARED30?to={to}") == f"{HOME}?ref=JARED30"
    assert [click.landing_page for click in await kept(db)] == ["/"]


async def test_a_further_host_of_the_product_is_a_target(db: Database) -> None:
    """As soon as it is in the program's settings."""
    await join(db)
    async with db.transaction() as session:
        await program.update(session, {"product_hosts": ["docs.example.com"]}, RITA)
    async with serving(db) as client:
        leads_to = await follow(client, "/r/JARED30?to=https://docs.example.com/start")
    assert leads_to == "https://docs.example.com/start?ref=JARED30"


async def test_programs_that_look_at_a_link_are_no_visitors(db: Database) -> None:
    """Crawlers, previews of chats, prefetching browsers and those that do not say who they are."""
    await join(db)
    robots = (
        {"User_Agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
        {"User_Agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"},
        {"User_Agent": "WhatsApp/2.23.20 A"},
        {"User_Agent": "curl/8.5"},
        {"User_Agent": ""},
        {"Sec_Purpose": "prefetch;prerender"},
    )
    async with serving(db) as client:
        for headers in robots:
            assert await follow(client, "/r/JARED30", **headers) == f"{HOME}?ref=JARED30"
        await client.head("/r/JARED30", allow_redirects=False)
        await follow(
            client, "/r/JARED30", User_Agent="Mozilla/5.0 (Linux; Android 9; CUBOT) Mobile"
        )
    assert Counter(click.kind for click in await kept(db)) == {"bot": 7, "counted": 1}


async def test_visitors_are_told_apart_without_keeping_who_they_are(db: Database) -> None:
    """One network and browser is one visitor for one day; no address is anywhere."""
    await join(db)
    async with serving(db) as client:

        async def click(address: str, browser: str = LAPTOP) -> None:
            await follow(client, "/r/JARED30", X_Forwarded_For=address, User_Agent=browser)

        await click("203.0.113.7")
        await click("203.0.113.200")
        await click("203.0.113.7", PHONE)
        await click("198.51.100.1")
        await click("2001:db8:1::1")
        await click("2001:db8:1:2::9")
        with clock.travel(clock.now() + timedelta(days=1)):
            await click("203.0.113.7")
    found = await kept(db)
    assert [click.kind for click in found] == [
        *("counted", "repeat", "counted", "counted", "counted", "repeat", "counted")
    ]
    assert found[0].visitor != found[-1].visitor
    everything = " ".join(str(one.model_dump()) for one in found)
    assert "203.0" not in everything
    assert "2001:db8" not in everything


async def test_the_country_is_what_our_proxy_says(db: Database) -> None:
    """Only in the header that is named in the settings, and never from the visitor's own mouth."""
    await join(db)
    for changes, said, country in (
        ({"country_header": "CF-IPCountry"}, "de", "DE"),
        ({"country_header": "CF-IPCountry"}, "XX", ""),
        ({"country_header": "CF-IPCountry"}, "T1", ""),
        ({"country_header": "CF-IPCountry"}, "<script>", ""),
        ({}, "DE", ""),
        ({"country_header": "CF-IPCountry", "trusted_proxies": "10.0.0.0/8"}, "DE", ""),
    ):
        async with serving(db, **changes) as client:
            await follow(client, "/r/JARED30", CF_IPCountry=said)
        assert (await kept(db))[-1].country == country


async def test_whoever_floods_one_link_is_told_to_wait_and_holds_nobody_up(db: Database) -> None:
    """Ten thousand clicks from one address: 120 are taken, and everybody else is served."""
    await join(db)
    answers = Counter[str]()
    async with serving(db) as client:

        async def flood(times: int) -> None:
            for _ in range(times):
                answers[await follow(client, "/r/JARED30", X_Forwarded_For="203.0.113.7")] += 1

        async def others() -> list[str]:
            return [
                await follow(client, "/r/JARED30", X_Forwarded_For=f"198.51.{n}.1")
                for n in range(50)
            ]

        *_, served = await asyncio.gather(*(flood(500) for _ in range(20)), others())
        refused = await client.get(
            "/r/JARED30", headers={"X-Forwarded-For": "203.0.113.7"}, allow_redirects=False
        )
        assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert answers == {f"{HOME}?ref=JARED30": 120, "429": 9880}
    assert served == [f"{HOME}?ref=JARED30"] * 50
    assert Counter(click.kind for click in await kept(db)) == {"counted": 51, "repeat": 119}


async def test_a_full_intake_leads_the_visitor_on(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They came for the product, and the address still says who sent them."""
    await join(db)

    async def is_full(*_: Any) -> bool:
        raise group_commit.IntakeFullError

    async with serving(db) as client:
        monkeypatch.setattr(group_commit.GroupCommit, "insert", is_full)
        assert await follow(client, "/r/JARED30") == f"{HOME}?ref=JARED30"
    assert await kept(db) == []


async def test_a_networks_click_is_kept_and_handed_on(db: Database) -> None:
    """As a network in use names it; its own script on the page finds it in the address."""
    await join(db)
    async with serving(db) as client:
        assert await follow(client, "/r/JARED30?clickid=a%2Bb%3D") == f"{HOME}?ref=JARED30"
    await add_network(db)
    async with serving(db) as client:
        led = await follow(client, "/r/JARED30?to=/pricing%23x&clickid=a%2Bb%3D&other=1")
        assert led == f"{HOME}pricing?ref=JARED30&clickid=a%2Bb%3D#x"
        assert await follow(client, f"/r/JARED30?clickid={'x' * 256}") == f"{HOME}?ref=JARED30"
        assert await follow(client, "/r/JARED30?clickid=%00") == f"{HOME}?ref=JARED30"
    assert [each.network_click for each in await kept(db)] == ["", "wide:a+b=", "", ""]


async def test_looking_for_networks_asks_the_database_once_a_second(db: Database) -> None:
    """However many clicks there are: reading a click id is looking into the address."""
    await join(db)
    await add_network(db)
    asked: list[str] = []

    def watch(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "affiliate_networks" in statement:
            asked.append(statement)

    event.listen(Engine, "before_cursor_execute", watch)
    try:
        async with serving(db) as client:
            for number in range(20):
                await follow(client, f"/r/JARED30?clickid={number}")
    finally:
        event.remove(Engine, "before_cursor_execute", watch)
    assert len(asked) <= 3
