"""Where an affiliate's visitors come from, and what becomes of them: from the rollups alone."""

import csv
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Final, TextIO
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain.money import digits, mean
from domain.spreadsheets import inert
from storage import rollups
from storage.rollups import ALL, COUNTRY, LINK, PAGE, TAG, Counts
from storage.saved_links import SavedLink

SOURCES_MAX: Final = 10_000
_BARS_MAX: Final = 31
_TAGS_OFFERED: Final = 30
_WIDTHS: Final = (1, 7, 30, 91, 365, 3653, 36_525, 365_250)
_HEADINGS: Final = {TAG: "Source tag", PAGE: "Landing page", COUNTRY: "Country"}


class Span(StrEnum):
    """A stretch of whole UTC days up to today."""

    WEEK = "7"
    MONTH = "30"
    QUARTER = "90"
    ALL = "all"

    def since(self, today: date) -> date | None:
        """Its first day; None for the beginning of time."""
        return None if self is Span.ALL else today - timedelta(days=int(self) - 1)


class Dimension(StrEnum):
    """What sources are told apart by."""

    TAG = TAG
    PAGE = PAGE
    COUNTRY = COUNTRY

    @property
    def heading(self) -> str:
        """What stands above the values."""
        return _HEADINGS[self]


@dataclass(frozen=True, slots=True)
class Source:
    """One source: an empty value is what came by none. Earnings are minor units by currency."""

    value: str
    counts: Counts
    earnings: Mapping[str, int] = field(default_factory=dict)

    @property
    def rate_bp(self) -> int | None:
        """Conversions of a hundred clicks, in basis points; None without clicks."""
        clicks = self.counts.clicks
        return mean(self.counts.conversions * 10_000, clicks) if clicks else None

    @property
    def per_click(self) -> dict[str, int]:
        """Earnings of one click in minor units by currency; nothing without clicks."""
        clicks = self.counts.clicks
        if not clicks:
            return {}
        return {unit: mean(amount, clicks) for unit, amount in self.earnings.items()}


@dataclass(frozen=True, slots=True)
class Bar:
    """What happened from `first` to `last`, both days included."""

    first: date
    last: date
    counts: Counts


@dataclass(frozen=True, slots=True)
class Performance:
    """All sources of a span, what they come to together, and how it went day by day."""

    dimension: Dimension
    span: Span
    sources: Sequence[Source]
    total: Source
    course: Sequence[Bar]

    @property
    def currencies(self) -> list[str]:
        """Every currency in which anything was earned."""
        return sorted(self.total.earnings)


async def performance(
    session: AsyncSession, affiliate_id: UUID, dimension: Dimension, span: Span
) -> Performance:
    """How each source did; the most clicked first."""
    today = clock.now().date()
    since = span.since(today)
    counts = await rollups.by_value(session, affiliate_id, dimension, since, limit=SOURCES_MAX)
    earned = await rollups.earned_by_value(session, affiliate_id, dimension, since)
    days = await rollups.by_day(session, affiliate_id, ALL, "", since)
    everything = await rollups.earned_by_value(session, affiliate_id, ALL, since)
    found = [
        Source(value, counts.get(value, Counts()), earned.get(value, {}))
        for value in [*counts, *(value for value in earned if value not in counts)]
    ]
    total = Source("", _together(days.values()), everything.get("", {}))
    found = ordered(found, "clicks", "")
    return Performance(dimension, span, found, total, _course(days, since, today))


async def of_links(
    session: AsyncSession, affiliate_id: UUID, links: Sequence[SavedLink]
) -> dict[UUID, Source]:
    """What each link that an affiliate keeps has brought so far, by the link's id."""
    values = {link.id: f"{link.source_tag} {link.page}" for link in links}
    among = set(values.values())
    counts = await rollups.by_value(
        session, affiliate_id, LINK, None, limit=SOURCES_MAX, among=among
    )
    earned = await rollups.earned_by_value(session, affiliate_id, LINK, None, among=among)
    return {
        link_id: Source(value, counts.get(value, Counts()), earned.get(value, {}))
        for link_id, value in values.items()
    }


async def tags_used(session: AsyncSession, affiliate_id: UUID) -> list[str]:
    """The tags that brought most so far, for whoever types one again."""
    found = await rollups.by_value(session, affiliate_id, TAG, None, limit=_TAGS_OFFERED)
    return sorted(filter(None, found))


def ordered(
    sources: Sequence[Source], by: str, currency: str, *, ascending: bool = False
) -> list[Source]:
    """Sources in the order of one of their figures; those that are equal, by name.

    `by` is `value`, a count, `rate`, `earnings` or `epc` (per click), both in `currency`.
    """

    def figure(source: Source) -> int:
        if by == "rate":
            return -1 if source.rate_bp is None else source.rate_bp
        if by == "earnings":
            return source.earnings.get(currency, 0)
        if by == "epc":
            return source.per_click.get(currency, 0)
        count: int = getattr(source.counts, by)
        return count

    by_name = sorted(sources, key=lambda source: (source.value == "", source.value))
    if by == "value":
        return by_name if ascending else by_name[::-1]
    return sorted(by_name, key=lambda source: figure(source) * (1 if ascending else -1))


def write_csv(seen: Performance, table: TextIO) -> None:
    """Every source as a line, for a spreadsheet; a currency has two columns of its own."""
    writer = csv.writer(table, lineterminator="\r\n")
    head = [seen.dimension.heading, "Clicks", "Repeated clicks", "Bots", "Sign-ups", "Conversions"]
    money = [f"{what} {unit.upper()}" for unit in seen.currencies for what in ("Earnings", "EPC")]
    writer.writerow([*head, "Conversion rate %", *money])
    for source in seen.sources:
        counts = [getattr(source.counts, name) for name in rollups.COUNTS]
        rate = source.rate_bp
        amounts = [
            "" if amount is None else digits(amount, unit)
            for unit in seen.currencies
            for amount in (source.earnings.get(unit, 0), source.per_click.get(unit))
        ]
        percent = "" if rate is None else f"{rate // 100}.{rate % 100:02d}"
        writer.writerow([inert(source.value), *counts, percent, *amounts])


def _together(parts: Iterable[Counts]) -> Counts:
    sums = Counter[str]()
    for part in parts:
        sums.update(asdict(part))
    return Counts(**sums)


def _course(days: Mapping[date, Counts], since: date | None, today: date) -> list[Bar]:
    """The days in bars of equal width, the last of which ends today; no more than fit a chart."""
    first = since or min(days, default=today)
    length = (today - first).days + 1
    width = next(width for width in _WIDTHS if length <= width * _BARS_MAX)
    bars: list[Bar] = []
    last = today
    while last >= first:
        start = max(last - timedelta(days=width - 1), first)
        inside = [counts for day, counts in days.items() if start <= day <= last]
        bars.append(Bar(start, last, _together(inside)))
        last = start - timedelta(days=1)
    return bars[::-1]
