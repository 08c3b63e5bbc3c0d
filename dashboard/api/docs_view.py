"""The OpenAPI document as a page shows it: operations by tag, shapes, and a command for each."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from dashboard.api.curl import Curl
from dashboard.api.schemas import REF, Schema

_FORMATS: Final = {"uuid": "id", "date-time": "moment", "date": "day"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text, or of a type; `ref` is the shape that it leads to."""

    text: str
    code: bool = False
    ref: str = ""


Words = list[Piece]


@dataclass(frozen=True, slots=True)
class Row:
    """A parameter, or a field of a shape."""

    name: str
    kind: Words
    words: Words
    note: str = ""


def view_of(made: Schema) -> dict[str, Any]:
    """What the page needs."""
    shapes = made["components"]["schemas"]
    schemes = made["components"]["securitySchemes"]
    responses = made["components"]["responses"]
    curl = Curl(made)
    groups: dict[str, list[dict[str, Any]]] = {tag["name"]: [] for tag in made["tags"]}
    for path, methods in made["paths"].items():
        for method, one in methods.items():
            groups[one["tags"][0]].append(
                {
                    "id": one["operationId"],
                    "method": method.upper(),
                    "path": path,
                    "summary": one["summary"],
                    "words": _paragraphs(one["description"]),
                    "proofs": [_proof(given, schemes) for given in one["security"]],
                    "parameters": [_parameter(given) for given in one.get("parameters", ())],
                    "body": _body_kind(one),
                    "fields": _rows(_body(one)),
                    "answers": list(_answers(one["responses"], responses)),
                    "command": curl.command(method, path, one),
                }
            )
    return {
        "title": made["info"]["title"],
        "about": _paragraphs(made["info"]["description"]),
        "groups": groups,
        "webhooks": [_webhook(name, hook["post"]) for name, hook in made["webhooks"].items()],
        "shapes": [_shape(name, schema) for name, schema in shapes.items()],
    }


def _paragraphs(text: str) -> list[Words]:
    return [_words(" ".join(part.split())) for part in text.split("\n\n")]


def _words(text: str) -> Words:
    return [
        Piece(part, code=number % 2 == 1) for number, part in enumerate(text.split("`")) if part
    ]


def _proof(given: Schema, schemes: Schema) -> dict[str, Any]:
    for name, scopes in given.items():
        return {"words": schemes[name].get("description", name), "scopes": scopes}
    return {"words": "Nothing is needed.", "scopes": []}


def _parameter(given: Schema) -> Row:
    note = "needed" if given["required"] else ""
    words = _words(given.get("description", ""))
    return Row(given["name"], [*_kind(given["schema"])], words, note)


def _body(one: Schema) -> Schema:
    if "requestBody" not in one:
        return {}
    found: Schema = one["requestBody"]["content"]["application/json"]["schema"]
    return found


def _body_kind(one: Schema) -> Words:
    return [*_kind(_body(one))] if _body(one) else []


def _answers(answers: Schema, responses: Schema) -> Iterator[dict[str, Any]]:
    for status, given in answers.items():
        is_problem = "$ref" in given
        told = responses[given["$ref"].rsplit("/", 1)[1]] if is_problem else given
        content: Schema = next(iter(told.get("content", {}).values()), {})
        yield {
            "status": status,
            "phrase": HTTPStatus(int(status)).phrase,
            "words": _words(told["description"] if is_problem else ""),
            "kind": [] if is_problem or not content else [*_kind(content["schema"])],
        }


def _webhook(name: str, one: Schema) -> dict[str, Any]:
    content = one["requestBody"]["content"]["application/json"]
    return {
        "name": name,
        "words": _words(one["summary"]),
        "kind": [*_kind(content["schema"]["properties"]["data"])],
        "example": json.dumps(content["examples"]["event"]["value"], indent=2, ensure_ascii=False),
    }


def _shape(name: str, schema: Schema) -> dict[str, Any]:
    return {
        "name": name,
        "words": _words(" ".join(schema.get("description", "").split())),
        "kind": [] if "properties" in schema else [*_kind(schema)],
        "rows": _rows(schema),
    }


def _rows(schema: Schema) -> list[Row]:
    needed = schema.get("required", ())
    return [
        Row(
            field,
            [*_kind(given)],
            _words(given.get("description", "")),
            "" if field in needed else "may be left out",
        )
        for field, given in schema.get("properties", {}).items()
    ]


def _kind(schema: Schema) -> Iterator[Piece]:
    """A type in words, with links to shapes."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(REF)
        yield Piece(name, ref=name)
    elif kinds := schema.get("anyOf") or schema.get("oneOf"):
        for number, kind in enumerate(kinds):
            if number:
                yield Piece(" or ")
            yield from _kind(kind)
    elif "enum" in schema or "const" in schema:
        for number, value in enumerate(schema.get("enum") or [schema["const"]]):
            if number:
                yield Piece(", ")
            yield Piece(value if isinstance(value, str) else json.dumps(value), code=True)
    elif schema.get("type") == "array":
        yield Piece("list of ")
        yield from _kind(schema.get("items") or {})
    elif schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), dict):
        yield Piece("object of ")
        yield from _kind(schema["additionalProperties"])
    else:
        yield Piece(_FORMATS.get(schema.get("format", "")) or schema.get("type", "anything"))
        yield from _bounds(schema)


def _bounds(schema: Schema) -> Iterator[Piece]:
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and most is not None:
        yield Piece(f" from {least} to {most}")
    elif least is not None:
        yield Piece(f" from {least}")
    elif most is not None:
        yield Piece(f" up to {most}")
    elif "maxLength" in schema:
        yield Piece(f" of at most {schema['maxLength']} characters")
