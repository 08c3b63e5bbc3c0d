"""Moments of contests, as operators type them: a day and a time on the clocks of a zone."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo


def moment(day: date, at: time, zone: ZoneInfo, *, last: bool = False) -> datetime:
    """When it is this time on this day there, in UTC.

    A time that the clocks leave out is taken as if they had not been put forward: 2:30 becomes
    3:30. Of a time that they repeat it is the first; with `last`, as for an end, the second, so
    that nobody loses an hour that they were promised.
    """
    first, second = (
        datetime.combine(day, at, zone).replace(fold=fold).astimezone(UTC) for fold in (0, 1)
    )
    # Of a time that is left out, the second reading is the earlier one.
    return max(first, second) if last and second > first else first


def skipped(day: date, at: time, zone: ZoneInfo) -> bool:
    """Whether the clocks there leave this time out on this day."""
    typed = datetime.combine(day, at)
    shown = datetime.combine(day, at, zone).astimezone(UTC).astimezone(zone)
    return shown.replace(tzinfo=None) != typed


def in_words(at: datetime, zone_name: str) -> str:
    """A moment on the clocks of a zone: `1 December 2026 at 09:00 (Europe/Berlin)`."""
    local = at.astimezone(ZoneInfo(zone_name))
    return f"{local.day} {local:%B %Y at %H:%M} ({zone_name})"
