"""Codes as customers type them: forgiving in the spelling, strict in the letters."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from domain.errors import InvalidError
from domain.texts import keepable

LONGEST: Final = 100
MOST: Final = 5
"""Codes that one checkout may combine."""

_DASHES: Final = dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")  # noqa: RUF001 - those that phones put in


def read_codes(typed: Sequence[str]) -> tuple[str, ...]:
    """Codes as customers type them, in the spelling that they are kept in; each once.

    Letter case, spaces, full-width letters and a phone's own dashes are forgiven. Letters of
    another alphabet that look alike are not: such a code is one that nobody has. Raises
    `InvalidError` for none, too many, or a code that is too long.
    """
    read = tuple(dict.fromkeys(filter(None, (_read(text) for text in typed))))
    if not read:
        raise _unreadable("Type a code.")
    if len(read) > MOST:
        raise _unreadable(f"At most {MOST} codes can be used together.")
    if any(len(code) > LONGEST for code in read):
        raise _unreadable(f"This is too long for a code: one has at most {LONGEST} characters.")
    return read


def _read(text: str) -> str:
    plain = unicodedata.normalize("NFKC", keepable(text)).translate(_DASHES)
    # Besides spaces, marks that nobody sees and that come along when a code is copied.
    bare = (c for c in plain if not c.isspace() and unicodedata.category(c) != "Cf")
    # Only A to Z: elsewhere, upper case can turn a letter into one that looks alike.
    upper = re.sub("[a-z]", lambda found: found[0].upper(), "".join(bare))
    # Once more: without the spaces, an accent that stood alone joins the letter before it.
    return unicodedata.normalize("NFKC", upper)


def _unreadable(sentence: str) -> InvalidError:
    return InvalidError(sentence, {"code": sentence})
