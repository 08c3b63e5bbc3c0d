"""`sandbox`: everything against stand-ins, on this machine, without any account."""

import argparse
import asyncio
import os
import shutil
from functools import partial
from pathlib import Path

from aiohttp import web

from commands.arguments import Commands
from commands.serve import until_stopped
from commands.tax import new_key
from desk import Desk
from domain import assets, milestones, program
from domain.audit import SYSTEM
from domain.errors import InvalidError
from domain.milestones import Wish
from sandbox.stand_ins import StandIns
from scheduled.scheduler import run_all
from settings import Settings
from storage import program as program_rows
from storage.sole_server import sole_server

_DATABASE = "affiliate-desk.db"
_TAX_KEY = "tax.key"
_RULES = {
    "two_person_payout_cents": 2_000,
    "two_tier_enabled": True,
    "brand_words": ["propmine"],
}
_MILESTONES = (
    Wish("First three", 3, 2_500, "Your first three paying customers"),
    Wish("Ten and counting", 10, 10_000, "Ten paying customers, and a proper thank-you"),
)

_PORTS = range(1, 65536)


def add(commands: Commands) -> None:
    """Have the command line know it."""
    trial = commands.add_parser("sandbox", help="try everything on this machine, without accounts")
    trial.add_argument("--port", type=_port, default=8080)
    trial.add_argument("--folder", type=Path, default=Path("var/sandbox"))
    trial.add_argument("--fresh", action="store_true", help="forget what was there")
    trial.set_defaults(run=_run)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) not in _PORTS:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return int(text)


async def _run(arguments: argparse.Namespace) -> int:
    await sandbox(arguments.folder, port=arguments.port, fresh=arguments.fresh)
    return 0


async def sandbox(folder: Path, *, port: int, fresh: bool) -> None:
    """Run everything against stand-ins, on this machine only; `fresh` forgets what was.

    Raises `InvalidError` without a free port or for a folder of something else, and
    `DatabaseError`.
    """
    with sole_server(folder):
        if fresh:
            await asyncio.to_thread(_forget, folder)
        await _run_sandbox(folder, port)


def _forget(folder: Path) -> None:
    if not folder.exists():
        return
    if any(folder.iterdir()) and not (folder / _DATABASE).exists():
        raise InvalidError(f"{folder} holds no sandbox, so nothing was deleted there.")
    shutil.rmtree(folder)


async def _run_sandbox(folder: Path, port: int) -> None:
    url = f"http://127.0.0.1:{port}"
    stand_ins = StandIns(url=url, desk_url=url, folder=folder)
    settings = Settings(
        _env_file=None,
        host="127.0.0.1",
        port=port,
        database_url=f"sqlite+aiosqlite:///{folder}/{_DATABASE}",
        reports_dir=folder / "reports",
        tax_encryption_keys=await asyncio.to_thread(_tax_key, folder),
        **stand_ins.settings(),
    )
    desk = Desk(settings)
    app = desk.app()

    async def rules(_app: web.Application) -> None:
        """What can be tried from the start: a second person, recruiting, resources, milestones."""
        async with desk.db.transaction() as session:
            if await program_rows.get(session) is None:
                await program.update(session, _RULES, SYSTEM)
                await assets.add_starters(session, SYSTEM)
                for milestone in _MILESTONES:
                    await milestones.create(session, milestone, SYSTEM)

    stand_ins.calendar.happens = partial(run_all, desk.services)
    # Behind the start of the desk, which makes the tables.
    app.on_startup.append(rules)
    stand_ins.mount(app)
    app.router.add_get("/", _to_start)
    await until_stopped(
        app,
        settings,
        lambda: print(f"Affiliate Desk is at {url}/sandbox/ (stop it with Ctrl-C)", flush=True),
    )


def _tax_key(folder: Path) -> str:
    """The key that seals this sandbox's tax forms, made once."""
    path = folder / _TAX_KEY
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(new_key())
    return path.read_text()


async def _to_start(_request: web.Request) -> web.Response:
    raise web.HTTPFound("/sandbox/")
