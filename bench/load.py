"""The load: a process that keeps connections busy with requests made beforehand.

Where there is a compiler it is `load.c`, which computes a tenth as much; otherwise what is below.
Every request is made before the clock starts, so that making it costs the measured server nothing.
A connection sends its next request when the answer to the last one is complete, as wrk does.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from tempfile import NamedTemporaryFile
from typing import cast

import uvloop

from bench.requests import MAKERS

WARM_UP = 2_000
"""Requests that are sent first and not counted."""


@dataclass(frozen=True)
class Loaded:
    """What a load came to. `p50_ms` and `p99_ms` are waits of one request, in milliseconds.

    `busy` is the part of the time that this process itself computed: near 1 the load was the limit,
    not the server.
    """

    per_second: float
    p50_ms: float
    p99_ms: float
    statuses: dict[str, int]
    busy: float


class _Connection(asyncio.Protocol):
    """One connection; `requests` is shared by all of them."""

    def __init__(self, requests: Iterator[bytes], load: "_Load") -> None:
        self._requests = requests
        self._load = load
        self._buffer = b""
        self._sent = 0.0
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)  # uvloop's is no subclass
        self._send()

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer + data if self._buffer else data
        end = buffer.find(b"\r\n\r\n")
        if end < 0:
            self._buffer = buffer
            return
        at = buffer.find(b"Content-Length: ", 0, end)
        length = int(buffer[at + 16 : buffer.find(b"\r", at)]) if at >= 0 else 0
        if len(buffer) < end + 4 + length:
            self._buffer = buffer
            return
        self._buffer = b""
        self._load.waits.append(time.perf_counter() - self._sent)
        self._load.statuses[buffer[9:12]] += 1
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        self._load.ended(exc)

    def _send(self) -> None:
        request = next(self._requests, None)
        assert self._transport is not None  # noqa: S101 - it is made by then
        if request is None:
            self._transport.close()
            return
        self._sent = time.perf_counter()
        self._transport.write(request)


class _Load:
    """What all connections of a run add to."""

    def __init__(self, connections: int) -> None:
        self.waits: list[float] = []
        self.statuses: Counter[bytes] = Counter()
        self._left = connections
        self.done = asyncio.get_running_loop().create_future()

    def ended(self, error: Exception | None) -> None:
        """A connection is closed, by us if there was no error."""
        self._left -= 1
        if not self.done.done():
            if error is not None:
                self.done.set_exception(error)
            elif self._left == 0:
                self.done.set_result(None)


async def run(port: int, requests: list[bytes], connections: int, warm_up: int) -> Loaded:
    """Send all requests over so many connections."""
    if warm_up:
        await _send(port, requests[:warm_up], connections)
    begun, computed = time.perf_counter(), time.process_time()
    load = await _send(port, requests[warm_up:], connections)
    took = time.perf_counter() - begun
    waits = sorted(load.waits)
    return Loaded(
        per_second=len(waits) / took,
        p50_ms=1000 * waits[len(waits) // 2],
        p99_ms=1000 * waits[int(len(waits) * 0.99)],
        statuses={status.decode(): count for status, count in load.statuses.items()},
        busy=(time.process_time() - computed) / took,
    )


async def _send(port: int, requests: list[bytes], connections: int) -> _Load:
    load, rest = _Load(connections), iter(requests)
    loop = asyncio.get_running_loop()
    for _ in range(connections):
        await loop.create_connection(lambda: _Connection(rest, load), "127.0.0.1", port)
    await load.done
    return load


def main() -> None:
    """`python -m bench.load PORT COUNT CONNECTIONS MAKER WARM_UP [PROGRAM]`: print it as JSON."""
    port, count, connections, maker, warm_up, *program = sys.argv[1:]
    requests = MAKERS[maker](int(count) + int(warm_up))
    if program:
        with NamedTemporaryFile() as file:
            file.writelines(len(one).to_bytes(4, sys.byteorder) + one for one in requests)
            file.flush()
            command = [*program, port, file.name, connections, warm_up]
            sys.exit(subprocess.run(command, check=False).returncode)  # noqa: S603 - our own
    loaded = uvloop.run(run(int(port), requests, int(connections), int(warm_up)))
    print(json.dumps(asdict(loaded)))  # noqa: T201


if __name__ == "__main__":
    main()
