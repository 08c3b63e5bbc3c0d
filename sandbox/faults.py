"""What passed by a stand-in's API, and what is to go wrong with the next requests."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web
from aiohttp.typedefs import Handler

HANG_UP: Final = 0
"""As a status: the connection is cut without an answer."""


@dataclass(frozen=True)
class Seen:
    """A request to the API and the status of its answer (HANG_UP where there was none)."""

    method: str
    path: str
    status: int


@dataclass
class _Fault:
    status: int
    times: int
    path_part: str
    retry_after: float | None
    after_work: bool
    delay_s: float


class Traffic:
    """The request log of one stand-in, and the faults that a test or a person has ordered.

    `error_body` words an error of this status the way the real service does.
    """

    def __init__(self, error_body: Callable[[int], Any]) -> None:
        self.log: list[Seen] = []
        self._waiting: list[_Fault] = []
        self._error_body = error_body

    def fail_next(
        self,
        status: int = 503,
        *,
        times: int = 1,
        path_part: str = "",
        retry_after: float | None = None,
        after_work: bool = False,
        delay_s: float = 0.0,
    ) -> None:
        """Let the next `times` requests whose path holds `path_part` fail with `status`.

        With `after_work` the request is carried out and only its answer is lost, as when a
        connection breaks at the worst moment. The failure comes after `delay_s` seconds.
        """
        self._waiting.append(_Fault(status, times, path_part, retry_after, after_work, delay_s))

    def forgive(self) -> None:
        """End all ordered trouble."""
        self._waiting.clear()

    async def watch(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer one request of the API, or let it fail as ordered; log it either way."""
        fault = self._take(request.path)
        if fault is None:
            answer = await handler(request)
        else:
            if fault.after_work:
                await handler(request)
            await asyncio.sleep(fault.delay_s)
            if fault.status == HANG_UP:
                self.log.append(Seen(request.method, request.path, HANG_UP))
                if request.transport is not None:
                    request.transport.abort()
                return web.Response()  # nobody is left to read it
            headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
            answer = web.json_response(
                self._error_body(fault.status), status=fault.status, headers=headers
            )
        self.log.append(Seen(request.method, request.path, answer.status))
        return answer

    def _take(self, path: str) -> _Fault | None:
        for fault in self._waiting:
            if fault.path_part in path:
                fault.times -= 1
                if fault.times <= 0:
                    self._waiting.remove(fault)
                return fault
        return None
