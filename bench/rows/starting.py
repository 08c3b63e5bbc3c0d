"""From the command to the first answer, and what an idle server holds in memory."""

import asyncio
import os
import sys
import time
from pathlib import Path

import aiohttp

from bench.figures import Figure
from bench.lab import Lab
from tests.standing import free_port

_IDLE_S = 5.0
_KB = 1024


async def measure(lab: Lab) -> list[Figure]:
    """Seconds until `/readyz` says so on a database in shape, and MB after five idle seconds."""
    port, url = free_port(), lab.sqlite()
    environment = os.environ | {
        "DATABASE_URL": url,
        "PORT": str(port),
        "SECRET_KEY": "a-secret-key-of-more-than-32-characters",
    }
    main = str(Path(__file__).parents[2] / "main.py")
    migrated = await asyncio.create_subprocess_exec(
        sys.executable, main, "migrate", env=environment, stdout=asyncio.subprocess.DEVNULL
    )
    await migrated.wait()
    waits, memory = [], 0.0
    for _ in range(3):
        begun = time.perf_counter()
        server = await asyncio.create_subprocess_exec(
            sys.executable, main, "serve", env=environment, stderr=asyncio.subprocess.DEVNULL
        )
        await _ready(port)
        waits.append(time.perf_counter() - begun)
        await asyncio.sleep(_IDLE_S)
        memory = max(memory, _resident_mb(server.pid))
        server.terminate()
        await server.wait()
    return [
        Figure(
            work="Start to ready",
            ours=f"{min(waits):.2f} s",
            floor="2 s",
            share=min(waits),
            owed=2,
            at_most=True,
        ),
        Figure(
            work="Memory of an idle server",
            ours=f"{memory:.0f} MB",
            floor="150 MB",
            share=memory,
            owed=150,
            at_most=True,
        ),
    ]


async def _ready(port: int) -> None:
    async with aiohttp.ClientSession() as client:
        while True:
            try:
                async with client.get(f"http://127.0.0.1:{port}/readyz") as answer:
                    if answer.ok:
                        return
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.01)


def _resident_mb(pid: int) -> float:
    """What a process holds, as the kernel of Linux counts it (VmRSS, in kB)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / _KB
    raise ValueError(f"the kernel does not say what process {pid} holds")
