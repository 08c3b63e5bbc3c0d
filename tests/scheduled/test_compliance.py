"""Looking at the pages that affiliates named."""

import threading

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from domain import disclosure
from domain.disclosure import Reading
from integrations.public_fetch import PublicFetch, PublicPage
from outbox.services import Services
from scheduled import compliance
from storage.compliance import PageCheck
from storage.db import Database
from tests.builders import join
from tests.compliance_builders import violations
from tests.dashboard.desk import make_settings


async def test_a_page_is_fetched_and_judged_beside_everything_else(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that was made to take long keeps nobody waiting: another thread reads it."""
    jared = await join(sqlite)
    readers: list[threading.Thread] = []

    def read(html: str) -> Reading:
        readers.append(threading.current_thread())
        return disclosure_read(html)

    disclosure_read = disclosure.read
    monkeypatch.setattr(disclosure, "read", read)

    async def page(_request: web.Request) -> web.Response:
        return web.Response(text=f"<p>Take {jared.promo_code}</p>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/{path:.*}", page)
    server = TestServer(app)
    await server.start_server()
    assert server.port

    async def here(_host: str, _port: int) -> list[str]:
        return ["127.0.0.1"]

    class Near(PublicFetch):
        """Asks the test's server, whatever an address says."""

        async def page(self, url: str) -> PublicPage:
            return await super().page(f"http://{url.split('/')[2]}:{server.port}/")

    fetch = Near("t", allowed=lambda _: True, ports=frozenset({server.port}), resolve=here)
    services = Services(sqlite, make_settings(), None, None, None, None, None, fetch)
    await compliance.check_pages(services)
    await server.close()
    async with sqlite.read() as session:
        assert (await session.get_one(PageCheck, jared.id)).outcome == "no disclosure"
    assert [one.kind for one in await violations(sqlite)] == ["missing_disclosure"]
    assert len(readers) == 1
    assert readers[0] is not threading.main_thread()
