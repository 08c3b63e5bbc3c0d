"""What /metrics says, what it costs, and that its page tells of all of it."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from limits import RateLimitItemPerHour
from prometheus_client.metrics import MetricWrapperBase
from sqlalchemy import event, text
from sqlmodel import col, update

import clock
import measures
from dashboard.limits import TooOftenError, limits_for
from domain import alerts
from health import Metrics
from integrations.calls import asking
from integrations.errors import TransportError
from outbox.pump import Pump
from outbox.registry import RUNNERS
from outbox.services import Services
from scheduled.scheduler import JOBS, run_once
from storage import inbox, outbox
from storage.db import Database
from storage.group_commit import GroupCommit
from storage.inbox import Arrival
from storage.outbox import Effect
from storage.worker import GiveUpError, Job
from tests.builders import effects_asked_for
from tests.dashboard.desk import make_settings
from tests.waiting import until

PAGE = (Path(__file__).parents[1] / "docs" / "metrics.md").read_text()
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def known() -> dict[str, set[str]]:
    """Every metric of ours and its labels."""
    ours = [*vars(measures).values(), *vars(Metrics()).values()]
    return {
        family.name + ("_total" if family.type == "counter" else ""): set(one._labelnames)  # noqa: SLF001 - it tells nobody
        for one in ours
        if isinstance(one, MetricWrapperBase)
        for family in one.describe()
    }


def test_the_page_tells_of_each_metric_and_its_labels() -> None:
    """No more and no less; what is measured and not told is found by nobody."""
    rows = re.findall(r"^\| `(affiliate_desk_\w+)` \| ([^|]*)\|", PAGE, re.MULTILINE)
    assert {name: set(re.findall(r"`(\w+)`", labels)) for name, labels in rows} == known()
    assert len(rows) == len(known())


def counted(name: str, **labels: str) -> float:
    """What this process has counted so far."""
    return measures.REGISTRY.get_sample_value(f"affiliate_desk_{name}", labels) or 0.0


async def shown(db: Database) -> dict[str, str]:
    """The lines of /metrics, by what stands before the value."""
    lines = (await Metrics().text(db)).decode().splitlines()
    return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))


async def test_it_shows_how_far_behind_the_queues_are(db: Database) -> None:
    """Open, parked and waiting work of each table, and what is alarming."""
    with clock.travel(NOON):
        async with db.transaction() as session:
            await outbox.put(session, "none")
            parked = await outbox.put(session, "none")
            done = {"parked_at": NOON}
            await session.exec(update(Effect).where(col(Effect.id) == parked).values(**done))
            arrivals = [Arrival(source="s", external_id="1", kind="k", payload=b"", request_id="")]
            await inbox.add(session, arrivals)
            await alerts.put(session, "service:Stripe", "Stripe hung up.")
        await run_once(db, JOBS[0])
    with clock.travel(NOON + timedelta(seconds=90)):
        page = await shown(db)
    assert page['affiliate_desk_work_open{table="outbox"}'] == "2.0"  # one is the alert's card
    assert page['affiliate_desk_work_parked{table="outbox"}'] == "1.0"
    assert page['affiliate_desk_work_open{table="inbox"}'] == "1.0"
    assert page['affiliate_desk_work_open{table="webhook_deliveries"}'] == "0.0"
    assert page['affiliate_desk_work_waiting_seconds{table="inbox"}'] == "90.0"
    assert page['affiliate_desk_work_waiting_seconds{table="webhook_deliveries"}'] == "0.0"
    assert page['affiliate_desk_alert_open{alert="service:Stripe"}'] == "1.0"
    assert page['affiliate_desk_alert_open{alert="ledger"}'] == "0.0"
    ran = page[f'affiliate_desk_daily_job_last_run_timestamp_seconds{{job="{JOBS[0].name}"}}']
    assert float(ran) == NOON.timestamp()
    assert page["affiliate_desk_database_up"] == "1.0"
    assert int(float(page["process_resident_memory_bytes"])) > 1_000_000
    pools = [name for name in page if name.startswith("affiliate_desk_database_connections{")]
    assert len(pools) == (2 if db.is_sqlite else 1)


async def test_an_alert_that_is_over_is_shown_no_more(db: Database) -> None:
    """It does not stay at what it was."""
    metrics = Metrics()
    async with db.transaction() as session:
        await alerts.put(session, alerts.LEDGER, "2 sums differ.")
        await alerts.put(session, "service:Stripe", "Stripe hung up.")
    assert b'alert_open{alert="ledger"} 1.0' in await metrics.text(db)
    async with db.transaction() as session:
        await alerts.clear(session, alerts.LEDGER)
        await alerts.clear(session, "service:Stripe")
    after = await metrics.text(db)
    assert b'alert_open{alert="ledger"} 0.0' in after
    assert b"service:Stripe" not in after


async def test_without_a_database_it_shows_the_rest() -> None:
    """Just then somebody looks at it."""
    db = Database("postgresql+asyncpg://nobody@127.0.0.1:1/nowhere")
    page = await shown(db)
    assert page["affiliate_desk_database_up"] == "0.0"
    assert "affiliate_desk_streams_open" in page
    assert 'affiliate_desk_work_open{table="inbox"}' not in page
    await db.close()


def read_from_indexes(plan: str) -> bool:
    """Whether a plan of either database reads no table from its beginning to its end."""
    return not re.search(r"Seq Scan on|SCAN \w+(?! USING)(?:\n|$)", plan)


async def test_it_reads_indexes_only(db: Database) -> None:
    """However many rows there are: a page that is asked for four times a minute scans nothing."""
    asked: list[tuple[str, Any]] = []
    engine = db._reader.sync_engine  # noqa: SLF001 - what is asked of it is what counts here

    @event.listens_for(engine, "before_cursor_execute")
    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    await Metrics().text(db)
    event.remove(engine, "before_cursor_execute", note)
    asked = [one for one in asked if one[0].startswith("SELECT")]
    assert len(asked) >= 11
    async with db.engine.connect() as connection:
        if not db.is_sqlite:
            await connection.execute(text("SET enable_seqscan = off"))
        explain = "EXPLAIN QUERY PLAN " if db.is_sqlite else "EXPLAIN "
        for statement, parameters in asked:
            found = await connection.exec_driver_sql(explain + statement, parameters)
            plan = "\n".join(str(row[-1]) for row in found)
            assert read_from_indexes(plan), f"{statement}\n{plan}"


def test_the_check_sees_a_scan() -> None:
    """The rule above can fail."""
    assert not read_from_indexes("SCAN inbox")
    assert not read_from_indexes("Aggregate\n  ->  Seq Scan on outbox  (cost=0)")
    assert read_from_indexes("SCAN inbox USING COVERING INDEX ix_inbox_parked")


async def test_attempts_are_counted_by_what_became_of_them(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An effect that cannot be carried out is parked, and one that needs nothing is done."""

    async def give_up(_job: Job[Effect], _services: Services) -> None:
        raise GiveUpError("There is no way.")

    monkeypatch.setitem(RUNNERS, "none", give_up)
    services = Services(db, make_settings())
    async with db.transaction() as session:
        await outbox.put(session, "card.notice", text="Hello.")
        await outbox.put(session, "none")

    def now() -> list[float]:
        return [
            counted("work_attempts_total", table="outbox", kind=kind, result=result)
            for kind, result in (("card.notice", "done"), ("none", "parked"))
        ]

    before = now()
    pump = Pump(services)
    await pump.start()

    async def over() -> bool:
        asked = await effects_asked_for(db)
        return all(one.handled_at or one.parked_at for one in asked)

    await until(over, 20)
    await pump.stop()
    # The notice about what was parked is a second one.
    assert [after - was for was, after in zip(before, now(), strict=True)] == [2, 1]


