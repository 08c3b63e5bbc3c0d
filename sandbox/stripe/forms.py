"""Stripe's form encoding, read back: `discounts[0][promotion_code]=x` becomes nested dicts."""

import re
from collections.abc import Iterable
from typing import Any

from sandbox.stripe.refusals import RefusalError

_KEY = re.compile(r"^[^\[\]]+(\[[^\[\]]*\])*$")


def nest(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Turn bracketed names into nested dicts whose leaves are strings.

    A list arrives as a dict keyed by position (`[]` takes the next one); only the type of the
    parameter tells a list from a mapping with numeric keys, so `checks.check` decides.
    Raises `RefusalError` for a name whose brackets do not match.
    """
    tree: dict[str, Any] = {}
    for name, value in pairs:
        if not _KEY.match(name):
            raise RefusalError(f"Invalid request: the parameter name {name!r} cannot be read.")
        first, *rest = re.findall(r"[^\[\]]+|(?<=\[)(?=\])", name)
        branch, key = tree, first
        for part in rest:
            below = branch.setdefault(key, {})
            if not isinstance(below, dict):
                raise RefusalError(f"Invalid request: {key} is both a value and a hash.", param=key)
            branch, key = below, part or str(len(below))
        branch[key] = value
    return tree
