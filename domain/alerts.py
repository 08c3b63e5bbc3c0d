"""Alerts to operators: each is raised once, and clears itself when what was wrong is over.

Whoever looks at the program says what is wrong now; only what changes is told. docs/runbook.md
says for each kind what to do.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import effects
from domain.texts import keepable
from storage import alerts as rows
from storage import webhook_endpoints, work
from storage.alerts import OutsideService
from storage.inbox import InboxEvent
from storage.locks import take_turn
from storage.outbox import Effect
from storage.queues import QUEUES, waiting_since
from storage.webhook_endpoints import WebhookEndpoint
from storage.work import Work

QUEUE: Final = "queue"
PARKED: Final = "parked"
LEDGER: Final = "ledger"
SERVICE: Final = "service"
ENDPOINT: Final = "endpoint"
TITLES: Final = {
    QUEUE: "Work is waiting for too long",
    PARKED: "Work has failed and waits for a person",
    LEDGER: "The ledger does not agree with the books",
    SERVICE: "A service does not answer",
    ENDPOINT: "A webhook endpoint was switched off",
}
"""By kind, which is the name of an alert up to its colon; the runbook has a chapter of each."""

BEHIND: Final = timedelta(minutes=10)
CAUGHT_UP: Final = timedelta(minutes=2)
"""A queue that is behind by so much is alarming, and is well again below the other. Between the
two nothing changes, so that a queue at the edge raises no alert a minute."""
NOTICED: Final = timedelta(minutes=10)
"""Each parked piece has a notice of its own; so long operators may act on that first."""
AWAY: Final = timedelta(minutes=5)
"""A service that failed for so long, and answered nothing well between, is away."""
FORGOTTEN: Final = timedelta(hours=3)
"""A service that was not even tried for so long: the longest wait between attempts is an hour."""
_PROBLEM_MAX: Final = 300
_QUEUE_WORDS: Final = {
    "inbox": "Events that came in are not handled",
    "outbox": "Cards, mails and other effects do not leave",
    "webhook_deliveries": "Outgoing webhooks are not sent",
}
_log = structlog.get_logger("alerts")


def kind_of(name: str) -> str:
    """The kind of an alert, by its name."""
    return name.partition(":")[0]


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one process saw of an outside service; see `OutsideService`."""

    ok_at: datetime | None
    failing_since: datetime | None
    failed_at: datetime | None
    problem: str


async def put(session: AsyncSession, name: str, problem: str) -> None:
    """Raise an alert, unless it is raised already."""
    problem = keepable(problem)
    alert = await rows.put(session, name, problem)
    if alert is not None:
        _log.error("alert raised", alert=name, problem=problem)
        await effects.show_alert(session, alert)


async def clear(session: AsyncSession, name: str) -> None:
    """Note that what an alert was raised for is over, if it is raised."""
    alert = await rows.close(session, name)
    if alert is not None:
        _log.warning("alert cleared", alert=name)
        await effects.show_alert(session, alert)


async def _tell(session: AsyncSession, name: str, problem: str) -> None:
    """Raise an alert for a problem; without one, clear it."""
    await (put(session, name, problem) if problem else clear(session, name))


async def ledger_checked(session: AsyncSession, differences: int) -> None:
    """Say how many differences a check of the books has found."""
    one = differences == 1
    problem = (
        f"{differences} {'sum' if one else 'sums'} in the books {'is' if one else 'are'} not what "
        "the ledger says. Pay nobody before that is understood."
    )
    await _tell(session, LEDGER, problem if differences else "")


async def endpoint_off(session: AsyncSession, endpoint: WebhookEndpoint) -> None:
    """Say that one of the operators' endpoints was switched off by itself."""
    problem = (
        f"{endpoint.url} was switched off. {endpoint.off_because} What was not delivered can be "
        "sent again: see /affiliate webhooks."
    )
    await put(session, f"{ENDPOINT}:{endpoint.id}", problem)


async def look(session: AsyncSession, seen: dict[str, Sighting]) -> None:
    """Raise and clear what is due, by the rows and by what this process saw of services."""
    await take_turn(session, "alerts")
    for name in QUEUES:
        await _look_at_queue(session, name)
    await _look_at_parked(session)
    await _look_at_services(session, seen)
    await _look_at_endpoints(session)


async def _look_at_queue(session: AsyncSession, name: str) -> None:
    since = await waiting_since(session, name)
    behind = clock.now() - since if since else timedelta()
    if behind > BEHIND:
        minutes = int(behind / timedelta(minutes=1))
        problem = f"{_QUEUE_WORDS[name]}: the oldest has waited for {minutes} minutes."
        await put(session, f"{QUEUE}:{name}", problem)
    elif behind < CAUGHT_UP:
        await clear(session, f"{QUEUE}:{name}")


async def _look_at_parked(session: AsyncSession) -> None:
    tables: Iterable[type[Work]] = (InboxEvent, Effect)
    first = [at for table in tables if (at := await work.parked_since(session, table))]
    if not first:
        await clear(session, PARKED)
    elif clock.now() - min(first) >= NOTICED:
        count = sum([await work.count_parked(session, table) for table in tables])
        things = "1 thing has" if count == 1 else f"{count} things have"
        problem = f"{things} failed for good and wait{'s' if count == 1 else ''} to be tried again."
        await put(session, PARKED, problem)


async def _look_at_services(session: AsyncSession, seen: dict[str, Sighting]) -> None:
    known = await rows.services(session)
    for name, sighting in seen.items():
        service = known.setdefault(name, OutsideService(name=name))
        if _learn(service, sighting):
            session.add(service)
    await session.flush()
    for name, service in known.items():
        since, last = service.failing_since, service.failed_at
        if since is None or last is None or clock.now() - last >= FORGOTTEN:
            await clear(session, f"{SERVICE}:{name}")
        elif last - since >= AWAY:
            problem = f"{name} has failed since {since:%H:%M} UTC: {service.problem}"
            await put(session, f"{SERVICE}:{name}", problem)


def _learn(service: OutsideService, seen: Sighting) -> bool:
    """Add what a process saw to what all saw; whether that is new."""
    before = (service.ok_at, service.failing_since, service.failed_at)
    service.ok_at = _latest(service.ok_at, seen.ok_at)
    if seen.failed_at and (service.failed_at is None or seen.failed_at > service.failed_at):
        service.failed_at = seen.failed_at
        service.problem = keepable(seen.problem)[:_PROBLEM_MAX]
    if service.failed_at is None or (service.ok_at and service.ok_at > service.failed_at):
        service.failing_since = None
    elif service.failing_since is None or (
        service.ok_at is not None and service.ok_at > service.failing_since
    ):
        # It worked for another process meanwhile: what failed before that says nothing any more.
        service.failing_since = _latest(seen.failing_since, service.ok_at) or service.failed_at
    return before != (service.ok_at, service.failing_since, service.failed_at)


def _latest(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(filter(None, (one, other)), default=None)


async def _look_at_endpoints(session: AsyncSession) -> None:
    off = await webhook_endpoints.given_up(session)
    for endpoint in off:
        await endpoint_off(session, endpoint)
    still = {f"{ENDPOINT}:{endpoint.id}" for endpoint in off}
    for alert in await rows.active(session):
        if kind_of(alert.name) == ENDPOINT and alert.name not in still:
            await clear(session, alert.name)
