"""How fast Stripe is asked."""

import asyncio
import time

import pytest
import stripe

from integrations.errors import TransportError
from integrations.stripe.pace import Pace


async def _ask(pace: Pace, times: int) -> list[float]:
    moments = []

    async def one() -> None:
        async with pace.read():
            moments.append(time.monotonic())

    await asyncio.gather(*(one() for _ in range(times)))
    return moments


async def test_no_second_holds_more_reads_than_stripe_allows() -> None:
    """Also not the first, after a time in which nothing was asked."""
    pace = Pace(92)
    moments = await _ask(pace, 150)
    busiest = max(sum(at <= one < at + 1 for one in moments) for at in moments)
    assert 60 < busiest <= 100


async def test_a_refusal_halves_the_rate_once() -> None:
    """Several at the same moment are one, and everybody waits longer for a turn then."""
    pace = Pace(40)

    async def refused() -> None:
        with pytest.raises(TransportError):
            async with pace.read():
                raise stripe.RateLimitError("Slow down.", http_status=429)

    await asyncio.gather(*(refused() for _ in range(8)))
    begun = time.monotonic()
    await _ask(pace, 20)
    # 20 a second instead of 40, and neither 10 nor what eight halvings leave of it.
    assert 0.7 < time.monotonic() - begun < 8
