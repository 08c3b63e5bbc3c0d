"""Wild input: real examples that are changed here and there, and what nobody would send."""

import gzip
import json
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

from hypothesis import strategies as st

Json = Any

NASTY: Final = (
    *("", " ", "\0", "a\0b", "\ud800", "x\udfff", "\ufeff", "\u202e", "İ", "ß", "é" * 300, "😀"),
    *("true", "null", "NaN", "-1", "0", "1e309", "9" * 400, "٣", "²", "0x10", "1_000", "-0"),
    *("usd", "jpy", "kwd", "xxx", "USD", "€", "../../etc/passwd", "%00", "%ff%fe", "%s{0}{x}"),
    *("<script>alert(1)</script>", "{{7*7}}", "'; DROP TABLE sales;--", "=1+1", "a" * 70_000),
    *("http://[", "https://x\\@y", "javascript:alert(1)", "//[::1", "http://x:99999999/", "data:,"),
    *("a@b", "a@b.example", "@", "a@" + "b" * 300 + ".example", "jared@example.com", "\r\nX: y"),
    *("2026-13-45", "0001-01-01", "9999-12-31T23:59:59Z", "2026-11-01T00:00:00+23:59", "10000-1-1"),
    *("0198c0de-1234-7abc-8def-123456789012", "JARED30", "cus_1", "in_1", "[]", "{}", '"', "\n"),
)
"""Texts that something, somewhere, once fell over."""

NUMBERS: Final = (
    *(0, 1, -1, 2, 10, 2900, -2900, 2**31 - 1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63) - 1),
    *(10**30, 10**400, 0.1, -0.0, 1e22, 1e308, float("nan"), float("inf"), float("-inf")),
    *(253402300800, -62135596801, 1_795_000_000),
)


def one_of(choices: Sequence[Any]) -> st.SearchStrategy[Any]:
    """One of these, however large they are: hypothesis would write all of them out."""
    return st.integers(0, len(choices) - 1).map(lambda number: choices[number])


texts: Final = st.one_of(one_of(NASTY), st.text(max_size=20))
scalars: Final = st.one_of(
    st.none(), st.booleans(), one_of(NUMBERS), st.integers(), st.floats(), texts
)
values: Final = st.recursive(
    scalars,
    lambda inside: st.one_of(
        st.lists(inside, max_size=3), st.dictionaries(texts, inside, max_size=3)
    ),
    max_leaves=6,
)

_DEEDS: Final = (
    *("set", "set", "set", "drop", "wrap", "name", "copy", "swap", "deep", "negate", "many", "key"),
)


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a document: where (counted through all that is in it), what, with what."""

    place: int
    deed: str
    value: Json


changes: Final = st.lists(
    st.builds(Change, st.integers(0, 4000), st.sampled_from(_DEEDS), values),
    min_size=1,
    max_size=4,
)


def changed(document: Json, wanted: Sequence[Change]) -> Json:
    """A copy of a document with these changes, as far as they can be made."""
    root = {"": deepcopy(document)}
    for change in wanted:
        nodes = list(_nodes(root))
        holder, key = nodes[change.place % len(nodes)]
        other, name = nodes[(change.place * 7 + 3) % len(nodes)]
        _change(holder, key, change, deepcopy(other[name]))
    return root.get("")


def _nodes(holder: Json) -> Iterator[tuple[Json, Any]]:
    """Everything in a document, as what holds it and the key there."""
    for key in list(holder) if isinstance(holder, dict) else range(len(holder)):
        yield holder, key
        if isinstance(holder[key], dict | list):
            yield from _nodes(holder[key])


def _change(holder: Json, key: Any, change: Change, other: Json) -> None:
    was = holder[key]
    match change.deed:
        case "drop" if isinstance(holder, dict) and key:
            del holder[key]
        case "wrap":
            holder[key] = [was]
        case "name":
            holder[key] = {"id": was}
        case "copy" | "swap":
            holder[key] = other
        case "deep":
            holder[key] = _deep(was)
        case "negate" if isinstance(was, int | float):
            holder[key] = (not was) if isinstance(was, bool) else -was
        case "many" if isinstance(was, list):
            holder[key] = was * 50
        case "key" if isinstance(holder, dict) and key:
            holder[str(change.value)[:100]] = holder.pop(key)
        case _:
            holder[key] = change.value


def _deep(inside: Json, levels: int = 300) -> Json:
    for _ in range(levels):
        inside = [inside]
    return inside


def encoded(document: Json) -> bytes:
    """A document as JSON; lone surrogates, NUL and NaN are in it as they are."""
    return json.dumps(document).encode()


def bodies(samples: Sequence[Json]) -> st.SearchStrategy[bytes]:
    """Bodies: of ten, eight are changed examples, the others no JSON, or JSON of another kind."""
    made = st.builds(
        lambda sample, wanted: encoded(changed(sample, wanted)), one_of(samples), changes
    )
    return st.one_of(*[made] * 6, _damaged(made), _damaged(made), values.map(encoded), ODD)


def _damaged(made: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """Something put in, or cut off, in the middle."""

    def damage(body: bytes, place: int, put: bytes, cut: int) -> bytes:
        at = place % (len(body) + 1)
        return body[:at] + put + body[at + cut :]

    bits = st.one_of(
        st.binary(max_size=8),
        one_of([b"\0", b"\xff", b"\\ud800", b"NaN", b"1e999", b'"a":1,"a":2,', b"[" * 2000]),
    )
    return st.builds(damage, made, st.integers(0, 8000), bits, st.sampled_from([0, 1, 7, 10**6]))


ODD: Final = st.one_of(
    st.binary(max_size=200),
    one_of(
        [
            b"",
            b"[" * 100_000,
            b'{"a":' * 50_000,
            b"\xef\xbb\xbf{}",
            b"{}\0",
            b'"\\ud800"',
            b"NaN",
            b"9" * 5000,
            b'{"id":1,"id":2}',
            "{}".encode("utf-16"),
            gzip.compress(b"{}" * 1000),
        ]
    ),
)
"""Bodies that are no JSON, or none that anybody meant."""
