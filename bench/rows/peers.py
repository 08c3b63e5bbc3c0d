"""The same invoices for others that take Stripe's webhooks, each installed in a folder of its own.

What could not be fetched or started is told with the reason; nothing of it is ours to install.
"""

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Final

from sqlalchemy.engine import make_url

from bench.figures import Figure
from bench.lab import KEPT, Lab
from bench.load import Loaded
from bench.requests import STRIPE_SECRET
from bench.rows.webhooks import loaded
from tests.standing import free_port

_HERE: Final = Path(__file__).parents[1] / "peers"
_INSTALL_S: Final = 300
_DJ_STRIPE: Final = ("dj-stripe==2.11.0", "gunicorn>=23", "psycopg[binary]>=3.2")
_ENGINE: Final = ("@supabase/stripe-sync-engine@0.48.5", "fastify@5", "pg@8")
_ABSENT: Final = (
    "not measured here: YOURLS, Kutt and RefRef are on neither of the two package registries, and "
    "figures of another run are not taken into this table"
)
_DJ_DOES: Final = (
    "it verifies, and stores the event with its headers before it acknowledges; handled by nobody "
    "(its own callback setting), repeats not told apart"
)
_ENGINE_DOES: Final = (
    "it verifies, and upserts the invoice's own row before it acknowledges; nothing is fetched "
    "from Stripe (backfill and expansion off), the event itself is not kept"
)


async def measure(lab: Lab) -> list[Figure]:
    """Ours over each of the others, on the same database, core and load."""
    return [
        await _beside(lab, "dj-stripe, gunicorn", "SQLite", 40, _DJ_DOES),
        await _beside(lab, "dj-stripe, gunicorn", "PostgreSQL", 65, _DJ_DOES),
        await _beside(lab, "stripe-sync-engine, Fastify", "PostgreSQL", 6, _ENGINE_DOES),
        Figure(
            work="Redirects and sales beside YOURLS, Kutt and RefRef",
            ours="-",
            floor="-",
            share=None,
            owed=0,
            note=_ABSENT,
        ),
    ]


async def _beside(lab: Lab, peer: str, database: str, owed: float, does: str) -> Figure:
    work = f"Durable webhook over {peer}, {database}"
    ours: list[Loaded] = []
    theirs: list[Loaded] = []
    is_engine = "engine" in peer
    count = lab.count(20_000 if is_engine else 1_500)
    try:
        for turn in range(lab.rounds):
            lab.say(f"{peer} on {database}, round {turn + 1} of {lab.rounds}")
            url = lab.sqlite() if database == "SQLite" else await lab.postgresql()
            own = lab.sqlite() if database == "SQLite" else await lab.postgresql()
            serving = _engine(lab, url) if is_engine else _dj_stripe(lab, url)
            async with serving as port:
                theirs.append(await lab.load(port, "invoices", count, warm_up=count // 10))
            ours.append(await loaded(lab, "product", own, 20_000))
    except (OSError, RuntimeError, TimeoutError) as error:
        reason = f"could not be measured: {error or type(error).__name__}"
        return Figure(work=work, ours="-", floor="-", share=None, owed=owed, note=reason)
    rate = median(one.per_second for one in theirs)
    refused = sum(one.statuses.get("200", 0) != sum(one.statuses.values()) for one in theirs)
    return Figure(
        work=work,
        ours=f"{median(one.per_second for one in ours):,.0f}/s",
        floor=f"{rate:,.0f}/s",
        share=median(one.per_second for one in ours) / rate,
        owed=owed,
        note=does + (f"; it answered {theirs[-1].statuses}" if refused else ""),
    )


@asynccontextmanager
async def _dj_stripe(lab: Lab, url: str) -> AsyncIterator[int]:
    folder = KEPT / "peers" / "dj-stripe"
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        lab.say("installing dj-stripe")
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        await _run(sys.executable, "-m", "venv", str(folder))
        await _run(str(python), "-m", "pip", "install", "--quiet", *_DJ_STRIPE)
        (folder / "ready").touch()
    shutil.copy(_HERE / "dj_project.txt", folder / "dj_project.py")
    database = make_url(url)
    environment = {
        "PEER_SECRET": STRIPE_SECRET,
        "PEER_ENGINE": "sqlite3" if "sqlite" in url else "postgresql",
        "PEER_DATABASE": database.database or "",
        "PEER_HOST": str(database.query.get("host", "")),
    }
    await _run(str(python), str(folder / "dj_project.py"), environment=environment)
    port = free_port()
    async with lab.listening(
        *(str(python), "-m", "gunicorn", "--chdir", str(folder), "--bind", f"127.0.0.1:{port}"),
        *("--worker-class", "gthread", "--workers", "2", "--threads", "8", "--keep-alive", "60"),
        "dj_project:application",
        port=port,
        environment=environment,
    ):
        yield port


@asynccontextmanager
async def _engine(lab: Lab, url: str) -> AsyncIterator[int]:
    folder = KEPT / "peers" / "stripe-sync-engine"
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise RuntimeError("there is no node with npm here")
    if not (folder / "ready").exists():
        lab.say("installing stripe-sync-engine")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "package.json").write_text('{"private": true}', encoding="utf-8")
        options = ("--no-audit", "--no-fund", "--ignore-scripts", "--silent")
        await _run(npm, "install", "--prefix", str(folder), *options, *_ENGINE)
        (folder / "ready").touch()
    database = make_url(url)
    host = database.query.get("host", "")
    environment = {
        "PEER_SECRET": STRIPE_SECRET,
        "PEER_FOLDER": str(folder),
        "PEER_DATABASE": f"postgresql://postgres@localhost/{database.database}?host={host}",
    }
    async with lab.serving(
        str(_HERE / "engine.mjs"), program=node, environment=environment
    ) as port:
        yield port


async def _run(*command: str, environment: Mapping[str, str] | None = None) -> None:
    """Run to its end. Raises `RuntimeError` with the last line that it said."""
    process = await asyncio.create_subprocess_exec(
        *command,
        env=os.environ | dict(environment or {}),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        said, _ = await asyncio.wait_for(process.communicate(), _INSTALL_S)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise RuntimeError(f"{Path(command[0]).name} took longer than {_INSTALL_S} s") from None
    if process.returncode:
        last = (said.decode(errors="replace").strip().splitlines() or ["it said nothing"])[-1]
        raise RuntimeError(f"{Path(command[0]).name} failed ({last[:150]})")
