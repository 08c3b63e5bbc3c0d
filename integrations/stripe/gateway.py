"""Stripe, as far as this project needs it: plain questions, frozen answers, one kind of error.

Every method raises `TransportError`: permanent where Stripe refuses the request itself, to be
tried again where Stripe is overloaded, down, or cannot be reached.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, Literal

import aiohttp
import stripe

from integrations.errors import TransportError
from integrations.stripe.customers import Customers
from integrations.stripe.events import Events
from integrations.stripe.invoices import Invoices
from integrations.stripe.pace import Pace
from integrations.stripe.plans import Plans
from integrations.stripe.transfers import Transfers
from integrations.stripe.transport import transport

OWNER: Final = "affiliate_id"
"""The metadata key that tells whose promotion code one is."""

_TIMEOUT = aiohttp.ClientTimeout(total=10, sock_connect=5)

Duration = Literal["once", "repeating", "forever"]


@dataclass(frozen=True)
class Coupon:
    """What is taken off. `products` are ids; none means everything. `percent_off` may be None."""

    id: str
    percent_off: Decimal | None
    duration: str
    products: frozenset[str]
    valid: bool


@dataclass(frozen=True)
class PromotionCode:
    """A word that redeems a coupon."""

    id: str
    code: str
    coupon_id: str
    active: bool
    metadata: Mapping[str, str] = field(default_factory=dict)


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

    `invoices`, `customers` and `events` ask for those, `transfers` makes them. `base_url` is
    Stripe's own or a stand-in's. `retries` are the library's, within one call; whoever calls should
    have a longer breath of their own.
    """

    def __init__(self, api_key: str, base_url: str, *, retries: int = 1) -> None:
        self._http = stripe.AIOHTTPClient(timeout=_TIMEOUT)
        self._v1 = stripe.StripeClient(
            api_key,
            base_addresses={"api": base_url.rstrip("/")},
            http_client=self._http,
            max_network_retries=retries,
        ).v1
        self._pace = Pace()
        plans = Plans(self._v1, self._pace)
        self.invoices = Invoices(self._v1, self._pace, plans)
        self.customers = Customers(self._v1, self._pace, plans)
        self.events = Events(self._v1, self._pace)
        self.transfers = Transfers(self._v1, self._pace)
        self.livemode = api_key.split("_")[1:2] == ["live"]

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close_async()  # type: ignore[no-untyped-call] # the library has no type here

    async def account(self) -> Account:
        """Ask whose key this is."""
        with transport():
            found = (await self._v1.accounts.retrieve_current_async()).to_dict()
        settings = found.get("settings") or {}
        name = (settings.get("dashboard") or {}).get("display_name") or ""
        return Account(id=found["id"], name=name, livemode=self.livemode)

    async def list_products(self) -> list[Product]:
        """All products that are for sale, newest first."""
        with transport():
            page = await self._v1.products.list_async({"active": True, "limit": 100})
            return [Product(id=it.id, name=it.name) async for it in page.auto_paging_iter()]

    async def find_promotion_codes(self, code: str) -> list[PromotionCode]:
        """The active promotion codes that a customer can redeem by typing `code`, in any case."""
        with transport():
            page = await self._v1.promotion_codes.list_async(
                {"code": code, "active": True, "limit": 100}
            )
            return [_promotion_code(it.to_dict()) async for it in page.auto_paging_iter()]

    async def ensure_coupon(
        self,
        *,
        coupon_id: str,
        percent_off: int | Decimal,
        duration: Duration = "once",
        products: Sequence[str] = (),
        metadata: Mapping[str, str] | None = None,
        name: str | None = None,
    ) -> Coupon:
        """Create the coupon with our own id, or return it where it exists: safe to repeat for ever.

        A coupon of that id with other terms is a `TransportError` of code `coupon_differs`.
        """
        with transport():
            try:
                found = await self._v1.coupons.create_async(
                    {
                        "id": coupon_id,
                        "percent_off": float(percent_off),
                        "duration": duration,
                        "metadata": dict(metadata or {}),
                        "expand": ["applies_to"],
                        **({"applies_to": {"products": list(products)}} if products else {}),
                        **({"name": name} if name else {}),
                    }
                )
            except stripe.InvalidRequestError as error:
                if error.code != "resource_already_exists":
                    raise
                found = await self._v1.coupons.retrieve_async(coupon_id, {"expand": ["applies_to"]})
        coupon = _coupon(found.to_dict())
        if (coupon.percent_off, coupon.duration, coupon.products) != (
            Decimal(percent_off),
            duration,
            frozenset(products),
        ):
            raise TransportError(
                f"Stripe already has a coupon {coupon_id} with other terms: "
                f"{coupon.percent_off} % off, {coupon.duration}. "
                "Delete it in Stripe, or change the program's offer back.",
                permanent=True,
                code="coupon_differs",
            )
        return coupon

    async def ensure_promotion_code(
        self,
        *,
        code: str,
        coupon_id: str,
        first_time_transaction: bool = True,
        metadata: Mapping[str, str],
        idempotency_key: str,
    ) -> PromotionCode:
        """Create the promotion code, or return it where we have made it before.

        It is ours when it redeems the same coupon and names no other owner. A code that is in use
        for something else is a `TransportError` of code `code_taken`.
        """

        async def create(key: str) -> PromotionCode:
            made = await self._v1.promotion_codes.create_async(
                {
                    "code": code,
                    "promotion": {"type": "coupon", "coupon": coupon_id},
                    "restrictions": {"first_time_transaction": first_time_transaction},
                    "metadata": dict(metadata),
                },
                {"idempotency_key": key},
            )
            return _promotion_code(made.to_dict())

        with transport():
            try:
                return await create(idempotency_key)
            except stripe.InvalidRequestError as error:
                refusal = error
            taken = await self.find_promotion_codes(code)
            if taken:
                return _own(taken, coupon_id, metadata.get(OWNER))
            if (refusal.headers or {}).get("Idempotent-Replayed") != "true":
                raise refusal
            # Yesterday's refusal, replayed for the key: the code is free now. Asking once more
            # under another key is safe, since no two active codes can be the same.
            return await create(f"{idempotency_key}:again")

    async def is_promotion_code_active(self, promotion_code_id: str) -> bool:
        """Whether customers can redeem a code; also False where there is none any more."""
        try:
            async with self._pace.read():
                found = await self._v1.promotion_codes.retrieve_async(promotion_code_id)
        except TransportError as error:
            if error.code == "resource_missing":
                return False
            raise
        return found.active

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

    async def activate_promotion_code(self, promotion_code_id: str) -> PromotionCode:
        """Let customers redeem a code again."""
        return await self._switch(promotion_code_id, active=True)

    async def deactivate_promotion_code(self, promotion_code_id: str) -> PromotionCode:
        """Stop a code from being redeemed; subscriptions that have it keep their discount."""
        return await self._switch(promotion_code_id, active=False)

    async def _switch(self, promotion_code_id: str, *, active: bool) -> PromotionCode:
        with transport():
            found = await self._v1.promotion_codes.update_async(
                promotion_code_id, {"active": active}
            )
        return _promotion_code(found.to_dict())


def _own(found: list[PromotionCode], coupon_id: str, owner: str | None) -> PromotionCode:
    for one in found:
        if one.coupon_id == coupon_id and one.metadata.get(OWNER, owner) == owner:
            return one
    raise TransportError(
        f"The promotion code {found[0].code} is already in use in Stripe for something else "
        f"({found[0].id}). Choose another code, or deactivate that one in Stripe.",
        permanent=True,
        code="code_taken",
    )


def _promotion_code(found: dict[str, Any]) -> PromotionCode:
    return PromotionCode(
        id=found["id"],
        code=found["code"],
        coupon_id=found["promotion"]["coupon"],
        active=found["active"],
        metadata=dict(found.get("metadata") or {}),
    )


def _coupon(found: dict[str, Any]) -> Coupon:
    percent = found.get("percent_off")
    return Coupon(
        id=found["id"],
        percent_off=None if percent is None else Decimal(str(percent)),
        duration=found["duration"],
        products=frozenset((found.get("applies_to") or {}).get("products") or ()),
        valid=found["valid"],
    )
