import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from storage import outbox, work, worker
from storage.cards import Card
from storage.db import Database
from storage.ids import new_id
from storage.outbox import Effect
from storage.worker import GiveUpError, Job, Shares, TryLaterError, Worker
from tests.waiting import until

Run = Callable[[Job[Effect]], Awaitable[None]]


@asynccontextmanager
async def working(
    db: Database,
    run: Run,
    *,
    workers: int = 1,
    seen: list[str] | None = None,
    concurrency: int = 8,
    shares: Shares[Effect] | None = None,
) -> AsyncIterator[None]:
    """Workers on the outbox until the block ends."""

    async def parked(_session: AsyncSession, row: Effect, error: str) -> None:
        if seen is not None:
            seen.append(f"{row.kind}: {error}")

    started = [
        Worker(
            db,
            Effect,
            run,
            parked,
            outbox.heads_its_lane(),
            topic=outbox.TOPIC,
            born="asked_at",
            concurrency=concurrency,
            shares=shares,
        )
        for _ in range(workers)
    ]
    for one in started:
        await one.start()
    yield
    await asyncio.gather(*(one.stop() for one in started))


async def effects(db: Database) -> list[Effect]:
    """Every effect, oldest first."""
    async with db.read() as session:
        return list((await session.exec(select(Effect).order_by(Effect.id))).all())  # type: ignore[arg-type]


async def put(db: Database, *kinds: str, lane: str = "") -> None:
    """Ask for effects, one transaction each."""
    for kind in kinds:
        async with db.transaction() as session:
            await outbox.put(session, kind, lane=lane)


async def all_handled(db: Database) -> bool:
    """Whether nothing is left to do."""
    return all(effect.handled_at for effect in await effects(db))


async def test_each_effect_runs_once_however_many_workers_there_are(db: Database) -> None:
    """Three workers and a hundred effects: a hundred runs."""
    runs: list[str] = []

    async def run(job: Job[Effect]) -> None:
        async with job.transaction() as session:
            runs.append(job.row.kind)
            session.add(Card(kind="k", subject=new_id(), channel="", message=job.row.kind))

    kinds = [f"{n:03}" for n in range(100)]
    await put(db, *kinds)
    async with working(db, run, workers=3):
        await until(lambda: all_handled(db))
    assert sorted(runs) == kinds


async def test_a_commit_wakes_the_worker_at_once(db: Database) -> None:
    """An effect does not wait for the next look at the table."""
    ran = asyncio.Event()

    async def run(_job: Job[Effect]) -> None:
        ran.set()

    async with working(db, run):
        await asyncio.sleep(0.1)
        await put(db, "now")
        async with asyncio.timeout(0.5):
            await ran.wait()


async def test_effects_of_one_lane_keep_their_order_and_others_pass_by(db: Database) -> None:
    """A card that can not be posted holds back its own updates, and nobody else's."""
    ran: list[str] = []
    failures = iter([True, True, False])

    async def run(job: Job[Effect]) -> None:
        if job.row.kind == "first" and next(failures):
            raise TryLaterError("not yet", 0.1)
        ran.append(job.row.kind)

    await put(db, "first", "second", "third", lane="card")
    await put(db, "alone")
    async with working(db, run, workers=2):
        await until(lambda: all_handled(db))
    assert ran == ["alone", "first", "second", "third"]


async def test_what_can_not_succeed_is_parked_told_and_replayed(db: Database) -> None:
    """A person hears of it once, and one replay gives it a fresh start."""
    broken = True
    told: list[str] = []

    async def run(_job: Job[Effect]) -> None:
        if broken:
            raise GiveUpError("the code is taken")

    await put(db, "promotion_code")

    async def is_parked() -> bool:
        return (await effects(db))[0].parked_at is not None

    async with working(db, run, seen=told):
        await until(is_parked)
        assert told == ["promotion_code: the code is taken"]
        broken = False
        async with db.transaction() as session:
            assert await work.replay(session, Effect, (await effects(db))[0].id)
            assert not await work.replay(session, Effect, new_id())
        await until(lambda: all_handled(db))


