"""`serve` and `sandbox`: run the server until it is told to stop."""

import asyncio
import os
import shutil
import signal
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path

import structlog
from aiohttp import web

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
from storage.db import Database
from storage.sole_server import sole_server

_KEY_LENGTH = 32
_TOKEN_LENGTH = 24
"""As many random characters cannot be guessed, however fast somebody tries."""
_SHUTDOWN_S = 15.0
_SANDBOX_DATABASE = "affiliate-desk.db"
_SANDBOX_TAX_KEY = "tax.key"
_SANDBOX_RULES = {
    "two_person_payout_cents": 2_000,
    "two_tier_enabled": True,
    "brand_words": ["propmine"],
}
_SANDBOX_MILESTONES = (
    Wish("First three", 3, 2_500, "Your first three paying customers"),
    Wish("Ten and counting", 10, 10_000, "Ten paying customers, and a proper thank-you"),
)
_log = structlog.get_logger("serve")


async def serve(settings: Settings) -> None:
    """Run the server on HOST and PORT.

    Raises `InvalidError` without a good SECRET_KEY or a free port, and `DatabaseError`. A token
    that could be guessed is warned of.
    """
    if len(settings.secret_key.get_secret_value()) < _KEY_LENGTH:
        raise InvalidError(
            f"Set SECRET_KEY to at least {_KEY_LENGTH} random characters. This makes some:\n"
            '  python3 -c "import secrets; print(secrets.token_urlsafe(48))"'
        )
    for name in ("admin_api_token", "product_api_token"):
        token = getattr(settings, name)
        if token is not None and len(token.get_secret_value()) < _TOKEN_LENGTH:
            _log.warning(
                "this token could be guessed",
                variable=name.upper(),
                advice=f"Set it to at least {_TOKEN_LENGTH} random characters, or unset it.",
            )
    desk = Desk(settings)
    with _alone_on(desk.db):
        await _run(desk.app(), settings)


def _alone_on(db: Database) -> AbstractContextManager[None]:
    return sole_server(Path(db.url.database or "")) if db.is_sqlite else nullcontext()


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
    if any(folder.iterdir()) and not (folder / _SANDBOX_DATABASE).exists():
        raise InvalidError(f"{folder} holds no sandbox, so nothing was deleted there.")
    shutil.rmtree(folder)


async def _run_sandbox(folder: Path, port: int) -> None:
    url = f"http://127.0.0.1:{port}"
    stand_ins = StandIns(url=url, desk_url=url, folder=folder)
    settings = Settings(
        _env_file=None,
        host="127.0.0.1",
        port=port,
        database_url=f"sqlite+aiosqlite:///{folder}/{_SANDBOX_DATABASE}",
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
                await program.update(session, _SANDBOX_RULES, SYSTEM)
                await assets.add_starters(session, SYSTEM)
                for milestone in _SANDBOX_MILESTONES:
                    await milestones.create(session, milestone, SYSTEM)

    stand_ins.calendar.happens = partial(run_all, desk.services)
    # Behind the start of the desk, which makes the tables.
    app.on_startup.append(rules)
    stand_ins.mount(app)
    app.router.add_get("/", _to_start)
    await _run(
        app,
        settings,
        lambda: print(f"Affiliate Desk is at {url}/sandbox/ (stop it with Ctrl-C)", flush=True),
    )


def _tax_key(folder: Path) -> str:
    """The key that seals this sandbox's tax forms, made once."""
    path = folder / _SANDBOX_TAX_KEY
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(new_key())
    return path.read_text()


async def _to_start(_request: web.Request) -> web.Response:
    raise web.HTTPFound("/sandbox/")


async def _run(
    app: web.Application, settings: Settings, ready: Callable[[], None] = lambda: None
) -> None:
    """Serve until SIGINT or SIGTERM; then finish what was begun, and stop.

    `ready` is called once requests are taken.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, stop.set)
    # No access log: it would halve the throughput. Requests are counted at /metrics instead.
    # Packed bodies are refused at the door; unpacking them here would fail before that.
    runner = web.AppRunner(
        app, access_log=None, shutdown_timeout=_SHUTDOWN_S, auto_decompress=False
    )
    await runner.setup()
    try:
        await _listen(runner, settings.host, settings.port)
        ready()
        await stop.wait()
        _log.info("stopping")
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, host: str, port: int) -> None:
    try:
        await web.TCPSite(runner, host, port).start()
    except socket.gaierror:
        raise InvalidError(f"HOST is {host}, which is no address of this machine.") from None
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise InvalidError(
            f"Cannot listen on {host}:{port}: {reason}. Stop what listens there, or choose "
            "another port."
        ) from None
