"""What became of a person's deed, as that person would learn it."""

from dataclasses import dataclass, field
from typing import Any, Self

from sandbox.slack.delivery import Answer
from sandbox.slack.state import Json


@dataclass(frozen=True)
class Outcome:
    """The app's answer to a click, form or command.

    `error` is Slack's word when it failed (`operation_timeout`, `dispatch_failed`, or why a view
    in the answer was refused, with the details in `detail`); `errors` are complaints about single
    inputs by block_id.
    """

    status: int = 0
    body: Any = None
    error: str | None = None
    errors: dict[str, str] = field(default_factory=dict)
    detail: Json = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether the deed was done without complaint."""
        return self.error is None and not self.errors

    @classmethod
    def of(cls, answer: Answer) -> Self:
        """The outcome that an answer amounts to."""
        return cls(answer.status, answer.body, answer.error)
