"""Live earnings, once and as a stream: who may see them, what is sent when, and how it ends."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

import pytest
from aiohttp import ClientResponse, ClientSession, CookieJar, web
from aiohttp.test_utils import TestServer

import clock
from dashboard.api import earnings as endpoint
from dashboard.api import streams
from dashboard.api.app import add_routes
from dashboard.context import DashboardContext
from domain import affiliates, live, sessions
from domain.affiliates import change_status
from domain.statuses import Status
from storage import migrate
from storage import sessions as session_rows
from storage.affiliates import Affiliate
from storage.db import Database
from tests.builders import RITA, facts, join, later, settle
from tests.dashboard.desk import make_settings
from tests.waiting import until

HERE = "/api/affiliate/earnings/live"
MIA = "mia@example.com"
TO_STREAM = {"Accept": "text/event-stream"}


class Here:
    """A server with the affiliates' API, on a database of its own connections."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.app = web.Application()
        add_routes(self.app, DashboardContext(db, make_settings(), None))
        members = [app for app in self.app._subapps if endpoint.STREAMS in app]  # noqa: SLF001
        self.streams = members[0][endpoint.STREAMS]
        self.server = TestServer(self.app)

    @asynccontextmanager
    async def browser(self, token: str) -> AsyncIterator[ClientSession]:
        """A browser with this session's cookie."""
        async with ClientSession(
            self.server.make_url("/"),
            cookie_jar=CookieJar(unsafe=True),
            cookies={"desk_session": token} if token else {},
        ) as client:
            yield client


class Events:
    """What a stream says, one event after another."""

    def __init__(self, response: ClientResponse) -> None:
        self.response = response
        self.comments: list[str] = []

    async def next(self, seconds: float = 10) -> tuple[str, Any]:
        """The next event's name and data; an empty name where the stream has ended."""
        name = ""
        async with asyncio.timeout(seconds):
            async for line in self.response.content:
                field, _, value = line.decode().rstrip("\n").partition(": ")
                if field == "event":
                    name = value
                elif field == "data":
                    return name, json.loads(value)
                elif not field:
                    self.comments.append(value)
        return "", None

    async def amounts(self, seconds: float = 10) -> list[tuple[str, int]]:
        """The figures of the next event, which must be `earnings`."""
        name, data = await self.next(seconds)
        assert name == "earnings"
        return [(amount["currency"], amount["amount"]) for amount in data["amounts"]]

    async def silent(self, seconds: float) -> bool:
        """Whether nothing is said for so long."""
        try:
            await self.next(seconds)
        except TimeoutError:
            return True
        return False


@pytest.fixture
async def here(db: Database) -> AsyncIterator[Here]:
    """One server."""
    made = Here(db)
    await made.server.start_server()
    yield made
    await made.server.close()


@pytest.fixture
async def mia(db: Database) -> Affiliate:
    """An approved affiliate."""
    return await join(db, email=MIA)


async def sign_in(db: Database, email: str = MIA) -> str:
    """A new session; its cookie."""
    async with db.transaction() as session:
        return await sessions.open_for(session, email, "Firefox on Linux", "link")


@pytest.fixture
async def browser(here: Here, mia: Affiliate) -> AsyncIterator[ClientSession]:
    """Mia's browser, signed in."""
    async with here.browser(await sign_in(here.db)) as client:
        yield client


@asynccontextmanager
async def stream(browser: ClientSession, path: str = HERE) -> AsyncIterator[Events]:
    """An open stream."""
    async with browser.get(path, headers=TO_STREAM) as response:
        assert response.status == 200
        yield Events(response)


def hurry(monkeypatch: pytest.MonkeyPatch, **seconds: float) -> None:
    """Shorten some of the waiting."""
    for name, value in seconds.items():
        monkeypatch.setattr(streams, name, value)


async def is_left(here: Here) -> None:
    """Wait until no stream is open, and nothing listens for one."""

    async def none() -> bool:
        return len(here.streams) == 0 and here.db.topics() == []

    await until(none)


