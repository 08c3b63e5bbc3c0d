"""Where affiliates live: their days, weeks and months, whatever the clocks there do."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from domain.program import Program
from storage.affiliates import Affiliate


def zone_named(name: str) -> ZoneInfo | None:
    """The time zone of this name, as the IANA database has it; None for anything else."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError):
        # What is no file, no plain path or a folder there, or was taken out of the database.
        return None


def zone_of(affiliate: Affiliate, program: Program) -> ZoneInfo:
    """The affiliate's own time zone; the program's where none is known, and else UTC."""
    own = zone_named(affiliate.time_zone) if affiliate.time_zone else None
    return own or zone_named(program.time_zone) or ZoneInfo("UTC")


def zone_names() -> list[str]:
    """Every time zone that people choose from, such as Europe/Berlin."""
    return sorted(name for name in available_timezones() if "/" in name or name == "UTC")


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    """The date on a wall calendar there."""
    return moment.astimezone(zone).date()


def at(day: date, hour: int, zone: ZoneInfo) -> datetime:
    """The moment, in UTC, when it is this hour there.

    Of an hour that the clocks repeat the first one; of one that they leave out, as long after
    the day before as usual.
    """
    return datetime.combine(day, time(hour), zone).astimezone(UTC)


def start_of_day(moment: datetime, zone: ZoneInfo) -> datetime:
    """When the day began there, in UTC."""
    return at(local_day(moment, zone), 0, zone)


def start_of_week(moment: datetime, zone: ZoneInfo) -> datetime:
    """When the week's Monday began there, in UTC."""
    day = local_day(moment, zone)
    return at(day - timedelta(days=day.weekday()), 0, zone)


def start_of_month(moment: datetime, zone: ZoneInfo) -> datetime:
    """When the month began there, in UTC."""
    return at(local_day(moment, zone).replace(day=1), 0, zone)
