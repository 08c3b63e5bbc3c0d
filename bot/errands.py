"""Errands: what a modal is about, and where its outcome is to be told."""

import json
from dataclasses import asdict, dataclass, replace
from typing import Any, Self
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Errand:
    """Travels in a modal's `private_metadata`, which only Slack and we can write.

    `answer_to` is the response address of the message that it began at; empty means that it
    began in the App Home, and `home` is then what was shown there.
    """

    subject: str
    answer_to: str = ""
    home: str = ""

    @property
    def id(self) -> UUID:
        """The subject as an id."""
        return UUID(self.subject)

    def packed(self) -> str:
        """The errand as text for `private_metadata`."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def of(cls, body: dict[str, Any]) -> Self:
        """The errand that the press of a button begins: its value is the subject."""
        return cls.about(body["actions"][0]["value"], body)

    @classmethod
    def about(cls, subject: str, body: dict[str, Any]) -> Self:
        """An errand about this subject that begins with a press, a choice or a command."""
        view = body.get("view") or {}
        carried = view.get("private_metadata", "")
        if view.get("type") == "home":
            return cls(subject, home=carried)
        if carried:
            return replace(cls(**json.loads(carried)), subject=subject)
        return cls(subject, body.get("response_url", ""))

    @classmethod
    def carried(cls, body: dict[str, Any]) -> Self:
        """The errand that a modal carries, for what is done inside of it."""
        return cls(**json.loads(body["view"]["private_metadata"]))
