"""What stands in a cell: moments, yes and no, and the ref that a link names somebody by."""

import re
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qs, urlsplit

_EPOCH: Final = re.compile(r"[0-9]{9,10}|[0-9]{13}")
_MILLISECONDS: Final = 13
_SLASHED: Final = re.compile(r"([0-9]{1,2})[/.]([0-9]{1,2})[/.]([0-9]{4})(?:[ ,T]+(.*))?")
_ZONE_NAMED: Final = re.compile(r"\s*(?:UTC|GMT|Z)$")
_FORMATS: Final = (
    "%b %d, %Y",
    "%B %d, %Y",
    "%d %b %Y",
    "%d %B %Y",
    "%b %d, %Y %I:%M %p",
    "%B %d, %Y %I:%M %p",
    "%b %d, %Y %H:%M",
    "%B %d, %Y %H:%M",
    "%Y/%m/%d",
    "%Y/%m/%d %H:%M:%S",
)
_TWELVE: Final = 12
_YES: Final = frozenset({"true", "yes", "1", "y", "t"})
_PARAMETERS: Final = ("via", "ref", "fpr", "aff", "a_aid", "gsxid", "ps_partner_key")
_EARLIEST, _LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def moment(text: str, order: str = "") -> datetime | None:
    """A moment in UTC; None for nothing. One without a zone is taken as UTC.

    `order` says how 01/02/2026 is meant: `dmy` or `mdy`. Raises `ValueError` with a sentence.
    """
    text = text.strip()
    if not text:
        return None
    try:
        found = _moment(text, order)
    except (OverflowError, OSError):
        found = None
    if found is None:
        raise ValueError(f"“{text}” is no date.")
    found = found.replace(tzinfo=UTC) if found.tzinfo is None else found
    if not _EARLIEST < found < _LATEST:
        raise ValueError(f"“{text}” is a date of another age.")
    return found.astimezone(UTC)


def _moment(text: str, order: str) -> datetime | None:
    if _EPOCH.fullmatch(text):
        seconds = int(text) // (1000 if len(text) == _MILLISECONDS else 1)
        return datetime.fromtimestamp(seconds, UTC)
    bare = _ZONE_NAMED.sub("", text)
    try:
        return datetime.fromisoformat(bare)
    except ValueError:
        pass
    if slashed := _SLASHED.fullmatch(bare):
        return _slashed(text, slashed, order)
    for form in _FORMATS:
        try:
            return datetime.strptime(bare, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def _slashed(text: str, found: re.Match[str], order: str) -> datetime | None:
    first, second = int(found[1]), int(found[2])
    if first > _TWELVE or second > _TWELVE:
        order = "dmy" if first > _TWELVE else "mdy"
    elif first != second and not order:
        raise ValueError(f"“{text}” could be two days. Say --dates dmy or --dates mdy.")
    day, month = (first, second) if order == "dmy" else (second, first)
    time = found[4] or ""
    for form in ("%H:%M:%S", "%H:%M", "%I:%M %p", "%I:%M:%S %p"):
        try:
            at = datetime.strptime(time or "00:00", form if time else "%H:%M").replace(tzinfo=UTC)
            return at.replace(year=int(found[3]), month=month, day=day)
        except ValueError:
            continue
    return None


def yes(text: str) -> bool:
    """Whether a cell says yes."""
    return text.strip().lower() in _YES


def refs(text: str) -> tuple[str, ...]:
    """The refs that a cell names: one, several with commas between them, or whole addresses."""
    words = (word.strip() for word in re.split(r"[,;|\n]", text))
    found = (_ref(word) if "/" in word or "?" in word else word for word in words)
    return tuple(dict.fromkeys(filter(None, found)))


def _ref(address: str) -> str:
    """What an address names its affiliate by: a parameter that is known for that, else its end."""
    try:
        parts = urlsplit(address if "//" in address else f"//{address}")
        asked = parse_qs(parts.query)
    except ValueError:
        return ""
    for name in _PARAMETERS:
        if asked.get(name):
            return asked[name][0].strip()
    return parts.path.strip("/").rpartition("/")[2]
