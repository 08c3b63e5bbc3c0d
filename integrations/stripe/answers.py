"""What Stripe answered, as far as we read it: of the types that it documents, or not believed.

An answer of another shape is one of something between us and Stripe, or of a version that nobody
has read. A sale that it would make is no sale.
"""

from collections.abc import Awaitable, Callable
from dataclasses import is_dataclass
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar

import msgspec

from integrations.errors import TransportError

LARGEST: Final = 2**53 - 1
"""The largest number that JSON carries everywhere; Stripe's own amounts have twelve digits."""

_ODD: Final = (
    *(ArithmeticError, AttributeError, LookupError, TypeError, ValueError),
    *(OSError, RecursionError),
)
"""What Python raises where a value is of another kind than whoever reads it expects."""

_Given = ParamSpec("_Given")
_Found = TypeVar("_Found")


def understood(
    ask: Callable[_Given, Awaitable[_Found]],
) -> Callable[_Given, Awaitable[_Found]]:
    """Have an answer that can not be read leave as a `TransportError`, to be asked for again."""

    @wraps(ask)
    async def asked(*given: _Given.args, **named: _Given.kwargs) -> _Found:
        try:
            found = await ask(*given, **named)
            _require_plain(found)
        except _ODD as error:
            raise TransportError(
                f"Stripe's answer could not be understood ({type(error).__name__}: {error})."[:300]
            ) from error
        return found

    return asked


def _require_plain(found: Any) -> None:
    """Raise `ValueError` where what was read is not of its types, or can not be kept."""
    each = found if isinstance(found, list | tuple) else [found]
    for one in each:
        plain = msgspec.to_builtins(one)
        if is_dataclass(one):
            msgspec.convert(plain, type(one))
        _require_keepable(plain)


def _require_keepable(value: Any) -> None:
    if isinstance(value, str):
        if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            raise ValueError("it holds text that can not be kept")
    elif isinstance(value, int):
        if abs(value) > LARGEST:
            raise ValueError("it holds a number that is far too large")
    elif isinstance(value, dict):
        for name, inside in value.items():
            _require_keepable(name)
            _require_keepable(inside)
    elif isinstance(value, list | tuple):
        for inside in value:
            _require_keepable(inside)
