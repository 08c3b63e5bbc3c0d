"""The stand-ins on a real port, for tests of a whole server."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.typedefs import Middleware

from sandbox.stand_ins import StandIns


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def serving(app: web.Application, port: int) -> AsyncIterator[str]:
    """Serve an application until the block ends; yields its address."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def standing_in(desk_port: int, *middlewares: Middleware) -> AsyncIterator[StandIns]:
    """Stand-ins that expect Affiliate Desk on `desk_port`, behind middlewares if any are given."""
    port = free_port()
    stand_ins = StandIns(url=f"http://127.0.0.1:{port}", desk_url=f"http://127.0.0.1:{desk_port}")
    app = web.Application(middlewares=middlewares)
    stand_ins.mount(app)
    async with serving(app, port):
        yield stand_ins
