"""Events of Stripe, signed and wild, and answers of Stripe that are not what they should be."""

import hmac
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from sqlmodel import col, delete, select

import clock
from domain import payouts
from integrations.stripe import StripeGateway
from settings import Settings
from storage import affiliates
from storage.commissions import Commission
from storage.db import Database
from storage.inbox import Arrival, InboxEvent
from storage.sales import Sale
from tests.builders import join
from tests.fuzz.hunting import Trial
from tests.fuzz.intake import SECRET, Intake, at_door
from tests.fuzz.watch import ComplaintError
from tests.fuzz.wild import Change, bodies, changed, changes
from tests.fuzz.worlds import database, ledger, opening, require, require_books
from tests.payout_builders import approve_payout, ask, connected_account
from tests.shop import Shop, open_shop, subscription_of
from webhooks.router import HandlerContext

Json = dict[str, Any]
Answer = tuple[bytes, int, Mapping[str, str]]


class Remembered:
    """The stand-in's answers, asked for once and given again; `lies` change the next ones."""

    def __init__(self, gateway: StripeGateway) -> None:
        self._http: Any = gateway._http  # noqa: SLF001 - what stands between us and the network
        self._ask = self._http.request_async
        self._known: dict[tuple[str, str, Any], Answer] = {}
        self.lies: dict[int, list[Change]] = {}
        self.asked = 0
        vars(self._http)["request_async"] = self._request
        pace: Any = gateway._pace  # noqa: SLF001 - Stripe's own pace is nothing to keep to here
        pace._most = pace._rate = 1e9  # noqa: SLF001

    async def _request(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> Answer:
        key = (method, url, str(post_data))
        if key not in self._known:
            if len(self._known) > 20_000:
                self._known.clear()
            self._known[key] = await self._ask(method, url, headers, post_data)
        body, status, given = self._known[key]
        lie = self.lies.get(self.asked)
        self.asked += 1
        if lie is not None:
            body = json.dumps(changed(json.loads(body), lie)).encode()
        return body, status, given


@asynccontextmanager
async def _sold(folder: Path) -> AsyncIterator[tuple[Shop, list[Json]]]:
    """A shop in which everything has happened once, and the events of it."""
    async with database(folder) as db:
        affiliate = await join(db)
        async with open_shop(db) as shop:
            await shop.carry_out()
            await _live(shop, affiliate.id)
            await shop.quiet()
            await shop.inbox._worker.stop()  # noqa: SLF001 - events are handled in hand from here on
            account = shop.account
            events = list(account.objects.newest_first("event"))
            by_kind: dict[str, list[Json]] = {}
            for event in events:
                by_kind.setdefault(event["type"], []).append(json.loads(json.dumps(event)))
            async with db.transaction() as session:
                await session.exec(delete(InboxEvent))
            yield shop, [event for kind in sorted(by_kind) for event in by_kind[kind][:2]]


async def _live(shop: Shop, affiliate_id: Any) -> None:
    """Bought, renewed, given back, disputed, cancelled, paid out, taken back."""
    account, db = shop.account, shop.db
    first = await account.buy(email="zoe@example.net", promotion_code="JARED30")
    await account.renew(subscription_of(first))
    await account.refund(first["id"], 500)
    second = await account.buy(email="yan@example.net", promotion_code="JARED30")
    dispute = await account.dispute(second["id"])
    await account.decide(dispute["id"], won=True)
    third = await account.buy(email="xia@example.net", plan="yearly")
    await account.credit(third["id"], 1000)
    await account.cancel(subscription_of(third))
    unpaid = await account.renew(subscription_of(second), declined=True)
    await account.void(unpaid["id"])
    await shop.quiet()
    code = next(iter(account.objects.newest_first("promotion_code")))
    await account.switch(code["id"], active=False)
    await account.switch(code["id"], active=True)
    async with db.transaction() as session:
        session.add(opening(affiliate_id))
        owner = await affiliates.get(session, affiliate_id)
        assert owner is not None
        owner.payout_method, owner.payout_destination = payouts.STRIPE, connected_account(account)
        session.add(owner)
    await approve_payout(db, await ask(db, owner))
    await shop.carry_out()
    transfer = next(iter(account.objects.newest_first("transfer")))
    await account.reverse_transfer(transfer["id"], 500)
    await shop.quiet()


def _arrival(body: bytes) -> Arrival:
    """What the door makes of a request that Stripe has signed."""
    moment = int(clock.timestamp())
    mac = hmac.digest(SECRET.encode(), f"{moment}.".encode() + body, "sha256").hex()
    return at_door("stripe", {"Stripe-Signature": f"t={moment},v1={mac}"}, body)


@asynccontextmanager
async def events(folder: Path) -> AsyncIterator[Trial]:
    """Wild events of an honest Stripe: events are hints, so the books stay as they are."""
    async with _sold(folder) as (shop, samples):
        gateway = shop.services.stripe
        assert gateway is not None
        Remembered(gateway)
        intake = Intake(shop.db, HandlerContext(Settings(_env_file=None), gateway))
        before = await ledger(shop.db)
        require(before[0] > 4, "Nothing was sold.")

        async def attempt(body: bytes) -> None:
            await intake.take(lambda: _arrival(body))
            if await ledger(shop.db) != before:
                raise ComplaintError("An event has put something into the ledger.")

        async def inspect() -> None:
            await _require_sound(shop.db)

        yield Trial(bodies(samples), attempt, inspect)


@asynccontextmanager
async def answers(folder: Path) -> AsyncIterator[Trial]:
    """True events, and a Stripe whose answers are wild: refused in words, or books that agree."""
    async with _sold(folder) as (shop, samples):
        gateway = shop.services.stripe
        assert gateway is not None
        stripe = Remembered(gateway)
        intake = Intake(shop.db, HandlerContext(Settings(_env_file=None), gateway))

        async def attempt(given: tuple[int, dict[int, list[Change]]]) -> None:
            which, lies = given
            event = samples[which % len(samples)]
            stripe.asked, stripe.lies = 0, lies
            await intake.take(lambda: _arrival(json.dumps(event).encode()))
            await _require_sound(shop.db)

        lies = st.dictionaries(st.integers(0, 3), changes, min_size=1, max_size=2)
        yield Trial(st.tuples(st.integers(0, 1000), lies), attempt)


async def _require_sound(db: Database) -> None:
    """Raise `ComplaintError` where a sale pays more than it brought, or the books disagree."""
    await require_books(db)
    async with db.read() as session:
        query = select(Sale, Commission).join(Commission, col(Commission.sale_id) == Sale.id)
        for sale, commission in (await session.exec(query)).all():
            fair = 0 <= commission.amount_cents <= max(sale.collected, 0)
            require(fair, f"{commission.amount_cents} of {sale.collected} is no commission.")
