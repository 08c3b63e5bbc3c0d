"""The JSON Schemas of what endpoints and webhooks take and tell."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from pydantic import BaseModel, TypeAdapter

REF: Final = "#/components/schemas/"
Schema = dict[str, Any]


class Schemas:
    """The JSON Schemas of every model, named alike wherever they are used."""

    def __init__(self, taken: Iterable[type[BaseModel]], told: Iterable[Any]) -> None:
        by_kind, rest = TypeAdapter.json_schemas(
            [
                *(
                    (repr(model), "validation", TypeAdapter(model))
                    for model in dict.fromkeys(taken)
                ),
                *((repr(kind), "serialization", TypeAdapter(kind)) for kind in dict.fromkeys(told)),
            ],
            ref_template=REF + "{model}",
        )
        found: dict[str, Schema] = rest.get("$defs", {})
        names = _short({*found})
        self._by_kind: dict[Any, Schema] = {
            key: _renamed(schema, names) for key, schema in by_kind.items()
        }
        self._components: dict[str, Schema] = {
            names[name]: _renamed(schema, names) for name, schema in found.items()
        }

    def taken(self, model: type[BaseModel]) -> Schema:
        """The schema of what is taken."""
        return self._by_kind[repr(model), "validation"]

    def told(self, kind: Any) -> Schema:
        """The schema of what is told."""
        return self._by_kind[repr(kind), "serialization"]

    def properties(self, model: type[BaseModel]) -> Schema:
        """A model's own schema, not the reference to it."""
        schema = self.taken(model)
        return self._components[schema["$ref"].removeprefix(REF)] if "$ref" in schema else schema

    def used_in(self, made: Schema) -> dict[str, Schema]:
        """The components that something refers to, and those that these refer to, by name."""
        used: dict[str, Schema] = {}
        ahead = list(_references(made))
        while ahead:
            name = ahead.pop()
            if name not in used and name in self._components:
                used[name] = self._components[name]
                ahead += _references(used[name])
        return dict(sorted(used.items()))


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(found := value.get("$ref"), str):
            yield found.removeprefix(REF)
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def _short(names: set[str]) -> dict[str, str]:
    """A name for each component; of two models of one name each has its noun before it.

    Their module stands in what pydantic calls them: `dashboard__api__contests__Change`.
    """
    short: dict[str, str] = {}
    # Those that are alone with their name come first: they keep it.
    for name in sorted(names, key=lambda one: ("__" in one, one)):
        # What is told keeps its name, where what is taken of the same model is not the same.
        *modules, tried = name.replace("-Output", "").replace("-Input", "Given").split("__")
        while modules and (tried == name.split("__")[-1] or tried in short.values()):
            tried = modules.pop().title().replace("_", "") + tried
        short[name] = tried
    return short


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    """A schema whose references have the short names."""
    if isinstance(value, dict):
        return {
            key: REF + names[inner.removeprefix(REF)]
            if key == "$ref" and isinstance(inner, str)
            else _renamed(inner, names)
            for key, inner in value.items()
        }
    return [_renamed(inner, names) for inner in value] if isinstance(value, list) else value
