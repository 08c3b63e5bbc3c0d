"""Whether a request is one that Stripe would take, by the types of its own Python library.

`stripe.params` describes every parameter of every call. Walking a request along those types finds
unknown and missing parameters, wrong types and values outside an enumeration, and turns the
strings of the form encoding into what they mean.
"""

import re
import types
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from stripe import RequestOptions, StripeObject

from sandbox.stripe.refusals import RefusalError, required

_INTEGER = re.compile(r"-?\d{1,18}")
_DECIMAL = re.compile(r"-?\d{1,18}(\.\d{1,12})?")
_BOOLEANS = {"true": True, "false": False}
_MAX_METADATA = (50, 40, 500)  # keys, characters of a key, characters of a value


@cache
def _hints(shape: type) -> dict[str, Any]:
    """The parameters of a call and their types, less the library's own request options."""
    names = {"StripeContext": str, "Mapping": Mapping}  # imported for type checkers only
    hints = get_type_hints(shape, localns=names)
    return {
        name: hint for name, hint in hints.items() if name not in RequestOptions.__annotations__
    }


def check(params: Mapping[str, Any], shape: type, parent: str = "") -> dict[str, Any]:
    """Return `params` with every leaf in its own type, or raise `RefusalError` as Stripe would."""
    hints = _hints(shape)
    for name in params:
        if name not in hints:
            path = _path(parent, name)
            raise RefusalError(
                f"Received unknown parameter: {path}", code="parameter_unknown", param=path
            )
    for name in hints:  # in the order of the documentation, as Stripe reports them
        if name in _required(shape) and name not in params:
            raise required(_path(parent, name))
    return {name: _value(value, hints[name], _path(parent, name)) for name, value in params.items()}


def _is_hash(hint: Any) -> bool:
    """Whether a type is one of the library's TypedDicts, which `typing` does not know as such."""
    return hasattr(hint, "__required_keys__")


def _required(shape: type) -> frozenset[str]:
    names: frozenset[str] = shape.__required_keys__  # type: ignore[attr-defined] # a TypedDict's
    return names


def _path(parent: str, name: str) -> str:
    return f"{parent}[{name}]" if parent else name


def _value(value: Any, hint: Any, path: str) -> Any:
    origin = get_origin(hint)
    if origin in {Union, types.UnionType}:
        return _union(value, get_args(hint), path)
    if isinstance(value, dict):
        return _hash(value, hint, path)
    if value == "" and hint is not Literal[""]:
        raise RefusalError(
            f"You passed an empty string for '{path}'. We assume empty values are an attempt to "
            f"unset a parameter; however '{path}' cannot be unset. You should remove '{path}' "
            "from your request or supply a non-empty value.",
            code="parameter_invalid_empty",
            param=path,
        )
    return _leaf(value, hint, path)


def _hash(value: dict[str, Any], hint: Any, path: str) -> Any:
    if _is_hash(hint):
        return check(value, hint, path)
    origin = get_origin(hint)
    if origin is list:
        (item,) = get_args(hint)
        places = sorted(value, key=lambda place: int(place) if place.isdecimal() else -1)
        if any(not place.isdecimal() for place in places):
            raise RefusalError("Invalid array", param=path)
        return [_value(value[place], item, f"{path}[{place}]") for place in places]
    if origin is dict:
        item = get_args(hint)[1]
        if item is str:
            return _metadata(value, path)
        return {name: _value(below, item, f"{path}[{name}]") for name, below in value.items()}
    raise RefusalError("Invalid string: must be a string, not a hash", param=path)


def _leaf(value: str, hint: Any, path: str) -> Any:
    if get_origin(hint) is Literal:
        return _one_of(value, get_args(hint), path)
    if hint is bool:
        if value not in _BOOLEANS:
            raise RefusalError(f"Invalid boolean: {value}", param=path)
        return _BOOLEANS[value]
    if hint is int:
        if not _INTEGER.fullmatch(value):
            raise RefusalError(
                f"Invalid integer: {value}", code="parameter_invalid_integer", param=path
            )
        return int(value)
    if hint in {float, Decimal}:
        if not _DECIMAL.fullmatch(value):
            raise RefusalError(f"Invalid decimal: {value}", param=path)
        return float(value)
    if hint is str:
        return value
    word = "array" if get_origin(hint) is list else "object"
    raise RefusalError(f"Invalid {word}", param=path)


def _union(value: Any, members: tuple[Any, ...], path: str) -> Any:
    """Take the one member of a union that fits what was sent.

    The library adds `str` to an enumeration only so that a newer word still passes its types:
    the API itself takes the listed words alone.
    """
    words = [word for hint in members if get_origin(hint) is Literal for word in get_args(hint)]
    if value in words:
        return value
    structured = [hint for hint in members if _is_hash(hint) or get_origin(hint) in {list, dict}]
    if isinstance(value, dict) and structured:
        return _value(value, structured[0], path)
    scalars = [
        hint
        for hint in members
        if hint not in structured
        and get_origin(hint) is not Literal
        and hint is not type(None)
        and not issubclass(get_origin(hint) or hint, StripeObject)
    ]
    if scalars == [str] and any(words):
        return _one_of(value, tuple(word for word in words if word), path)
    return _value(value, (scalars or structured or list(members))[0], path)


def _one_of(value: Any, words: tuple[Any, ...], path: str) -> Any:
    if value in words:
        return value
    listed = [str(word) for word in words]
    choice = listed[0] if len(listed) == 1 else f"one of {', '.join(listed[:-1])}, or {listed[-1]}"
    raise RefusalError(f"Invalid {path}: must be {choice}", param=path)


def _metadata(value: dict[str, Any], path: str) -> dict[str, str]:
    most, longest_key, longest_value = _MAX_METADATA
    if len(value) > most:
        raise RefusalError(f"You can have at most {most} metadata keys.", param=path)
    for name, text in value.items():
        place = f"{path}[{name}]"
        if not isinstance(text, str):
            raise RefusalError("Metadata values must be strings.", param=place)
        if len(name) > longest_key:
            raise RefusalError(
                f"Metadata keys can have up to {longest_key} characters, but you passed in a key "
                f"that is {len(name)} characters. Invalid key: {name}",
                param=path,
            )
        if len(text) > longest_value:
            raise RefusalError(
                f"Metadata values can have up to {longest_value} characters, but you passed in a "
                f"value that is {len(text)} characters. Invalid value: {text}",
                param=place,
            )
    return value
