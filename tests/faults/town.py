"""A town around Affiliate Desk: people who apply, buy, complain, decide and want to be paid.

Each of them is stubborn: what was not answered well is done again until it was, as vendors and
people do. So whatever was answered well has to be there in the end, once.
"""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import aiohttp
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from domain import payout_methods, program, sessions, webhook_endpoints
from domain.fraud_values import FraudWeights
from domain.webhook_endpoints import Wanted
from sandbox.product import TOKEN
from sandbox.slack.people import AFFILIATES, AMARA, MARIA
from sandbox.stand_ins import StandIns
from sandbox.stripe.money.payments import book
from sandbox.stripe.resources.customers import find_or_create
from sandbox.tally.form import Answers
from sandbox.tally.personas import PERSONAS
from storage.affiliates import Affiliate
from storage.applications import Application
from storage.db import Database
from storage.errors import is_away
from storage.payouts import Payout
from tests.builders import RITA, join
from tests.dashboard.desk import Browser, Page
from tests.journeys.story_model import THRESHOLD, TWO_PEOPLE, Books, Withdrawal
from tests.journeys.story_world import SALES, Days, Step, World
from tests.network_builders import add_network
from tests.outbox.test_networks import GIVEN
from tests.payout_builders import JARED, connected_account
from tests.shop import Shop

PAYOUTS = "/affiliate/dashboard/payouts"
NETWORKS = ("partnerstack", "impact", "awin", "postback")
_PATIENCE = aiohttp.ClientTimeout(total=60)
"""More than a server that lives needs; of one that dies, the end is heard of at once."""
_AGAIN_S = 0.05
T = TypeVar("T")


