import gzip
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sqlmodel import select

import clock
from dashboard import clicks as intake
from dashboard.api import track
from dashboard.clicks import Clicks
from dashboard.context import DashboardContext
from dashboard.public import links, scripts
from dashboard.static_files import FILES
from domain import program
from domain.attribution import Customer
from settings import Settings
from storage import raw_sums
from storage.clicks import Click
from storage.db import Database
from storage.idempotency import KeptAnswer
from storage.referrals import Referral
from storage.rollups import Rollup
from tests.builders import PAID, RITA, facts, join, settle
from tests.network_builders import add_network, every_conversion

LAPTOP = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
TOKEN = {"Authorization": "Bearer product-token"}
PRODUCT = "https://product.example.com"

Client = TestClient[web.Request, web.Application]


@asynccontextmanager
async def serving(db: Database, **changes: Any) -> AsyncIterator[Client]:
    """A server with the tracker, its API and the redirect."""
    given = {"product_url": PRODUCT, "secret_key": "s" * 32, "product_api_token": "product-token"}
    settings = Settings(_env_file=None, **(given | changes))
    app = web.Application()
    clicks = Clicks(db, settings)
    clicks.start()
    context = DashboardContext(db, settings, None, None, clicks)
    links.add_routes(app, context)
    track.add_routes(app, context)
    scripts.add_routes(app)
    async with TestClient(TestServer(app), headers={"User-Agent": LAPTOP}) as client:
        yield client
    await clicks.close()


@pytest.fixture
async def client(db: Database) -> AsyncIterator[Client]:
    """The server, with Jared in the program."""
    await join(db)
    async with serving(db) as running:
        yield running


async def click(client: Client, body: Any, **headers: str) -> tuple[int, dict[str, Any]]:
    """Report a click as the tracker does, as plain text."""
    data = body if isinstance(body, bytes | str) else json.dumps(body)
    sent = {"Content-Type": "text/plain;charset=UTF-8"} | headers
    answer = await client.post("/api/track/click", data=data, headers=sent)
    return answer.status, await answer.json()


async def sign_up(client: Client, key: str, **body: Any) -> tuple[int, dict[str, Any]]:
    """Say as the product that somebody signed up."""
    answer = await client.post(
        "/api/track/signup", json=body, headers=TOKEN | {"Idempotency-Key": key}
    )
    return answer.status, await answer.json()


async def everything(db: Database, table: type[Any]) -> list[Any]:
    """All rows of a table; the rollups are what the raw rows come to."""
    async with db.read() as session:
        assert await raw_sums.differences(session) == 0
        return list((await session.exec(select(table))).all())


async def test_a_click_from_the_product_is_kept_and_has_a_name(
    db: Database, client: Client
) -> None:
    """What the tracker says of it is there; what the address's query held is not."""
    status, answer = await click(
        client,
        {
            "ref": "jared30",
            "src": "News Letter",
            "landing_page": "/pricing?token=secret",
            "referrer": "https://www.youtube.com/watch?v=1",
            "utm": {"utm_medium": "email", "else": "no"},
            "newer": True,
        },
    )
    (kept,) = await everything(db, Click)
    assert (status, answer) == (202, {"click_id": str(kept.id)})
    assert (kept.source_tag, kept.landing_page, kept.referrer_host, kept.channel, kept.kind) == (
        *("news-letter", "/pricing", "www.youtube.com", "tracker", "counted"),
    )
    assert kept.utm == {"utm_medium": "email"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b"\xff", 400),
        ({}, 400),
        ({"ref": 5}, 400),
        ({"ref": "JARED30", "utm": "x"}, 400),
        ({"ref": "JARED30", "landing_page": "x" * 3000}, 400),
        ({"ref": "x" * 300}, 400),
        ({"ref": "NOBODY"}, 404),
        ({"ref": "\x00\ud800"}, 404),
        (b" " * (track.CLICK_MAX + 1), 413),
    ],
)
async def test_a_click_that_cannot_be_kept_says_why(
    db: Database, client: Client, body: Any, status: int
) -> None:
    """As problem+json, and nothing is stored."""
    answer = await client.post(
        "/api/track/click", data=body if isinstance(body, bytes) else json.dumps(body)
    )
    assert answer.status == status
    assert answer.content_type == "application/problem+json"
    assert await everything(db, Click) == []


