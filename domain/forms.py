"""What is wrong with a form, as a sentence for each field."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from pydantic import ValidationError

_SENTENCES: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "missing": lambda _: "Fill this in.",
    "extra_forbidden": lambda _: "There is no such field.",
    "int_type": lambda _: "Use a whole number.",
    "bool_type": lambda _: "Use true or false.",
    "string_type": lambda _: "Use text.",
    "greater_than_equal": lambda about: f"Use {about['ge']} or more.",
    "less_than_equal": lambda about: f"Use {about['le']} or less.",
    "string_too_short": lambda about: f"Use at least {about['min_length']} characters.",
    "string_too_long": lambda about: f"Use at most {about['max_length']} characters.",
    "literal_error": lambda about: f"Use {about['expected']}.",
    "datetime_type": lambda _: "Use a moment such as 2027-01-31T12:00:00Z.",
    "datetime_parsing": lambda _: "Use a moment such as 2027-01-31T12:00:00Z.",
    "datetime_from_date_parsing": lambda _: "Use a moment such as 2027-01-31T12:00:00Z.",
    "timezone_aware": lambda _: "Say in which time zone: 2027-01-31T12:00:00Z.",
}


def problems(error: ValidationError) -> dict[str, str]:
    """What is wrong with each field, the first thing only, in words for whoever fills it in."""
    found: dict[str, str] = {}
    for one in error.errors(include_url=False, include_input=False):
        name = ".".join(str(part) for part in one["loc"])
        sentence = _SENTENCES.get(one["type"])
        words = sentence(one.get("ctx", {})) if sentence else one["msg"]
        found.setdefault(name, words.removeprefix("Value error, "))
    return found
