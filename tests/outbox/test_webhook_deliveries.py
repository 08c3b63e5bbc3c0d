"""Outgoing webhooks against a real receiver that is slow, silent, lying, gone, or elsewhere."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import col, select, update

import clock
from domain import affiliates, effects, webhook_data, webhook_deliveries, webhook_endpoints
from domain.statuses import Status
from domain.webhook_endpoints import Wanted
from domain.webhook_events import LANES, Event, publish
from integrations import public_post
from integrations.public_post import PublicPost
from outbox import webhook_deliveries as sending
from outbox.webhook_deliveries import WebhookPump
from storage import alerts
from storage import webhook_endpoints as endpoint_rows
from storage.db import Database
from storage.ids import new_id
from storage.webhook_deliveries import WebhookAttempt, WebhookDelivery
from storage.webhook_endpoints import WebhookEndpoint
from tests.builders import RITA, join
from tests.outbox.conftest import Outside
from tests.receiver import OK, Receiver, answering, is_signed, receiving
from tests.waiting import until

KEY = "sandbox-secret-key-that-is-public"
WAITS = webhook_deliveries.WAITS
NEAR = (IPv4Network("127.0.0.0/8"),)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver on a port of its own."""
    async with receiving() as made:
        yield made


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attempts follow at once, and patience ends after half a second."""
    waits = (timedelta(milliseconds=50),) * 3
    monkeypatch.setattr(webhook_deliveries, "WAITS", waits)
    monkeypatch.setattr(public_post, "SECONDS", 0.5)
    monkeypatch.setattr(public_post, "READ_SECONDS", 0.2)


@dataclass
class Sending:
    """A database and what sends from it."""

    db: Database
    outside: Outside
    post: PublicPost

    async def add(self, url: str, *events: str, owner: UUID | None = None) -> WebhookEndpoint:
        """Make an endpoint."""
        async with self.db.transaction() as session:
            wanted = Wanted(url, events)
            return await webhook_endpoints.add(session, owner, wanted, RITA, plain=True)

    async def tell(self, *, about: UUID | None = None, status: str = "paused") -> None:
        """Something happens to an affiliate."""
        who = about or new_id()
        data = webhook_data.AffiliateTold(
            affiliate_id=who, reference="aff_X", promo_code="X", status=status
        )
        async with self.db.transaction() as session:
            await publish(session, Event("affiliate.paused", data, about))

    async def deliveries(self) -> list[WebhookDelivery]:
        """All of them, oldest first."""
        async with self.db.read() as session:
            query = select(WebhookDelivery).order_by(col(WebhookDelivery.id))
            return list((await session.exec(query)).all())

    async def attempts(self) -> list[WebhookAttempt]:
        """All of them, oldest first."""
        async with self.db.read() as session:
            query = select(WebhookAttempt).order_by(col(WebhookAttempt.id))
            return list((await session.exec(query)).all())

    async def endpoint(self, one: WebhookEndpoint) -> WebhookEndpoint:
        """An endpoint as it is stored."""
        async with self.db.read() as session:
            found = await endpoint_rows.get(session, one.id)
        assert found is not None
        return found

    @asynccontextmanager
    async def running(self, **settings: Any) -> AsyncIterator[None]:
        """A pump, until the block ends."""
        services = self.outside.services
        services = replace(
            services,
            public_post=self.post,
            settings=services.settings.model_copy(update=settings),
        )
        pump = WebhookPump(services)
        await pump.start()
        try:
            yield
        finally:
            await pump.stop()

    async def settle(self, **settings: Any) -> None:
        """Send until nothing waits any more."""

        async def over() -> bool:
            return all(one.handled_at or one.parked_at for one in await self.deliveries())

        async with self.running(**settings):
            await until(over, 20)


@pytest.fixture
def sending_(outside: Outside) -> Sending:
    """What sends, to this machine."""
    return Sending(outside.db, outside, PublicPost("test", networks=NEAR))


async def test_a_message_arrives_signed_as_the_specification_says(
    sending_: Sending, receiver: Receiver
) -> None:
    """Verified by the reference library; another secret, or another body, is refused by it."""
    endpoint = await sending_.add(receiver.url())
    await sending_.tell()
    await sending_.settle()
    ((path, headers, body),) = receiver.got
    secret = webhook_endpoints.secret_of(KEY, endpoint)
    assert is_signed(secret, headers, body)
    assert not is_signed("whsec_" + "A" * 44, headers, body)
    assert not is_signed(secret, headers, body + b" ")
    assert path == "/hook"
    assert headers["content-type"] == "application/json"
    told = json.loads(body)
    assert (told["type"], told["data"]["status"]) == ("affiliate.paused", "paused")
    assert abs(datetime.fromisoformat(told["timestamp"]) - clock.now()) < timedelta(minutes=1)
    (attempt,) = await sending_.attempts()
    assert (attempt.status, attempt.answer, attempt.problem) == (200, "ok", "")


async def test_a_rotated_secret_leaves_time_to_change_it(
    sending_: Sending, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a day both sign, and then only the new one does."""
    endpoint = await sending_.add(receiver.url())
    old = webhook_endpoints.secret_of(KEY, endpoint)
    async with sending_.db.transaction() as session:
        endpoint = await webhook_endpoints.rotate(session, None, endpoint.id, RITA)
    new = webhook_endpoints.secret_of(KEY, endpoint)
    await sending_.tell()
    await sending_.settle()
    _, headers, body = receiver.got[0]
    assert old != new
    assert is_signed(old, headers, body)
    assert is_signed(new, headers, body)
    async with sending_.db.transaction() as session:
        past = clock.now() - timedelta(seconds=1)
        await session.exec(update(WebhookEndpoint).values(former_until=past))
    await sending_.tell()
    await sending_.settle()
    _, headers, body = receiver.got[1]
    assert not is_signed(old, headers, body)
    assert is_signed(new, headers, body)


