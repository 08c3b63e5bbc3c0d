"""The settings page of the dashboard."""

from sqlmodel import select

from domain import program, subscriptions
from storage.audit import AuditLine
from storage.subscriptions import Unsubscription
from tests.builders import RITA, affiliate_now, join
from tests.dashboard.desk import Browser, Desk

HERE = "/affiliate/dashboard/settings"


async def test_choices_are_kept(desk: Desk, browser: Browser) -> None:
    """Time zone, name and mails, each as chosen; the page shows them, the audit log has them."""
    affiliate = await join(desk.db)
    async with desk.db.transaction() as session:
        await program.update(session, {"leaderboard_privacy": "opt_in"}, RITA)
    await desk.signed_in(browser, affiliate.email)
    typed = {"time_zone": "Europe/Berlin", "shows_name": "yes", "mails": ["tips", "statements"]}
    answer = await browser.fill_in(HERE, HERE, **typed)
    assert (answer.status, answer.headers["Location"]) == (303, f"{HERE}?done=saved")
    now = await affiliate_now(desk.db, affiliate.id)
    assert (now.time_zone, now.shows_name) == ("Europe/Berlin", True)
    async with desk.db.read() as session:
        refused = (await session.exec(select(Unsubscription.topic))).all()
        query = select(AuditLine).where(AuditLine.action == "affiliate.preferences")
        (line,) = (await session.exec(query)).all()
    assert refused == ["contests"]
    assert line.detail["changes"]["time_zone"] == ["", "Europe/Berlin"]
    page = await browser.get(f"{HERE}?done=saved")
    assert "Saved." in page.words
    options = [given for tag, given in page.tags if tag == "option" and "selected" in given]
    assert [given["value"] for given in options] == ["Europe/Berlin"]
    boxes = [given["value"] for tag, given in page.tags if tag == "input" and "checked" in given]
    assert boxes == ["yes", "tips", "statements"]


async def test_a_zone_that_is_none_changes_nothing(desk: Desk, browser: Browser) -> None:
    """A forged form is told what is wrong, and nothing of it is kept."""
    affiliate = await join(desk.db)
    await desk.signed_in(browser, affiliate.email)
    answer = await browser.fill_in(HERE, HERE, time_zone="Mars/Olympus", mails=["tips"])
    assert answer.status == 422
    assert "Choose a time zone from the list." in answer.words
    assert (await affiliate_now(desk.db, affiliate.id)).time_zone == ""
    async with desk.db.read() as session:
        assert await subscriptions.wants(session, affiliate.id, "contests")
    spam = await browser.fill_in(HERE, HERE, mails=["spam"])
    assert spam.status == 422


async def test_names_are_not_asked_for_where_they_are_never_shown(
    desk: Desk, browser: Browser
) -> None:
    """A program that shows initials only offers no name, and forgets no earlier choice."""
    affiliate = await join(desk.db)
    async with desk.db.transaction() as session:
        found = await session.get(type(affiliate), affiliate.id)
        assert found is not None
        found.shows_name = True
        session.add(found)
    await desk.signed_in(browser, affiliate.email)
    assert "Leaderboard" not in (await browser.get(HERE)).words.split("Settings")[-1]
    await browser.fill_in(HERE, HERE, mails=[])
    assert (await affiliate_now(desk.db, affiliate.id)).shows_name


async def test_only_for_who_is_signed_in(browser: Browser) -> None:
    """Everybody else is led to the sign-in."""
    page = await browser.get(HERE, follow=False)
    assert (page.status, page.headers["Location"]) == (303, "/affiliate/sign-in")
