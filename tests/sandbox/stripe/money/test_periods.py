from datetime import UTC, datetime

import pytest

from sandbox.stripe.money.periods import after


@pytest.mark.parametrize(
    ("start", "interval", "count", "end"),
    [
        ("2026-11-21T10:00", "month", 1, "2026-12-21T10:00"),
        ("2026-11-21T10:00", "month", 3, "2027-02-21T10:00"),
        ("2027-01-31T10:00", "month", 1, "2027-02-28T10:00"),
        ("2028-01-31T10:00", "month", 1, "2028-02-29T10:00"),
        ("2028-02-29T10:00", "year", 1, "2029-02-28T10:00"),
        ("2026-12-31T23:59", "week", 1, "2027-01-07T23:59"),
        ("2026-12-31T23:59", "day", 7, "2027-01-07T23:59"),
    ],
)
def test_a_period_ends_on_the_same_day_or_the_last(
    start: str, interval: str, count: int, end: str
) -> None:
    """Months keep their day where they have it, and end on their last day where not."""
    moment = datetime.fromisoformat(start).replace(tzinfo=UTC).timestamp()

    reached = datetime.fromtimestamp(after(int(moment), interval, count), tz=UTC)

    assert reached.strftime("%Y-%m-%dT%H:%M") == end
