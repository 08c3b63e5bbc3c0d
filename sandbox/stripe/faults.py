"""Bad days on order: the next requests fail the way that a test asks for."""

from dataclasses import dataclass, field
from typing import Any, Final

HANG_UP: Final = 0
OK: Final = 200
TOO_MANY: Final = 429


@dataclass(frozen=True)
class Seen:
    """A request that arrived: what a test asks about afterwards."""

    method: str
    path: str
    params: dict[str, Any]
    idempotency_key: str | None
    status: int


@dataclass
class Fault:
    """What goes wrong, for which requests and how often.

    `status` HANG_UP cuts the connection without an answer, OK is only late. With `after_work` the
    request is carried out, and just its answer is lost. `delay` seconds pass before the request
    is looked at, or with `after_work` before its answer is lost.
    """

    path_prefix: str
    status: int
    times: int
    error: dict[str, Any] | None = None
    retry_after: float | None = None
    after_work: bool = False
    delay: float = 0.0
    method: str | None = None

    @property
    def works(self) -> bool:
        """Whether the request is carried out all the same."""
        return self.after_work or self.status == OK


@dataclass
class Faults:
    """The faults that still wait for their request, in the order in which they were asked for."""

    waiting: list[Fault] = field(default_factory=list)

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault that hits this request and count it down."""
        for fault in self.waiting:
            if path.startswith(fault.path_prefix) and fault.method in {None, method}:
                fault.times -= 1
                if fault.times <= 0:
                    self.waiting.remove(fault)
                return fault
        return None
