"""Billing periods: the same day of a later month, or the last one where there is no such day."""

from calendar import monthrange
from datetime import UTC, datetime, timedelta

_DAYS = {"day": 1, "week": 7}
_MONTHS = {"month": 1, "year": 12}


def after(start: int, interval: str, count: int) -> int:
    """Return the moment `count` intervals (`day`, `week`, `month`, `year`) after `start`."""
    moment = datetime.fromtimestamp(start, tz=UTC)
    if interval in _DAYS:
        return int((moment + timedelta(days=_DAYS[interval] * count)).timestamp())
    months = moment.year * 12 + moment.month - 1 + _MONTHS[interval] * count
    year, month = divmod(months, 12)
    day = min(moment.day, monthrange(year, month + 1)[1])
    return int(moment.replace(year=year, month=month + 1, day=day).timestamp())
