"""A load balancer as small as they come: TCP to whichever server calls itself ready."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import aiohttp

LOOK_S: Final = 0.1


class Balancer:
    """Asks servers on this machine whether they are ready, and hands each connection to one.

    It tries none twice: a connection that a ready server does not take is lost, and counted.
    """

    def __init__(self, ports: list[int]) -> None:
        self.ready: deque[int] = deque()
        self.lost = 0
        self.handed: dict[int, int] = dict.fromkeys(ports, 0)
        self._pipes: set[asyncio.Task[None]] = set()

    async def look(self) -> None:
        """Ask each, for as long as it runs."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as client:
            while True:
                for port in self.handed:
                    is_ready = await _is_ready(client, port)
                    if is_ready and port not in self.ready:
                        self.ready.append(port)
                    elif not is_ready and port in self.ready:
                        self.ready.remove(port)
                await asyncio.sleep(LOOK_S)

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hand on one connection, and carry what is said on it."""
        try:
            port = self.ready[0]
            self.ready.rotate()
            there, back = await asyncio.open_connection("127.0.0.1", port)
        except (IndexError, OSError):
            self.lost += 1
            writer.close()
            return
        self.handed[port] += 1
        for source, target in ((reader, back), (there, writer)):
            task = asyncio.create_task(_carry(source, target))
            self._pipes.add(task)
            task.add_done_callback(self._pipes.discard)


@asynccontextmanager
async def balancing(port: int, servers: list[int]) -> AsyncIterator[Balancer]:
    """Balance connections to `port` between the ports of `servers`."""
    balancer = Balancer(servers)
    looks = asyncio.create_task(balancer.look())
    listening = await asyncio.start_server(balancer.take, "127.0.0.1", port)
    try:
        yield balancer
    finally:
        looks.cancel()
        listening.close()


async def _is_ready(client: aiohttp.ClientSession, port: int) -> bool:
    try:
        async with client.get(f"http://127.0.0.1:{port}/readyz") as answer:
            return answer.status == 200
    except (aiohttp.ClientError, TimeoutError):
        return False


async def _carry(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(65_536):
            target.write(data)
            await target.drain()
    target.close()
