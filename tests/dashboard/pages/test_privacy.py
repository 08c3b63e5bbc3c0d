"""What an affiliate can do about their own data."""

import io
from zipfile import ZipFile

from sqlmodel import select

from domain import affiliates
from domain.statuses import Status
from storage.audit import AuditLine
from storage.db import Database
from storage.erasures import Erasure
from tests.builders import RITA, join
from tests.dashboard.desk import Browser, Desk
from tests.payout_builders import earn

HERE = "/affiliate/dashboard/settings/data"


async def requests(db: Database) -> list[Erasure]:
    """Every request."""
    async with db.read() as session:
        return list((await session.exec(select(Erasure))).all())


async def test_everything_comes_as_a_file_three_times_a_day(desk: Desk, browser: Browser) -> None:
    """From the settings page; each is in the audit log, under a number and no name."""
    affiliate = await join(desk.db)
    await desk.signed_in(browser, affiliate.email)
    page = await browser.get("/affiliate/dashboard/settings")
    form = page.forms[f"{HERE}/export"]
    for _ in range(3):
        response = await browser.client.post(f"{HERE}/export", data=form)
        content = await response.read()
        assert (response.status, response.content_type) == (200, "application/zip")
        assert "attachment" in response.headers["Content-Disposition"]
        assert response.headers["Cache-Control"] == "no-store"
        with ZipFile(io.BytesIO(content)) as archive:
            assert affiliate.email in archive.read("account.json").decode()
    assert (await browser.post(f"{HERE}/export", form)).status == 429
    assert (await browser.post(f"{HERE}/export", {})).status == 419
    async with desk.db.read() as session:
        query = select(AuditLine).where(AuditLine.action == "privacy.exported")
        lines = (await session.exec(query)).all()
        actors = set((await session.exec(select(AuditLine.actor))).all())
    assert {line.actor for line in lines} == {f"affiliate:{affiliate.id}"}
    assert len(lines) == 3
    assert not any(affiliate.email in actor for actor in actors)


async def test_erasure_is_asked_for_by_typing_and_taken_back(desk: Desk, browser: Browser) -> None:
    """The page says what stays; a slip asks for nothing; the day of the answer is told."""
    affiliate = await join(desk.db)
    await earn(desk.db, affiliate.id, 5000)
    await desk.signed_in(browser, affiliate.email)
    page = await browser.get(HERE)
    for told in ("What stays", "for 4 years", "I give up $50.00"):
        assert told in page.words
    slip = await browser.fill_in(HERE, f"{HERE}/erase", typed="yes")
    assert slip.status == 422
    assert "Type ERASE to confirm." in slip.words
    owed = await browser.fill_in(HERE, f"{HERE}/erase", typed="erase")
    assert owed.status == 422
    assert "$50.00 are owed" in owed.words
    assert await requests(desk.db) == []
    done = await browser.fill_in(HERE, f"{HERE}/erase", typed="erase", waives=["yes"])
    assert (done.status, done.headers["Location"]) == (303, f"{HERE}?done=asked")
    (asked,) = await requests(desk.db)
    assert asked.waives
    page = await browser.get(HERE)
    assert f"{HERE}/erase" not in page.forms
    assert f"{asked.due_at.day} {asked.due_at:%B}" in page.words
    back = await browser.fill_in(HERE, f"{HERE}/withdraw")
    assert back.status == 303
    assert [one.decision for one in await requests(desk.db)] == ["withdrawn"]


async def test_who_was_terminated_has_the_same_rights(desk: Desk, browser: Browser) -> None:
    """Their dashboard is closed, this page is not; strangers are led to sign in."""
    affiliate = await join(desk.db)
    assert (await browser.get(HERE, follow=False)).status == 303
    async with desk.db.transaction() as session:
        await affiliates.change_status(session, affiliate.id, Status.TERMINATED, "Spam.", RITA)
    await desk.signed_in(browser, affiliate.email)
    assert (await browser.get(HERE)).status == 200
    assert (await browser.fill_in(HERE, f"{HERE}/erase", typed="ERASE")).status == 303
