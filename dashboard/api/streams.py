"""Event streams: pages that are open hear that something changed, in whichever server it did.

Each stream looks when it is told to, at midnight where its reader lives, and every minute to be
sure, and says so each time; news that come within a second are one look. It ends when its reader
signs out or is let in no more, when the browser is gone, and at once when the server stops:
browsers come back by themselves. See https://html.spec.whatwg.org/multipage/server-sent-events.html.
"""

import asyncio
import contextlib
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from uuid import UUID

import structlog
from aiohttp import hdrs, web
from sqlalchemy.exc import SQLAlchemyError

import measures
from dashboard.api.problems import ProblemError
from storage.db import Database
from storage.notices import Notices

PER_SESSION: Final = 4
"""Browsers open six connections to one server over HTTP/1.1; pages need the others."""
AT_ONCE: Final = 1000
LOOKS_AT_ONCE: Final = 4
"""A change that everybody sees leaves connections to the database for others."""

GATHER_S: Final = 0.15
"""A sale says several times that it changed something; this is how long one looks late."""
APART_S: Final = 1.0
SPREAD_S: Final = 2.0
"""What everybody sees need not be read by everybody at the same moment."""
OTHERS_PER_S: Final = 20
"""With each sale of one, places of all others may move: so many pages a second look at that."""
LOOK_S: Final = 60.0
BEAT_S: Final = 20.0
"""Proxies give up on connections that are silent for a minute or so."""
SWEEP_S: Final = 1.0
WRITE_S: Final = 10.0
RETRY_MS: Final = 2000

_MEDIA_TYPE: Final = "text/event-stream"
_HEADERS: Final = MappingProxyType(
    {
        # Neither packed nor held back on its way.
        hdrs.CACHE_CONTROL: "no-store, no-transform",
        "X-Accel-Buffering": "no",
        hdrs.VARY: hdrs.ACCEPT,
        "X-Content-Type-Options": "nosniff",
    }
)
_log = structlog.get_logger(__name__)


class Look(NamedTuple):
    """What a stream's `earnings` event says now, and in how many seconds that is out of date.

    Another one is sent where `shown` became another.
    """

    data: Mapping[str, Any]
    shown: object
    seconds: float


Looking = Callable[[], Awaitable[Look | None]]
"""Reads what a stream says; None where its reader may see nothing any more."""


def asks_for_stream(request: web.Request) -> bool:
    """Whether the caller wants events and no single answer, as browsers' `EventSource` does."""
    kinds = request.headers.get(hdrs.ACCEPT, "").lower().split(",")
    return request.method == hdrs.METH_GET and any(
        kind.partition(";")[0].strip() == _MEDIA_TYPE for kind in kinds
    )


