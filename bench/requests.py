"""Requests as they go over the wire, made before anything is measured."""

import hmac
import json
import secrets
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Final
from uuid import uuid4

import clock

STRIPE_SECRET: Final = "whsec_bench"  # noqa: S105 - of the bench alone
REFS: Final = 50
"""How many affiliates' links are followed in turn."""
_EVENT: Final = Path(__file__).with_name("invoice_paid.json")
_ID: Final = b"evt_THE_EVENT"


def event(kind: str = "invoice.paid") -> bytes:
    """An `invoice.paid` of 6 KB, as Stripe sends it for a subscription with one line.

    Of another `kind` it is one that nobody here handles.
    """
    text = _EVENT.read_bytes()
    return text.replace(b'"invoice.paid"', json.dumps(kind).encode())


def signed(body: bytes, at: int) -> str:
    """The `Stripe-Signature` header of a body sent at this moment (seconds since the epoch)."""
    proof = hmac.new(STRIPE_SECRET.encode(), f"{at}.".encode() + body, sha256).hexdigest()
    return f"t={at},v1={proof}"


def webhooks(count: int) -> list[bytes]:
    """Signed events, each with an id of its own, of a kind that is stored and then ignored."""
    return _posts(event("invoice.bench"), count)


def invoices(count: int) -> list[bytes]:
    """Signed `invoice.paid`, each of a customer and an invoice of its own."""
    found = json.loads(event())
    found["data"]["object"] |= {"id": "in_THE_ONE", "customer": "cus_THE_ONE"}
    return _posts(json.dumps(found, separators=(",", ":")).encode(), count)


def _posts(template: bytes, count: int) -> list[bytes]:
    at, run = int(clock.timestamp()), uuid4().hex[:12]
    made = []
    for number in range(count):
        one = f"{run}_{number}".encode()
        body = template.replace(_ID, b"evt_" + one).replace(b"THE_ONE", one)
        head = (
            "POST /webhooks/stripe HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            f"Stripe-Signature: {signed(body, at)}\r\n\r\n"
        )
        made.append(head.encode() + body)
    return made


def clicks(count: int) -> list[bytes]:
    """Clicks on links, each of another visitor, and of others than those of an earlier run."""
    first = secrets.randbelow(1 << 24)
    return [
        (
            f"GET /r/REF{number % REFS}?src=bench HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0\r\n"
            f"X-Forwarded-For: 11.{one >> 8 & 255}.{one & 255}.{one >> 16 & 255}\r\n\r\n"
        ).encode()
        for number in range(count)
        for one in (first + number,)
    ]


MAKERS: Final[dict[str, Callable[[int], list[bytes]]]] = {
    "webhooks": webhooks,
    "invoices": invoices,
    "clicks": clicks,
}
