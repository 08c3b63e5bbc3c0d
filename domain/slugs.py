"""Ends of addresses: what makes a good one, and which are ours."""

import re
import unicodedata
from typing import Final

# ruff: noqa: SIM905 - as a list literal this would be a screen of single words

SLUG_SHORTEST: Final = 3
SLUG_LONGEST: Final = 40

RESERVED: Final = frozenset(
    (
        "about account admin administrator affiliate affiliates api app assets auth billing blog "
        "checkout contact dashboard desk docs finance health help home index info legal login "
        "logout mail new null official operator partner partners payout payouts photo preview "
        "pricing privacy program root sandbox security settings sign-in sign-up slack staff static "
        "stripe style support system team terms theme undefined user users webhook webhooks www"
    ).split()
)
_SLUG: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def slug_of(text: str) -> str:
    """The nearest thing to a text that can be an address; empty where nothing can be made."""
    plain = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    return words[:SLUG_LONGEST].rstrip("-")


def unusable(slug: str) -> str:
    """Why a text cannot be the end of an address, as a sentence; empty if it can."""
    if not slug:
        return "Type the end of your page's address, like your name."
    if not _SLUG.fullmatch(slug):
        return "Use the letters a to z, digits, and single dashes between them."
    if not SLUG_SHORTEST <= len(slug) <= SLUG_LONGEST:
        return f"Use {SLUG_SHORTEST} to {SLUG_LONGEST} characters."
    if slug in RESERVED or slug.startswith(("theme-", "photo-")):
        return f"{slug} is kept for the program's own pages."
    return ""
