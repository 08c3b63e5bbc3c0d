"""Signing in by a mailed link, and out again."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

import clock
from domain import sessions
from storage import sessions as rows
from storage.db import Database
from tests.dashboard.desk import KEY, Browser, Desk, Page, make_settings

MIA = "mia@example.com"


async def ask_for_link(desk: Desk, browser: Browser, email: str = MIA) -> str:
    """Ask for a link as a visitor does, and return the address that the mail leads to."""
    sent = await browser.fill_in("/affiliate/sign-in", "/affiliate/sign-in", email=email)
    assert sent.status == 200
    mail = (await desk.mails("sign_in"))[-1]
    assert mail["to"] == email
    token = sessions.sign_in_token(KEY, UUID(mail["context"]["link"]))
    return f"/affiliate/sign-in/{token}"


async def sign_in(desk: Desk, browser: Browser, email: str = MIA) -> Page:
    """Go the whole way from the form to the button behind the link."""
    link = await ask_for_link(desk, browser, email)
    return await browser.fill_in(link, link)


async def devices(desk: Desk, email: str = MIA) -> list[str]:
    """The labels of a person's live sessions."""
    async with desk.db.read() as session:
        return [row.label for row in await rows.of_person(session, email)]


async def test_a_mailed_link_signs_in(db: Database) -> None:
    """Ask, open the mail's link, press the button: the dashboard is there."""
    async with Desk(db, make_settings()).running() as desk, desk.browser() as browser:
        await desk.approve()
        link = await ask_for_link(desk, browser)
        confirm = await browser.get(link)
        assert f"You are signing in as {MIA}" in confirm.words
        done = await browser.post(link, confirm.forms[link])
        assert done.status == 303
        page = await browser.get("/affiliate")
        assert page.url.path == "/affiliate/dashboard"
        assert "MIA30" in page.words


async def test_opening_the_link_alone_uses_nothing_up(desk: Desk, browser: Browser) -> None:
    """A program that looks through the mail first takes nothing away from its reader."""
    link = await ask_for_link(desk, browser)
    async with desk.browser() as scanner:
        for _ in range(3):
            assert (await scanner.get(link)).status == 200
    assert (await browser.fill_in(link, link)).status == 303


async def test_a_link_works_once(desk: Desk, browser: Browser) -> None:
    """The second time, by button or by opening it, there is only a way to a new one."""
    link = await ask_for_link(desk, browser)
    confirm = await browser.get(link)
    async with desk.browser() as other:
        other_confirm = await other.get(link)
        assert (await browser.post(link, confirm.forms[link])).status == 303
        for again in (await other.post(link, other_confirm.forms[link]), await other.get(link)):
            assert again.status == 410
            assert "This link no longer works" in again.words
            assert "/affiliate/sign-in" in again.forms
        assert await devices(desk) == ["A browser"]


async def test_a_used_link_leads_back_to_who_is_signed_in(desk: Desk, browser: Browser) -> None:
    """People open the mail of yesterday to get back to their dashboard."""
    link = await ask_for_link(desk, browser)
    assert (await browser.fill_in(link, link)).status == 303
    again = await browser.get(link)
    assert again.url.path == "/affiliate"
    assert "no longer works" not in again.words


async def test_two_clicks_at_the_same_instant_open_one_session(db: Database) -> None:
    """One gets in, the other is told; and it is the same browser that is in."""
    async with Desk(db, make_settings()).running() as desk, desk.browser() as browser:
        link = await ask_for_link(desk, browser)
        form = (await browser.get(link)).forms[link]
        answers = await asyncio.gather(*(browser.post(link, form) for _ in range(3)))
        assert sorted(answer.status for answer in answers) == [303, 410, 410]
        assert await devices(desk) == ["A browser"]


async def test_a_link_ends_in_time(desk: Desk, browser: Browser) -> None:
    """A minute before its end it works, at its end it does not."""
    link = await ask_for_link(desk, browser)
    start = clock.now()
    with clock.travel(start + timedelta(minutes=sessions.LINK_MINUTES - 1)):
        assert (await browser.get(link)).status == 200
    with clock.travel(start + timedelta(minutes=sessions.LINK_MINUTES, seconds=1)):
        assert (await browser.get(link)).status == 410


@pytest.mark.parametrize("token", ["x", "a" * 64, "%00", "..%2Fdashboard", "%F0%9F%8E%89"])
async def test_a_made_up_link_opens_nothing(browser: Browser, token: str) -> None:
    """Guessing gets the same page as coming late."""
    assert (await browser.get(f"/affiliate/sign-in/{token}")).status in {404, 410}


async def test_nobody_learns_who_is_known(desk: Desk) -> None:
    """Known or not: the same status, the same words, the same work."""
    await desk.approve(MIA)
    answers = []
    for email in (MIA, "nobody@example.com"):
        async with desk.browser() as browser:
            before = len(await desk.effects("mail"))
            page = await browser.fill_in("/affiliate", "/affiliate/sign-in", email=email)
            new = (await desk.effects("mail"))[before:]
            words = page.words.replace(email, "…")
            answers.append((page.status, words, [sorted(mail) for mail in new]))
    assert answers[0] == answers[1]
    assert answers[0][2] == [["context", "template", "to"]]