async def test_the_page_that_a_link_led_to_reports_the_same_click(
    db: Database, client: Client
) -> None:
    """The redirect and the tracker see one visit; a later one is a repeat."""
    await client.get("/r/JARED30?src=video", allow_redirects=False)
    (led,) = await everything(db, Click)
    assert await click(client, {"ref": "JARED30"}) == (202, {"click_id": str(led.id)})
    with clock.travel(clock.now() + timedelta(minutes=2)):
        status, answer = await click(client, {"ref": "JARED30"})
    assert (status, answer == {"click_id": str(led.id)}) == (202, False)
    assert sorted(one.kind for one in await everything(db, Click)) == ["counted", "repeat"]


async def test_only_pages_of_the_product_may_read_the_answer(db: Database) -> None:
    """Its own host and those in the settings; other pages get no permission from us."""
    await join(db)
    async with db.transaction() as session:
        await program.update(session, {"product_hosts": ["docs.example.com"]}, RITA)
    async with serving(db) as client:
        for origin, allowed in (
            (PRODUCT, True),
            ("https://docs.example.com", True),
            ("https://evil.example.com", False),
            ("https://product.example.com.evil.example.com", False),
            ("null", False),
        ):
            for ask in (client.options, client.post):
                answer = await ask(
                    "/api/track/click", data='{"ref": "JARED30"}', headers={"Origin": origin}
                )
                permitted = answer.headers.get("Access-Control-Allow-Origin")
                assert permitted == (origin if allowed else None)
                assert answer.headers["Vary"] == "Origin"


