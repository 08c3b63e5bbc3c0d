"""Amounts: integers in minor units and a currency; shares of them, and how they read.

Rounded in one place, written in one place, and no float anywhere.
"""

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

_MINUS: Final = "\N{MINUS SIGN}"
_NBSP: Final = "\N{NO-BREAK SPACE}"
_BP_IN_ONE_PERCENT: Final = 100
_WHOLE_BP: Final = 10_000


def share(amount: int, rate_bp: int) -> int:
    """`rate_bp` basis points of `amount` minor units, rounded to the nearest unit.

    Exactly half a unit goes up, in the affiliate's favour. Neither may be negative.
    """
    if amount < 0 or rate_bp < 0:
        raise ValueError("a share is taken of what was collected, never of a debt")
    return (amount * rate_bp + _WHOLE_BP // 2) // _WHOLE_BP


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
