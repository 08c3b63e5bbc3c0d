"""Time zones: days, weeks and months there, also when clocks change."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from domain.program import Program
from domain.zones import (
    at,
    start_of_day,
    start_of_month,
    start_of_week,
    zone_named,
    zone_names,
    zone_of,
)
from storage.affiliates import Affiliate

BERLIN = ZoneInfo("Europe/Berlin")


def _somebody(zone: str) -> Affiliate:
    return Affiliate(
        reference="aff_A",
        status="approved",
        email="a@example.com",
        email_key="a@example.com",
        promo_code="A",
        time_zone=zone,
    )


@pytest.mark.parametrize(
    "name",
    ["", "Mars/Olympus", "../../etc/passwd", "America", "/etc/localtime", "a\x00b", "x" * 4000],
)
def test_what_is_no_time_zone(name: str) -> None:
    """Nothing but a name of the database is one, and nothing that is typed breaks anything."""
    assert zone_named(name) is None


def test_whose_zone_counts() -> None:
    """One's own goes before the program's; a name that is none any more falls back."""
    program = Program(time_zone="Europe/Berlin")
    assert zone_of(_somebody("Asia/Tokyo"), program).key == "Asia/Tokyo"
    assert zone_of(_somebody(""), program).key == "Europe/Berlin"
    assert zone_of(_somebody("Mars/Olympus"), program).key == "Europe/Berlin"
    lost = program.model_copy(update={"time_zone": "Mars/Olympus"})
    assert zone_of(_somebody("Mars/Olympus"), lost).key == "UTC"


def test_every_zone_that_is_offered_is_one() -> None:
    """The list holds the usual names, and each can be used."""
    names = zone_names()
    assert {"UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"} <= set(names)
    assert all(zone_named(name) for name in names)


def test_days_weeks_and_months_there() -> None:
    """They begin at midnight there, the week on Monday."""
    moment = datetime(2026, 11, 1, 23, 30, tzinfo=UTC)  # Monday, half past midnight, in Berlin
    assert start_of_day(moment, BERLIN) == datetime(2026, 11, 1, 23, tzinfo=UTC)
    assert start_of_week(moment, BERLIN) == datetime(2026, 11, 1, 23, tzinfo=UTC)
    assert start_of_month(moment, BERLIN) == datetime(2026, 10, 31, 23, tzinfo=UTC)
    assert start_of_week(moment, ZoneInfo("UTC")) == datetime(2026, 10, 26, tzinfo=UTC)


def test_a_week_across_a_change_of_clocks() -> None:
    """The week of the change is an hour longer, and still begins at midnight."""
    after = datetime(2026, 10, 25, 12, tzinfo=UTC)
    assert start_of_week(after, BERLIN) == datetime(2026, 10, 18, 22, tzinfo=UTC)
    assert start_of_day(after, BERLIN) == datetime(2026, 10, 24, 22, tzinfo=UTC)


def test_a_midnight_that_the_clocks_leave_out_or_repeat() -> None:
    """Cairo's clocks leap over a midnight in April; Havana's strike one twice in November."""
    cairo, havana = ZoneInfo("Africa/Cairo"), ZoneInfo("America/Havana")
    leap = datetime(2026, 4, 24, 10, tzinfo=UTC)
    assert start_of_day(leap, cairo) == datetime(2026, 4, 23, 22, tzinfo=UTC)
    assert start_of_day(leap, cairo).astimezone(cairo).hour == 1
    twice = datetime(2026, 11, 1, 18, tzinfo=UTC)
    assert start_of_day(twice, havana) == datetime(2026, 11, 1, 4, tzinfo=UTC)


def test_an_hour_in_a_gap() -> None:
    """Half the world's clocks leave out two o'clock one night: it is then three."""
    gap = at(datetime(2027, 3, 28, tzinfo=UTC).date(), 2, BERLIN)
    assert gap.astimezone(BERLIN).hour == 3
