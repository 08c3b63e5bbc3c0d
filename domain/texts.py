"""Text from outside, in a form that can be kept."""

from domain.errors import InvalidError

REASON_MAX = 1000
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_UNKEEPABLE = {0: _REPLACEMENT} | dict.fromkeys(range(0xD800, 0xE000), _REPLACEMENT)


def keepable(text: str) -> str:
    """The text, with a replacement character for what no database takes.

    That is NUL, and half of a character: a form cut in the middle of an emoji, or a header
    that is not UTF-8.
    """
    return text.translate(_UNKEEPABLE)


def printable(line: str) -> str:
    """A line as a terminal may show it: what would move its cursor or turn text around is replaced.

    Other spaces become ordinary ones.
    """
    return "".join(
        letter if letter.isprintable() else " " if letter.isspace() else _REPLACEMENT
        for letter in line
    )


def require_reason(text: str) -> str:
    """The reason of a decision, as it is mailed; `InvalidError` for none or too long a one."""
    reason = keepable(text).strip()
    if not reason:
        raise InvalidError("Give a reason: it is mailed.", {"reason": "Give a reason."})
    if len(reason) > REASON_MAX:
        sentence = f"Keep the reason under {REASON_MAX} characters."
        raise InvalidError(sentence, {"reason": sentence})
    return reason
