"""Three servers on one database: whatever is due leaves once, though each of them looks."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from sqlmodel import select

import clock
from domain import contest_winners, program
from domain.statements import Month
from sandbox.slack.people import AFFILIATES
from sandbox.stand_ins import StandIns
from settings import Settings
from storage import migrate
from storage.affiliates import Affiliate
from storage.contests import EARNINGS, Contest
from storage.db import Database
from storage.outbox import Effect
from tests.builders import RITA
from tests.contest_builders import CODES, buy, contest_now, make_contest, three
from tests.forked import ForkedServer
from tests.server import Server
from tests.standing import free_port, standing_in
from tests.waiting import until

SERVERS: Final = 3
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
PEOPLE: Final = sorted(f"{code.lower()}@example.com" for code in CODES)


def afternoon(now: datetime) -> str:
    """A time zone where it is about three o'clock of the same day: mails leave in waking hours."""
    ahead = min(15 - now.hour, 14)
    return f"Etc/GMT{-ahead:+d}" if ahead else "UTC"


class Story:
    """Servers that are started and stopped together, the outside world, and their database."""

    def __init__(self, servers: list[Server], stand_ins: StandIns, db: Database) -> None:
        self.servers = servers
        self.stand_ins = stand_ins
        self.db = db

    async def run(self, *parts: str) -> None:
        """Start all at once, wait until messages have `parts` and nothing is left, and stop."""
        await asyncio.gather(*(server.start() for server in self.servers))

        async def done() -> bool:
            return all(map(self.posted, parts)) and await self._all_done()

        await until(done, 60)
        assert await asyncio.gather(*(server.stop() for server in self.servers)) == [0] * SERVERS

    async def _all_done(self) -> bool:
        async with self.db.read() as session:
            effects = (await session.exec(select(Effect))).all()
        return bool(effects) and all(one.handled_at for one in effects)

    def mailed(self, part: str) -> list[str]:
        """Whom a mail was sent to whose subject has `part`, each as often as it was."""
        return sorted(
            address
            for letter in self.stand_ins.mail.letters
            if part in letter["subject"]
            for address in letter["to"]
        )

    def posted(self, part: str) -> int:
        """How many messages in the operators' channel say `part`."""
        slack = self.stand_ins.slack
        return sum(part in slack.text_of(each) for each in slack.messages(AFFILIATES))


@pytest.fixture
async def story(postgresql_url: str, tmp_path: Path) -> AsyncIterator[Story]:
    """Servers that are not started yet, on a migrated database."""
    async with _servers(postgresql_url, tmp_path) as made:
        yield made


@asynccontextmanager
async def _servers(url: str, folder: Path) -> AsyncIterator[Story]:
    ports = [free_port() for _ in range(SERVERS)]
    db = Database(url)
    await migrate.upgrade(db)
    async with standing_in(ports[0]) as stand_ins:
        servers: list[Server] = []
        for port in ports:
            own = folder / str(port)
            own.mkdir()
            told: dict[str, Any] = {"database_url": url, **stand_ins.settings()}
            settings = Settings(_env_file=None, port=port, **told)
            servers.append(ForkedServer(port, own, "serve", settings=settings))
        yield Story(servers, stand_ins, db)
        for server in servers:
            await server.kill()
        await db.close()


async def prepare(db: Database) -> tuple[Contest, Contest]:
    """A day of much that is due: a contest that begins, and one that has ended.

    Three affiliates of yesterday, who sold something last month. All of it in stored dates.
    """
    now = clock.now()
    last_month = Month.of(now).start - DAY
    async with db.transaction() as session:
        await program.update(session, {"time_zone": afternoon(now)}, RITA)
    with clock.travel(last_month - DAY):
        people = await three(db)
        await buy(db, CODES[0], 1, last_month)
        ended = await make_contest(
            db, name="Old race", metric=EARNINGS, start_date=last_month, end_date=now - HOUR
        )
    with clock.travel(last_month):
        for n, code in enumerate(CODES):
            await buy(db, code, n + 2, last_month)
    with clock.travel(now - DAY):
        begun = await make_contest(
            db, name="New race", start_date=now - HOUR, end_date=now + 30 * DAY
        )
    async with db.transaction() as session:
        for one in people:
            newcomer = await session.get(Affiliate, one.id)
            assert newcomer is not None
            newcomer.approved_at = now - DAY
            session.add(newcomer)
    return begun, ended


async def test_each_mail_leaves_once_and_each_contest_moves_once(story: Story) -> None:
    """Tips, statements, the week's summary; a start, an end, and a winner. Then once more."""
    begun, ended = await prepare(story.db)
    await story.run("New race has begun", "Old race is over", "Week ")

    def all_is_told_once() -> None:
        assert story.mailed("Share your first link") == PEOPLE
        assert story.mailed("statement") == PEOPLE
        assert story.mailed("New race") == PEOPLE
        assert story.posted("New race has begun") == 1
        assert story.posted("Week ") == 1

    all_is_told_once()
    assert story.posted("Old race is over") == 1
    assert [(await contest_now(story.db, one)).status for one in (begun, ended)] == [
        "active",
        "ended",
    ]
    found = await contest_now(story.db, ended)
    assert found.proposed_user_id is not None
    before = len(story.stand_ins.mail.letters)
    async with story.db.transaction() as session:
        await contest_winners.confirm(session, ended.id, found.proposed_user_id, RITA)
    await story.run("has won the contest Old race", "Old race is won")

    all_is_told_once()
    assert story.posted("has won the contest Old race") == 1
    assert story.posted("Old race is won") == 1
    told = story.stand_ins.mail.letters[: len(story.stand_ins.mail.letters) - before]
    assert sorted(address for letter in told for address in letter["to"]) == PEOPLE
    assert max(Counter(map(_letter, story.stand_ins.mail.letters)).values()) == 1


def _letter(letter: dict[str, Any]) -> tuple[str, str]:
    return ",".join(letter["to"]), letter["subject"]
