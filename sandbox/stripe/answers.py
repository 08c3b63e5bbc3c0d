"""How objects look in an answer: hidden fields left out, references expanded on request."""

from collections.abc import Mapping
from typing import Any

from sandbox.stripe.objects import Json, Objects
from sandbox.stripe.refusals import RefusalError
from sandbox.stripe.resources.base import Resource

_DEEPEST = 4


class Answers:
    """Shows the objects of one account, each as its resource says."""

    def __init__(self, objects: Objects, resources: Mapping[str, Resource]) -> None:
        self._objects = objects
        self._resources = resources

    def render(self, thing: Json, expand: list[str] | tuple[str, ...] = ()) -> Json:
        """Return an object or a list as Stripe shows it.

        Raises `RefusalError` where `expand` names what cannot be expanded.
        """
        for path in expand:
            if path.count(".") >= _DEEPEST:
                raise RefusalError(
                    f"You cannot expand more than {_DEEPEST} levels of a property. "
                    f"Property: {path}",
                    param="expand",
                )
        return self._hash(thing, list(expand), "")

    def _hash(self, thing: Json, expand: list[str], parent: str) -> Json:
        gone = thing.get("deleted", False)
        resource = None if gone else self._resources.get(thing.get("object", ""))
        if resource and resource.verbatim and not expand:
            return thing
        shown = resource.shown(thing) if resource else thing
        hidden = resource.hidden if resource else frozenset()
        wanted: dict[str, list[str]] = {}
        for path in expand:
            field, _, rest = path.partition(".")
            wanted.setdefault(field, []).extend([rest] if rest else [])
        fields = {field: value for field, value in shown.items() if field not in hidden}
        for field in wanted:
            if resource and field in hidden:
                fields[field] = resource.included(thing, field)
            elif field not in shown:
                raise _cannot_expand(f"{parent}{field}")
        return {
            field: self._value(value, wanted.get(field), f"{parent}{field}")
            for field, value in fields.items()
        }

    def _value(self, value: Any, expand: list[str] | None, path: str) -> Any:
        """Show one field. `expand` is None unless it is asked for, else what is asked below it."""
        if isinstance(value, dict):
            return self._hash(value, expand or [], f"{path}.")
        if isinstance(value, list):
            return [self._value(item, expand, path) for item in value]
        if expand is None or value is None:
            return value
        found = self._objects.find(value) if isinstance(value, str) else None
        if found is None:
            raise _cannot_expand(path)
        return self._hash(found, expand, f"{path}.")


def _cannot_expand(path: str) -> RefusalError:
    return RefusalError(
        f"This property cannot be expanded ({path}).",
        param="expand",
    )
