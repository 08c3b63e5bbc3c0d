"""What stands in the form of a contest: as it is typed, and as the domain reads it."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Self
from zoneinfo import ZoneInfo

from bot.cards.blocks import Json
from domain import contest_times
from domain.contests import Wish
from domain.errors import InvalidError
from domain.money import digits, minor_units
from domain.zones import zone_named
from storage.contests import REFERRALS, Contest

NOW: Final = "now"
_BEGINS, _ENDS = "09:00", "18:00"
_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class Draft:
    """The fields of the form, all as typed. Days and times are those on the clocks of the zone.

    `start` is `now` where that is ticked, whatever the day and the time say.
    """

    name: str = ""
    description: str = ""
    metric: str = REFERRALS
    start: str = ""
    start_date: str = ""
    start_time: str = ""
    end_date: str = ""
    end_time: str = ""
    time_zone: str = "UTC"
    prize_description: str = ""
    prize_amount_cents: str = ""

    @classmethod
    def new(cls, now: datetime, zone_name: str) -> Self:
        """The draft of a month from tomorrow morning on."""
        zone = zone_named(zone_name) or ZoneInfo("UTC")
        tomorrow = now.astimezone(zone).date() + timedelta(days=1)
        return cls(
            start_date=tomorrow.isoformat(),
            start_time=_BEGINS,
            end_date=(tomorrow + timedelta(days=_DAYS)).isoformat(),
            end_time=_ENDS,
            time_zone=zone.key,
        )

    @classmethod
    def of(cls, contest: Contest) -> Self:
        """The draft that says what a contest is."""
        zone = ZoneInfo(contest.time_zone)
        start, end = contest.start_date.astimezone(zone), contest.end_date.astimezone(zone)
        cents = contest.prize_amount_cents
        return cls(
            name=contest.name,
            description=contest.description,
            metric=contest.metric,
            start_date=start.date().isoformat(),
            start_time=f"{start:%H:%M}",
            end_date=end.date().isoformat(),
            end_time=f"{end:%H:%M}",
            time_zone=contest.time_zone,
            prize_description=contest.prize_description,
            prize_amount_cents="" if cents is None else digits(cents, contest.currency),
        )

    @classmethod
    def typed(cls, view: Json) -> Self:
        """What a person has entered so far; what a form does not ask for stays empty."""
        entered = {
            name: _value(held)
            for block in view["state"]["values"].values()
            for name, held in block.items()
        }
        return cls(**entered)

    def given(self, currency: str, *, begun: Contest | None = None) -> Wish:
        """The contest for the domain to read; raises `InvalidError` by field.

        `begun` is the contest where it runs already: its start is not asked for any more.
        """
        wrong: dict[str, str] = {}
        zone = zone_named(self.time_zone)
        if zone is None:
            wrong["time_zone"] = "There is no such time zone. Write it like Europe/Berlin."
            zone = ZoneInfo("UTC")
        start = begun.start_date if begun else None
        if begun is None and self.start != NOW:
            start = _moment(self.start_date, self.start_time, zone)
            if start is None:
                wrong["start_date"] = "Choose a day and a time, or tick Start now."
        end = _moment(self.end_date, self.end_time, zone, last=True)
        if end is None:
            wrong["end_date"] = "Choose a day and a time."
        cents = None
        try:
            if self.prize_amount_cents.strip():
                cents = minor_units(self.prize_amount_cents, currency)
        except ValueError as error:
            wrong["prize_amount_cents"] = str(error)
        if wrong or end is None:
            raise InvalidError(" ".join(wrong.values()), wrong)
        metric = begun.metric if begun else self.metric
        return Wish(
            name=self.name,
            metric=metric,
            start_date=start,
            end_date=self._as_before(begun, end),
            time_zone=zone.key,
            prize_description=self.prize_description,
            prize_amount_cents=cents,
            description=self.description,
        )

    def _as_before(self, begun: Contest | None, end: datetime) -> datetime:
        """The end of a contest that runs, to the second where the form did not change it."""
        if begun is None or self.end_of(begun) != (self.end_date, self.end_time, self.time_zone):
            return end
        return begun.end_date

    @classmethod
    def end_of(cls, contest: Contest) -> tuple[str, str, str]:
        """How the form shows the end of a contest."""
        draft = cls.of(contest)
        return draft.end_date, draft.end_time, draft.time_zone

    def skipped(self) -> list[str]:
        """A sentence for each time that the clocks of the zone leave out on its day."""
        zone, said = zone_named(self.time_zone), []
        typed = [("end", self.end_date, self.end_time)]
        if self.start != NOW:
            typed.insert(0, ("start", self.start_date, self.start_time))
        for what, day, at in typed:
            read = _read(day, at)
            if zone and read and contest_times.skipped(*read, zone):
                said.append(f"The clocks there leave out {at} on {day}: the {what} is later.")
        return said


def _read(day: str, at: str) -> tuple[date, time] | None:
    try:
        return date.fromisoformat(day), time.fromisoformat(at)
    except ValueError:
        return None


def _moment(day: str, at: str, zone: ZoneInfo, *, last: bool = False) -> datetime | None:
    read = _read(day, at)
    if read is None:
        return None
    try:
        return contest_times.moment(*read, zone, last=last)
    except OverflowError:
        # A day at the end of all calendars, whose moment in UTC lies behind them.
        return None


def _value(held: Json) -> str:
    """What a field of any kind holds, as text."""
    if "selected_options" in held:
        return next((str(each["value"]) for each in held["selected_options"] or ()), "")
    if "selected_option" in held:
        return str((held["selected_option"] or {}).get("value") or "")
    for name in ("selected_date", "selected_time", "value"):
        if name in held:
            return str(held[name] or "")
    return ""
