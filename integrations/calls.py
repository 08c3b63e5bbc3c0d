"""Calls to outside services: how long they take, and since when a service fails us.

What was seen is kept for the process; a watch writes it down, so that all processes agree on
whether a service is away.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from time import perf_counter
from typing import Final

import clock
import measures
from integrations.errors import TransportError

REFUSALS: Final = frozenset({401, 403})
"""Statuses that say that our key is no good, or not good enough."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What this process saw of a service: `failing_since` is the first failure after `ok_at`."""

    ok_at: datetime | None = None
    failing_since: datetime | None = None
    failed_at: datetime | None = None
    problem: str = ""


SEEN: Final[dict[str, Seen]] = {}
"""By the service's name; those that were asked at least once."""


class Call:
    """One call. Whoever makes it sets `status` once there is an answer.

    `refused` says that the service did not let us in.
    """

    def __init__(self) -> None:
        self.status: int | None = None
        self.refused = False


@contextmanager
def asking(service: str, *, watched: bool = True) -> Iterator[Call]:
    """Time a call, and remember how it went; nothing is `watched` of what strangers run.

    A service works that answers, also with a refusal of what was asked; it fails us where it is
    silent, broken or overloaded, and where it does not let us in.
    """
    call, begun = Call(), perf_counter()
    try:
        yield call
    except TransportError as error:
        _time(service, call, begun)
        if watched:
            refused = call.refused or call.status in REFUSALS
            if call.status is None or refused or not error.permanent:
                _failed(service, str(error))
            else:
                _worked(service)
        raise
    else:
        _time(service, call, begun)
        if watched:
            _worked(service)


def _time(service: str, call: Call, begun: float) -> None:
    status = "none" if call.status is None else str(call.status)
    measures.CALL_S.labels(service, status).observe(perf_counter() - begun)


def _worked(service: str) -> None:
    SEEN[service] = Seen(ok_at=clock.now())


def _failed(service: str, problem: str) -> None:
    now, seen = clock.now(), SEEN.get(service, Seen())
    since = seen.failing_since or now
    SEEN[service] = replace(seen, failing_since=since, failed_at=now, problem=problem)
