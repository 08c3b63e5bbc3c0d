import io
import json
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sqlmodel import col, select

import clock
from sandbox.clerk.courier import signed
from settings import Settings
from storage import networks, raw_sums
from storage.db import Database
from storage.inbox import InboxEvent
from storage.referrals import Referral
from tests.builders import join
from tests.network_builders import add_network
from tests.waiting import until
from webhooks.app import BODY_MAX, add_routes
from webhooks.inbox import Inbox
from webhooks.router import HandlerContext
from webhooks.routers import ROUTERS

SECRET = "whsec_" + b64encode(b"0123456789abcdef01234567").decode()


def created(**changes: Any) -> dict[str, Any]:
    """Clerk's news of a new user who came by Jared's link."""
    user = {
        "id": "user_1",
        "created_at": int(clock.timestamp() * 1000) - 1000,
        "primary_email_address_id": "idn_2",
        "email_addresses": [
            {"id": "idn_1", "email_address": "old@example.net"},
            {"id": "idn_2", "email_address": "New@example.net"},
        ],
        "unsafe_metadata": {"ref": "JARED30", "src": "video"},
        "public_metadata": {},
    }
    return {"type": "user.created", "object": "event", "data": user | changes}


@dataclass
class Door:
    """A server with Clerk's door open."""

    client: TestClient[web.Request, web.Application]
    db: Database

    async def send(self, event: Any, message: str = "msg_1", **changes: str) -> int:
        """Send an event, well signed unless told otherwise."""
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        headers = signed(body, SECRET, message=message, moment=int(clock.timestamp()))
        named = {f"svix-{name}": value for name, value in changes.items()}
        sent = io.BytesIO(body)
        answer = await self.client.post("/webhooks/clerk", data=sent, headers=headers | named)
        return answer.status

    async def handled(self) -> list[InboxEvent]:
        """Every event, once all are handled."""
        found: list[InboxEvent] = []

        async def all_are() -> bool:
            async with self.db.read() as session:
                query = select(InboxEvent).order_by(col(InboxEvent.id))
                found[:] = (await session.exec(query)).all()
            return bool(found) and all(event.handled_at for event in found)

        await until(all_are)
        return found

    async def referrals(self) -> list[Referral]:
        """All referrals; the rollups are what the raw rows come to."""
        async with self.db.read() as session:
            assert await raw_sums.differences(session) == 0
            return list((await session.exec(select(Referral))).all())


@pytest.fixture
async def door(db: Database) -> AsyncIterator[Door]:
    """The server, with Jared in the program."""
    await join(db)
    settings = Settings(_env_file=None, clerk_secret_key="sk", clerk_webhook_secret=SECRET)
    inbox = Inbox(db, HandlerContext(settings), ROUTERS)
    app = web.Application(client_max_size=BODY_MAX)
    add_routes(app, inbox, settings)
    await inbox.start()
    async with TestClient(TestServer(app)) as client:
        yield Door(client, db)
    await inbox.stop()


@pytest.mark.parametrize(
    "metadata",
    [
        {"unsafe_metadata": {"ref": "JARED30", "src": "video"}},
        {"unsafe_metadata": {"affiliate_desk": {"ref": "jared30", "src": "Video"}}},
        {"unsafe_metadata": {}, "public_metadata": {"ref": "JARED30", "src": "video"}},
    ],
)
async def test_a_user_who_came_by_a_link_is_its_owners_sign_up(
    door: Door, metadata: dict[str, Any]
) -> None:
    """Known by their id and primary address; hearing of it twice changes nothing."""
    event = created(**metadata)
    assert [await door.send(event), await door.send(event)] == [200, 200]
    await door.handled()  # two at once would be handled in any order
    assert await door.send(event, "msg_2") == 200
    first, second = await door.handled()
    assert (first.source, first.external_id, second.external_id) == ("clerk", "msg_1", "msg_2")
    assert second.last_error == "They signed up before, through JARED30."
    (referral,) = await door.referrals()
    assert (referral.user_id, referral.email_key, referral.source_tag) == (
        *("user_1", "new@example.net", "video"),
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"unsafe_metadata": {}},
        {"unsafe_metadata": None, "public_metadata": []},
        {"unsafe_metadata": {"ref": 7, "click_id": "x", "first_touch": 1}},
        {"unsafe_metadata": {"ref": "NOBODY", "at": "yesterday", "landing_page": "//["}},
        {"email_addresses": None, "unsafe_metadata": {"click_id": "y"}},
        {"id": None},
    ],
)
async def test_metadata_that_says_nothing_credits_nobody(
    door: Door, changes: dict[str, Any]
) -> None:
    """Users write it themselves: the event is done, whatever stands there."""
    assert await door.send(created(**changes)) == 200
    await door.handled()
    assert await door.referrals() == []


async def test_a_networks_click_in_the_metadata_is_kept(door: Door) -> None:
    """What the tracker tells goes into the metadata as it is, a network's click with it."""
    network = await add_network(door.db)
    told = {"network_clicks": {"clickid": "abc", "junk": 1}}
    assert await door.send(created(unsafe_metadata={"affiliate_desk": told})) == 200

    async def kept() -> bool:
        async with door.db.read() as session:
            found = await networks.customer_of(session, "", "user_1", "")
        return found is not None and (found.network_id, found.click_id) == (network.id, "abc")

    await until(kept)


async def test_other_events_are_kept_and_ignored(door: Door) -> None:
    """Clerk sends what its settings say, which may be more than we need."""
    assert await door.send({"type": "session.created", "data": {}}) == 200
    (event,) = await door.handled()
    assert event.ignored


async def test_a_request_that_proves_nothing_is_refused(door: Door) -> None:
    """A wrong signature, an old or future one, or none at all; nothing is stored."""
    body = json.dumps(created()).encode()
    old, soon = (str(int(clock.timestamp()) + shift) for shift in (-301, 310))
    for moment in (old, soon):
        headers = signed(body, SECRET, message="m", moment=int(moment))
        answer = await door.client.post("/webhooks/clerk", data=body, headers=headers)
        assert answer.status == 401
    for changes in (
        {"signature": "v1,AAAA"},
        {"signature": ""},
        {"id": "other"},
        {"timestamp": "now"},
        {"signature": "v2," + "A" * 44},
    ):
        assert await door.send(created(), **changes) == 401
    assert (await door.client.post("/webhooks/clerk", data=body)).status == 401
    assert await door.send(b"{") == 400
    assert await door.send(b"{}") == 400
    assert await door.send(b" " * (BODY_MAX + 1)) == 413
    async with door.db.read() as session:
        assert (await session.exec(select(InboxEvent))).all() == []


async def test_while_a_secret_is_changed_either_signature_fits(door: Door) -> None:
    """Several stand in the header, with spaces between them."""
    event, moment = created(), int(clock.timestamp())
    body = json.dumps(event).encode()
    good = signed(body, SECRET, message="msg_1", moment=moment)["svix-signature"]
    sent = await door.send(event, signature=f"v1,AAAA {good}", timestamp=str(moment))
    assert sent == 200