async def test_what_is_no_address_comes_back_with_a_reason(browser: Browser) -> None:
    """The typed text stays, and the error stands beside its field."""
    page = await browser.fill_in("/affiliate", "/affiliate/sign-in", email='"><b>mia@')
    assert page.status == 422
    assert "Type your mail address" in page.words
    assert "<b>mia" not in page.html
    field = next(given for tag, given in page.tags if given.get("id") == "sign-in-email")
    assert field["value"] == '"><b>mia@'
    assert field["aria-invalid"] == "true"


async def test_this_device_is_signed_out(desk: Desk, browser: Browser) -> None:
    """The page says so, the cookie is taken back, and the session is gone for good."""
    await desk.approve()
    await sign_in(desk, browser)
    jar = browser.client.cookie_jar
    stolen = {cookie.key: cookie.value for cookie in jar}
    out = await browser.fill_in("/affiliate", "/affiliate/sign-out", scope="this")
    assert out.headers["Location"] == "/affiliate/sign-in?out=this"
    assert "You are signed out." in (await browser.get(out.headers["Location"])).words
    assert "desk_session" not in {cookie.key for cookie in jar}
    jar.update_cookies(stolen, desk.server.make_url("/"))
    assert (await browser.get("/affiliate/dashboard")).url.path == "/affiliate/sign-in"


async def test_another_device_is_signed_out_from_here(desk: Desk, browser: Browser) -> None:
    """It is named in the list; its button ends it and leaves this one."""
    await desk.approve()
    await sign_in(desk, browser)
    chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari"
    async with desk.browser(**{"User-Agent": chrome}) as phone:
        await sign_in(desk, phone)
        page = await browser.get("/affiliate/dashboard")
        assert "Chrome on Windows" in page.words
        scope = next(
            str(given["value"])
            for tag, given in page.tags
            if given.get("name") == "scope" and given["value"] not in {"this", "all"}
        )
        out = await browser.post(
            "/affiliate/sign-out", page.forms["/affiliate/sign-out"] | {"scope": scope}
        )
        assert out.status == 303
        assert (await phone.get("/affiliate/dashboard")).url.path == "/affiliate/sign-in"
    assert (await browser.get("/affiliate/dashboard")).status == 200
    assert len(await devices(desk)) == 1


async def test_every_device_is_signed_out_at_once(desk: Desk, browser: Browser) -> None:
    """All of one's own, and nobody else's."""
    await desk.approve()
    async with desk.browser() as phone, desk.browser() as stranger:
        for each in (browser, phone):
            await sign_in(desk, each)
        await sign_in(desk, stranger, "zoe@example.com")
        await browser.fill_in("/affiliate", "/affiliate/sign-out", scope="all")
        assert await devices(desk) == []
        assert (await phone.get("/affiliate/dashboard")).url.path == "/affiliate/sign-in"
        assert await devices(desk, "zoe@example.com") == ["A browser"]


async def test_nobody_ends_the_session_of_another_person(desk: Desk, browser: Browser) -> None:
    """Knowing the id of a session is not enough."""
    await desk.approve()
    await sign_in(desk, browser)
    async with desk.db.read() as session:
        (mine,) = await rows.of_person(session, MIA)
    async with desk.browser() as stranger:
        await sign_in(desk, stranger, "zoe@example.com")
        await stranger.fill_in("/affiliate", "/affiliate/sign-out", scope=str(mine.id))
    assert (await browser.get("/affiliate/dashboard")).status == 200


async def test_a_scope_that_means_nothing_is_refused(desk: Desk, browser: Browser) -> None:
    """No session ends by accident."""
    await sign_in(desk, browser)
    page = await browser.fill_in("/affiliate", "/affiliate/sign-out", scope="everything")
    assert page.status == 400
    assert len(await devices(desk)) == 1


async def test_signing_in_again_leaves_no_old_session(desk: Desk, browser: Browser) -> None:
    """A browser has one session, whoever it belongs to now."""
    await sign_in(desk, browser)
    await sign_in_again(desk, browser)
    assert await devices(desk) == []
    assert await devices(desk, "zoe@example.com") == ["A browser"]


async def sign_in_again(desk: Desk, browser: Browser) -> None:
    """Sign the same browser in as somebody else, by a link from another browser."""
    async with desk.browser() as other:
        link = await ask_for_link(desk, other, "zoe@example.com")
    await browser.fill_in(link, link)


async def test_asking_too_often_for_one_address_is_stopped(desk: Desk, browser: Browser) -> None:
    """The sixth mail in a quarter of an hour is refused, known address or not, and not sent."""
    for _ in range(5):
        await ask_for_link(desk, browser)
    page = await browser.fill_in("/affiliate/sign-in", "/affiliate/sign-in", email=MIA.upper())
    assert page.status == 429
    assert 0 < int(page.headers["Retry-After"]) <= 900
    assert "That was a little fast" in page.words
    assert len(await desk.mails("sign_in")) == 5


async def test_asking_too_often_from_one_place_is_stopped(desk: Desk, browser: Browser) -> None:
    """Nobody mails a whole list of people from one place."""
    page = await browser.get("/affiliate/sign-in")
    form = page.forms["/affiliate/sign-in"]
    for number in range(21):
        form["email"] = f"person{number}@example.com"
        page = await browser.post("/affiliate/sign-in", form)
    assert page.status == 429
    assert len(await desk.mails("sign_in")) == 20
