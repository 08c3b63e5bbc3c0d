"""Pages and answers of a program a hundred times as large: what affiliates wait for.

Making the large one up takes minutes for each database, so both are kept in `var/bench` for later
runs; a quick run makes a tenth of it. There is a click for each commission here, to have the whole
bench end in a while: `python -m bench.sweep` measures with ten for each. The times are those of a
client beside the server, which waits for one answer before it asks again.
"""

import asyncio
import statistics
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Final

import aiohttp
from sqlmodel import col, func, select

import clock
from bench.figures import Figure
from bench.lab import Lab
from domain import sessions
from storage.affiliates import Affiliate
from storage.commissions import Commission
from storage.db import Database
from storage.leaderboard import EVER, MonthRollup

_HERE: Final = Path(__file__).parents[2]
_MIGRATIONS: Final = _HERE / "storage" / "migrations" / "versions"
_TIMES: Final = 200
_SMALL: Final = 10_000
_LARGE: Final = 1_000_000
"""How many commissions there are, and as many clicks."""
_PAGES: Final = {
    "Dashboard": "/affiliate/dashboard",
    "Leaderboard": "/api/affiliate/leaderboard",
    "Figures of links": "/affiliate/dashboard/links/performance",
    "Earnings": "/affiliate/dashboard/earnings",
}


async def measure(lab: Lab) -> list[Figure]:
    """Each page's time in a large program beside its time in a small one, on both databases."""
    large = lab.count(_LARGE)
    figures = []
    for name in ("SQLite", "PostgreSQL"):
        small_ms, _ = await _measured(lab, name, _SMALL)
        large_ms, plain_ms = await _measured(lab, name, large)
        for page in _PAGES:
            ours, floor = large_ms[page], small_ms[page]
            size = f"{large:,} commissions and as many clicks, {name}"
            figures += [
                Figure(
                    work=f"{page}: {size}",
                    ours=f"{ours:.1f} ms",
                    floor=f"{floor:.1f} ms with a hundredth",
                    share=ours / floor,
                    owed=1.3,
                    at_most=True,
                    note=f"a plain sum over the month's commissions takes {plain_ms:.0f} ms",
                ),
                Figure(
                    work=f"{page}, answered within 10 ms, {name}",
                    ours=f"{ours:.1f} ms",
                    floor="10 ms",
                    share=ours,
                    owed=10,
                    at_most=True,
                ),
            ]
    return figures


async def _measured(lab: Lab, name: str, count: int) -> tuple[dict[str, float], float]:
    """How long each page takes (ms, the median), and a plain ranking by what was earned."""
    head = max(one.name for one in _MIGRATIONS.glob("[0-9]*.py"))[:4]
    kept = f"bench_{count}_{head}_{clock.now():%Y%m}"
    url, full = await lab.kept(kept, sqlite=name == "SQLite")
    if not full.exists():
        lab.say(f"making up {count:,} commissions, {name}")
        made = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bench.kept", url, str(count), str(count)), cwd=_HERE
        )
        if await made.wait():
            raise RuntimeError(f"{name} could not be filled")
        full.touch()
    lab.say(f"reading beside {count:,} commissions, {name}")
    db = Database(url)
    token = await _signed_in(db, await typical(db))
    took = {}
    environment = {"DATABASE_URL": url}
    async with lab.serving("-m", "bench.servers", "pages", environment=environment) as port:
        jar = aiohttp.CookieJar(unsafe=True)
        jar.update_cookies({"desk_session": token})
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}", cookie_jar=jar) as client:
            for page, path in _PAGES.items():
                took[page] = statistics.median([await _once(client, path) for _ in range(_TIMES)])
    plain_ms = await _plainly(db, clock.now().replace(day=1, hour=0, minute=0))
    await db.close()
    return took, plain_ms


async def _once(client: aiohttp.ClientSession, path: str) -> float:
    begun = time.perf_counter()
    async with client.get(path, allow_redirects=False) as answer:
        await answer.read()
        if answer.status != 200:  # noqa: PLR2004 - anything else measures something else
            raise RuntimeError(f"{path} answered {answer.status}")
    return (time.perf_counter() - begun) * 1000


async def typical(db: Database) -> Affiliate:
    """An affiliate with about a thousand clicks: as much is shown of them in each size."""
    async with db.read() as session:
        query = (
            select(Affiliate)
            .join(MonthRollup, col(MonthRollup.affiliate_user_id) == col(Affiliate.id))
            .where(MonthRollup.period == EVER, Affiliate.status == "approved")
            .order_by(func.abs(MonthRollup.clicks - 1000))
            .limit(1)
        )
        return (await session.exec(query)).one()


async def _signed_in(db: Database, affiliate: Affiliate) -> str:
    async with db.transaction() as session:
        return await sessions.open_for(session, affiliate.email, "bench", "link")


async def _plainly(db: Database, since: datetime) -> float:
    """How long the sum takes that the rollups save (ms)."""
    query = (
        select(Commission.affiliate_user_id, func.sum(Commission.amount_cents))
        .where(Commission.created_at >= since)
        .group_by(col(Commission.affiliate_user_id))
        .order_by(func.sum(Commission.amount_cents).desc())
    )
    begun = time.perf_counter()
    async with db.read() as session:
        (await session.exec(query)).all()
    return (time.perf_counter() - begun) * 1000