async def test_a_lost_answer_brings_the_same_message_again(
    sending_: Sending, receiver: Receiver
) -> None:
    """The receiver tells by the id that it is the same, which its body is, too."""
    receiver.script = [b"", answering(503)]
    await sending_.add(receiver.url())
    await sending_.tell()
    await sending_.settle()
    assert len(receiver.got) == 3
    assert len(set(receiver.ids)) == 1
    assert len({body for _, _, body in receiver.got}) == 1
    lost, failed, took = await sending_.attempts()
    assert (lost.status, lost.problem) == (None, "It hung up without an answer.")
    assert (failed.status, failed.problem) == (503, "It answered 503.")
    assert (took.status, took.problem) == (200, "")
    assert [one.state for one in await sending_.deliveries()] == ["delivered"]


async def test_silence_is_waited_for_and_no_longer(sending_: Sending, receiver: Receiver) -> None:
    """A receiver that says nothing is given up each time, and in the end for good."""
    receiver.answer = None
    await sending_.add(receiver.url())
    await sending_.tell()
    await sending_.settle()
    attempts = await sending_.attempts()
    assert len(attempts) == 4
    assert {one.problem for one in attempts} == {"There was no answer within 0 seconds."}
    assert all(450 < one.milliseconds < 5000 for one in attempts)
    (delivery,) = await sending_.deliveries()
    assert delivery.state == "failed"


@pytest.mark.parametrize(
    ("answer", "status", "text"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nshort", 200, "short"),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"x" * 3_000_000, 200, "x" * 500),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, ""),
        (answering(200, body=b"\x00\xff\xed\xa0\x80"), 200, "\ufffd" * 5),
        (answering(200, "Content-Encoding: gzip", body=b"no gzip"), 200, "no gzip"),
    ],
    ids=["cut", "endless", "empty", "no text", "mislabelled"],
)
async def test_the_status_counts_whatever_the_body_is(
    sending_: Sending, receiver: Receiver, answer: bytes, status: int, text: str
) -> None:
    """What lies about its body was taken all the same, and little of it is read."""
    receiver.answer = answer
    await sending_.add(receiver.url())
    await sending_.tell()
    await sending_.settle()
    (attempt,) = await sending_.attempts()
    assert (attempt.status, attempt.answer, attempt.problem) == (status, text, "")


