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
    """A view of the store as tables of Stripe objects; `object` names the table.

    Which object names which others when it is made is indexed, since lists ask for that.
    """

    def __init__(self, store: Store) -> None:
        self._tables: dict[str, dict[str, Json]] = store.data.setdefault("objects", {})
        self._removed: dict[str, str] = store.data.setdefault("removed", {})
        self._kinds: dict[str, str] = {}
        self._mentions: dict[tuple[str, str], list[str]] = {}
        for kind, table in self._tables.items():
            self._kinds |= dict.fromkeys(table, kind)
        for table in self._tables.values():
            for thing in table.values():
                self._index(thing)

    def add(self, thing: Json) -> Json:
        """Keep a new object."""
        self._tables.setdefault(thing["object"], {})[thing["id"]] = thing
        self._kinds[thing["id"]] = thing["object"]
        self._index(thing)
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
        """Return the object with this id, of whatever kind; what is left of it once deleted."""
        if key in self._removed:
            return {"id": key, "object": self._removed[key], "deleted": True}
        kind = self._kinds.get(key)
        return self._tables[kind].get(key) if kind else None

    def remove(self, thing: Json) -> None:
        """Forget an object, but not that there was one."""
        del self._tables[thing["object"]][thing["id"]]
        self._removed[thing["id"]] = thing["object"]

    def newest_first(self, kind: str) -> Iterator[Json]:
        """All objects of a kind, in the order in which Stripe lists them."""
        return reversed(list(self._tables.get(kind, {}).values()))

    def naming(self, kind: str, key: str) -> Iterator[Json]:
        """Those of a kind that have named an object since they were made, newest first."""
        table = self._tables.get(kind, {})
        return (
            table[name] for name in reversed(self._mentions.get((kind, key), [])) if name in table
        )

    def _index(self, thing: Json) -> None:
        if thing["object"] == "event":  # holds a copy of another object, and no link of its own
            return
        for word in set(words(thing)):
            if word in self._kinds and word != thing["id"]:
                self._mentions.setdefault((thing["object"], word), []).append(thing["id"])


def words(thing: Json) -> Iterator[str]:
    """Every string in an object and in the hashes inside of it."""
    for value in thing.values():
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            yield from words(value)
