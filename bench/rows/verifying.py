"""Is this event genuine, and what is it: the processor time of one event."""

import time
from collections.abc import Callable
from hashlib import sha256

import stripe

import clock
from bench.figures import Figure
from bench.lab import Lab
from bench.requests import STRIPE_SECRET, event, signed
from webhooks.stripe.verify import verify

_US = 1e6


async def measure(lab: Lab) -> list[Figure]:
    """Our check and envelope, beside the digest of the body and beside the library's parser."""
    body, now = event(), clock.timestamp()
    header, times = signed(body, int(now)), lab.count(20_000)
    ours = _each(lambda: verify(body, header, STRIPE_SECRET, now=now), times)
    digest = _each(lambda: sha256(body).digest(), times)
    whole = _each(
        lambda: stripe.Webhook.construct_event(body, header, STRIPE_SECRET),
        times // 20,
    )
    text = f"{ours * _US:.1f} µs"
    return [
        Figure(
            work="Verify and parse an event",
            ours=text,
            floor="20 µs",
            share=ours * _US,
            owed=20,
            at_most=True,
            note=f"{len(body)} bytes",
        ),
        Figure(
            work="… over the SHA-256 of its body",
            ours=text,
            floor=f"{digest * _US:.1f} µs",
            share=ours / digest,
            owed=6,
            at_most=True,
        ),
        Figure(
            work="… the library's construct_event over ours",
            ours=text,
            floor=f"{whole * _US:.0f} µs",
            share=whole / ours,
            owed=30,
        ),
    ]


def _each(do: Callable[[], object], times: int) -> float:
    """Seconds of processor time that one call takes, the best of five rounds."""
    best = float("inf")
    for _ in range(5):
        begun = time.process_time()
        for _ in range(times // 5):
            do()
        best = min(best, (time.process_time() - begun) / (times // 5))
    return best