@pytest.mark.parametrize("wish", ["1e300", "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"])
async def test_a_receiver_cannot_wish_for_a_moment_that_is_none(
    sending_: Sending, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, wish: str
) -> None:
    """Its attempt is noted and counts as failed, as any other that it turns away."""
    monkeypatch.setattr(webhook_deliveries, "WAITS", (timedelta(0),) * 3)
    receiver.answer = answering(503, f"Retry-After: {wish}")
    endpoint = await sending_.add(receiver.url())
    await sending_.tell()
    await sending_.settle()
    assert [one.status for one in await sending_.attempts()] == [503] * 4
    assert (await sending_.endpoint(endpoint)).failing_since is not None


async def test_nonsense_is_no_answer(sending_: Sending, receiver: Receiver) -> None:
    """What does not speak HTTP has taken nothing."""
    receiver.answer = b"220 mail.example ESMTP ready\r\n"
    await sending_.add(receiver.url())
    await sending_.tell()
    await sending_.settle()
    assert {one.status for one in await sending_.attempts()} == {None}
    assert [one.state for one in await sending_.deliveries()] == ["failed"]


async def test_a_redirect_is_not_followed(sending_: Sending, receiver: Receiver) -> None:
    """What it leads to never hears of anything, and the log says what to do."""
    async with receiving() as elsewhere:
        receiver.answer = answering(307, f"Location: {elsewhere.url()}")
        await sending_.add(receiver.url())
        await sending_.tell()
        await sending_.settle()
        assert elsewhere.got == []
    problem = (await sending_.attempts())[0].problem
    assert problem.startswith("It answered 307. Redirects are not followed")


async def test_gone_switches_the_operators_endpoint_off_and_tells_them(
    sending_: Sending, receiver: Receiver
) -> None:
    """At once; what waited is kept as failed, and nothing else is sent there."""
    endpoint = await sending_.add(receiver.url())
    await sending_.tell()
    await sending_.settle()
    receiver.answer = answering(410)
    for _ in range(12):
        await sending_.tell()
    await sending_.settle()
    assert len(receiver.got) <= 1 + LANES
    off = await sending_.endpoint(endpoint)
    assert off.status == "off"
    assert "410" in off.off_because
    await sending_.tell()
    states = [one.state for one in await sending_.deliveries()]
    assert states == ["delivered"] + ["failed"] * 12
    async with sending_.db.read() as session:
        (alert,) = await alerts.active(session)
    assert endpoint.url in alert.problem
    assert "/affiliate webhooks" in alert.problem


async def test_gone_tells_the_affiliate_whose_it_is_by_mail(
    sending_: Sending, receiver: Receiver
) -> None:
    """Operators are not bothered with it."""
    mia = await join(sending_.db)
    await sending_.add(receiver.url(), owner=mia.id)
    receiver.answer = answering(410)
    await sending_.tell(about=mia.id)
    await sending_.settle(public_url="http://127.0.0.1:1")
    await sending_.outside.settle()
    letters = sending_.outside.stand_ins.mail.letters_to(mia.email)
    (letter,) = [one for one in letters if "webhook" in one["subject"]]
    assert receiver.url() in letter["text"]
    assert "410" in letter["text"]
    notices = await sending_.outside.effects(effects.NOTICE)
    assert not [one for one in notices if "webhook" in one.payload["text"]]


async def test_days_without_a_success_switch_it_off(sending_: Sending, receiver: Receiver) -> None:
    """One that fails since three days is off; a success in between begins the count anew."""
    endpoint = await sending_.add(receiver.url())
    receiver.script = [answering(500)]
    await sending_.tell()
    await sending_.settle()
    assert (await sending_.endpoint(endpoint)).failing_since is None
    async with sending_.db.transaction() as session:
        since = clock.now() - timedelta(days=3)
        await session.exec(update(WebhookEndpoint).values(failing_since=since))
    receiver.answer = answering(500)
    await sending_.tell()
    await sending_.settle()
    off = await sending_.endpoint(endpoint)
    assert off.status == "off"
    assert "Nothing has arrived there since" in off.off_because
    assert len(receiver.got) == 3


