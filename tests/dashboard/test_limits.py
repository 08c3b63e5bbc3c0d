"""What may be done so often, counted wherever servers share it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest
from limits import RateLimitItem
from pydantic import SecretStr
from sqlmodel import select

import clock
from dashboard import quotas, redis_quotas
from dashboard.limits import CHECKOUTS_PER_CLIENT, CODES_PER_CLIENT, Limits, limits_for
from dashboard.quotas import Counter, InProcess, InRows, Quota
from dashboard.redis_quotas import InRedis
from domain import retention
from storage import rate_limits
from storage.db import Database
from storage.rate_limits import Spending
from tests.dashboard.desk import make_settings
from tests.redis import redis_server

KEY = b"key"


@pytest.fixture
def redis_url() -> Iterator[str]:
    """A Redis of this test's own."""
    with redis_server() as url:
        yield url


@pytest.fixture(params=["", "sqlite_url", "migrated_postgresql_url", "redis_url"])
def place(request: pytest.FixtureRequest) -> str:
    """Where is counted: the address of a database or of a Redis, empty for within the process."""
    url: str = request.getfixturevalue(request.param) if request.param else ""
    return url


@pytest.fixture
async def counters(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Counter, Counter]]:
    """Two servers' ways to count, which share what they count in."""
    monkeypatch.setattr(
        redis_quotas, "REDIS_S", 30.0
    )  # the stand-in is no Redis, and tests are many
    database: Database | None = None
    both: tuple[Counter, Counter]
    if not place:
        one = InProcess()
        both = one, one
    elif place.startswith("redis:"):
        both = InRedis(place), InRedis(place)
    else:
        database = Database(place)
        both = InRows(database), InRows(database)
    yield both
    for each in both:
        await each.close()
    if database is not None:
        await database.close()


async def test_servers_share_what_they_count(counters: tuple[Counter, Counter]) -> None:
    """Of many at once, whoever takes them, just so many get through; the rest are told when."""
    first, second = (Limits(each, KEY) for each in counters)
    asked = [one.quota(CODES_PER_CLIENT, "192.0.2.1") for _ in range(40) for one in (first, second)]
    told = await asyncio.gather(*asked)
    assert sum(quota.allowed for quota in told) == CODES_PER_CLIENT.amount
    assert {quota.remaining for quota in told if not quota.allowed} == {0}
    assert all(0 < quota.reset_s <= 60 for quota in told)
    for one in (first, second):
        assert await one.wait(CODES_PER_CLIENT, "192.0.2.1") > 0
        assert await one.wait(CHECKOUTS_PER_CLIENT, "192.0.2.1") == 0
        assert await one.wait(CODES_PER_CLIENT, "192.0.2.2") == 0


async def test_what_is_left_is_told(counters: tuple[Counter, Counter]) -> None:
    """One less each time, on whichever server, and none for whoever asks once too often."""
    limits = [Limits(each, KEY) for each in counters]
    amount = CHECKOUTS_PER_CLIENT.amount
    told = [
        (await limits[n % 2].quota(CHECKOUTS_PER_CLIENT, "192.0.2.1")).remaining
        for n in range(amount + 1)
    ]
    assert told == [*reversed(range(amount)), 0]


async def test_the_window_moves(db: Database) -> None:
    """Each use comes back when its own time is over, not all at once."""
    item, begin = CHECKOUTS_PER_CLIENT, clock.now()
    half = timedelta(seconds=item.get_expiry() / 2)
    for limits in (Limits(InRows(db), KEY), Limits(InProcess(), KEY)):

        async def use(times: int, limits: Limits = limits) -> list[int]:
            return [await limits.wait(item, "jared@example.com") for _ in range(times)]

        with clock.travel(begin):
            assert await use(4) == [0] * 4
        with clock.travel(begin + half):
            assert await use(7) == [0] * 6 + [300]
        with clock.travel(begin + half + timedelta(seconds=100)):
            assert await use(1) == [200]
        with clock.travel(begin + half * 2 + timedelta(seconds=1)):
            assert await use(5) == [0] * 4 + [299]


async def test_whoever_floods_is_refused_from_memory(db: Database) -> None:
    """Once a window is full, nobody writes for whoever asks on."""

    class Counted(InRows):
        times = 0

        async def spend(self, item: RateLimitItem, key: str) -> Quota:
            self.times += 1
            return await super().spend(item, key)

    counter = Counted(db)
    limits = Limits(counter, KEY)
    for _ in range(200):
        await limits.wait(CHECKOUTS_PER_CLIENT, "192.0.2.1")
    assert counter.times == CHECKOUTS_PER_CLIENT.amount + 1


