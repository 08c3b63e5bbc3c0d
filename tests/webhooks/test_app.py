import asyncio
import io
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import stripe
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sqlmodel import select

from sandbox.tally.form import TallyForm
from sandbox.tally.personas import PERSONAS
from settings import Settings
from storage import group_commit
from storage.applications import Application
from storage.db import Database
from storage.inbox import Arrival, InboxEvent
from tests.waiting import until
from webhooks.app import BODY_MAX, add_routes, named
from webhooks.errors import MalformedBody
from webhooks.inbox import Inbox
from webhooks.router import HandlerContext
from webhooks.routers import ROUTERS

FORM = TallyForm("http://unused.example.com", signing_secret="tally-secret")
GOOD = PERSONAS["good"].answers
Client = TestClient[web.Request, web.Application]


@dataclass
class Doors:
    """A server with the vendors' doors open."""

    client: Client
    db: Database
    inbox: Inbox

    async def tally(self, body: bytes, signature: str | None = None) -> int:
        """Send a body as Tally does, signed unless told otherwise."""
        header = FORM.signature(body) if signature is None else signature
        answer = await self.client.post(
            "/webhooks/tally", data=body, headers={"Tally-Signature": header}
        )
        return answer.status

    async def events(self) -> list[InboxEvent]:
        """Everything in the inbox."""
        async with self.db.read() as session:
            return list((await session.exec(select(InboxEvent))).all())

    async def all_handled(self) -> bool:
        """Whether no event waits."""
        events = await self.events()
        return bool(events) and all(event.handled_at for event in events)


@pytest.fixture
async def doors(db: Database) -> AsyncIterator[Doors]:
    """A server on a database of each kind."""
    settings = Settings(
        _env_file=None,
        tally_signing_secret="tally-secret",
        tally_url_secret="url-secret",
        stripe_api_key="sk_test",
        stripe_webhook_secret="whsec_test",
    )
    inbox = Inbox(db, HandlerContext(settings), ROUTERS)
    app = web.Application(client_max_size=BODY_MAX)
    add_routes(app, inbox, settings)
    await inbox.start()
    async with TestClient(TestServer(app)) as client:
        yield Doors(client, db, inbox)
    await inbox.stop()


async def test_a_form_is_stored_acknowledged_and_becomes_an_application(doors: Doors) -> None:
    """The answer comes after the commit; the application follows by itself."""
    assert await doors.tally(FORM.payload(GOOD)) == 200
    assert len(await doors.events()) == 1
    await until(doors.all_handled)
    async with doors.db.read() as session:
        application = (await session.exec(select(Application))).one()
    assert application.email == GOOD["email"]
    assert application.status == "pending"
    assert application.agreed_to_terms


async def test_the_same_event_again_is_answered_and_changes_nothing(doors: Doors) -> None:
    """Tally repeats what it believes lost; there is one application with one submission."""
    body = FORM.payload(GOOD)
    statuses = await asyncio.gather(*(doors.tally(body) for _ in range(8)))
    assert statuses == [200] * 8
    await until(doors.all_handled)
    async with doors.db.read() as session:
        application = (await session.exec(select(Application))).one()
    assert application.submissions == 1


async def test_the_address_of_the_live_form_keeps_working(doors: Doors) -> None:
    """The older path proves itself by a secret in the address."""
    path = "/internal/affiliate/tally-webhook"
    body = FORM.payload(GOOD)
    wrong = await doors.client.post(path, params={"secret": "guess"}, data=body)
    none = await doors.client.post(path, data=body)
    assert (wrong.status, none.status) == (401, 401)
    assert await doors.events() == []
    right = await doors.client.post(path, params={"secret": "url-secret"}, data=body)
    assert right.status == 200
    await until(doors.all_handled)


@pytest.mark.parametrize("signature", ["", "bm90IGl0", "é"])
async def test_a_wrong_signature_is_401_and_stores_nothing(doors: Doors, signature: str) -> None:
    """Only the form we know gets in."""
    assert await doors.tally(FORM.payload(GOOD), signature) == 401
    assert await doors.events() == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"eventId": 3}', b"\xff\xfe", b"not json"])
async def test_a_body_that_says_nothing_is_400(doors: Doors, body: bytes) -> None:
    """A truncated body is refused in words, so that the sender tries again."""
    assert await doors.tally(body) == 400
    assert await doors.events() == []


async def test_a_body_over_a_mebibyte_is_413(doors: Doors) -> None:
    """Nobody fills the disk through a webhook."""
    body = b"x" * 2 * 1024 * 1024
    answer = await doors.client.post(
        "/webhooks/tally",
        data=io.BytesIO(body),
        headers={"Tally-Signature": FORM.signature(body)},
    )
    assert answer.status == 413


async def test_stripe_is_let_in_by_its_signature_and_refused_with_400(doors: Doors) -> None:
    """Stripe's events are stored under Stripe's id; what nobody handles is marked ignored."""
    event = {"id": "evt_1", "type": "topup.created", "object": "event", "created": 1}
    body = json.dumps(event)
    header = stripe.WebhookSignature.generate_signature_header(body, "whsec_test")
    ok = await doors.client.post(
        "/webhooks/stripe", data=body, headers={"Stripe-Signature": header}
    )
    assert ok.status == 200
    bad = await doors.client.post(
        "/webhooks/stripe", data=body + " ", headers={"Stripe-Signature": header}
    )
    assert bad.status == 400
    await until(doors.all_handled)
    (kept,) = await doors.events()
    assert (kept.source, kept.external_id, kept.kind, kept.ignored) == (
        "stripe",
        "evt_1",
        "topup.created",
        True,
    )


async def test_a_full_intake_says_when_to_come_back(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 with Retry-After: the vendor repeats, nothing is lost."""

    async def full(*_: object) -> bool:
        raise group_commit.IntakeFullError

    monkeypatch.setattr(doors.inbox, "receive", full)
    body = FORM.payload(GOOD)
    answer = await doors.client.post(
        "/webhooks/tally", data=body, headers={"Tally-Signature": FORM.signature(body)}
    )
    assert answer.status == 503
    assert answer.headers["Retry-After"] == "2"


async def test_a_vendor_that_is_not_connected_gets_a_404_that_names_the_variable(
    tmp_path: object,
) -> None:
    """Whoever sets it up reads what is missing."""
    settings = Settings(_env_file=None, database_url=f"sqlite+aiosqlite:///{tmp_path}/d.db")
    db = Database(settings.database_url)
    app = web.Application()
    add_routes(app, Inbox(db, HandlerContext(settings), ROUTERS), settings)
    async with TestClient(TestServer(app)) as client:
        answer = await client.post("/webhooks/stripe", data=b"{}")
        assert answer.status == 404
        assert "STRIPE_WEBHOOK_SECRET" in await answer.text()
    await db.close()


@pytest.mark.parametrize(
    "name",
    ["", "evt_\0", "evt_\udcff", "e" * 256],
    ids=("none", "NUL", "half a letter", "too long"),
)
def test_an_event_whose_name_can_not_be_kept_is_malformed(name: str) -> None:
    """It is refused at the door, where the database would fail on it."""
    good = {"source": "stripe", "external_id": "evt_1", "kind": "invoice.paid"}
    assert named(Arrival(**good, payload=b"{}", request_id="")).external_id == "evt_1"
    for what in ("external_id", "kind"):
        with pytest.raises(MalformedBody):
            named(Arrival(**good | {what: name}, payload=b"{}", request_id=""))
