"""Amounts as exports write them: `$1,250.00`, `1.250,00 €`, `(12.50)`, or whole cents.

Integer arithmetic on the digits, and nothing is guessed: what could mean two things is refused.
"""

import re
from typing import Final

from domain.money import decimals, minor_units

_NUMBER: Final = re.compile(r"[0-9][0-9.,' \u00a0\u202f]*|[.,][0-9]+")
_AROUND: Final = re.compile(r"[A-Za-z]{0,3}\s*\$|[€£¥₹₩₱₫]|[A-Za-z]{3}|R\$|kr\.?")
_GROUPED: Final = re.compile(r"[0-9]{1,3}(?:[.,' \u00a0\u202f][0-9]{3})+")
_MINUS: Final = "-\N{MINUS SIGN}\N{EN DASH}"
_GROUP: Final = 3


def in_units(text: str) -> bool:
    """Whether an amount shows by itself that it is no count of cents: by a point or a sign."""
    return not _unsigned(text.strip())[0].isdecimal()


def parse(text: str, currency: str, *, whole_is_minor: bool) -> int:
    """An amount in minor units of `currency`.

    `whole_is_minor` says what digits alone count. Raises `ValueError` with a sentence.
    """
    written, negative = _unsigned(text.strip())
    found = _NUMBER.search(written)
    if found is None:
        raise ValueError(f"“{text}” is no amount.")
    around = f"{written[: found.start()]} {written[found.end() :]}".strip()
    if around and not _AROUND.fullmatch(around):
        raise ValueError(f"“{text}” is no amount.")
    digits = found[0].strip(" \u00a0\u202f")
    if digits.isdecimal() and whole_is_minor and not around:
        amount = int(digits) if len(digits) <= 15 else -1  # noqa: PLR2004 - more than any debt
        if amount < 0:
            raise ValueError(f"“{text}” is too large.")
    else:
        amount = minor_units(_plain(digits, decimals(currency), text), currency)
    return -amount if negative else amount


def _unsigned(text: str) -> tuple[str, bool]:
    """The amount without its sign, and whether there was one; brackets are one in accounting."""
    if text.startswith("(") and text.endswith(")"):
        return text[1:-1].strip(), True
    for sign in _MINUS:
        if text.count(sign) == 1:
            before, _, after = text.partition(sign)
            if not any(letter.isdigit() for letter in before) or not after.strip():
                return f"{before}{after}".strip(), True
    return text.removeprefix("+").strip(), False


def _plain(digits: str, places: int, text: str) -> str:
    """The digits with a point before the cents, and nothing else between them."""
    marks = [letter for letter in digits if not letter.isdigit()]
    if not marks:
        return digits
    last = marks[-1]
    whole, _, fraction = digits.rpartition(last)
    alone = marks.count(last) == 1 and last in ".,"
    if len(set(marks)) == 1 and _GROUPED.fullmatch(digits):
        # One kind of mark, and three digits behind each: thousands, or a fraction of three digits.
        if not alone or (last == "," and places < _GROUP):
            return "".join(letter for letter in digits if letter.isdigit())
        if last == "," or (places < _GROUP and not whole.startswith("0")):
            raise ValueError(f"“{text}” could mean two things. Write it with its cents.")
    if not alone:
        raise ValueError(f"“{text}” is no amount.")
    if set(marks) - {last} and not _GROUPED.fullmatch(whole):
        raise ValueError(f"“{text}” is no amount.")
    whole = "".join(letter for letter in whole if letter.isdigit())
    return f"{whole or '0'}.{fraction or '0'}"