@dataclass
class Town:
    """The people, what they were promised, and the books as they should be."""

    stand_ins: StandIns
    db: Database
    url: str
    chance: random.Random
    jared: Affiliate
    world: World
    network: str
    forms: list[str] = field(default_factory=list)
    """The applications that were answered with 200, by e-mail."""
    approved: dict[str, str] = field(default_factory=dict)
    """The approvals that Slack was told are done: codes by e-mail."""
    brought: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Invoices of customers whom the network brought, by id."""
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def books(self) -> Books:
        """What the money comes to."""
        return self.world.books

    @contextlib.asynccontextmanager
    async def awake(self) -> AsyncIterator[None]:
        """Let everybody go about their business until the block ends, and finish what they began.

        What anybody found wrong is raised.
        """
        async with asyncio.TaskGroup() as group:
            for life in (self._apply, self._trade, self._earn, self._come_by_network):
                group.create_task(life())
            try:
                yield
            finally:
                self.closing.set()

    async def pause(self, least: float, most: float) -> None:
        """Wait a while."""
        await asyncio.sleep(self.chance.uniform(least, most))

    # Those who want to be affiliates.

    async def _apply(self) -> None:
        number = 0
        while not self.closing.is_set():
            number += 1
            email, code = f"person{number}@example.com", f"PERSON{number}X"
            body = self.stand_ins.tally.payload(some_form(email, code))
            for _ in range(self.chance.choice((1, 1, 2))):
                while (await self.stand_ins.tally.deliver(body))[0] != 200:
                    await asyncio.sleep(_AGAIN_S)
            self.forms.append(email)
            if self.chance.random() < 0.7:
                await self._approve(email, code)
            await self.pause(0.1, 0.6)

    async def _approve(self, email: str, code: str) -> None:
        """Maria presses Approve on the card, and again in the modal, until it is so."""
        slack = self.stand_ins.slack
        while (found := await self._application(email)) is None or found.status != "approved":
            card = self._card("application", found.id if found else None, "Approve")
            if card is None or not (await slack.click(MARIA, AFFILIATES, card, "Approve")).ok:
                await asyncio.sleep(_AGAIN_S)
                continue
            if await self._send_modal(MARIA, {"Promo code": code}):
                self.approved[email] = code
                return

    async def _application(self, email: str) -> Application | None:
        query = select(Application).where(col(Application.email) == email)
        found = await self.read(query)
        return found[0] if found else None

    async def read(self, query: SelectOfScalar[T]) -> Sequence[T]:
        """What is in the database, as soon as it answers."""
        while True:
            try:
                async with self.db.read() as session:
                    return (await session.exec(query)).all()
            except Exception as error:
                if not is_away(error):
                    raise
            await asyncio.sleep(_AGAIN_S)

    def _card(self, kind: str, subject: UUID | None, button: str) -> str | None:
        """The card of a subject, by its ts, if it is there and has this button."""
        slack = self.stand_ins.slack
        for message in slack.messages(AFFILIATES):
            known = message.get("metadata") or {}
            same = known.get("event_payload", {}).get("id") == str(subject)
            if known.get("event_type") == kind and same and button in str(message["blocks"]):
                return str(message["ts"])
        return None

    async def _send_modal(self, who: str, values: dict[str, str]) -> bool:
        """Fill in the modal that opens and send it; whether that was taken.

        It may also be one that says what is wrong.
        """
        view, sent = await self._modal(who), False
        with contextlib.suppress(LookupError):
            sent = bool(view) and (await self.stand_ins.slack.submit(who, view, values)).ok
            # Where it stays open, it now says why nothing was done.
            sent = sent and self.stand_ins.slack.top_view(who) is None
        if not sent:
            self.stand_ins.slack.put_away(who)
        return sent

    async def _modal(self, who: str) -> str:
        """The modal that opens, unless nothing does: then whoever should open it is dead."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                while True:
                    view = self.stand_ins.slack.top_view(who)
                    if view is not None:
                        return str(view["id"])
                    await asyncio.sleep(_AGAIN_S)
        return ""

    # Those who buy, at Stripe.

    async def _trade(self) -> None:
        objects = self.stand_ins.stripe.objects
        while not any(objects.newest_first("promotion_code")):
            await asyncio.sleep(_AGAIN_S)
        while not self.closing.is_set():
            word = self.chance.choice((*SALES, "reverse"))
            self._note_transfers()
            await self.world.play(
                Step(word, self.chance.randrange(9), self.chance.randrange(1, 100))
            )
            await self.pause(0.2, 0.8)

    async def _come_by_network(self) -> None:
        """People whom the network's partners lead here: they sign up, buy, and complain."""
        number, account = 0, self.stand_ins.stripe
        while not self.closing.is_set():
            number += 1
            email = f"brought{number}@example.net"
            customer = find_or_create(account, email, None, {})
            click = {"clickid": self.stand_ins.networks.click(self.network)}
            await self._tell_of_sign_up(
                {"email": email, "customer_id": customer["id"], "network_clicks": click}
            )
            invoice = await account.buy(email=email)
            self.brought[invoice["id"]] = {"amount": 2900}
            if self.chance.random() < 0.4:
                await self.pause(0.1, 0.5)
                cents = self.chance.choice((500, 2900))
                await account.refund(invoice["id"], cents)
                self.brought[invoice["id"]]["amount"] -= cents
            await self.pause(0.2, 0.8)

    async def _tell_of_sign_up(self, body: Mapping[str, Any]) -> None:
        headers = {"Authorization": f"Bearer {TOKEN}", "Idempotency-Key": body["customer_id"]}
        while True:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                async with (
                    aiohttp.ClientSession(timeout=_PATIENCE) as client,
                    client.post(
                        f"{self.url}/api/track/signup", json=body, headers=headers
                    ) as answer,
                ):
                    if answer.ok:
                        return
                    assert answer.status >= 500, await answer.text()
            await asyncio.sleep(_AGAIN_S)

    # Jared, who wants his money, and finance.

    async def _earn(self) -> None:
        async with self.db.transaction() as session:
            token = await sessions.open_for(session, self.jared.email, "Firefox", "link")
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(self.url, cookie_jar=jar, timeout=_PATIENCE) as client:
            jar.update_cookies({"desk_session": token}, client._build_url("/"))  # noqa: SLF001
            browser = Browser(client)
            while not self.closing.is_set():
                await self.pause(0.1, 0.5)
                await self._choose()
                await self._ask(browser)
                await self._decide()

    async def _choose(self) -> None:
        """Jared wants to be paid by hand or by transfer; decided in the database itself."""
        way = self.chance.choice(("hand", "transfer"))
        try:
            async with self.db.transaction() as session:
                if way == "hand":
                    await payout_methods.choose(
                        session, self.jared.id, "paypal", "jared@pay.example", JARED
                    )
                else:
                    account = connected_account(self.stand_ins.stripe)
                    await payout_methods.connect(session, self.jared.id, account, RITA)
        except Exception as error:
            if not is_away(error):
                raise
            (jared,) = await self.read(select(Affiliate).where(col(Affiliate.id) == self.jared.id))
            way = "transfer" if jared.payout_method == "stripe" else "hand"
        self.world.way = way

    async def _ask(self, browser: Browser) -> None:
        """Ask for a payout until it is said what came of that, and note that in the books.

        An answer that is lost says nothing: what was asked for may be there, or be there in a
        moment, or never. Who asks once more is told, as the two wait for each other.
        """
        page, _ = await self._certain(partial(browser.get, f"{PAYOUTS}/request"))
        form = page.forms.get(f"{PAYOUTS}/request")
        if form is None:
            return
        done, lost = await self._certain(partial(browser.post, f"{PAYOUTS}/request", form))
        assert done.status in {303, 409, 422}, done.words
        known = {each.id for each in self.books.withdrawals}
        new = [each for each in await self.read(select(Payout)) if str(each.id) not in known]
        assert len(new) <= 1, "two payouts of one request"
        assert new or done.status != 303, "a payout that was promised is not there"
        assert lost or not new or done.status == 303, "a payout that was refused is there"
        for each in new:
            assert each.amount_cents >= THRESHOLD
            self.books.withdrawals.append(
                Withdrawal(str(each.id), each.amount_cents, self.world.way)
            )

    async def _certain(self, ask: Callable[[], Awaitable[Page]]) -> tuple[Page, int]:
        """An answer of a server that lives and has its database; how many were none before."""
        lost = 0
        while True:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                page = await ask()
                if page.status < 500:
                    return page, lost
                assert page.status == 503, page.words
            lost += 1
            await asyncio.sleep(_AGAIN_S)

    async def _decide(self) -> None:
        """Finance approves what waits, and pays it by hand where nothing else does."""
        waiting = [each for each in self.books.withdrawals if each.open]
        if not waiting:
            return
        one = waiting[-1]
        for who in (AMARA, MARIA)[: 2 if one.cents > TWO_PEOPLE else 1]:
            await self._until(one, partial(self._press_approve, one, who))
            one.approve(who)
        if one.way == "hand" and self.chance.random() < 0.3:
            return
        if one.way == "hand":
            await self._until(one, lambda: self._press_paid(one))
            assert one.mark_paid()
            return
        while not self._note_transfers(one):
            await asyncio.sleep(_AGAIN_S)
        # Stripe may take it all back again before anybody looks.
        await self._until(one, self._nothing, {"paid", "failed"})

    async def _until(
        self,
        one: Withdrawal,
        press: Callable[[], Awaitable[bool]],
        ends: AbstractSet[str] = frozenset(),
    ) -> None:
        """Press until the press was taken, or the payout shows that an earlier one was."""
        before = (await self._payout(one)).status
        while not await press():
            now = await self._payout(one)
            if now.status in ends or (not ends and now.status != before):
                return
            await asyncio.sleep(_AGAIN_S)

    async def _nothing(self) -> bool:
        return False

    async def _payout(self, one: Withdrawal) -> Payout:
        (found,) = await self.read(select(Payout).where(col(Payout.id) == UUID(one.id)))
        return found

    async def _press_approve(self, one: Withdrawal, who: str) -> bool:
        """Press, unless the payout shows it: that a press arrived does not say what came of it."""
        if any(each["id"] == who for each in (await self._payout(one)).approvals):
            return True
        if card := self._card("payout", UUID(one.id), "Approve payout"):
            await self.stand_ins.slack.click(who, AFFILIATES, card, "Approve payout")
        return False

    async def _press_paid(self, one: Withdrawal) -> bool:
        slack, card = self.stand_ins.slack, self._card("payout", UUID(one.id), "Mark paid")
        if card is None or not (await slack.click(AMARA, AFFILIATES, card, "Mark paid")).ok:
            return False
        return await self._send_modal(AMARA, {"Reference": f"PP-{one.id}"})

    def _note_transfers(self, wanted: Withdrawal | None = None) -> bool:
        """Note in the books which transfers Stripe has made; whether the wanted one is there."""
        for made in self.stand_ins.stripe.objects.newest_first("transfer"):
            payout = made["metadata"]["payout_id"]
            for each in self.books.withdrawals:
                if each.id == payout and not each.transfer:
                    assert made["amount"] == each.cents
                    each.status, each.transfer = "paid", made["id"]
        return wanted is not None and bool(wanted.transfer)


