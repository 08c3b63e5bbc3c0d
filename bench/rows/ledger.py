"""From a signed invoice to the ledger: taken in, asked for at Stripe, settled and posted."""

import asyncio
import time
from dataclasses import dataclass
from statistics import median
from typing import Final

import aiohttp
from sqlmodel import col, func, select

from bench import stand_in
from bench.figures import Figure
from bench.lab import Lab
from storage.db import Database
from storage.inbox import InboxEvent
from storage.ledger import LedgerEntry

_WARM_UP: Final = 50
_OWED: Final = 350
_FREELY: Final = {"STRIPE_READS_PER_SECOND": "1000000"}
_LIMIT: Final = 100
_ANSWERS_AFTER_S: Final = "0.15"
"""About what Stripe takes to answer, for the backlog: on loopback no limit of ours would show."""
_LONGEST_S: Final = 400


@dataclass(frozen=True)
class Settled:
    """What came of a number of invoices: how long it took, and how often Stripe was asked.

    `left` are those that were not in the ledger by then.
    """

    count: int
    seconds: float
    answered: int
    refused: int
    left: int = 0


async def measure(lab: Lab) -> list[Figure]:
    """Invoices a second, from the first webhook to the last line in the ledger."""
    urls = {"SQLite, synchronous=FULL": lab.sqlite(), "PostgreSQL": await lab.postgresql()}
    runs: dict[str, list[Settled]] = {name: [] for name in urls}
    for turn in range(lab.rounds):
        for name, url in urls.items():
            lab.say(f"inbox to ledger, {name}, round {turn + 1} of {lab.rounds}")
            runs[name].append(await settle(lab, url, lab.count(1_000), _FREELY))
    figures = []
    for name, settled in runs.items():
        per_second = median((one.count - one.left) / one.seconds for one in settled)
        calls = max(one.answered / (one.count - one.left) for one in settled)
        figures += [
            Figure(
                work=f"Inbox to ledger, {name}",
                ours=f"{per_second:,.0f}/s",
                floor=f"{_OWED}/s",
                share=per_second / _OWED,
                owed=1,
                note="from the first webhook to the last line in the ledger, on one process",
            ),
            Figure(
                work=f"… calls to Stripe for each, {name}",
                ours=f"{calls:.2f}",
                floor="2",
                share=calls,
                owed=2,
                at_most=True,
            ),
        ]
    return figures


async def backlog(lab: Lab) -> list[Figure]:
    """Ten thousand events that wait, and a Stripe that allows 100 reads a second."""
    count = lab.count(10_000)
    lab.say(f"a backlog of {count:,} events")
    limits = {stand_in.LIMIT: str(_LIMIT), stand_in.WAIT: _ANSWERS_AFTER_S}
    settled = await settle(lab, lab.sqlite(), count, {}, limits)
    used = settled.answered / settled.seconds / _LIMIT
    refused = settled.refused / max(1, settled.answered + settled.refused)
    left = f"; {settled.left:,} events were left after {_LONGEST_S} s" if settled.left else ""
    return [
        Figure(
            work=f"A backlog of {count:,} events against 100 reads a second",
            ours=f"{used * _LIMIT:.1f} reads/s",
            floor=f"{_LIMIT} reads/s",
            share=used,
            owed=0.9,
            note=f"each answered after 150 ms, SQLite{left}",
        ),
        Figure(
            work="… of which Stripe refused with 429",
            ours=f"{settled.refused:,}",
            floor=f"{settled.answered:,} answered",
            share=refused,
            owed=0.01,
            at_most=True,
        ),
    ]


async def settle(
    lab: Lab,
    url: str,
    count: int,
    environment: dict[str, str],
    limits: dict[str, str] | None = None,
) -> Settled:
    """Send so many invoices to a server, and wait until each has its line in the ledger."""
    async with (
        lab.serving("-m", "bench.servers", "stripe", environment=limits, beside=True) as stripe,
        lab.serving(
            *("-m", "bench.servers", "ledger"),
            environment={"DATABASE_URL": url, "STRIPE_API_URL": f"http://127.0.0.1:{stripe}"}
            | environment,
        ) as port,
        aiohttp.ClientSession(f"http://127.0.0.1:{stripe}") as account,
    ):
        db = Database(url)
        try:
            there = await _posted(db)
            await lab.load(port, "invoices", _WARM_UP, warm_up=0)
            await _until(db, there + _WARM_UP)
            before = await _counted(account)
            begun = time.perf_counter()
            await lab.load(port, "invoices", count, warm_up=0)
            left = await _until(db, there + _WARM_UP + count)
            seconds = time.perf_counter() - begun
            after = await _counted(account)
        finally:
            await db.close()
    answered = after["answered"] - before["answered"]
    return Settled(count, seconds, answered, after["refused"] - before["refused"], left)


async def _counted(account: aiohttp.ClientSession) -> dict[str, int]:
    async with account.get("/counted") as answer:
        return dict(await answer.json())


async def _posted(db: Database) -> int:
    async with db.read() as session:
        return (await session.exec(select(func.count()).select_from(LedgerEntry))).one()


async def _until(db: Database, count: int) -> int:
    """Wait until so many invoices are in the ledger; returns how many are not after a long time.

    Raises `RuntimeError` for one that failed.
    """
    until = time.monotonic() + _LONGEST_S
    while (posted := await _posted(db)) < count and time.monotonic() < until:
        async with db.read() as session:
            query = select(InboxEvent.last_error).where(col(InboxEvent.parked_at).is_not(None))
            failed = (await session.exec(query.limit(1))).first()
        if failed:
            raise RuntimeError(failed)
        await asyncio.sleep(0.1)
    return max(0, count - posted)