class Streams:
    """The streams that this server holds open."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._notices = Notices(db)
        self._open: set[_Stream] = set()
        self._of_session: Counter[UUID] = Counter()
        self._looks = asyncio.Semaphore(LOOKS_AT_ONCE)
        self._closing = False

    def __len__(self) -> int:
        return len(self._open)

    async def running(self, _app: web.Application) -> AsyncIterator[None]:
        """Hear other servers, and notice browsers that are gone, while the server runs."""
        self._notices.start()
        sweep = asyncio.create_task(self._sweep(), name="streams")
        yield
        sweep.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sweep
        await self._notices.stop()

    async def close(self, _app: web.Application) -> None:
        """End every stream, so that the server can stop."""
        self._closing = True
        for stream in self._open:
            stream.end()

    async def serve(
        self,
        request: web.Request,
        session_id: UUID,
        look: Looking,
        *,
        own: tuple[str, ...],
        shared: tuple[str, ...],
        others: tuple[str, ...],
    ) -> web.StreamResponse:
        """Answer with a stream until it ends; it looks at the news of these topics.

        At those of its `own` reader at once, at the `shared` ones within seconds, and at what
        `others` do when it is its turn, once for all that they did until then.

        Raises `ProblemError` where there are too many streams, of this session or at all.
        """

        async def look_in_turn() -> Look | None:
            async with self._looks:
                return await look()

        def tell_in_turn() -> None:
            stream.tell_within(max(SPREAD_S, len(self._open) / OTHERS_PER_S))

        with (
            self._place(request, session_id) as stream,
            self._db.listening(stream.tell, *own),
            self._db.listening(stream.tell_soon, *shared),
            self._db.listening(tell_in_turn, *others),
        ):
            return await stream.run(look_in_turn)

    @contextmanager
    def _place(self, request: web.Request, session_id: UUID) -> Iterator["_Stream"]:
        if self._closing or len(self._open) >= AT_ONCE:
            detail = "Too many pages are open just now. Ask once a minute instead."
            raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, detail, retry_after=60)
        if self._of_session[session_id] >= PER_SESSION:
            detail = f"{PER_SESSION} streams are open already. Close one, or ask once a minute."
            raise ProblemError(HTTPStatus.TOO_MANY_REQUESTS, detail, retry_after=60)
        stream = _Stream(request)
        self._open.add(stream)
        self._of_session[session_id] += 1
        measures.STREAMS.inc()
        try:
            yield stream
        finally:
            self._open.discard(stream)
            measures.STREAMS.dec()
            self._of_session[session_id] -= 1
            if not self._of_session[session_id]:
                del self._of_session[session_id]

    async def _sweep(self) -> None:
        """A stream that waits does not notice by itself that its browser is gone."""
        while True:
            await asyncio.sleep(SWEEP_S)
            for stream in self._open:
                if stream.is_over:
                    stream.tell()


class _Stream:
    """One stream, to the browser that asked for it."""

    def __init__(self, request: web.Request) -> None:
        self._request = request
        self._response = web.StreamResponse(headers=_HEADERS)
        self._response.content_type, self._response.charset = _MEDIA_TYPE, "utf-8"
        self._news = asyncio.Event()
        self._turn: asyncio.TimerHandle | None = None
        self._looked_at = 0.0
        self._is_ended = False

    @property
    def is_over(self) -> bool:
        """Whether nobody listens any more, or nobody should."""
        transport = self._request.transport
        return self._is_ended or transport is None or transport.is_closing()

    def tell(self) -> None:
        """Have it look."""
        self._news.set()

    def tell_soon(self) -> None:
        """Have it look within some seconds, not with all others."""
        seconds = random.uniform(0, SPREAD_S)  # noqa: S311 - spread, not secrecy
        asyncio.get_running_loop().call_later(seconds, self._news.set)

    def tell_within(self, seconds: float) -> None:
        """Have it look some time in the next `seconds`, unless it does so anyway."""
        if self._turn is None:
            delay = random.uniform(0, seconds)  # noqa: S311 - spread, not secrecy
            self._turn = asyncio.get_running_loop().call_later(delay, self._news.set)

    def end(self) -> None:
        """Have it end, without a word: the browser comes back, to another server maybe."""
        self._is_ended = True
        self._news.set()

    async def run(self, look: Looking) -> web.StreamResponse:
        """Speak until it is over."""
        await self._response.prepare(self._request)
        try:
            await self._speak(look)
        except (OSError, SQLAlchemyError) as error:
            # The browser is gone, or the database is away: it is the browser's to come back.
            _log.info("stream_broke", error=repr(error))
        except Exception:  # noqa: BLE001 - the headers are sent, so no other answer can be given
            _log.exception("stream_failed")
        return self._response

    async def _speak(self, look: Looking) -> None:
        # Those of a server that stopped come back one after another.
        retry = RETRY_MS + int(random.uniform(0, RETRY_MS))  # noqa: S311 - spread, not secrecy
        await self._write(f"retry: {retry}\n\n")
        shown = None
        while not self.is_over:
            self._news.clear()
            if self._turn is not None:
                self._turn.cancel()
                self._turn = None
            self._looked_at = asyncio.get_running_loop().time()
            found = await look()
            if found is None:
                await self._write(_event("end", {}))
                return
            if found.shown != shown:
                await self._write(_event("earnings", found.data))
            else:
                await self._write(_event("changed", {}))
            shown = found.shown
            await self._wait(min(LOOK_S, found.seconds))

    async def _wait(self, seconds: float) -> None:
        """Wait for news, `seconds` at most."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while not self._news.is_set() and (left := until - loop.time()) > 0:
            try:
                await asyncio.wait_for(self._news.wait(), min(left, BEAT_S))
            except TimeoutError:
                if left > BEAT_S:
                    await self._write(": still here\n\n")
        if not self._news.is_set():
            return
        rest = self._looked_at + APART_S - loop.time()
        if not self.is_over:
            await asyncio.sleep(max(GATHER_S, rest))

    async def _write(self, text: str) -> None:
        """Raises `TimeoutError`, an `OSError`, where the browser does not take it."""
        async with asyncio.timeout(WRITE_S):
            await self._response.write(text.encode())


def _event(name: str, data: Mapping[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"
