"""A small language in which Block Kit's rules are written down as tables.

A `Rule` looks at one JSON value and tells the `Report` what is wrong with it. The wording follows
what Slack answers, so a refusal here reads like a refusal there.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Report:
    """What is wrong so far, and where (a JSON pointer) the checker stands."""

    surface: str
    pointer: str = ""
    errors: list[str] = field(default_factory=list)

    def at(self, *parts: str | int) -> "Report":
        """The same report, standing deeper in the document."""
        deeper = "".join(f"/{part}" for part in parts)
        return Report(self.surface, self.pointer + deeper, self.errors)

    def add(self, problem: str) -> None:
        """Note one problem at the present place."""
        self.errors.append(f"{problem} [json-pointer:{self.pointer or '/'}]")


Rule = Callable[[Any, Report], None]


def string(*, longest: int | None = None, shortest: int = 1, pattern: str | None = None) -> Rule:
    """A string of `shortest` to `longest` characters, matching `pattern` if one is given."""
    shape = re.compile(pattern) if pattern else None

    def check(value: Any, report: Report) -> None:
        if not isinstance(value, str):
            report.add("must provide a string")
        elif len(value) < shortest:
            report.add(f"must be more than {shortest - 1} characters")
        elif longest is not None and len(value) > longest:
            report.add(f"must be less than {longest + 1} characters")
        elif shape and not shape.fullmatch(value):
            report.add("must match the expected format")

    return check


def url(longest: int = 3000) -> Rule:
    """An absolute http, https, mailto or slack address."""
    return string(longest=longest, pattern=r"(?s)(https?://|mailto:|slack://|tel:).+")


def enum(*allowed: str) -> Rule:
    """One of a few words."""

    def check(value: Any, report: Report) -> None:
        if value not in allowed:
            report.add(f"must be a valid enum value: {', '.join(allowed)}")

    return check


def boolean(value: Any, report: Report) -> None:
    """True or false, and nothing that merely looks like it."""
    if not isinstance(value, bool):
        report.add("must provide a boolean")


def number(value: Any, report: Report) -> None:
    """A finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:  # noqa: PLR0124 - NaN
        report.add("must provide a number")


def integer(low: int, high: int | None = None) -> Rule:
    """A whole number from `low` to `high`."""

    def check(value: Any, report: Report) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            report.add("must provide an integer")
        elif value < low:
            report.add(f"must be greater than {low - 1}")
        elif high is not None and value > high:
            report.add(f"must be less than {high + 1}")

    return check


def anything(value: Any, report: Report) -> None:
    """A field whose content Slack does not check."""


def array(item: Rule, *, fewest: int = 1, most: int | None = None) -> Rule:
    """A list of `fewest` to `most` items, each obeying `item`."""

    def check(value: Any, report: Report) -> None:
        if not isinstance(value, list):
            report.add("must provide an array")
            return
        if len(value) < fewest:
            report.add(f"no fewer than {fewest} items allowed")
        if most is not None and len(value) > most:
            report.add(f"no more than {most} items allowed")
        for index, entry in enumerate(value):
            item(entry, report.at(index))

    return check


def shape(
    required: Mapping[str, Rule],
    optional: Mapping[str, Rule] | None = None,
    *also: Rule,
    ignore: Sequence[str] = (),
) -> Rule:
    """An object with exactly these fields; `also` holds rules about several fields at once."""
    known = {**required, **(optional or {})}

    def check(value: Any, report: Report) -> None:
        if not isinstance(value, dict):
            report.add("must provide an object")
            return
        for name in required:
            if value.get(name) is None:
                report.add(f"missing required field: {name}")
        for name, content in value.items():
            if name in known:
                if content is not None:
                    known[name](content, report.at(name))
            elif name not in ignore:
                report.add(f"invalid additional property: {name}")
        for rule in also:
            rule(value, report)

    return check


def by_type(kinds: Mapping[str, Rule]) -> Rule:
    """An object whose `type` chooses the rule."""

    def check(value: Any, report: Report) -> None:
        if not isinstance(value, dict):
            report.add("must provide an object")
        elif "type" not in value:
            report.add("missing required field: type")
        elif not isinstance(value["type"], str) or value["type"] not in kinds:
            report.at("type").add(f"unsupported type: {value['type']}")
        else:
            kinds[value["type"]](value, report)

    return check


def one_of(*names: str) -> Rule:
    """At least one of these fields is there."""

    def check(value: Any, report: Report) -> None:
        if not any(value.get(name) for name in names):
            report.add(f"missing required field: {' or '.join(names)}")

    return check


def not_both(one: str, other: str) -> Rule:
    """These two fields exclude each other."""

    def check(value: Any, report: Report) -> None:
        if value.get(one) is not None and value.get(other) is not None:
            report.add(f"only one of {one} and {other} is allowed")

    return check
