"""Amounts: integers in minor units and a currency; shares of them, and how they read.

Rounded in one place, written in one place, and no float anywhere.
"""

import re
from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

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

_TYPED: Final = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,12}))?")
_MINUS: Final = "\N{MINUS SIGN}"
_NBSP: Final = "\N{NO-BREAK SPACE}"
_BP_IN_ONE_PERCENT: Final = 100
_RATE_PLACES: Final = 2
_WHOLE_BP: Final = 10_000


def share(amount: int, rate_bp: int) -> int:
    """`rate_bp` basis points of `amount` minor units, rounded to the nearest unit.

    Exactly half a unit goes up, in the affiliate's favour. Neither may be negative.
    """
    if amount < 0 or rate_bp < 0:
        raise ValueError("a share is taken of what was collected, never of a debt")
    return (amount * rate_bp + _WHOLE_BP // 2) // _WHOLE_BP


def proportion(amount: int, part: int, whole: int) -> int:
    """As much of `amount` as `part` is of `whole`, rounded as a share is; never above `amount`.

    None of a whole that is nothing.
    """
    if whole <= 0 or part <= 0:
        return 0
    return min((2 * amount * part + whole) // (2 * whole), amount)


def mean(amount: int, count: int) -> int:
    """What each of `count` (at least one) has of `amount`, to the nearest unit; halves go up."""
    return (2 * amount + count) // (2 * count)


def split(amount: int, weights: Sequence[int]) -> list[int]:
    """`amount` in parts that stand to each other as the weights do, and add up to it exactly.

    Equal parts where all weights are nothing.
    """
    whole = sum(weights) or len(weights)
    shares = list(weights) if sum(weights) else [1] * len(weights)
    ends = [amount * sum(shares[: n + 1]) // whole for n in range(len(shares))]
    return [end - start for start, end in zip([0, *ends], ends, strict=False)]


def decimals(currency: str) -> int:
    """How many digits of an amount in `currency` (ISO 4217, any case) stand after the point."""
    code = currency.upper()
    if code in _NO_DECIMALS:
        return 0
    return 3 if code in _THREE_DECIMALS else 2


def money(minor: int, currency: str) -> str:
    """An amount in minor units as a person writes it: `1250, "usd"` is `$12.50`."""
    whole, fraction = _parts(minor, currency)
    code = currency.upper()
    sign = _MINUS if minor < 0 else ""
    return f"{sign}{_SIGNS.get(code, code + _NBSP)}{whole:,}{fraction}"


def digits(minor: int, currency: str) -> str:
    """An amount in minor units as a spreadsheet reads it: `-1250, "usd"` is `-12.50`."""
    whole, fraction = _parts(minor, currency)
    return f"{'-' if minor < 0 else ''}{whole}{fraction}"


def minor_units(typed: str, currency: str) -> int:
    """An amount as a person types it, in minor units: `"12.5", "usd"` is 1250.

    A comma could mean two things, so it is none. Raises `ValueError` with a sentence.
    """
    found, places = _TYPED.fullmatch(typed.strip()), decimals(currency)
    if found is None:
        raise ValueError("Use a plain number, with a point before any cents: 10 or 10.50.")
    whole, fraction = found[1], (found[2] or "").rstrip("0")
    if len(fraction) > places:
        after = f"at most {places} digits after the point" if places else "no digits after a point"
        raise ValueError(f"An amount in {currency.upper()} has {after}.")
    return int(whole + fraction.ljust(places, "0"))


def basis_points(typed: str) -> int:
    """A rate as a person types it, in basis points: `"12.5"` and `"12.5%"` are 1250.

    Raises `ValueError` with a sentence, also above 100 %.
    """
    found = _TYPED.fullmatch(typed.strip().removesuffix("%").rstrip())
    fraction = (found[2] or "").rstrip("0") if found else ""
    if found is None or len(fraction) > _RATE_PLACES:
        raise ValueError(
            "Use a percentage such as 25 or 12.5, with at most 2 digits after a point."
        )
    rate = int(found[1] + fraction.ljust(_RATE_PLACES, "0"))
    if rate > _WHOLE_BP:
        raise ValueError("A rate is at most 100 percent.")
    return rate


def _parts(minor: int, currency: str) -> tuple[int, str]:
    places = decimals(currency)
    whole, rest = divmod(abs(minor), 10**places)
    return whole, f".{rest:0{places}d}" if places else ""


def percent(basis_points: int) -> str:
    """A rate in basis points as a percentage without idle zeros: `1250` is `12.5%`."""
    whole, rest = divmod(abs(basis_points), _BP_IN_ONE_PERCENT)
    fraction = f".{rest:02d}".rstrip("0") if rest else ""
    return f"{_MINUS if basis_points < 0 else ''}{whole:,}{fraction}%"


def number(count: int) -> str:
    """A count with its thousands set apart: `12400` is `12,400`."""
    return f"{count:,}"