async def test_commits_are_counted_by_their_size(db: Database) -> None:
    """A row that comes alone is a commit of one."""
    writer = GroupCommit(db, "clicks")
    before = counted("group_commit_rows_sum", queue="clicks")
    commits = counted("group_commit_seconds_count", queue="clicks")
    writer.start()
    row = Arrival(source="s", external_id=str(uuid4()), kind="k", payload=b"", request_id="").row()
    await writer.insert(inbox.INSERT, row)
    await writer.close()
    assert counted("group_commit_rows_sum", queue="clicks") == before + 1
    assert counted("group_commit_seconds_count", queue="clicks") == commits + 1


@pytest.mark.parametrize(
    ("status", "problem", "label"),
    [(200, "", "200"), (503, "Down.", "503"), (None, "Silent.", "none")],
)
def test_calls_are_timed_by_status(status: int | None, problem: str, label: str) -> None:
    """Also those that nobody answered."""
    before = counted("outside_call_seconds_count", service="Tests", status=label)
    error = TransportError(problem)

    def ask() -> None:
        with asking("Tests", watched=False) as asked:
            asked.status = status
            if problem:
                raise error

    if problem:
        with pytest.raises(TransportError):
            ask()
    else:
        ask()
    assert counted("outside_call_seconds_count", service="Tests", status=label) == before + 1


async def test_refusals_are_counted_by_limit(sqlite: Database) -> None:
    """Also those that are refused from memory."""
    limits = limits_for(sqlite, make_settings())
    item = RateLimitItemPerHour(1, 1, "tests")
    before = counted("rate_limit_refusals_total", limit="tests")
    await limits.spend(item, "somebody")
    for _ in range(2):
        with pytest.raises(TooOftenError):
            await limits.spend(item, "somebody")
    assert counted("rate_limit_refusals_total", limit="tests") == before + 2
    await limits.close()
