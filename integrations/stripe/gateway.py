"""Stripe, as far as this project needs it: plain questions, frozen answers, one kind of error.

Every method raises `TransportError`: permanent where Stripe refuses the request itself, to be
tried again where Stripe is overloaded, down, or cannot be reached.
"""

from dataclasses import dataclass

import aiohttp
import stripe

from integrations.errors import TransportError
from integrations.stripe.answers import understood
from integrations.stripe.checkout_sessions import CheckoutSessions
from integrations.stripe.coupons import Coupons
from integrations.stripe.customers import Customers
from integrations.stripe.events import Events
from integrations.stripe.invoices import Invoices
from integrations.stripe.pace import READS_PER_SECOND, Pace
from integrations.stripe.plans import Plans
from integrations.stripe.prices import Prices
from integrations.stripe.promotion_codes import PromotionCodes
from integrations.stripe.reads import Reads
from integrations.stripe.transfers import Transfers
from integrations.stripe.transport import transport

_TIMEOUT = aiohttp.ClientTimeout(total=10, sock_connect=5)


@dataclass(frozen=True)
class Product:
    """Something that is for sale."""

    id: str
    name: str


@dataclass(frozen=True)
class Account:
    """Whose key we hold. `livemode` False means that no real money moves."""

    id: str
    name: str
    livemode: bool


class StripeGateway:
    """A connection to one Stripe account; opened at the first call, to be closed with `close`.

    Its parts ask for what their names say, and make it. `base_url` is Stripe's own or a
    stand-in's. `retries` are the library's, within one call; whoever calls should
    have a longer breath of their own.
    """

    def __init__(
        self,
        api_key: str,
        base_url: str,
        *,
        retries: int = 1,
        reads_per_second: int = READS_PER_SECOND,
    ) -> None:
        self._http = stripe.AIOHTTPClient(timeout=_TIMEOUT)
        client = stripe.StripeClient(
            api_key,
            base_addresses={"api": base_url.rstrip("/")},
            http_client=self._http,
            max_network_retries=retries,
        )
        self._v1 = client.v1
        self._pace = Pace(reads_per_second)
        plans = Plans(self._v1, self._pace)
        self.invoices = Invoices(self._v1, self._pace, Reads(client, self._pace), plans)
        self.customers = Customers(self._v1, self._pace, plans)
        self.events = Events(self._v1, self._pace)
        self.transfers = Transfers(self._v1, self._pace)
        self.coupons = Coupons(self._v1, self._pace)
        self.promotion_codes = PromotionCodes(self._v1, self._pace, self.coupons)
        self.checkout_sessions = CheckoutSessions(self._v1, self._pace)
        self.prices = Prices(self._v1, self._pace)
        self.livemode = api_key.split("_")[1:2] == ["live"]

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close_async()  # type: ignore[no-untyped-call] # the library has no type here

    @understood
    async def account(self) -> Account:
        """Ask whose key this is."""
        with transport():
            found = (await self._v1.accounts.retrieve_current_async()).to_dict()
        settings = found.get("settings") or {}
        name = (settings.get("dashboard") or {}).get("display_name") or ""
        return Account(id=found["id"], name=name, livemode=self.livemode)

    @understood
    async def list_products(self) -> list[Product]:
        """All products that are for sale, newest first."""
        with transport():
            page = await self._v1.products.list_async({"active": True, "limit": 100})
            return [Product(id=it.id, name=it.name) async for it in page.auto_paging_iter()]

    @understood
    async def may_receive_transfers(self, account_id: str) -> bool:
        """Whether a connected account can be paid; also False where it left us."""
        try:
            async with self._pace.read():
                found = (await self._v1.accounts.retrieve_async(account_id)).to_dict()
        except TransportError as error:
            if error.code in {"resource_missing", "account_invalid"}:
                return False
            raise
        return bool((found.get("capabilities") or {}).get("transfers") == "active")