async def test_the_figures_of_a_period(here: Here, browser: ClientSession) -> None:
    """In minor units by currency, with the span that they are of."""
    with clock.travel(datetime(2026, 11, 18, 12, tzinfo=UTC)):
        await settle(here.db, facts())
        for asked, since, until_ in (
            ("", "2026-11-18", "2026-11-19"),
            ("?period=today", "2026-11-18", "2026-11-19"),
            ("?period=week", "2026-11-16", "2026-11-23"),
            ("?period=month", "2026-11-01", "2026-12-01"),
        ):
            answer = await browser.get(HERE + asked)
            assert answer.content_type == "application/json"
            assert answer.headers["Cache-Control"] == "no-store"
            found = await answer.json()
            assert found["since"] == f"{since}T00:00:00Z"
            assert found["until"] == f"{until_}T00:00:00Z"
            assert found["as_of"] == "2026-11-18T12:00:00Z"
            assert found["period"] == (asked.partition("=")[2] or "today")
            assert found["amounts"] == [
                {"currency": "usd", "amount": 557, "gained": 557, "taken_back": 0}
            ]
        await settle(here.db, later(facts(), refunded=2900))
        found = await (await browser.get(HERE)).json()
        assert found["amounts"] == [
            {"currency": "usd", "amount": 0, "gained": 557, "taken_back": -557}
        ]


@pytest.mark.parametrize("headers", [{}, TO_STREAM])
async def test_who_is_out_is_told_why(here: Here, mia: Affiliate, headers: dict[str, str]) -> None:
    """401 without a session, or with one that is none; 403 for who is not approved."""
    for token in ("", "x" * 43):
        async with here.browser(token) as client:
            answer = await client.get(HERE, headers=headers)
            assert (answer.status, answer.content_type) == (401, "application/problem+json")
            assert "WWW-Authenticate" in answer.headers
            assert "/affiliate first" in (await answer.json(content_type=None))["detail"]
    for email in ("stranger@example.com", MIA):
        async with here.browser(await sign_in(here.db, email)) as client:
            if email == MIA:
                async with here.db.transaction() as session:
                    await change_status(session, mia.id, Status.PAUSED, "a break", RITA)
            answer = await client.get(HERE, headers=headers)
            assert (answer.status, answer.content_type) == (403, "application/problem+json")


@pytest.mark.parametrize("headers", [{}, TO_STREAM])
async def test_a_period_that_there_is_not(browser: ClientSession, headers: dict[str, str]) -> None:
    """A problem that lists those there are."""
    answer = await browser.get(f"{HERE}?period=yesterday", headers=headers)
    assert (answer.status, answer.content_type) == (422, "application/problem+json")
    problem = await answer.json(content_type=None)
    assert problem["fields"] == {"period": "Use one of today, week, month."}
    assert "today, week, month" in problem["detail"]


async def test_a_sale_is_seen_at_once(here: Here, browser: ClientSession) -> None:
    """The figures come at first, and again when they change; proxies leave them as they are."""
    async with stream(browser) as events:
        headers = events.response.headers
        assert events.response.content_type == "text/event-stream"
        assert headers["X-Accel-Buffering"] == "no"
        assert "no-transform" in headers["Cache-Control"]
        assert "Content-Encoding" not in headers
        assert await events.amounts() == [("usd", 0)]
        await settle(here.db, facts())
        began = monotonic()
        assert await events.amounts() == [("usd", 557)]
        assert monotonic() - began < 3
        await settle(here.db, later(facts(), refunded=2900))
        assert await events.amounts() == [("usd", 0)]


