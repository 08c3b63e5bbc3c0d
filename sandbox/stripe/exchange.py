"""One request and what is known about its answer so far."""

from dataclasses import dataclass, field

from stripe import api_version

from sandbox.stripe.faults import Fault
from sandbox.stripe.objects import Json, new_id


@dataclass
class Exchange:
    """A request as the stand-in reads it, and the headers of its answer.

    `thing` is the id in the path, "" where there is none. `key` is the idempotency key.
    """

    method: str
    path: str
    thing: str
    key: str | None
    fault: Fault | None
    params: Json = field(default_factory=dict)
    id: str = field(default_factory=lambda: new_id("req", 14))
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.headers |= {"Request-Id": self.id, "Stripe-Version": api_version}