async def test_a_flood_of_clicks_from_one_address_is_stopped(
    db: Database, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """429 says when to come back."""
    monkeypatch.setattr(intake, "FLOOD", 5)
    statuses = [(await click(client, {"ref": "JARED30"}))[0] for _ in range(7)]
    assert statuses == [202] * 5 + [429] * 2
    answer = await client.post("/api/track/click", data='{"ref": "JARED30"}')
    assert 1 <= int(answer.headers["Retry-After"]) <= 60


async def test_the_tracker_is_small_and_cached(client: Client) -> None:
    """Less than 2 KB on the wire, and asked for again by its tag only."""
    assert len(gzip.compress(FILES["tracker.js"])) < 2048
    first = await client.get("/tracker.js", headers={"Accept-Encoding": "gzip"})
    assert first.headers["Content-Encoding"] == "gzip"
    assert await first.read() == FILES["tracker.js"]
    again = await client.get("/tracker.js", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status == 304
    assert "max-age" in again.headers["Cache-Control"]


async def test_a_sign_up_goes_to_whose_link_led_there(db: Database, client: Client) -> None:
    """With the click's tag, page and country; and it says so."""
    _, clicked = await click(client, {"ref": "JARED30", "src": "video", "landing_page": "/blog"})
    status, answer = await sign_up(
        client, "1", click_id=clicked["click_id"], user_id="user_1", email="new@example.net"
    )
    assert status == 201
    assert (answer["outcome"], answer["affiliate"]["promo_code"]) == ("credited", "JARED30")
    assert (answer["source_tag"], answer["landing_page"]) == ("video", "/blog")
    assert "JARED30 was followed on" in answer["trace"][0]["result"]
    (referral,) = await everything(db, Referral)
    assert str(referral.id) == answer["referral_id"]
    assert (referral.user_id, referral.email_key, referral.customer_id) == (
        *("user_1", "new@example.net", None),
    )
    sums = {
        (one.dimension, one.value): (one.clicks, one.signups)
        for one in await everything(db, Rollup)
    }
    assert sums[("tag", "video")] == sums[("link", "video /blog")] == (1, 1)


async def test_the_same_key_gets_the_same_answer_once(db: Database, client: Client) -> None:
    """Another body under the key is refused, and nothing of it happens."""
    body = {"ref": "JARED30", "user_id": "user_1"}
    first = await sign_up(client, "key", **body)
    assert await sign_up(client, "key", **body) == first
    status, problem = await sign_up(client, "key", **body | {"user_id": "user_2"})
    assert (status, "another body" in problem["detail"]) == (422, True)
    assert len(await everything(db, Referral)) == len(await everything(db, KeptAnswer)) == 1


async def test_who_does_not_get_a_sign_up_and_why(db: Database, client: Client) -> None:
    """Each case in one word, and nobody is credited."""
    now = clock.now()
    long_ago = (now - timedelta(days=61)).isoformat()
    _, clicked = await click(client, {"ref": "JARED30"})
    cases = {
        "no_touch": {"user_id": "a"},
        "unknown_ref": {"user_id": "b", "ref": "NOBODY"},
        "window_over": {"user_id": "c", "ref": "JARED30", "at": long_ago},
        "self_referral": {"email": "Jared+x@example.com", "ref": "JARED30"},
    }
    for outcome, body in cases.items():
        status, answer = await sign_up(client, outcome, **body)
        assert (status, answer["outcome"], answer["affiliate"]) == (201, outcome, None)
        assert answer["trace"][-1]["result"]
    # A click that is somebody else's says nothing; the ref beside it does.
    stranger = {"click_id": clicked["click_id"], "ref": "OTHER", "user_id": "d"}
    assert (await sign_up(client, "d", **stranger))[1]["outcome"] == "unknown_ref"
    assert await everything(db, Referral) == []


async def test_first_or_last_touch_counts_as_the_program_says(db: Database) -> None:
    """One that is too old makes way for the other."""
    await join(db)
    await join(db, "MIA30", email="mia@example.com")
    now = clock.now()
    touches = {
        "first_touch": {"ref": "MIA30", "at": (now - timedelta(days=9)).isoformat()},
        "last_touch": {"ref": "JARED30", "src": "x", "at": now.isoformat()},
    }
    async with serving(db) as client:
        _, by_last = await sign_up(client, "1", user_id="1", **touches)
        async with db.transaction() as session:
            await program.update(session, {"attribution_touch": "first"}, RITA)
        _, by_first = await sign_up(client, "2", user_id="2", **touches)
        touches["first_touch"]["at"] = (now - timedelta(days=99)).isoformat()
        _, fallen_back = await sign_up(client, "3", user_id="3", **touches)
    codes = [one["affiliate"]["promo_code"] for one in (by_last, by_first, fallen_back)]
    assert codes == ["JARED30", "MIA30", "JARED30"]


@pytest.mark.parametrize(
    "body",
    [
        {"ref": "JARED30"},
        {"ref": "JARED30", "user_id": 5},
        {"ref": "JARED30", "user_id": "x", "email": "nonsense"},
        {"ref": "JARED30", "user_id": "x", "country": "Germany"},
        {"ref": "JARED30", "user_id": "x", "click_id": "7"},
        {"ref": "JARED30", "user_id": "x", "occurred_at": "2026-11-05T12:00:00"},
        {"ref": "JARED30", "user_id": "x", "occurred_at": "2999-11-05T12:00:00Z"},
        {"ref": "JARED30", "user_id": "x", "occurred_at": "0001-01-01T00:00:00+14:00"},
        {"ref": "JARED30", "user_id": "x", "first_touch": "y"},
        {"ref": "JARED30", "user_id": "x", "reff": "y"},
    ],
)
async def test_a_sign_up_that_makes_no_sense_names_the_field(
    db: Database, client: Client, body: dict[str, Any]
) -> None:
    """422, and nothing is kept under the key."""
    status, problem = await sign_up(client, "1", **body)
    assert status == 422
    assert problem["fields"]
    assert await everything(db, KeptAnswer) == []


async def test_a_server_whose_clock_is_ahead_loses_no_sign_up(db: Database, client: Client) -> None:
    """What it says happened a moment from now happened now."""
    ahead = (clock.now() + timedelta(seconds=90)).isoformat()
    status, told = await sign_up(client, "1", ref="JARED30", user_id="x", occurred_at=ahead)
    assert (status, told["outcome"]) == (201, "credited")
    (referral,) = await everything(db, Referral)
    assert referral.signed_up_at <= clock.now()


async def test_only_the_product_tells_of_sign_ups(db: Database) -> None:
    """Without its token 401, without a key 400, and where no token is set there is nothing."""
    await join(db)
    body = {"ref": "JARED30", "user_id": "x"}
    async with serving(db) as client:
        for headers, status in (
            ({"Idempotency-Key": "1"}, 401),
            ({"Idempotency-Key": "1", "Authorization": "Bearer other"}, 401),
            (TOKEN, 400),
            (TOKEN | {"Idempotency-Key": "x" * 256}, 400),
        ):
            answer = await client.post("/api/track/signup", json=body, headers=headers)
            assert answer.status == status
    async with serving(db, product_api_token=None) as client:
        assert (await sign_up(client, "1", **body))[0] == 404


async def test_a_sign_up_decides_the_sale_and_takes_the_money_with_it(
    db: Database, client: Client
) -> None:
    """Found by the user's id or their address; conversions and earnings stand under the tag."""
    jared = {
        "ref": "JARED30",
        "src": "video",
        "occurred_at": (PAID - timedelta(days=1)).isoformat(),
    }
    by_id = Customer("cus_id", "other@example.net", {"clerkUserId": "user_1"})
    by_email = Customer("cus_mail", "New@Example.net", {})
    await sign_up(client, "1", user_id="user_1", **jared)
    await sign_up(client, "2", email="new@example.net", **jared)
    for n, customer in enumerate((by_id, by_email)):
        sale = await settle(db, facts(invoice_id=f"in_{n}", customer=customer, codes=(), cycle=1))
        assert (sale.outcome, sale.trace[-2]["result"]) == (
            "credited",
            "The customer signed up through a referral link with the tag video, in time.",
        )
    tags = [one for one in await everything(db, Rollup) if one.dimension == "tag"]
    assert {one.value for one in tags} == {"video"}
    assert sum(one.signups for one in tags) == sum(one.conversions for one in tags) == 2
    _, again = await sign_up(client, "3", user_id="user_1", ref="JARED30")
    assert again["outcome"] == "already_customer"


async def test_a_sale_by_another_code_leaves_the_sign_up_where_it_was(
    db: Database, client: Client
) -> None:
    """Mia's code gets the conversion, without Jared's tag; Jared's link keeps its sign-up."""
    mia = await join(db, "MIA30", email="mia@example.com")
    buyer = Customer("cus_1", "new@example.net", {})
    await sign_up(client, "1", ref="JARED30", src="video", email="new@example.net")
    await settle(
        db, facts(customer=buyer, codes=("MIA30",), paid_at=clock.now(), fetched_at=clock.now())
    )
    sums = {
        (one.affiliate_user_id == mia.id, one.value): (one.signups, one.conversions)
        for one in await everything(db, Rollup)
        if one.dimension == "tag"
    }
    assert sums == {(False, "video"): (1, 0), (True, ""): (0, 1)}


async def test_whoever_paid_before_is_nobodys_sign_up(db: Database, client: Client) -> None:
    """Their sale was decided without a link, and stays so."""
    await settle(db, facts(codes=()))
    _, answer = await sign_up(client, "1", ref="JARED30", customer_id="cus_1")
    assert (answer["outcome"], answer["affiliate"]) == ("already_customer", None)


async def test_a_networks_click_leads_from_the_page_to_the_sale(
    db: Database, client: Client
) -> None:
    """By the tracker's click, or by what the page knows at sign-up; each sale is told of once."""
    await add_network(db)
    ids = {"other": "1", "clickid": "from-the-page"}
    answer = await client.post("/api/track/click", json={"ref": "JARED30", "network_clicks": ids})
    click = (await answer.json())["click_id"]
    for number, touch in enumerate(({"click_id": click}, {"network_clicks": {"clickid": "own"}})):
        body = {"customer_id": f"cus_{number}", **touch}
        headers = {**TOKEN, "Idempotency-Key": f"network-{number}"}
        answer = await client.post("/api/track/signup", json=body, headers=headers)
        assert answer.status == 201, await answer.text()
        buyer = Customer(f"cus_{number}", f"{number}@example.net", {})
        await settle(db, facts(invoice_id=f"in_net_{number}", customer=buyer, codes=()))
    told = [(each.click_id, each.reference) for each in await every_conversion(db)]
    assert told == [("from-the-page", "in_net_0"), ("own", "in_net_1")]


@pytest.mark.parametrize("wrong", ["a text", ["clickid"], {"clickid": 1}])
async def test_clicks_of_networks_are_texts(client: Client, wrong: Any) -> None:
    """Anything else is refused by its name."""
    body = {"ref": "JARED30", "network_clicks": wrong}
    answer = await client.post("/api/track/click", json=body)
    assert answer.status == 400
    assert "network_clicks" in (await answer.json())["fields"]