def test_the_last_attempt_comes_after_three_days(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten attempts by the recommended waits; a receiver's own wish makes them longer, to a day."""
    monkeypatch.setattr(webhook_deliveries, "WAITS", WAITS)
    start = datetime(2026, 11, 1, tzinfo=UTC)
    moments = [webhook_deliveries.next_attempt(n, start) for n in range(1, 11)]
    assert moments[-1] is None
    for wait, moment in zip(WAITS, moments[:-1], strict=True):
        assert moment is not None
        assert wait <= moment - start <= wait * 1.1
    assert timedelta(days=3) < sum(WAITS, timedelta()) < timedelta(days=4)
    wished = webhook_deliveries.next_attempt(1, start, not_before=60)
    assert wished is not None
    assert wished - start >= timedelta(seconds=60)
    endless = webhook_deliveries.next_attempt(1, start, not_before=1e9)
    assert endless is not None
    assert endless - start <= timedelta(hours=27)


async def test_a_slow_receiver_holds_up_nobody_else(
    sending_: Sending, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a hundred messages waiting for it, another gets its own at once, and so do cards."""
    monkeypatch.setattr(public_post, "SECONDS", 10.0)
    receiver.seconds = 3
    await sending_.add(receiver.url(), "affiliate.paused")
    for _ in range(100):
        await sending_.tell()
    async with receiving() as other, sending_.running():
        await until(lambda: _came(receiver, 4))
        await sending_.add(other.url())
        begun = clock.now()
        await sending_.tell()
        await until(lambda: _came(other, 1), 2)
        async with sending_.db.transaction() as session:
            await effects.tell_operators(session, "hello")
        await sending_.outside.settle()
        assert clock.now() - begun < timedelta(seconds=2.5)
        assert receiver.most == LANES


async def test_one_affiliate_cannot_keep_the_operators_waiting(
    sending_: Sending, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With as many endpoints as there may be, none of which ever answers."""
    monkeypatch.setattr(public_post, "SECONDS", 10.0)
    receiver.answer = None
    mia = await join(sending_.db)
    for _ in range(webhook_endpoints.OWN_MAX):
        await sending_.add(receiver.url(), owner=mia.id)
    for _ in range(20):
        await sending_.tell(about=mia.id)
    async with receiving() as other, sending_.running(public_url="http://127.0.0.1:1"):
        await until(lambda: _came(receiver, webhook_endpoints.OWN_MAX))
        await sending_.add(other.url())
        await sending_.tell()
        await until(lambda: _came(other, 1), 3)


async def test_what_is_told_of_who_was_closed_out_is_only_that(
    sending_: Sending, receiver: Receiver
) -> None:
    """As with their keys: a paused affiliate's news wait as failed ones, until they are back."""
    mia = await join(sending_.db)
    endpoint = await sending_.add(receiver.url(), owner=mia.id)
    here = {"public_url": "http://127.0.0.1:1"}

    async def move(status: Status) -> None:
        async with sending_.db.transaction() as session:
            await affiliates.change_status(session, mia.id, status, "A look.", RITA)

    async def test() -> None:
        async with sending_.db.transaction() as session:
            await webhook_deliveries.test(session, mia.id, endpoint.id, RITA)

    await move(Status.PAUSED)
    await test()
    await sending_.settle(**here)
    assert sorted(json.loads(body)["type"] for _, _, body in receiver.got) == ["affiliate.paused"]
    failed = (await sending_.deliveries())[-1]
    assert (failed.kind, failed.state) == ("webhook.test", "failed")
    assert "paused" in (failed.last_error or "")
    await move(Status.APPROVED)
    async with sending_.db.transaction() as session:
        since = clock.now() - timedelta(hours=1)
        await webhook_deliveries.replay_failed(session, mia.id, endpoint.id, since, RITA)
    await sending_.settle(**here)
    await move(Status.TERMINATED)
    await test()
    await sending_.settle(**here)
    told = [json.loads(body)["type"] for _, _, body in receiver.got]
    assert sorted(told[1:3]) == ["affiliate.restored", "webhook.test"]
    assert told[3:] == ["affiliate.terminated"]


async def _came(receiver: Receiver, count: int) -> bool:
    return len(receiver.got) >= count


async def test_one_that_waits_for_its_next_attempt_lets_others_pass(
    sending_: Sending, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Order is not promised: a message that failed comes later, the others come now."""
    monkeypatch.setattr(webhook_deliveries, "WAITS", (timedelta(hours=1),))
    monkeypatch.setattr(sending, "CONCURRENCY", 1)
    receiver.script = [answering(500)] * 4
    await sending_.add(receiver.url())
    for _ in range(4):
        await sending_.tell()
    async with sending_.running():
        await until(lambda: _came(receiver, 4))
        for _ in range(4):
            await sending_.tell()
        await until(lambda: _came(receiver, 8))
    states = [one.state for one in await sending_.deliveries()]
    assert states == ["retrying"] * 4 + ["delivered"] * 4


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "0x7f.1", "169.254.169.254", "10.0.0.1"]
)
async def test_an_affiliate_cannot_make_us_ask_our_neighbours(
    sending_: Sending, receiver: Receiver, host: str
) -> None:
    """Neither where the settings name our own networks: those are for operators."""
    mia = await join(sending_.db)
    await sending_.add(f"http://{host}:{receiver.port}/", owner=mia.id)
    await sending_.tell(about=mia.id)
    await sending_.settle(public_url="https://desk.example")
    assert receiver.got == []
    problems = {one.problem for one in await sending_.attempts()}
    assert problems <= {"The address is not public.", "The address has an unusual port."}


async def test_operators_reach_only_the_networks_that_are_named(
    sending_: Sending, receiver: Receiver
) -> None:
    """Without the setting, this machine is refused to them, too."""
    sending_.post = PublicPost("test")
    await sending_.add(receiver.url())
    await sending_.tell()
    await sending_.settle()
    assert receiver.got == []


async def test_what_failed_can_be_sent_again(sending_: Sending, receiver: Receiver) -> None:
    """One, or all of a stretch of time, each under the id that it had."""
    receiver.answer = answering(500)
    endpoint = await sending_.add(receiver.url())
    for _ in range(3):
        await sending_.tell()
    await sending_.settle()
    receiver.answer = OK
    before = set(receiver.ids)
    receiver.got.clear()
    first, *_ = await sending_.deliveries()
    async with sending_.db.transaction() as session:
        await webhook_deliveries.replay(session, None, first.id, RITA)
    await sending_.settle()
    assert len(receiver.got) == 1
    async with sending_.db.transaction() as session:
        since = clock.now() - timedelta(hours=1)
        count = await webhook_deliveries.replay_failed(session, None, endpoint.id, since, RITA)
    await sending_.settle()
    assert count == 2
    assert set(receiver.ids) == before
    assert {one.state for one in await sending_.deliveries()} == {"delivered"}
    async with sending_.db.transaction() as session:
        count = await webhook_deliveries.replay_failed(session, None, endpoint.id, since, RITA)
        await webhook_deliveries.replay(session, None, first.id, RITA)
    await sending_.settle()
    assert count == 0
    assert len(receiver.got) == 4


async def test_a_test_arrives_whatever_the_endpoint_wants(
    sending_: Sending, receiver: Receiver
) -> None:
    """It is asked for by hand, so it is no surprise."""
    endpoint = await sending_.add(receiver.url(), "payout.paid")
    await sending_.tell()
    async with sending_.db.transaction() as session:
        await webhook_deliveries.test(session, None, endpoint.id, RITA)
    await sending_.settle()
    ((_, _, body),) = receiver.got
    assert json.loads(body)["type"] == "webhook.test"


async def test_two_servers_send_each_message_once(
    sending_: Sending, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forty messages and two pumps: forty requests."""
    monkeypatch.setattr(public_post, "SECONDS", 10.0)
    await sending_.add(receiver.url())
    for _ in range(40):
        await sending_.tell()
    if sending_.db.is_sqlite:
        await sending_.settle()
    else:
        async with sending_.running():
            await sending_.settle()
    assert {one.problem for one in await sending_.attempts()} == {""}
    assert len(receiver.got) == len(set(receiver.ids)) == 40
