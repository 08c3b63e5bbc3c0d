"""The link in a mail that ends a topic's mails."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import pytest
from aiohttp import ClientSession, FormData, web
from aiohttp.test_utils import TestServer

from dashboard.context import DashboardContext
from dashboard.public import unsubscribe
from domain import subscriptions
from domain.subscriptions import CONTESTS, TIPS, unsubscribe_path
from storage.db import Database
from storage.ids import new_id
from tests.builders import join
from tests.dashboard.desk import KEY, Browser, make_settings


@dataclass
class Site:
    """The pages, and somebody's browser that was never there."""

    db: Database
    browser: Browser

    async def wants(self, affiliate_id: UUID, topic: str) -> bool:
        """Whether they are mailed about it."""
        async with self.db.read() as session:
            return await subscriptions.wants(session, affiliate_id, topic)


@pytest.fixture
async def site(db: Database) -> AsyncIterator[Site]:
    """Without any cookie, as a mail program has none."""
    app = web.Application()
    settings = make_settings(public_url="https://desk.example.com")
    unsubscribe.add_routes(app, DashboardContext(db, settings, None))
    server = TestServer(app)
    await server.start_server()
    async with ClientSession(server.make_url("/")) as client:
        yield Site(db, Browser(client))
    await server.close()


async def test_looking_changes_nothing_and_the_button_does(site: Site) -> None:
    """Programs that follow the links in mails end nobody's mails; the button does, and back."""
    affiliate = await join(site.db)
    path = unsubscribe_path(KEY, affiliate.id, TIPS)
    page = await site.browser.get(path)
    assert page.status == 200
    assert "Unsubscribe?" in page.words
    assert "Tips for the first two weeks" in page.words
    await site.browser.client.head(path)
    assert await site.wants(affiliate.id, TIPS)

    page = await site.browser.post(path, page.forms[path])
    assert (page.status, "You are unsubscribed" in page.words) == (200, True)
    assert not await site.wants(affiliate.id, TIPS)
    assert await site.wants(affiliate.id, CONTESTS)
    assert "You are unsubscribed" in (await site.browser.get(path)).words

    page = await site.browser.post(f"{path}/undo", page.forms[f"{path}/undo"])
    assert "You get these mails again" in page.words
    assert await site.wants(affiliate.id, TIPS)


@pytest.mark.parametrize("multipart", [False, True])
async def test_one_click_of_a_mail_program(site: Site, *, multipart: bool) -> None:
    """As RFC 8058 sends it, from elsewhere, in both encodings and twice; it is led nowhere."""
    affiliate = await join(site.db)
    path = unsubscribe_path(KEY, affiliate.id, CONTESTS)
    for _ in range(2):
        form = FormData(default_to_multipart=multipart)
        form.add_field("List-Unsubscribe", "One-Click")
        headers = {"Origin": "https://mail.example", "Sec-Fetch-Site": "cross-site"}
        async with site.browser.client.post(
            path, data=form, headers=headers, allow_redirects=False
        ) as answer:
            assert answer.status == 200
    assert not await site.wants(affiliate.id, CONTESTS)


async def test_a_link_that_is_not_whole(site: Site) -> None:
    """It ends nothing, for nobody, and says what to do."""
    affiliate = await join(site.db)
    path = unsubscribe_path(KEY, affiliate.id, TIPS)
    others = path.replace("/tips/", "/contests/")
    nobody = unsubscribe_path(KEY, new_id(), TIPS)
    for broken in (path[:-3], others, nobody, "/unsubscribe/spam/x", "/unsubscribe/tips/%00"):
        for page in (await site.browser.get(broken), await site.browser.post(broken, {})):
            assert page.status == 404
            assert "not whole" in page.words
    assert await site.wants(affiliate.id, TIPS)
    assert await site.wants(affiliate.id, CONTESTS)
