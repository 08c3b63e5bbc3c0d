"""What every resource has in common: the calls that Stripe offers on it, and how it is shown."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, ClassVar

import clock
from sandbox.stripe.checks import check
from sandbox.stripe.objects import Json, new_code, new_id, words
from sandbox.stripe.refusals import RefusalError
from sandbox.stripe.state import State

MAX_PAGE = 100


@dataclass(frozen=True)
class Call:
    """One call of the API: where it is, which parameters it takes, and what it does.

    `run` gets the id in the path ("" where there is none) and the checked parameters.
    """

    method: str
    path: str
    shape: type
    run: Callable[[str, Json], Json]


class Resource:
    """A kind of object. A subclass says what is special about it and names its parameters.

    A call exists where its `stripe.params` type is set. `hidden` fields are left out of an answer
    until `expand` asks for them. A `verbatim` object is shown as it was kept, whatever has become
    of the objects inside of it. Making one is an event unless it is not `announced`.
    `links` are the filters of its list that name another object, known when one is made and for
    good.
    """

    kind: ClassVar[str]
    path: ClassVar[str]
    prefix: ClassVar[str]
    creates: ClassVar[type | None] = None
    retrieves: ClassVar[type | None] = None
    updates: ClassVar[type | None] = None
    lists: ClassVar[type | None] = None
    deletes: ClassVar[type | None] = None
    hidden: ClassVar[frozenset[str]] = frozenset()
    links: ClassVar[frozenset[str]] = frozenset()
    verbatim: ClassVar[bool] = False
    announced: ClassVar[bool] = True

    def __init__(self, account: State) -> None:
        self.account = account

    def calls(self) -> Iterator[Call]:
        """Every call on this resource."""
        whole, one = f"/v1/{self.path}", f"/v1/{self.path}/{{id}}"
        if self.creates:
            yield Call("POST", whole, self.creates, self._create)
        if self.lists:
            yield Call("GET", whole, self.lists, self._list)
        if self.retrieves:
            yield Call("GET", one, self.retrieves, self._retrieve)
        if self.updates:
            yield Call("POST", one, self.updates, self._update)
        if self.deletes:
            yield Call("DELETE", one, self.deletes, self._delete)

    def build(self, params: Json) -> Json:
        """Return the fields of a new object, or raise `RefusalError` as Stripe would."""
        raise NotImplementedError

    def change(self, thing: Json, params: Json) -> None:
        """Apply an update in place, or raise `RefusalError` before anything is changed."""
        for name, value in params.items():
            if name == "metadata":
                thing["metadata"] = merged(thing["metadata"], value)
            else:
                thing[name] = None if value == "" else value

    def matches(self, thing: Json, params: Json) -> bool:
        """Whether an object belongs into a list with these filters; `thing` is as shown."""
        return all(thing.get(name) == value for name, value in params.items())

    def check_removal(self, thing: Json) -> None:
        """Raise `RefusalError` where Stripe would keep the object."""

    def shown(self, thing: Json) -> Json:
        """Return the object as an answer shows it, with what depends on the moment."""
        return thing

    def new(self, params: Json, **fields: Any) -> Json:
        """Keep a new object with the fields that all have in common, and tell the endpoints."""
        common = {
            "id": params.get("id") or (new_id(self.prefix) if self.prefix else new_code()),
            "object": self.kind,
            "created": int(clock.timestamp()),
            "livemode": False,
            "metadata": merged({}, params.get("metadata", {})),
        }
        thing = self.account.objects.add(common | fields)
        if self.announced:
            self.account.emit(f"{self.kind}.created", thing)
        return thing

    def _create(self, _key: str, params: Json) -> Json:
        return self.new(params, **self.build(params))

    def _retrieve(self, key: str, _params: Json) -> Json:
        return self.account.objects.get(self.kind, key, status=404)

    def _update(self, key: str, params: Json) -> Json:
        thing = self.account.objects.get(self.kind, key, status=404)
        before = deepcopy(thing)
        self.change(thing, params)
        previous = {name: before[name] for name in before if before[name] != thing[name]}
        if previous:
            self.account.emit(f"{self.kind}.updated", thing, previous)
        return thing

    def _delete(self, key: str, _params: Json) -> Json:
        thing = self.account.objects.get(self.kind, key, status=404)
        self.check_removal(thing)
        self.account.objects.remove(thing)
        self.account.emit(f"{self.kind}.deleted", thing)
        return {"id": key, "object": self.kind, "deleted": True}

    def included(self, thing: Json, field: str) -> Any:
        """Return a hidden field that was asked for."""
        return thing.get(field)

    def _candidates(self, filters: Json) -> Iterator[Json]:
        """The objects that a list can hold: by the index, where a filter names another object."""
        objects = self.account.objects
        named = {name: value for name, value in filters.items() if name in self.links}
        key = next((word for word in words(named) if objects.find(word)), None)
        return objects.naming(self.kind, key) if key else objects.newest_first(self.kind)

    def _list(self, _key: str, params: Json) -> Json:
        filters = dict(params)
        limit = filters.pop("limit", 10)
        after, before = filters.pop("starting_after", None), filters.pop("ending_before", None)
        created = filters.pop("created", None)
        if not 1 <= limit <= MAX_PAGE:
            raise RefusalError(
                f"Invalid limit: must be between 1 and {MAX_PAGE}.",
                code="parameter_invalid_integer",
                param="limit",
            )
        found = [
            thing
            for thing in self._candidates(filters)
            if _within(thing["created"], created) and self.matches(self.shown(thing), filters)
        ]
        if after is not None:
            cursor = self.account.objects.get(self.kind, after, "starting_after")
            found = found[found.index(cursor) + 1 :] if cursor in found else []
        if before is not None:
            cursor = self.account.objects.get(self.kind, before, "ending_before")
            found = found[: found.index(cursor)] if cursor in found else []
            shown, more = found[-limit:], len(found) > limit
        else:
            shown, more = found[:limit], len(found) > limit
        return page(f"/v1/{self.path}", shown, more=more)


def page(url: str, data: list[Json], *, more: bool = False) -> Json:
    """Wrap objects into Stripe's list."""
    return {"object": "list", "data": data, "has_more": more, "url": url}


def merged(metadata: dict[str, str], change: dict[str, str] | str) -> dict[str, str]:
    """Return metadata after a change: an empty value unsets a key, an empty string unsets all."""
    if isinstance(change, str):
        return {}
    return {name: text for name, text in (metadata | change).items() if text != ""}


def check_call(call: Call, params: Json) -> tuple[Json, list[str]]:
    """Check a request against its call and part the fields to expand from the parameters."""
    checked = check(params, call.shape)
    return checked, checked.pop("expand", [])


def _within(created: int, wanted: int | dict[str, int] | None) -> bool:
    if wanted is None:
        return True
    if isinstance(wanted, int):
        return created == wanted
    bounds = {
        "gt": created.__gt__,
        "gte": created.__ge__,
        "lt": created.__lt__,
        "lte": created.__le__,
    }
    return all(bounds[name](bound) for name, bound in wanted.items())
