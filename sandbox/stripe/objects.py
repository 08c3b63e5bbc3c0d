"""The objects that an account holds, by kind and id, in the order in which they were made."""

import secrets
import string
from collections.abc import Iterator
from typing import Any

from sandbox.store import Store
from sandbox.stripe.refusals import missing

Json = dict[str, Any]

_LETTERS = string.ascii_letters + string.digits
_CAPITALS = string.ascii_uppercase + string.digits


def new_id(prefix: str, length: int = 24) -> str:
    """Make up an id of the form that Stripe's have: a prefix and random letters and digits."""
    word = "".join(secrets.choice(_LETTERS) for _ in range(length))
    return f"{prefix}_{word}"


def new_code(length: int = 8) -> str:
    """Make up a coupon's id or a promotion code: capitals and digits."""
    return "".join(secrets.choice(_CAPITALS) for _ in range(length))


class Objects:
    """A view of the store as tables of Stripe objects; `object` names the table."""

    def __init__(self, store: Store) -> None:
        self._tables: dict[str, dict[str, Json]] = store.data.setdefault("objects", {})

    def add(self, thing: Json) -> Json:
        """Keep a new object."""
        self._tables.setdefault(thing["object"], {})[thing["id"]] = thing
        return thing

    def has(self, kind: str, key: str) -> bool:
        """Whether such an object exists."""
        return key in self._tables.get(kind, {})

    def get(self, kind: str, key: str, param: str = "id", *, status: int = 400) -> Json:
        """Return the object itself, to be changed in place. Raises `RefusalError` without one."""
        thing = self._tables.get(kind, {}).get(key)
        if thing is None:
            raise missing(kind, key, param, status=status)
        return thing

    def find(self, key: str) -> Json | None:
        """Return the object with this id, of whatever kind."""
        return next((table[key] for table in self._tables.values() if key in table), None)

    def remove(self, thing: Json) -> None:
        """Forget an object."""
        del self._tables[thing["object"]][thing["id"]]

    def newest_first(self, kind: str) -> Iterator[Json]:
        """All objects of a kind, in the order in which Stripe lists them."""
        return reversed(list(self._tables.get(kind, {}).values()))
