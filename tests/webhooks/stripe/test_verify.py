import json
from typing import Any

import pytest
import stripe

from webhooks.errors import BadSignature, MalformedBody
from webhooks.stripe.verify import verify

SECRET = "whsec_current"
SIGNED_AT = 1_795_000_000


def event(**changes: Any) -> bytes:
    """Build the body of an event as Stripe sends it, with some fields changed."""
    fields = {
        "id": "evt_1",
        "object": "event",
        "type": "invoice.paid",
        "created": 1_794_999_990,
        "livemode": True,
        "data": {"object": {"id": "in_1", "customer_name": "Zoë 🙂"}},
    }
    return json.dumps(fields | changes, ensure_ascii=False).encode()


def sign(body: bytes, secret: str = SECRET, at: int = SIGNED_AT) -> str:
    """Sign a body as Stripe does and return the header."""
    return str(stripe.WebhookSignature.generate_signature_header(body.decode(), secret, at))


def test_reads_the_envelope_of_a_genuine_event() -> None:
    """A signed event yields its id, type, moment, account and mode."""
    body = event(account="acct_9")

    envelope = verify(body, sign(body), SECRET, now=SIGNED_AT + 1)

    assert (envelope.id, envelope.type, envelope.created) == (
        "evt_1",
        "invoice.paid",
        1_794_999_990,
    )
    assert (envelope.account, envelope.livemode) == ("acct_9", True)


def test_an_event_of_our_own_account_names_none() -> None:
    """Without an `account` field the event is our own."""
    body = event()

    assert verify(body, sign(body), SECRET, now=SIGNED_AT).account is None


def test_either_secret_opens_the_door_during_a_rotation() -> None:
    """With two secrets in force, a request signed with either is accepted."""
    body = event()

    for secret in ("whsec_old", "whsec_new"):
        assert verify(body, sign(body, secret), "whsec_old", "whsec_new", now=SIGNED_AT)


def test_one_fitting_signature_among_several_is_enough() -> None:
    """While Stripe rotates a secret it sends a signature for each; one that fits is enough."""
    body = event()
    stray = f"v1={'0' * 64}"
    timestamp, fitting = sign(body).split(",")

    assert verify(body, f"{timestamp},{stray},{fitting}", SECRET, now=SIGNED_AT)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "garbage",
        f"t={SIGNED_AT}",
        f"t={SIGNED_AT},v1=",
        f"t={SIGNED_AT},v1={'0' * 64}",
        f"t={SIGNED_AT},v1=é",
        f"t=now,v1={'0' * 64}",
        f"v1={'0' * 64}",
        "t=" + "9" * 5000 + ",v1=0",
    ],
)
def test_a_header_that_proves_nothing_is_refused(header: str | None) -> None:
    """Whatever a stranger writes into the header, the answer is a plain refusal."""
    with pytest.raises(BadSignature):
        verify(event(), header, SECRET, now=SIGNED_AT)


def test_a_wrong_secret_is_refused() -> None:
    """A signature made with another secret does not open the door."""
    body = event()

    with pytest.raises(BadSignature):
        verify(body, sign(body, "whsec_other"), SECRET, now=SIGNED_AT)


def test_without_a_secret_nothing_is_genuine() -> None:
    """No secret configured, or an empty one, accepts nobody."""
    body = event()

    with pytest.raises(BadSignature):
        verify(body, sign(body, "x"), now=SIGNED_AT)
    with pytest.raises(BadSignature):
        verify(body, sign(body, ""), "", now=SIGNED_AT)


@pytest.mark.parametrize("received", [event()[:-1], event() + b" ", b"\xff\xfe" + event()])
def test_a_changed_body_is_refused(received: bytes) -> None:
    """A body that was cut, lengthened or is no text does not fit its signature."""
    with pytest.raises(BadSignature):
        verify(received, sign(event()), SECRET, now=SIGNED_AT)


def test_a_request_is_good_for_five_minutes() -> None:
    """At 300 seconds a signed request is accepted, later it is a replay."""
    body = event()

    assert verify(body, sign(body), SECRET, now=SIGNED_AT + 300)
    with pytest.raises(BadSignature, match="signed 301 seconds ago"):
        verify(body, sign(body), SECRET, now=SIGNED_AT + 301)


def test_an_old_request_cannot_be_made_fresh_by_a_second_timestamp() -> None:
    """A second `t` added to an old header changes nothing: the signed one counts."""
    body = event()
    header = f"{sign(body)},t={SIGNED_AT + 9000}"

    with pytest.raises(BadSignature):
        verify(body, header, SECRET, now=SIGNED_AT + 9000)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b"null",
        b'{"object": "event"}',
        event(id=7),
        event(created="2026-11-21T00:00:00Z"),
        event(object="v2.core.event"),
    ],
)
def test_a_genuine_request_without_an_event_is_malformed(body: bytes) -> None:
    """Signed, but not the JSON that Stripe documents: told apart from a bad signature."""
    with pytest.raises(MalformedBody):
        verify(body, sign(body), SECRET, now=SIGNED_AT)


def test_refusals_tell_no_secret() -> None:
    """What reaches the log names neither the secret nor the signature."""
    body = event()
    header = sign(body, "whsec_other")

    with pytest.raises(BadSignature) as refusal:
        verify(body, header, SECRET, now=SIGNED_AT)

    assert SECRET not in str(refusal.value)
    assert header.rpartition("=")[2] not in str(refusal.value)


@pytest.mark.parametrize("body", [b'{"a":' * 50_000, b"[" * 100_000])
def test_what_is_nested_without_an_end_is_malformed(body: bytes) -> None:
    """It is refused in words, as any other body that holds no event."""
    with pytest.raises(MalformedBody):
        verify(body, sign(body), SECRET, now=SIGNED_AT)
