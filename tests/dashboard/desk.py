"""The real dashboard on a real database, and a browser that fills in its forms."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from html.parser import HTMLParser
from typing import Any

from aiohttp import ClientResponse, ClientSession, CookieJar, web
from aiohttp.test_utils import TestServer
from sqlmodel import select

from dashboard.app import DashboardContext, add_routes
from domain import applications, sessions
from domain.answers import ApplicationFields
from domain.applications import Submission
from domain.audit import Actor
from integrations.clerk import Clerk
from integrations.llm import Llm
from settings import Settings
from storage.affiliates import Affiliate
from storage.applications import Application
from storage.db import Database
from storage.outbox import Effect

KEY = "secret-of-this-server"
OPERATOR = Actor("U1", "Olga", "slack")


def make_settings(**changed: Any) -> Settings:
    """Settings of a server whose address is the one that browsers type."""
    base: dict[str, Any] = {"secret_key": KEY, "product_name": "PropMine"}
    return Settings(_env_file=None, **(base | changed))


class Page(HTMLParser):
    """An answer, with its words and the fields of its forms by the forms' addresses."""

    def __init__(self, response: ClientResponse, html: str) -> None:
        super().__init__()
        self.status, self.headers, self.url = response.status, response.headers, response.url
        self.html, self.words = html, ""
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.forms: dict[str, dict[str, str]] = {}
        self._form: dict[str, str] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the element; collect what a browser would send of a form left as it is."""
        given = dict(attrs)
        self.tags.append((tag, given))
        if tag == "form":
            self._form = self.forms.setdefault(str(given["action"]), {})
        elif tag == "input" and given.get("name") and given.get("type") != "checkbox":
            self._form[str(given["name"])] = str(given.get("value") or "")

    def handle_data(self, data: str) -> None:
        """Keep the words."""
        self.words += data

    @property
    def cookies(self) -> list[str]:
        """The Set-Cookie headers."""
        return self.headers.getall("Set-Cookie", [])


class Browser:
    """A browser at the dashboard: it keeps cookies and, unless told not to, follows redirects."""

    def __init__(self, client: ClientSession) -> None:
        self.client = client

    async def get(
        self, path: str, headers: Mapping[str, str] | None = None, *, follow: bool = True
    ) -> Page:
        """Open a page."""
        response = await self.client.get(path, allow_redirects=follow, headers=headers)
        return Page(response, await response.text())

    async def post(
        self,
        path: str,
        form: Mapping[str, Any] | list[tuple[str, str]],
        headers: Mapping[str, str] | None = None,
    ) -> Page:
        """Send a form as it stands, and stay where the answer is."""
        response = await self.client.post(path, data=form, allow_redirects=False, headers=headers)
        return Page(response, await response.text())

    async def fill_in(self, at: str, action: str, **typed: Any) -> Page:
        """Open the page `at`, fill in the form that posts to `action`, and send it."""
        page = await self.get(at)
        return await self.post(action, pairs(page.forms[action] | typed))


def pairs(form: Mapping[str, Any]) -> list[tuple[str, str]]:
    """A form's fields as they are sent, with several values under one name for a list."""
    sent: list[tuple[str, str]] = []
    for name, value in form.items():
        values = value if isinstance(value, list) else [value]
        sent += [(name, each) for each in values]
    return sent


class Desk:
    """A running dashboard. `settings` and `db` are the ones it uses."""

    def __init__(
        self,
        db: Database,
        settings: Settings,
        clerk: Clerk | None = None,
        *,
        llm: Llm | None = None,
    ) -> None:
        self.db, self.settings, self.clerk = db, settings, clerk
        self.app = web.Application()
        add_routes(self.app, DashboardContext(db, settings, clerk, llm=llm))
        self.server = TestServer(self.app)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Desk"]:
        """The desk, taking requests."""
        await self.server.start_server()
        yield self
        await self.server.close()

    @asynccontextmanager
    async def browser(self, **headers: str) -> AsyncIterator[Browser]:
        """A browser without any cookies. `headers` go with every request."""
        async with ClientSession(
            self.server.make_url("/"), cookie_jar=CookieJar(unsafe=True), headers=headers
        ) as client:
            yield Browser(client)

    async def signed_in(self, browser: Browser, email: str) -> Browser:
        """Give the browser a session as the owner of an address."""
        async with self.db.transaction() as session:
            token = await sessions.open_for(session, email, "Firefox on Linux", "link")
        browser.client.cookie_jar.update_cookies({"desk_session": token}, self.server.make_url("/"))
        return browser

    async def effects(self, kind: str) -> list[dict[str, Any]]:
        """The payloads of the effects of one kind that wait to be done, oldest first."""
        async with self.db.read() as session:
            query = select(Effect).where(Effect.kind == kind).order_by(Effect.id)  # type: ignore[arg-type]
            return [effect.payload for effect in (await session.exec(query)).all()]

    async def mails(self, template: str) -> list[dict[str, Any]]:
        """The payloads of the mails of one template."""
        return [mail for mail in await self.effects("mail") if mail["template"] == template]

    async def apply(self, email: str = "mia@example.com", **fields: Any) -> Application:
        """An application that came by another way."""
        given = ApplicationFields(email=email, **({"legal_name": "Mia Muster"} | fields))
        async with self.db.transaction() as session:
            return await applications.submit(
                session, Submission("test", email, ()), given, Actor("test", "", "test")
            )

    async def approve(
        self, email: str = "mia@example.com", code: str = "MIA30", **fields: Any
    ) -> Affiliate:
        """An approved affiliate."""
        application = await self.apply(email, **fields)
        async with self.db.transaction() as session:
            return await applications.approve(session, application.id, code, OPERATOR)
