"""Who is asking: by our cookie or by Clerk's token."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from aiohttp.test_utils import TestServer

import clock
from dashboard.session import NOTE_USE_AFTER
from domain import sessions
from integrations.clerk import Clerk
from sandbox.clerk.app import clerk_app
from sandbox.clerk.instance import ClerkInstance
from storage import sessions as rows
from storage.db import Database
from storage.sessions import Session
from tests.dashboard.desk import Browser, Desk, make_settings

MIA = "mia@example.com"
HERE = "/affiliate/dashboard"


@pytest.fixture
async def instance() -> AsyncIterator[tuple[ClerkInstance, Clerk]]:
    """A Clerk with one user, and the client that asks it."""
    instance = ClerkInstance()
    instance.add_user(MIA)
    server = TestServer(clerk_app(instance))
    await server.start_server()
    clerk = Clerk(instance.secret_key, str(server.make_url("/v1")))
    yield instance, clerk
    await clerk.close()
    await server.close()


@pytest.fixture
async def with_clerk(
    sqlite: Database, instance: tuple[ClerkInstance, Clerk]
) -> AsyncIterator[Desk]:
    """The dashboard with Clerk connected, and Mia approved."""
    stand_in, clerk = instance
    settings = make_settings(
        clerk_secret_key=stand_in.secret_key,
        clerk_jwt_key=stand_in.jwt_key,
        clerk_authorized_parties=(stand_in.origin,),
    )
    async with Desk(sqlite, settings, clerk).running() as desk:
        await desk.approve()
        yield desk


def carry(browser: Browser, desk: Desk, token: str) -> None:
    """Leave Clerk's cookie in the browser, as Clerk's script does."""
    browser.client.cookie_jar.update_cookies({"__session": token}, desk.server.make_url("/"))


async def of_mia(desk: Desk) -> list[Session]:
    """Her live sessions."""
    async with desk.db.read() as session:
        return list(await rows.of_person(session, MIA))


async def test_a_session_ends_in_time(desk: Desk, browser: Browser) -> None:
    """The cookie of a session that has run out opens nothing."""
    await desk.approve()
    await desk.signed_in(browser, MIA)
    almost = clock.now() + timedelta(days=sessions.SESSION_DAYS) - timedelta(minutes=1)
    for moment, path in ((almost, HERE), (almost + timedelta(minutes=2), "/affiliate/sign-in")):
        with clock.travel(moment):
            assert (await browser.get(HERE)).url.path == path


async def test_use_is_noted_but_not_at_every_page(desk: Desk, browser: Browser) -> None:
    """The list of devices is right to ten minutes, and reading pages does not write each time."""
    await desk.signed_in(browser, MIA)
    (before,) = await of_mia(desk)
    soon = before.last_seen_at + NOTE_USE_AFTER - timedelta(seconds=1)
    with clock.travel(soon):
        await browser.get("/affiliate")
        assert (await of_mia(desk))[0].last_seen_at == before.last_seen_at
    later = before.last_seen_at + NOTE_USE_AFTER + timedelta(seconds=1)
    with clock.travel(later):
        await browser.get("/affiliate")
        assert (await of_mia(desk))[0].last_seen_at == later


async def test_a_cookie_is_no_use_without_its_session(desk: Desk, browser: Browser) -> None:
    """Neither a made-up cookie nor the hash that the database keeps signs anybody in."""
    await desk.approve()
    await desk.signed_in(browser, MIA)
    (kept,) = await of_mia(desk)
    for value in ("made-up", kept.token_hash, str(kept.id), "\x7f"):
        browser.client.cookie_jar.update_cookies({"desk_session": value}, desk.server.make_url("/"))
        assert (await browser.get(HERE)).url.path == "/affiliate/sign-in"


async def test_a_session_at_clerk_opens_one_of_ours(
    with_clerk: Desk, instance: tuple[ClerkInstance, Clerk]
) -> None:
    """Listed with its browser, and good for as long as ours are, whatever the token's minute."""
    async with with_clerk.browser(**{"User-Agent": "Firefox/140.0 Linux"}) as browser:
        carry(browser, with_clerk, instance[0].sign_in(MIA))
        page = await browser.get("/affiliate")
        assert page.url.path == HERE
        assert [session.label for session in await of_mia(with_clerk)] == ["Firefox on Linux"]
        with clock.travel(clock.now() + timedelta(hours=1)):
            assert (await browser.get(HERE)).status == 200
        assert len(await of_mia(with_clerk)) == 1


