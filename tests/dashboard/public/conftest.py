"""The public API on the same database as a shop at Stripe, called as pages and programs do."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr

from dashboard.context import DashboardContext
from dashboard.public.discount_codes import add_routes
from domain import discount_codes
from integrations.stripe import StripeGateway
from storage.codes import DiscountCode
from storage.db import Database
from tests.builders import RITA, join
from tests.code_builders import code_now
from tests.dashboard.desk import make_settings
from tests.shop import Shop, open_shop

PRODUCT_TOKEN = "token-of-the-product"
PRODUCT = "https://product.example.com"
PUBLIC = "https://desk.example.com"

Json = dict[str, Any]


@dataclass
class Counter:
    """Where customers redeem codes. Answers are `(status, JSON)`."""

    shop: Shop
    client: TestClient[web.Request, web.Application]

    async def validate(self, code: str | list[str], **query: str) -> tuple[int, Json]:
        """Ask what a code does."""
        codes = [code] if isinstance(code, str) else code
        params = [("code", one) for one in codes] + list(query.items())
        return await _read(await self.client.get("/api/discount-codes/validate", params=params))

    async def apply(self, *, token: str = "", **order: Any) -> tuple[int, Json]:
        """Start a checkout; monthly for Zoe unless something else is said."""
        given = {"plan": "monthly", "email": "zoe@example.net"} | order
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        path = "/api/discount-codes/apply"
        answer = await self.client.post(path, json=given, headers=headers)
        return await _read(answer)

    async def make(self, code: str = "LAUNCH20", **terms: Any) -> DiscountCode:
        """A code that operators made, once Stripe has it."""
        given = {"code": code, "discount_value": 20} | terms
        async with self.shop.db.transaction() as session:
            made = await discount_codes.create(session, given, RITA)
        await self.shop.carry_out()
        await self.shop.quiet()
        made = await code_now(self.shop.db, made)
        assert made.stripe_promotion_code_id
        return made

    async def pay(self, checkout: Json) -> Json:
        """Pay at the address of a checkout; returns the invoice as Stripe has it."""
        account = self.shop.account
        session = await account.pay(checkout["url"].rpartition("/")[2], email="typed@example.net")
        await self.shop.quiet()
        return account.objects.get("invoice", session["invoice"])

    def session(self, checkout: Json) -> Json:
        """The session at Stripe."""
        return self.shop.account.objects.get("checkout.session", checkout["url"].rpartition("/")[2])


async def _read(answer: ClientResponse) -> tuple[int, Json]:
    kind = "application/json" if answer.ok else "application/problem+json"
    assert answer.content_type == kind
    body = await answer.json(content_type=kind)
    if "Retry-After" in answer.headers:
        body["retry_after"] = int(answer.headers["Retry-After"])
    if "id" in body:
        UUID(body["id"])
    return answer.status, body


async def serving(shop: Shop, stripe: StripeGateway | None) -> AsyncIterator[Counter]:
    """The API at work."""
    settings = make_settings(
        product_url=PRODUCT,
        public_url=PUBLIC,
        product_api_token=SecretStr(PRODUCT_TOKEN),
    )
    app = web.Application()
    add_routes(app, DashboardContext(shop.db, settings, None, stripe))
    async with TestClient(TestServer(app)) as client:
        yield Counter(shop, client)


@pytest.fixture
async def shop(db: Database) -> AsyncIterator[Shop]:
    """A shop that tells the desk of everything, with the affiliate JARED30."""
    await join(db)
    async with open_shop(db) as opened:
        await opened.carry_out()
        yield opened


@pytest.fixture
async def counter(shop: Shop) -> AsyncIterator[Counter]:
    """Connected to Stripe."""
    async for made in serving(shop, shop.services.stripe):
        yield made


@pytest.fixture
async def counter_without_stripe(shop: Shop) -> AsyncIterator[Counter]:
    """Of a desk that has no Stripe key."""
    async for made in serving(shop, None):
        yield made
