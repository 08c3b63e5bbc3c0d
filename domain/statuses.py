"""The states that a person can be in towards the program."""

from enum import StrEnum


class Status(StrEnum):
    """Where somebody stands. The values are those of the user directory's metadata."""

    PENDING = "pending"
    APPROVED = "approved"
    PAUSED = "paused"
    REJECTED = "rejected"
    TERMINATED = "terminated"


_MEANS_APPROVED = {"active", "enabled", "live"}


def parse_status(text: str) -> Status | None:
    """Read a status as other tools spell it; None if it is none of ours.

    `active`, `enabled` and `live` count as approved, in any letter case.
    """
    word = text.strip().lower()
    if word in _MEANS_APPROVED:
        return Status.APPROVED
    return Status(word) if word in set(Status) else None