async def test_several_first_pages_at_once_open_one_session(
    db: Database, instance: tuple[ClerkInstance, Clerk]
) -> None:
    """All of them are signed in, whichever came first."""
    stand_in, clerk = instance
    settings = make_settings(
        clerk_secret_key=stand_in.secret_key,
        clerk_jwt_key=stand_in.jwt_key,
        clerk_authorized_parties=(stand_in.origin,),
    )
    async with Desk(db, settings, clerk).running() as desk, desk.browser() as browser:
        await desk.approve()
        carry(browser, desk, stand_in.sign_in(MIA))
        pages = await asyncio.gather(*(browser.get("/affiliate") for _ in range(5)))
        assert {(page.status, page.url.path) for page in pages} == {(200, HERE)}
        assert len(await of_mia(desk)) == 1


async def test_a_token_as_bearer_works_too(
    with_clerk: Desk, instance: tuple[ClerkInstance, Clerk]
) -> None:
    """Also for who keeps no cookies: the same session at Clerk stays one of ours."""
    token = instance[0].sign_in(MIA)
    for _ in range(3):
        async with with_clerk.browser(Authorization=f"Bearer {token}") as browser:
            assert (await browser.get(HERE)).status == 200
    assert len(await of_mia(with_clerk)) == 1


async def test_what_was_ended_here_stays_ended(
    with_clerk: Desk, instance: tuple[ClerkInstance, Clerk]
) -> None:
    """The token at Clerk lives on and opens nothing; a new sign-in at Clerk does."""
    async with with_clerk.browser() as browser:
        carry(browser, with_clerk, instance[0].sign_in(MIA))
        assert (await browser.get(HERE)).status == 200
        await browser.fill_in(HERE, "/affiliate/sign-out", scope="all")
        for _ in range(2):
            assert (await browser.get(HERE)).url.path == "/affiliate/sign-in"
        assert await of_mia(with_clerk) == []
        carry(browser, with_clerk, instance[0].sign_in(MIA))
        assert (await browser.get(HERE)).url.path == HERE


@pytest.mark.parametrize("token", ["nonsense", "eyJ.eyJ.sig", "ey" + "a" * 3000])
async def test_a_token_that_proves_nothing_is_a_visitors(with_clerk: Desk, token: str) -> None:
    """No error, no session: the page that everybody sees."""
    async with with_clerk.browser() as browser:
        carry(browser, with_clerk, token)
        page = await browser.get("/affiliate")
        assert page.status == 200
        assert "/affiliate/sign-in" in page.forms


async def test_a_token_of_another_site_is_a_visitors(with_clerk: Desk) -> None:
    """The same user at another instance is nobody here."""
    other = ClerkInstance()
    other.add_user(MIA)
    async with with_clerk.browser() as browser:
        carry(browser, with_clerk, other.sign_in(MIA))
        assert (await browser.get(HERE)).url.path == "/affiliate/sign-in"


async def test_an_address_that_was_never_confirmed_opens_nothing(
    with_clerk: Desk, instance: tuple[ClerkInstance, Clerk]
) -> None:
    """Whoever typed Mia's address in at Clerk is not Mia; the page says what to do."""
    stand_in, _ = instance
    impostor = stand_in.add_user("mia2@example.com", verified=False)
    assert impostor["email_addresses"]
    async with with_clerk.browser() as browser:
        carry(browser, with_clerk, stand_in.sign_in("mia2@example.com"))
        page = await browser.get("/affiliate")
        assert "no confirmed email address" in page.words
        assert "/affiliate/sign-in" in page.forms


async def test_while_clerk_is_down_mailed_links_still_work(
    with_clerk: Desk, instance: tuple[ClerkInstance, Clerk]
) -> None:
    """Others are told to try again, and can: nothing was used up."""
    stand_in, _ = instance
    stand_in.traffic.fail_next(503, times=2)
    async with with_clerk.browser() as browser, with_clerk.browser() as mailed:
        carry(browser, with_clerk, stand_in.sign_in(MIA))
        page = await browser.get("/affiliate")
        assert page.status == 200
        assert "We could not check your sign-in just now" in page.words
        await with_clerk.signed_in(mailed, MIA)
        assert (await mailed.get(HERE)).url.path == HERE
        await browser.get("/affiliate")
        assert (await browser.get("/affiliate")).url.path == HERE


async def test_clerk_is_not_asked_at_every_page(
    with_clerk: Desk, instance: tuple[ClerkInstance, Clerk]
) -> None:
    """Neither for who is in, nor again and again for who cannot get in."""
    stand_in, _ = instance
    stand_in.add_user("new@example.com", verified=False)
    async with with_clerk.browser() as browser, with_clerk.browser() as other:
        carry(browser, with_clerk, stand_in.sign_in(MIA))
        carry(other, with_clerk, stand_in.sign_in("new@example.com"))
        for _ in range(3):
            await browser.get(HERE)
            await other.get("/affiliate")
    assert len(stand_in.traffic.log) == 2
