"""Secrets that programs show to be let in: each shown once, and kept as its hash."""

import hashlib
import secrets
import string
from dataclasses import dataclass
from typing import Final

_ALPHABET: Final = string.ascii_letters + string.digits
_LENGTH: Final = 43
"""So many letters and digits are 256 bits: 62 ** 43 > 2 ** 256."""
_SHOWN: Final = 8
"""So many of them are no secret: the rest is over 200 bits."""


@dataclass(frozen=True, slots=True)
class Token:
    """A fresh secret. `text` is for its owner alone; `prefix` and `hash` are what is kept."""

    text: str
    prefix: str
    hash: str


def make(kind: str) -> Token:
    """A secret that begins with `kind`, such as `ad_live_`, by which scanners recognise it.

    It has letters, digits and underscores only, so that a double click marks all of it.
    """
    text = kind + "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    return Token(text, prefix_of(kind, text), hashed(text))


def prefix_of(kind: str, text: str) -> str:
    """What is kept of a secret in the clear; empty for what cannot be one of this kind."""
    if len(text) != len(kind) + _LENGTH or not text.startswith(kind) or not text.isascii():
        return ""
    return text[: len(kind) + _SHOWN]


def hashed(text: str) -> str:
    """What is kept of a secret: it is long and random, so that a plain hash hides it."""
    return hashlib.sha256(text.encode()).hexdigest()
