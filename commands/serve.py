"""`serve`: run the server until it is told to stop."""

import argparse
import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import structlog
from aiohttp import web

from commands.arguments import Commands
from desk import Desk
from domain.errors import InvalidError
from settings import Settings
from storage.db import Database
from storage.sole_server import sole_server

_KEY_LENGTH = 32
_TOKEN_LENGTH = 24
"""As many random characters cannot be guessed, however fast somebody tries."""
_SHUTDOWN_S = 15.0
_log = structlog.get_logger("serve")


def add(commands: Commands) -> None:
    """Have the command line know it."""
    commands.add_parser("serve", help="run the server").set_defaults(run=_run)


async def _run(_arguments: argparse.Namespace) -> int:
    await serve(Settings())
    return 0


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
        await until_stopped(desk.app(), settings, send_away=desk.send_away)


def _alone_on(db: Database) -> AbstractContextManager[None]:
    return sole_server(Path(db.url.database or "")) if db.is_sqlite else nullcontext()


async def until_stopped(
    app: web.Application,
    settings: Settings,
    ready: Callable[[], None] = lambda: None,
    send_away: Callable[[], None] = lambda: None,
) -> None:
    """Serve until SIGINT or SIGTERM; then finish what was begun, and stop.

    `ready` is called once requests are taken, and `send_away` when they should go to another
    server: they are taken for DRAIN_SECONDS more, or until a second signal.
    """
    stop, stop_now = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def told() -> None:
        (stop_now if stop.is_set() else stop).set()

    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, told)
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
        send_away()
        _log.info("stopping", taking_requests_for_s=settings.drain_seconds)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop_now.wait(), settings.drain_seconds)
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