def some_form(email: str, code: str) -> Answers:
    """What somebody writes into the form."""
    good = PERSONAS["good"].answers
    return {**good, "email": email, "code": code, "legal_name": email, "display_name": code}


async def settle_town(stand_ins: StandIns, db: Database, url: str, seed: int) -> Town:
    """Prepare a migrated database: Jared, the program, a network and an endpoint of webhooks."""
    chance = random.Random(seed)  # noqa: S311 - chance, not secrecy
    jared = await join(db)
    async with db.transaction() as session:
        changes = {
            "hold_days": 0,
            "payout_threshold_cents": THRESHOLD,
            "two_person_payout_cents": TWO_PEOPLE,
            # Half of the buyers here complain: nobody is to be paused for that.
            "fraud_weights": dict.fromkeys(FraudWeights.model_fields, 0),
            "leak_min_uses": 1_000_000,
        }
        await program.update(session, changes, RITA)
        base = stand_ins.settings()["impact_api_url"].removesuffix("/sandbox/networks/impact")
        wanted = Wanted(f"{base}/sandbox/webhooks/in")
        await webhook_endpoints.add(session, None, wanted, RITA, plain=True)
    network = NETWORKS[seed % len(NETWORKS)]
    template = (
        f"{base}/sandbox/networks/postback?c={{click_id}}&t={{transaction_id}}&e={{event_id}}"
        "&sum={amount}&by={change}&cur={currency}&is={status}"
    )
    settings = GIVEN.get(network, {"template": template, "correction_template": template})
    await add_network(db, network, network, click_parameter="clickid", settings=settings)
    book(
        stand_ins.stripe,
        amount=100_000_000,
        fee=0,
        currency="usd",
        kind="topup",
        source="tu_1",
        category="topup",
    )
    shop = Shop(db, stand_ins, None, None)  # type: ignore[arg-type] # it sells only
    world = World(shop, jared, Days(), 0, (db,))
    return Town(stand_ins, db, url, chance, jared, world, network)
