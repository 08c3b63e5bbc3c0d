from datetime import UTC, datetime, timedelta, timezone

import pytest
from jinja2 import Environment

from dashboard import format as fmt


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (1, "first successful billing cycle"),
        (2, "first two successful billing cycles"),
        (12, "first twelve successful billing cycles"),
        (24, "first 24 successful billing cycles"),
        (None, "every successful billing cycle"),
    ],
)
def test_cycles_read_as_a_phrase(count: int | None, shown: str) -> None:
    """The number of paid cycles fits into a sentence, limited or not."""
    assert fmt.cycles(count) == shown


def test_a_moment_is_shown_in_utc_and_keeps_its_instant() -> None:
    """The element says the day and the minute in UTC, and carries the exact instant."""
    moment = datetime(2026, 11, 22, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    assert fmt.datetime(moment) == (
        '<time datetime="2026-11-21T23:30:00Z" data-show="datetime">'
        "21 November 2026 at 23:30 UTC</time>"
    )
    assert fmt.date(moment) == (
        '<time datetime="2026-11-21T23:30:00Z" data-show="date">21 November 2026</time>'
    )


def test_a_moment_without_a_zone_is_refused() -> None:
    """A naive datetime is a mistake that must not reach a reader as a wrong hour."""
    naive = datetime(2026, 11, 21, 9, 0, tzinfo=UTC).replace(tzinfo=None)
    for show in (fmt.date, fmt.datetime):
        with pytest.raises(ValueError, match="no time zone"):
            show(naive)


def test_every_filter_works_inside_an_escaping_template() -> None:
    """The `<time>` element survives autoescape, and the other filters stay plain text."""
    jinja = Environment(autoescape=True)
    jinja.filters.update(fmt.FILTERS)
    page = jinja.from_string(
        "{{ 1250|money('usd') }} {{ 2000|percent }} {{ 12400|number }} {{ 2|cycles }}"
        " {{ moment|date }} {{ moment|datetime }}"
    ).render(moment=datetime(2026, 11, 1, 9, 5, tzinfo=UTC))
    assert page == (
        "$12.50 20% 12,400 first two successful billing cycles"
        ' <time datetime="2026-11-01T09:05:00Z" data-show="date">1 November 2026</time>'
        ' <time datetime="2026-11-01T09:05:00Z" data-show="datetime">'
        "1 November 2026 at 09:05 UTC</time>"
    )
