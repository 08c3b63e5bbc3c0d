"""Trouble on demand: errors, outages and rate limits of the Web API, and a log of its calls."""

from collections import defaultdict
from dataclasses import dataclass, field

import clock
from sandbox.slack.state import Json

MESSAGES_A_SECOND = 1.0
"""Slack takes about one message a second a channel: https://docs.slack.dev/apis/web-api/rate-limits."""


@dataclass
class Fault:
    """One way in which a method will fail, and how many more times it will."""

    error: str | None
    status: int
    retry_after: int | None
    hang: float
    times: int
    after_work: bool


@dataclass(frozen=True)
class Trouble:
    """What meets one call: it waits `hang` seconds, and then gets this answer, if there is one.

    With `after_work` it is carried out before.
    """

    status: int = 200
    answer: Json | None = None
    retry_after: int | None = None
    hang: float = 0.0
    after_work: bool = False


@dataclass(frozen=True)
class Call:
    """One request that came in at the Web API, and the answer it got."""

    method: str
    arguments: Json
    status: int
    answer: Json


@dataclass
class Faults:
    """What goes wrong next, by method; `*` stands for every method."""

    rate_limited: bool = False
    calls: list[Call] = field(default_factory=list)
    _planned: defaultdict[str, list[Fault]] = field(default_factory=lambda: defaultdict(list))
    _last_post: dict[str, float] = field(default_factory=dict)

    def fail_next(
        self,
        method: str = "*",
        *,
        error: str | None = None,
        status: int = 200,
        retry_after: int | None = None,
        hang: float = 0.0,
        times: int = 1,
        after_work: bool = False,
    ) -> None:
        """Make the next `times` calls of a method fail.

        `error` with status 200 is a refusal in Slack's words; a `status` of 429 (with
        `retry_after`, seconds) or 5xx is an outage; `hang` lets the caller wait that many seconds
        and then answers as usual, or fails if an error is given too. With `after_work` the call is
        carried out before it hangs and fails, as when a connection breaks at the worst moment.
        """
        fault = Fault(error, status, retry_after, hang, times, after_work)
        self._planned[method].append(fault)

    def forgive(self) -> None:
        """End all planned trouble."""
        self._planned.clear()

    def calls_of(self, method: str) -> list[Call]:
        """The calls of one method, oldest first."""
        return [call for call in self.calls if call.method == method]

    def strike(self, method: str, channel: str | None) -> Trouble:
        """The trouble that meets this call; none is a trouble without an answer or a wait."""
        for name in (method, "*"):
            for fault in self._planned[name]:
                if fault.times > 0:
                    fault.times -= 1
                    return self._trouble(fault)
        if self.rate_limited and channel and method == "chat.postMessage":
            return self._limit(channel)
        return Trouble()

    def _trouble(self, fault: Fault) -> Trouble:
        answer: Json | None = None
        if fault.error is not None or fault.status != 200:  # noqa: PLR2004 - HTTP OK: it only hung
            word = "ratelimited" if fault.status == 429 else "internal_error"  # noqa: PLR2004 - HTTP
            answer = {"ok": False, "error": fault.error or word}
        return Trouble(fault.status, answer, fault.retry_after, fault.hang, fault.after_work)

    def _limit(self, channel: str) -> Trouble:
        now = clock.timestamp()
        if now - self._last_post.get(channel, 0.0) < MESSAGES_A_SECOND:
            return Trouble(429, {"ok": False, "error": "ratelimited"}, 1)
        self._last_post[channel] = now
        return Trouble()
