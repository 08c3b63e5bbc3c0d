"""How amounts, rates and moments read on a page and in a mail.

Integer arithmetic throughout: an amount is minor units and a currency, a rate is basis points.
"""

from collections.abc import Callable, Mapping
from datetime import UTC
from datetime import datetime as Moment  # noqa: N812 - the filter below owns the name `datetime`
from types import MappingProxyType
from typing import Any, Final

from markupsafe import Markup

# Minor units as Stripe counts them (https://docs.stripe.com/currencies). ISK and UGX are absent
# on purpose: they have no cents any more, yet Stripe's amounts still carry two decimals.
_NO_DECIMALS: Final = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA"}
    | {"PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"}
)
_THREE_DECIMALS: Final = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})

# Only signs that belong to one currency for an English reader; the rest show their ISO code.
_SIGNS: Final = MappingProxyType(
    {
        "USD": "$",
        "EUR": "€",
        "GBP": "£",
        "JPY": "¥",
        "INR": "₹",
        "AUD": "A$",
        "CAD": "CA$",
        "NZD": "NZ$",
        "BRL": "R$",
        "KRW": "₩",
        "PHP": "₱",
        "VND": "₫",
    }
)

_MINUS: Final = "\N{MINUS SIGN}"
_NBSP: Final = "\N{NO-BREAK SPACE}"
_BP_IN_ONE_PERCENT: Final = 100
_WORDS: Final = (
    *("one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)


def decimals(currency: str) -> int:
    """How many digits of an amount in `currency` (ISO 4217, any case) stand after the point."""
    code = currency.upper()
    if code in _NO_DECIMALS:
        return 0
    return 3 if code in _THREE_DECIMALS else 2


def money(minor: int, currency: str) -> str:
    """An amount in minor units as a person writes it: `1250, "usd"` is `$12.50`."""
    code = currency.upper()
    digits = decimals(code)
    whole, rest = divmod(abs(minor), 10**digits)
    fraction = f".{rest:0{digits}d}" if digits else ""
    sign = _MINUS if minor < 0 else ""
    return f"{sign}{_SIGNS.get(code, code + _NBSP)}{whole:,}{fraction}"


def percent(basis_points: int) -> str:
    """A rate in basis points as a percentage without idle zeros: `1250` is `12.5%`."""
    whole, rest = divmod(abs(basis_points), _BP_IN_ONE_PERCENT)
    fraction = f".{rest:02d}".rstrip("0") if rest else ""
    return f"{_MINUS if basis_points < 0 else ''}{whole:,}{fraction}%"


def number(count: int) -> str:
    """A count with its thousands set apart: `12400` is `12,400`."""
    return f"{count:,}"


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
        "money": money,
        "number": number,
        "percent": percent,
    }
)