async def test_endless_failure_is_parked_after_the_last_attempt(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of our own is tried again, not for ever, and its words are kept."""
    monkeypatch.setattr(worker, "ATTEMPTS", 3)
    monkeypatch.setattr(worker, "wait_before", lambda _attempt: 0.0)
    runs = 0

    async def run(_job: Job[Effect]) -> None:
        nonlocal runs
        runs += 1
        raise ZeroDivisionError("oh")

    await put(db, "broken")

    async def is_parked() -> bool:
        return (await effects(db))[0].parked_at is not None

    async with working(db, run):
        await until(is_parked)
    assert runs == 3
    assert (await effects(db))[0].last_error == "ZeroDivisionError: oh"


async def test_work_of_a_dead_worker_is_taken_over_when_its_lease_ends(db: Database) -> None:
    """A claim protects a row for a minute, not for ever."""
    await put(db, "orphan")
    async with db.transaction() as session:
        assert len(await work.claim(session, Effect, 5)) == 1
    async with db.transaction() as session:
        assert await work.claim(session, Effect, 5) == []
    with clock.travel(clock.now() + work.LEASE + timedelta(seconds=1)):
        async with db.transaction() as session:
            assert len(await work.claim(session, Effect, 5)) == 1


async def test_of_two_that_believe_they_hold_a_row_one_commits(db: Database) -> None:
    """Work done twice is committed once."""
    await put(db, "twice")
    row = (await effects(db))[0]
    async with Job(db, row).transaction() as session:
        session.add(Card(kind="k", subject=new_id(), channel="", message="first"))

    async def second() -> None:
        async with Job(db, row).transaction() as session:
            session.add(Card(kind="k", subject=new_id(), channel="", message="second"))

    with pytest.raises(work.AlreadyHandledError):
        await second()
    async with db.read() as session:
        assert [card.message for card in (await session.exec(select(Card))).all()] == ["first"]


async def test_a_stop_finishes_what_has_begun(db: Database) -> None:
    """Stopping waits for the effect in flight and takes no other."""
    begun, ran = asyncio.Event(), []

    async def run(job: Job[Effect]) -> None:
        begun.set()
        await asyncio.sleep(0.2)
        ran.append(job.row.kind)

    await put(db, "one", lane="l")
    await put(db, "two", lane="l")
    async with working(db, run):
        await begun.wait()
    assert ran == ["one"]
    assert [bool(effect.handled_at) for effect in await effects(db)] == [True, False]


def test_waits_double_up_to_an_hour_and_differ() -> None:
    """Backoff spreads out: a vendor that comes back is not stormed."""
    waits = [worker.wait_before(4) for _ in range(200)]
    assert 4 <= min(waits) < max(waits) <= 8
    assert 1800 <= worker.wait_before(60) <= 3600


async def test_a_worker_that_lost_its_row_does_not_take_it_from_the_next(db: Database) -> None:
    """Who comes back after the lease changes nothing: the row is in other hands now."""
    await put(db, "slow")
    async with db.transaction() as session:
        (stale,) = await work.claim(session, Effect, 1)
    with clock.travel(clock.now() + work.LEASE + timedelta(seconds=1)):
        async with db.transaction() as session:
            (held,) = await work.claim(session, Effect, 1)
        async with db.transaction() as session:
            await work.postpone(session, stale, until=clock.now(), error="too late")
            assert not await work.park(session, stale, error="too late")
        async with db.transaction() as session:
            assert await work.claim(session, Effect, 1) == []
    (now,) = await effects(db)
    assert (now.claimed_until, now.last_error) == (held.claimed_until, None)


async def test_a_service_that_asks_for_days_is_tried_within_the_hour(db: Database) -> None:
    """A wild wish to be left alone neither stops the worker nor buries the row."""

    async def run(_job: Job[Effect]) -> None:
        raise TryLaterError("busy", 1e300)

    await put(db, "patient")

    async def was_tried() -> bool:
        return (await effects(db))[0].last_error == "busy"

    async with working(db, run):
        await until(was_tried)
    (now,) = await effects(db)
    assert now.next_attempt_at <= clock.now() + timedelta(seconds=worker.LONGEST_WAIT)


async def test_rows_that_wait_for_their_lane_are_not_due(db: Database) -> None:
    """Behind an effect that waits for its next attempt nobody asks for the write lock."""
    await put(db, "first", "second", lane="card")
    async with db.transaction() as session:
        (first,) = await work.claim(session, Effect, 5, outbox.heads_its_lane())
        await work.postpone(session, first, until=clock.now() + timedelta(hours=1), error="down")
    async with db.read() as session:
        assert await work.anything_due(session, Effect)
        assert not await work.anything_due(session, Effect, outbox.heads_its_lane())


async def test_a_part_that_hangs_takes_its_share_and_no_more(db: Database) -> None:
    """Ten effects of a service that is silent leave room for those of another."""
    silent, ran = asyncio.Event(), list[str]()

    async def run(job: Job[Effect]) -> None:
        ran.append(job.row.kind)
        if job.row.kind == "silent":
            await silent.wait()

    shares = Shares[Effect](
        lambda effect: effect.kind, lambda parts: col(Effect.kind).not_in(parts), most=2
    )
    await put(db, *["silent"] * 10, *["well"] * 10)

    async def others_are_done() -> bool:
        return ran.count("well") == 10

    async with working(db, run, concurrency=3, shares=shares):
        await until(others_are_done)
        assert ran.count("silent") == 2
        silent.set()
        await until(lambda: all_handled(db))
    assert ran.count("silent") == 10


async def test_a_row_that_is_begun_again_and_again_without_an_end_is_parked(db: Database) -> None:
    """What kills its server each time does so no more: somebody has to look at it."""
    seen: list[str] = []

    async def run(_job: Job[Effect]) -> None:
        pytest.fail("it was begun once more")

    await put(db, "deadly")
    async with db.transaction() as session:
        await session.exec(update(Effect).values(attempts=2 * worker.ATTEMPTS))

    async def is_parked() -> bool:
        return bool(seen)

    async with working(db, run, seen=seen):
        await until(is_parked)
    assert seen == [
        "deadly: It was begun 40 times and never came to an end, as where the server dies of it."
    ]
    (effect,) = await effects(db)
    assert effect.parked_at is not None


async def test_a_clock_that_is_put_back_brings_near_what_it_had_put_off(db: Database) -> None:
    """Rows of the future wait as long as they would have; what was due in days stays due then."""
    ran: list[str] = []

    async def run(job: Job[Effect]) -> None:
        ran.append(job.row.kind)

    later, hours = clock.now() + timedelta(days=2), timedelta(hours=5)
    async with db.transaction() as session:
        await outbox.put(session, "in two days", due=later)
    clock.run_ahead(hours)
    await put(db, "at once")
    async with db.transaction() as session:
        await outbox.put(session, "in a day", due=clock.now() + timedelta(days=1))

    async def is_done() -> bool:
        return ran == ["at once"]

    clock.run_ahead(timedelta(0))
    async with working(db, run):
        await until(is_done)
    waiting = {one.kind: one.next_attempt_at for one in await effects(db) if not one.handled_at}
    assert waiting["in two days"] == later
    day = waiting["in a day"] - clock.now()
    assert timedelta(hours=23) < day <= timedelta(days=1)
