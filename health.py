"""Is it alive, is it ready, and what does it count."""

from collections.abc import Callable
from datetime import timedelta
from ipaddress import ip_address
from typing import Final

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
import measures
from domain.alerts import LEDGER, PARKED, QUEUE
from scheduled.scheduler import ERRANDS, JOBS
from storage import alerts, jobs, schema, work
from storage.db import Database
from storage.queues import QUEUES, waiting_since
from storage.schema import Standing

_DAILY: Final = [each.name for each in (*JOBS, *ERRANDS)]
_LOOK_BACK: Final = timedelta(days=8)
_ALERTS: Final = (PARKED, LEDGER, *(f"{QUEUE}:{name}" for name in QUEUES))
"""Alerts that are there to be asked for, also while they are not raised."""


class Metrics:
    """The requests of this server, and what the database says when `/metrics` is asked for.

    What else the process counts is in `measures`.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "affiliate_desk_requests_total",
            "HTTP requests answered, by route and status.",
            ("route", "status"),
            registry=self.registry,
        )
        self.open_work = Gauge(
            "affiliate_desk_work_open",
            "Events, effects and deliveries that want work.",
            ("table",),
            registry=self.registry,
        )
        self.parked_work = Gauge(
            "affiliate_desk_work_parked",
            "Events and effects that wait for a person, and deliveries that were given up.",
            ("table",),
            registry=self.registry,
        )
        self.waiting = Gauge(
            "affiliate_desk_work_waiting_seconds",
            "How long what is due for longest has waited.",
            ("table",),
            registry=self.registry,
        )
        self.alert_open = Gauge(
            "affiliate_desk_alert_open",
            "Alerts, and whether they are raised (1) or not (0).",
            ("alert",),
            registry=self.registry,
        )
        self.daily_job = Gauge(
            "affiliate_desk_daily_job_last_run_timestamp_seconds",
            "When a daily job last ran, in any process; none for one that has not for a week.",
            ("job",),
            registry=self.registry,
        )
        self.connections = Gauge(
            "affiliate_desk_database_connections",
            "Connections to the database that are in use.",
            ("pool",),
            registry=self.registry,
        )
        self.connections_most = Gauge(
            "affiliate_desk_database_connections_limit",
            "Connections to the database that there may be.",
            ("pool",),
            registry=self.registry,
        )
        self.database_up = Gauge(
            "affiliate_desk_database_up",
            "Whether the database answered (1) when the metrics were asked for.",
            registry=self.registry,
        )
        self._of_database = (
            self.open_work,
            self.parked_work,
            self.waiting,
            self.alert_open,
            self.daily_job,
        )

    async def text(self, db: Database) -> bytes:
        """Everything, in Prometheus' text format. Without a database, what needs none."""
        for name, (in_use, most) in db.connections().items():
            self.connections.labels(name).set(in_use)
            self.connections_most.labels(name).set(most)
        self._forget()
        try:
            async with db.read() as session:
                await self._read(session)
            self.database_up.set(1)
        except (SQLAlchemyError, OSError):
            self._forget()
            self.database_up.set(0)
        return generate_latest(self.registry) + generate_latest(measures.REGISTRY)

    def _forget(self) -> None:
        for gauge in self._of_database:
            gauge.clear()

    async def _read(self, session: AsyncSession) -> None:
        now = clock.now()
        for name, table in QUEUES.items():
            self.open_work.labels(name).set(await work.count_open(session, table))
            self.parked_work.labels(name).set(await work.count_parked(session, table))
            since = await waiting_since(session, name) or now
            self.waiting.labels(name).set(max(0.0, (now - since).total_seconds()))
        for known in _ALERTS:
            self.alert_open.labels(known).set(0)
        for alert in await alerts.active(session):
            self.alert_open.labels(alert.name).set(1)
        since_day = (now - _LOOK_BACK).date().isoformat()
        for job, ran_at in (await jobs.last_runs(session, _DAILY, since_day)).items():
            self.daily_job.labels(job).set(ran_at.timestamp())


def add_routes(
    app: web.Application, db: Database, metrics: Metrics, is_up: Callable[[], bool]
) -> None:
    """Add `/healthz`, `/readyz` and `/metrics`.

    `is_up` says whether requests may be sent here: the workers run, and nobody told them to stop.

    The metrics are for this machine and its own network, and for nobody who comes by a proxy
    from elsewhere.
    """

    async def healthz(_request: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    async def readyz(_request: web.Request) -> web.Response:
        if not is_up():
            return web.json_response({"status": "starting or stopping"}, status=503)
        try:
            found = await schema.standing_of(db)
        except (SQLAlchemyError, OSError):
            return web.json_response({"status": "the database does not answer"}, status=503)
        if found not in {Standing.CURRENT, Standing.AHEAD}:
            return web.json_response({"status": found.value}, status=503)
        return web.json_response({"status": "ready"})

    async def show_metrics(request: web.Request) -> web.Response:
        if not _is_near(request.remote or ""):
            raise web.HTTPNotFound
        body = await metrics.text(db)
        return web.Response(body=body, content_type="text/plain", charset="utf-8")

    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", show_metrics)


def _is_near(address: str) -> bool:
    """Whether an address is of this machine or of a private network; none is a local socket's."""
    try:
        return not address or not ip_address(address).is_global
    except ValueError:
        return False
