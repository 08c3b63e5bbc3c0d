"""Moments as programs read them."""

from datetime import UTC, datetime


def rfc3339(moment: datetime) -> str:
    """A moment in UTC, as https://www.rfc-editor.org/rfc/rfc3339 has it."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
