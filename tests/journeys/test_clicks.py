"""Clicks, sign-ups, sales and refunds, at random, at once and through a kill: sums stay right."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import aiohttp
import pytest
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import signups
from domain.attribution import Customer
from domain.clicks import REDIRECT, row, visitor_key
from domain.clicks import Touch as Click
from domain.signups import SignUp, Touch
from storage import clicks, raw_sums
from storage.db import Database
from storage.group_commit import GroupCommit
from storage.rollups import EarningRollup, Rollup
from tests.builders import PAID, facts, join, later, settle
from tests.journeys.killing import Story, begin

TAGS = ("", "video", "news")
PAGES = ("/", "/pricing")
LAPTOP = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
KEY = visitor_key("s" * 32)


@asynccontextmanager
async def writing(databases: list[Database]) -> AsyncIterator[list[GroupCommit]]:
    """A writer of clicks for each process."""
    writers = [GroupCommit(db) for db in databases]
    for writer in writers:
        writer.start()
    yield writers
    for writer in writers:
        await writer.close()


class World:
    """One process that does what chance will have it do."""

    def __init__(
        self, db: Database, writer: GroupCommit, owners: dict[str, UUID], seed: int
    ) -> None:
        self.db, self.writer, self.owners, self.seed = db, writer, owners, seed
        self.chance = random.Random(seed)  # noqa: S311 - chance, not secrecy
        self.clicks: list[UUID] = []
        self.people = 0

    async def live(self, steps: int) -> None:
        """Do something so many times."""
        for n in range(steps):
            await self.chance.choice((self.click, self.click, self.sign_up, self.sell))(n)

    async def click(self, _n: int) -> None:
        """Somebody follows a link; so may a crowd."""
        pick = self.chance
        ref = pick.choice(list(self.owners))
        crowd = [
            Click(
                self.owners[ref],
                ref,
                REDIRECT,
                f"198.51.{pick.randrange(9)}.1",
                LAPTOP,
                PAID + timedelta(hours=pick.randrange(72)),
                source_tag=pick.choice(TAGS),
                landing_page=pick.choice(PAGES),
                country=pick.choice(("", "DE")),
                is_bot=pick.random() < 0.2,
            )
            for _ in range(pick.randrange(1, 12))
        ]
        rows = [row(KEY, one) for one in crowd]
        await asyncio.gather(*(self.writer.insert(clicks.INSERT, one) for one in rows))
        self.clicks += [one[0] for one in rows]  # type: ignore[misc]

    async def sign_up(self, _n: int) -> None:
        """Somebody signs up, with a click or a ref, known or new."""
        pick = self.chance
        self.people += 1
        person = f"p{self.seed}-{pick.randrange(1, self.people + 1)}"
        click = pick.choice(self.clicks) if self.clicks and pick.random() < 0.5 else None
        touch = Touch("" if click else pick.choice(list(self.owners)), click, pick.choice(TAGS))
        given = SignUp(touch, user_id=person, email=f"{person}@example.net", occurred_at=PAID)
        async with self.db.transaction() as session:
            await signups.sign_up(session, given)

    async def sell(self, n: int) -> None:
        """Somebody buys, with a code or without, and may get money back."""
        pick = self.chance
        person = f"p{self.seed}-{pick.randrange(1, self.people + 2)}"
        customer = Customer(f"cus_{person}", f"{person}@example.net", {"userId": person})
        bought = facts(
            invoice_id=f"in_{person}_{n}",
            customer=customer,
            codes=tuple(pick.sample(["JARED30", "MIA30"], pick.randrange(2))),
            cycle=1,
            currency=pick.choice(("usd", "eur")),
        )
        await settle(self.db, bought)
        if pick.random() < 0.5:
            await settle(self.db, later(bought, refunded=pick.randrange(1, 2900)))


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_rollups_equal_what_the_raw_rows_come_to(db: Database, seed: int) -> None:
    """After a random story, on PostgreSQL lived by four processes at once; so do those rebuilt."""
    others = [] if db.is_sqlite else [_again(db) for _ in range(3)]
    owners = {
        "JARED30": (await join(db)).id,
        "MIA30": (await join(db, "MIA30", email="mia@example.com")).id,
    }
    async with writing([db, *others]) as writers:
        worlds = [
            World(one, writer, owners, seed * 10 + n)
            for n, (one, writer) in enumerate(zip([db, *others], writers, strict=True))
        ]
        await asyncio.gather(*(world.live(30) for world in worlds), _rebuild(db))
    for one in others:
        await one.close()
    async with db.transaction() as session:
        assert await raw_sums.differences(session) == 0
        kept = await _sums(session)
        assert {"clicks", "repeats", "bots", "signups", "conversions", "amount"} == {
            name for name, total in kept.items() if total
        }
        await raw_sums.rebuild(session)
        assert await _sums(session) == kept
        assert await raw_sums.differences(session) == 0


def _again(db: Database) -> Database:
    return Database(db.url.render_as_string(hide_password=False))


async def _rebuild(db: Database) -> None:
    """Build the rollups anew in the middle of it all."""
    for _ in range(3):
        await asyncio.sleep(0.05)
        async with db.transaction() as session:
            await raw_sums.rebuild(session)


async def _sums(session: AsyncSession) -> dict[str, int]:
    rows = (await session.exec(select(Rollup))).all()
    earned = (await session.exec(select(EarningRollup))).all()
    names = ("clicks", "repeats", "bots", "signups", "conversions")
    return {name: sum(getattr(one, name) for one in rows) for name in names} | {
        "amount": sum(one.amount for one in earned)
    }


async def test_clicks_that_were_answered_survive_a_kill(migrated_url: str, tmp_path: Path) -> None:
    """Whoever was led on is on disk, with the sums, though the server died in the middle."""
    async with begin(Story, migrated_url, tmp_path) as story:
        await story.server.start()
        await join(story.db)
        answered: set[str] = set()
        async with aiohttp.ClientSession(headers={"User-Agent": LAPTOP}) as client:

            async def visit(n: int) -> None:
                for k in range(200):
                    tag = f"t{n}-{k}"
                    try:
                        async with client.get(
                            f"{story.server.url}/r/JARED30?src={tag}",
                            allow_redirects=False,
                            headers={"X-Forwarded-For": f"198.{n}.{k % 250}.1"},
                        ) as answer:
                            assert answer.status == 302
                            answered.add(tag)
                    except aiohttp.ClientError:
                        return

            visits = asyncio.gather(*(visit(n) for n in range(20)))
            while len(answered) < 300:
                await asyncio.sleep(0.01)
            await story.server.kill()
            await visits
        await story.server.start()
        async with story.db.read() as session:
            kept = set((await session.exec(select(clicks.Click.source_tag))).all())
            assert answered <= kept
            assert len(answered) < 4000
            assert await raw_sums.differences(session) == 0
