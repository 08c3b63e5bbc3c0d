"""`serve` and `sandbox`: run the server until it is told to stop."""

import asyncio
import shutil
import signal
from pathlib import Path

import structlog
from aiohttp import web

from desk import Desk
from domain.errors import InvalidError
from sandbox.stand_ins import StandIns
from settings import Settings

_KEY_LENGTH = 32
_SHUTDOWN_S = 15.0
_log = structlog.get_logger("serve")


async def serve(settings: Settings) -> None:
    """Run the server on HOST and PORT. Raises `InvalidError` without a good SECRET_KEY."""
    if len(settings.secret_key.get_secret_value()) < _KEY_LENGTH:
        raise InvalidError(
            f"Set SECRET_KEY to at least {_KEY_LENGTH} random characters. This makes some:\n"
            '  python3 -c "import secrets; print(secrets.token_urlsafe(48))"'
        )
    await _run(Desk(settings).app(), settings)


async def sandbox(folder: Path, *, port: int, fresh: bool) -> None:
    """Run everything against stand-ins, on this machine only; `fresh` forgets what was."""
    if fresh:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    url = f"http://127.0.0.1:{port}"
    stand_ins = StandIns(url=url, desk_url=url, folder=folder)
    settings = Settings(
        _env_file=None,
        host="127.0.0.1",
        port=port,
        database_url=f"sqlite+aiosqlite:///{folder}/affiliate-desk.db",
        reports_dir=folder / "reports",
        **stand_ins.settings(),
    )
    app = Desk(settings).app()
    stand_ins.mount(app)
    app.router.add_get("/", _to_start)
    print(f"Affiliate Desk is at {url}/sandbox/ (stop it with Ctrl-C)", flush=True)
    await _run(app, settings)


async def _to_start(_request: web.Request) -> web.Response:
    raise web.HTTPFound("/sandbox/")


async def _run(app: web.Application, settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM; then finish what was begun, and stop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, stop.set)
    # No access log: it would halve the throughput. Requests are counted at /metrics instead.
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_S)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
        await stop.wait()
        _log.info("stopping")
    finally:
        await runner.cleanup()
