"""How amounts, rates, cycles and moments read on a page and in a mail."""

from collections.abc import Callable, Mapping
from datetime import UTC
from datetime import datetime as Moment  # noqa: N812 - the filter below owns the name `datetime`
from types import MappingProxyType
from typing import Any, Final

from markupsafe import Markup

from domain.money import decimals, money, number, percent

_WORDS: Final = (
    *("one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)


def cycles(count: int | None) -> str:
    """Which payments of a customer earn: `2` is `first two successful billing cycles`.

    `None` means that the program sets no limit.
    """
    if count is None:
        return "every successful billing cycle"
    if count == 1:
        return "first successful billing cycle"
    word = _WORDS[count - 1] if 0 < count <= len(_WORDS) else number(count)
    return f"first {word} successful billing cycles"


def date(moment: Moment) -> Markup:
    """A moment as a `<time>` element that shows its day; raises `ValueError` if it has no zone.

    The page says the day in UTC; `static/desk.js` rewrites it in the reader's own zone.
    """
    shown, stamp = _in_utc(moment)
    return Markup('<time datetime="{}" data-show="date">{}</time>').format(stamp, _day(shown))


def datetime(moment: Moment) -> Markup:
    """A moment as a `<time>` element with day and minute; `ValueError` if it has no zone."""
    shown, stamp = _in_utc(moment)
    words = f"{_day(shown)} at {shown:%H:%M} UTC"
    return Markup('<time datetime="{}" data-show="datetime">{}</time>').format(stamp, words)


def _in_utc(moment: Moment) -> tuple[Moment, str]:
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone, so it names no moment")
    utc = moment.astimezone(UTC)
    return utc, utc.strftime("%Y-%m-%dT%H:%M:%SZ")


def _day(moment: Moment) -> str:
    return f"{moment.day} {moment:%B %Y}"


FILTERS: Final[Mapping[str, Callable[..., Any]]] = MappingProxyType(
    {
        "cycles": cycles,
        "date": date,
        "datetime": datetime,
        "decimals": decimals,
        "money": money,
        "number": number,
        "percent": percent,
    }
)
