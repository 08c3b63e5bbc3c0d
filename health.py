"""Is it alive, is it ready, and what does it count."""

from collections.abc import Callable
from ipaddress import ip_address

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from sqlalchemy.exc import SQLAlchemyError

from storage import migrate, work
from storage.db import Database
from storage.inbox import InboxEvent
from storage.outbox import Effect
from storage.work import Work

_TABLES: dict[str, type[Work]] = {"inbox": InboxEvent, "outbox": Effect}


class Metrics:
    """The process's own counters, in Prometheus' text format at `/metrics`."""

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
            "Events and effects that want work.",
            ("table",),
            registry=self.registry,
        )
        self.parked_work = Gauge(
            "affiliate_desk_work_parked",
            "Events and effects that wait for a person.",
            ("table",),
            registry=self.registry,
        )


def add_routes(
    app: web.Application, db: Database, metrics: Metrics, is_up: Callable[[], bool]
) -> None:
    """Add `/healthz`, `/readyz` and `/metrics`; `is_up` says whether the workers run.

    The metrics are for this machine and its own network, and for nobody who comes by a proxy
    from elsewhere.
    """

    async def healthz(_request: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    async def readyz(_request: web.Request) -> web.Response:
        if not is_up():
            return web.json_response({"status": "starting or stopping"}, status=503)
        try:
            current = await migrate.is_current(db)
        except (SQLAlchemyError, OSError):
            return web.json_response({"status": "the database does not answer"}, status=503)
        if not current:
            return web.json_response({"status": "a migration is missing"}, status=503)
        return web.json_response({"status": "ready"})

    async def show_metrics(request: web.Request) -> web.Response:
        if not _is_near(request.remote or ""):
            raise web.HTTPNotFound
        async with db.read() as session:
            for name, table in _TABLES.items():
                metrics.open_work.labels(name).set(await work.count_open(session, table))
                metrics.parked_work.labels(name).set(await work.count_parked(session, table))
        body = generate_latest(metrics.registry)
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
