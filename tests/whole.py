"""The whole server, with every door open and nobody behind the outside services."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import CookieJar, web
from aiohttp.test_utils import TestClient, TestServer

from desk import Desk
from domain import sessions
from settings import Settings
from storage.db import Database

NOWHERE: Final = "http://127.0.0.1:1"
ADMIN: Final = "token-of-the-admin-for-tests"
PRODUCT: Final = "token-of-the-product-for-tests"


def whole_settings(database_url: str, **changed: Any) -> Settings:
    """Settings with every door open."""
    given: dict[str, Any] = {
        "database_url": database_url,
        "secret_key": "a-secret-key-of-more-than-32-characters",
        "product_url": "https://product.example",
        "fetch_pages": False,
        "slack_bot_token": "xoxb-1",
        "slack_signing_secret": "signing-secret",
        "slack_channel": "C1",
        "slack_api_url": f"{NOWHERE}/",
        "stripe_api_key": "sk_test_1",
        "stripe_api_url": NOWHERE,
        "stripe_webhook_secret": "whsec_1",
        "tally_signing_secret": "tally-secret",
        "tally_url_secret": "tally-url-secret",
        "clerk_secret_key": "sk_test_2",
        "clerk_api_url": f"{NOWHERE}/v1",
        "clerk_webhook_secret": "whsec_c2VjcmV0",
        "admin_api_token": ADMIN,
        "product_api_token": PRODUCT,
    }
    return Settings(_env_file=None, **(given | changed))


@dataclass
class Whole:
    """A running server and somebody who calls it; redirects are not followed."""

    desk: Desk
    client: TestClient[web.Request, web.Application]

    @property
    def db(self) -> Database:
        """Its database."""
        return self.desk.db

    def routes(self) -> Iterator[tuple[str, str]]:
        """Every method and path that it answers, `HEAD` beside a `GET` aside."""
        for route in self.client.app.router.routes():
            assert route.resource is not None
            if route.method != "HEAD":
                yield route.method, route.resource.canonical

    async def sign_in(self, email: str) -> None:
        """Let the caller be the owner of an address from now on."""
        async with self.db.transaction() as session:
            token = await sessions.open_for(session, email, "Firefox", "link")
        self.client.session.cookie_jar.update_cookies(
            {"desk_session": token}, self.client.make_url("/")
        )

    async def call(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, **given: Any
    ) -> "Answer":
        """Send a request."""
        async with self.client.request(
            method, path, headers=headers, allow_redirects=False, **given
        ) as answer:
            return Answer(answer.status, dict(answer.headers), await answer.text(errors="replace"))


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    text: str


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Whole]:
    """A running server."""
    desk = Desk(settings)
    client = TestClient(TestServer(desk.app()), cookie_jar=CookieJar(unsafe=True))
    async with client:
        yield Whole(desk, client)
