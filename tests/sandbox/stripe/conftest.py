from collections.abc import AsyncIterator

import pytest
import stripe
from aiohttp import web
from aiohttp.test_utils import TestServer

from sandbox.stripe.account import StripeAccount
from sandbox.stripe.app import stripe_app


@pytest.fixture
def account() -> StripeAccount:
    """A new account that tells nobody of its events."""
    return StripeAccount()


@pytest.fixture
async def server(account: StripeAccount) -> AsyncIterator[str]:
    """The stand-in, mounted as in the sandbox; its base address, as a Stripe client takes it."""
    app = web.Application()
    app.add_subapp("/sandbox/stripe/", stripe_app(account))
    async with TestServer(app) as running:
        yield str(running.make_url("/sandbox/stripe"))


@pytest.fixture
async def client(account: StripeAccount, server: str) -> AsyncIterator[stripe.StripeClient]:
    """Stripe's own client, pointed at the stand-in, without retries."""
    http = stripe.AIOHTTPClient()
    yield stripe.StripeClient(
        account.api_key, base_addresses={"api": server}, http_client=http, max_network_retries=0
    )
    await http.close_async()  # type: ignore[no-untyped-call] # the library has no type here