async def test_where_nothing_changed_nothing_is_sent_twice(
    here: Here, browser: ClientSession, mia: Affiliate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Something else that they see is a hint; what others do is none."""
    hurry(monkeypatch, SPREAD_S=0.1)
    leo = await join(here.db, "LEO30", email="leo@example.com")
    async with stream(browser) as events:
        await events.amounts()
        async with here.db.transaction() as session:
            await live.touch(session, mia.id)
        assert await events.next() == ("changed", {})
        async with here.db.transaction() as session:
            await live.touch_all(session)
        assert await events.next() == ("changed", {})
        async with here.db.transaction() as session:
            await live.touch(session, leo.id)
        assert await events.silent(1.5)


async def test_what_others_sell_moves_places_and_is_told_in_turn(
    here: Here, browser: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once for all that they sold until then, so that a good day of many costs little."""
    hurry(monkeypatch, SPREAD_S=0.5)
    await join(here.db, "LEO30", email="leo@example.com")
    async with stream(browser) as events:
        await events.amounts()
        for n in range(1, 6):
            await settle(here.db, facts(n, codes=("LEO30",)))
        told = 0
        while not await events.silent(2):
            told += 1
        assert 1 <= told < 5


async def test_a_hint_that_is_lost_costs_a_minute(
    browser: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where no other figure moves: all cards are asked for again."""
    hurry(monkeypatch, LOOK_S=0.2)
    async with stream(browser) as events:
        await events.amounts()
        for _ in range(2):
            assert await events.next() == ("changed", {})


async def test_a_burst_of_news_is_a_few_looks(
    here: Here, browser: ClientSession, mia: Affiliate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five hundred touches within two seconds or so are read a handful of times."""
    looks, read = 0, endpoint._read  # noqa: SLF001 - what it costs is the promise

    async def counted(*given: Any) -> Any:
        nonlocal looks
        looks += 1
        return await read(*given)

    monkeypatch.setattr(endpoint, "_read", counted)
    async with stream(browser) as events:
        await events.amounts()
        began = monotonic()
        for _ in range(500):
            async with here.db.transaction() as session:
                await live.touch(session, mia.id)
        await settle(here.db, facts())
        while (await events.next())[0] != "earnings":
            pass
        assert looks <= 3 + (monotonic() - began) / streams.APART_S


@pytest.mark.parametrize("how", ["signed out", "everywhere", "paused", "terminated"])
async def test_it_ends_with_the_right_to_see_it(
    here: Here, browser: ClientSession, mia: Affiliate, how: str
) -> None:
    """It says so, that nobody comes back."""
    async with stream(browser) as events:
        await events.amounts()
        async with here.db.transaction() as session:
            if how in {"paused", "terminated"}:
                await change_status(session, mia.id, Status(how), "a reason", RITA)
            else:
                await sessions.revoke(session, MIA)
        assert await events.next() == ("end", {})
        assert await events.next() == ("", None)
    await is_left(here)


async def test_another_session_ends_alone(here: Here, browser: ClientSession) -> None:
    """Signing out on the phone leaves the desk as it is."""
    other = await sign_in(here.db)
    async with here.db.read() as session:
        row = await session_rows.by_token_hash(session, sessions.hashed(other))
        assert row is not None
    async with here.browser(other) as phone, stream(browser) as events, stream(phone) as ending:
        await events.amounts()
        await ending.amounts()
        async with here.db.transaction() as session:
            await sessions.revoke(session, MIA, row.id)
        assert await ending.next() == ("end", {})
        assert await events.next() == ("changed", {})


async def test_a_session_that_runs_out_ends_it(
    here: Here, browser: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody tells; it looks from time to time."""
    hurry(monkeypatch, LOOK_S=0.2)
    async with stream(browser) as events:
        await events.amounts()
        with clock.travel(clock.now() + timedelta(days=31)):
            assert await events.next() == ("end", {})


async def test_at_midnight_the_figure_is_the_new_days(here: Here, browser: ClientSession) -> None:
    """Without anything having happened."""
    await settle(here.db, facts())
    now = clock.now()
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        clock.run_ahead(midnight - now - timedelta(hours=1))
        await settle(here.db, facts(2))
        clock.run_ahead(midnight - now - timedelta(seconds=2))
        async with stream(browser) as events:
            name, evening = await events.next()
            assert [amount["amount"] for amount in evening["amounts"]] == [557 * 2]
            assert await events.amounts() == [("usd", 0)]
            assert clock.now() >= midnight
            assert name == "earnings"
    finally:
        clock.run_ahead(timedelta(0))


async def test_a_session_holds_a_few_streams(here: Here, browser: ClientSession) -> None:
    """The next is refused, and let in once one is closed; another session is not concerned."""
    async with ClientSession(cookie_jar=browser.cookie_jar) as tabs:
        url = here.server.make_url(HERE)
        opened = [await tabs.get(url, headers=TO_STREAM) for _ in range(streams.PER_SESSION)]
        assert [answer.status for answer in opened] == [200] * streams.PER_SESSION
        answer = await tabs.get(url, headers=TO_STREAM)
        assert (answer.status, answer.headers["Retry-After"]) == (429, "60")
        assert answer.content_type == "application/problem+json"
        assert (await tabs.get(url)).status == 200
        async with here.browser(await sign_in(here.db)) as other, stream(other) as events:
            await events.amounts()
        opened.pop().close()

        async def is_let_in() -> bool:
            answer = await tabs.get(url, headers=TO_STREAM)
            if answer.status != 200:
                return False
            opened.append(answer)
            return True

        await until(is_let_in)
        for answer in opened:
            answer.close()
    await is_left(here)


async def test_a_server_holds_so_many_streams(
    here: Here, browser: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then it says when to come back."""
    hurry(monkeypatch, AT_ONCE=1)
    async with stream(browser) as events:
        await events.amounts()
        async with here.browser(await sign_in(here.db)) as other:
            answer = await other.get(HERE, headers=TO_STREAM)
            assert (answer.status, answer.headers["Retry-After"]) == (503, "60")
            assert answer.content_type == "application/problem+json"


async def test_who_leaves_leaves_nothing_behind(here: Here, browser: ClientSession) -> None:
    """Within seconds, though nothing was said to them meanwhile."""
    async with stream(browser) as events:
        await events.amounts()
        assert len(here.streams) == 1
    await is_left(here)


async def test_a_silent_stream_keeps_proxies_awake(
    browser: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a comment, which no browser takes for an event."""
    hurry(monkeypatch, BEAT_S=0.1)
    async with stream(browser) as events:
        await events.amounts()
        assert await events.silent(0.6)
        assert "still here" in events.comments


async def test_coming_back_is_like_coming(here: Here, browser: ClientSession) -> None:
    """Whatever a browser says that it heard last, it is told how things are."""
    for last in ("", "7", "x" * 5000):
        headers = TO_STREAM | {"Last-Event-ID": last}
        async with browser.get(HERE, headers=headers) as response:
            assert await Events(response).amounts() == [("usd", 0)]


async def test_no_stream_holds_up_a_stop(here: Here, browser: ClientSession) -> None:
    """They end at once, so that the next release can start."""
    async with stream(browser) as events:
        await events.amounts()
        began = monotonic()
        await here.server.close()
        assert monotonic() - began < 5
        assert await events.next() == ("", None)


async def test_every_server_hears_of_a_sale(postgresql_url: str) -> None:
    """One settles it; the stream is open at another."""
    one, two = Here(Database(postgresql_url)), Here(Database(postgresql_url))
    await streams_ready(one, two)
    try:
        affiliate = await join(one.db, email=MIA)
        async with two.browser(await sign_in(one.db)) as client, stream(client) as events:
            assert await events.amounts() == [("usd", 0)]
            await settle(one.db, facts())
            assert await events.amounts(5) == [("usd", 557)]
            async with one.db.transaction() as session:
                await affiliates.change_status(
                    session, affiliate.id, Status.PAUSED, "a break", RITA
                )
            assert await events.next(5) == ("end", {})
    finally:
        for server in (one, two):
            await server.server.close()
            await server.db.close()


async def streams_ready(*servers: Here) -> None:
    """Migrate the database, and start these servers on it."""
    await migrate.upgrade(servers[0].db)
    for server in servers:
        await server.server.start_server()
        await server.streams._notices.hearing.wait()  # noqa: SLF001 - else the test would race