async def test_nobody_is_named_in_what_is_kept(db: Database) -> None:
    """Who holds a copy of the database can not tell whose address it was, and it goes in time."""
    limits = Limits(InRows(db), KEY)
    await limits.wait(CHECKOUTS_PER_CLIENT, "192.0.2.1")
    async with db.read() as session:
        (row,) = (await session.exec(select(Spending))).all()
    async with db.transaction() as session:
        assert await rate_limits.forget(session, clock.now(), 10) == 0
    other = Limits(InRows(db), b"another key")
    await other.wait(CHECKOUTS_PER_CLIENT, "192.0.2.1")
    async with db.read() as session:
        keys = (await session.exec(select(Spending.key))).all()
    assert len(set(keys)) == 2
    assert "192" not in row.key
    later = row.expires_at + timedelta(days=retention.LIMIT_DAYS + 1)
    with clock.travel(later):
        async with db.transaction() as session:
            before = retention.before(retention.LIMIT_DAYS)
            assert await rate_limits.forget(session, before, 1) == 1
            assert await rate_limits.forget(session, before, 10) == 1


async def test_whoever_has_many_addresses_on_one_line_is_one_client() -> None:
    """A line on IPv6 has more addresses than anybody can count; another line is somebody else."""
    limits = Limits(InProcess(), KEY)
    for n in range(CHECKOUTS_PER_CLIENT.amount):
        assert await limits.wait(CHECKOUTS_PER_CLIENT, f"2001:db8:1:1::{n:x}") == 0
    assert await limits.wait(CHECKOUTS_PER_CLIENT, "2001:db8:1:1:ffff::1") > 0
    assert await limits.wait(CHECKOUTS_PER_CLIENT, "2001:db8:1:2::1") == 0
    for address in ("192.0.2.1", "::ffff:192.0.2.2"):
        for _ in range(CHECKOUTS_PER_CLIENT.amount):
            assert await limits.wait(CHECKOUTS_PER_CLIENT, address) == 0
    assert await limits.wait(CHECKOUTS_PER_CLIENT, "jared@example.com") == 0


async def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is over is dropped; of what still counts, whoever came last."""
    monkeypatch.setattr(quotas, "REMEMBERED", 10)
    counter, begin = InProcess(), clock.now()
    with clock.travel(begin):
        for n in range(35):
            await counter.spend(CODES_PER_CLIENT, str(n))
            assert counter.remembered <= 10
        assert (await counter.spend(CODES_PER_CLIENT, "34")).remaining == 28
    with clock.travel(begin + timedelta(hours=1)):
        for n in range(11):
            await counter.spend(CODES_PER_CLIENT, f"later {n}")
        assert (await counter.spend(CODES_PER_CLIENT, "later 0")).remaining == 29


@pytest.mark.parametrize("unanswered", ["redis://127.0.0.1:1/0", "redis://192.0.2.1/0"])
async def test_without_its_redis_a_server_counts_by_itself(redis_url: str, unanswered: str) -> None:
    """A limit holds while Redis is away, nobody waits for it, and what was counted there counts."""
    counter = InRedis(redis_url)
    limits = Limits(counter, KEY)
    for _ in range(4):
        assert await limits.wait(CHECKOUTS_PER_CLIENT, "192.0.2.1") == 0
    here, begin = clock.now(), asyncio.get_running_loop().time()
    gone = Limits(away := InRedis(unanswered), KEY)
    with clock.travel(here):
        told = [await gone.wait(CHECKOUTS_PER_CLIENT, "192.0.2.1") for _ in range(11)]
    assert told == [0] * 10 + [600]
    assert asyncio.get_running_loop().time() - begin < 3
    for _ in range(6):
        assert await limits.wait(CHECKOUTS_PER_CLIENT, "192.0.2.1") == 0
    assert await limits.wait(CHECKOUTS_PER_CLIENT, "192.0.2.1") > 0
    await counter.close()
    await away.close()


async def test_limits_are_counted_where_all_servers_look(db: Database, redis_url: str) -> None:
    """Redis if there is one, else the database; SQLite lets no second server run."""
    plain = limits_for(db, make_settings())
    assert isinstance(plain.counter, InProcess if db.is_sqlite else InRows)
    shared = limits_for(db, make_settings(redis_url=SecretStr(redis_url)))
    assert isinstance(shared.counter, InRedis)
    await shared.close()
