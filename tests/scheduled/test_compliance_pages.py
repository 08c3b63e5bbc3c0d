"""The daily look at the pages that affiliates named."""

import pytest

from integrations.errors import TransportError
from integrations.public_fetch import PublicFetch, PublicPage
from outbox.services import Services
from scheduled import compliance
from settings import Settings
from storage.compliance import PageCheck
from storage.db import Database
from tests.builders import join
from tests.compliance_builders import violations


class Pages(PublicFetch):
    """The web, as one page a host."""

    def __init__(self, pages: dict[str, str]) -> None:
        super().__init__("test")
        self._pages = pages
        self.asked: list[str] = []

    async def page(self, url: str) -> PublicPage:
        """The page, or what is said of one that is down."""
        self.asked.append(url)
        if url not in self._pages:
            raise TransportError("the page did not answer in time")
        return PublicPage(url, self._pages[url])


async def test_each_page_is_asked_once_a_day(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is down is noted and held against nobody; without a client none is asked."""
    monkeypatch.setattr(compliance, "PAUSE_S", 0.0)
    bad = await join(db, platform_url="https://bad.example/")
    down = await join(
        db,
        "MIA30",
        email="mia@example.com",
        requested_code="MIA30",
        platform_url="https://down.example/",
    )
    settings = Settings(_env_file=None)
    await compliance.check_pages(Services(db, settings))
    web = Pages({"https://bad.example/": "<p>Take JARED30 today</p>"})
    services = Services(db, settings, public_fetch=web)
    await compliance.check_pages(services)
    await compliance.check_pages(services)
    assert sorted(web.asked) == ["https://bad.example/", "https://down.example/"]
    (one,) = await violations(db)
    assert (one.affiliate_user_id, one.kind) == (bad.id, "missing_disclosure")
    async with db.read() as session:
        check = await session.get_one(PageCheck, down.id)
    assert check.outcome == "the page did not answer in time"
