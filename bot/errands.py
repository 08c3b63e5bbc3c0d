"""Errands: what a modal is about, and where its outcome is to be told."""

import json
from dataclasses import asdict, dataclass
from typing import Any, Self
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Errand:
    """Travels in a modal's `private_metadata`, which only Slack and we can write.

    `answer_to` is the response address of the message that it began at; empty means that it
    began in the App Home.
    """

    subject: str
    answer_to: str = ""

    @property
    def id(self) -> UUID:
        """The subject as an id."""
        return UUID(self.subject)

    def packed(self) -> str:
        """The errand as text for `private_metadata`."""
        return json.dumps(asdict(self))

    @classmethod
    def of(cls, body: dict[str, Any]) -> Self:
        """The errand that the press of a button begins: its value is the subject."""
        view = body.get("view") or {}
        carried = view.get("private_metadata")
        answer_to = json.loads(carried)["answer_to"] if carried else body.get("response_url", "")
        return cls(body["actions"][0]["value"], answer_to)

    @classmethod
    def carried(cls, body: dict[str, Any]) -> Self:
        """The errand that a modal carries, for what is done inside of it."""
        return cls(**json.loads(body["view"]["private_metadata"]))
