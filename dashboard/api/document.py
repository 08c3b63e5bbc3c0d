"""The OpenAPI 3.1 document, made of what the endpoints declare: https://spec.openapis.org/oas/v3.1.0."""

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final

from aiohttp import hdrs, web
from pydantic import BaseModel

from dashboard.api.contract import KEY, KEY_MAX, Operation, operation_of
from dashboard.api.problems import MEDIA_TYPE
from dashboard.api.schemas import REF, Schema, Schemas
from dashboard.api.taking import Described, described
from domain.webhook_events import KINDS, example

PREFIX: Final = "/api/"
VERSION: Final = "1.0"
_JSON: Final = "application/json"

PROBLEM: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "type": "object",
        "title": "Problem",
        "description": "What went wrong, as https://www.rfc-editor.org/rfc/rfc9457 has it.",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"type": "string", "format": "uri-reference"},
            "title": {"type": "string", "description": "The status in words."},
            "status": {"type": "integer"},
            "detail": {"type": "string", "description": "What to do, for a person."},
            "reason": {"type": "string", "description": "A word for programs."},
            "fields": {
                "type": "object",
                "additionalProperties": {"type": "string"},
                "description": "What is wrong with which field, a sentence each.",
            },
        },
        "additionalProperties": False,
    }
)
_WORDS: Final[Mapping[HTTPStatus, str]] = MappingProxyType(
    {
        HTTPStatus.BAD_REQUEST: "The request cannot be read.",
        HTTPStatus.UNAUTHORIZED: "No proof came with it, or one that is not in force.",
        HTTPStatus.FORBIDDEN: "Whoever asks may not do this.",
        HTTPStatus.NOT_FOUND: "There is no such thing, or this part of the API is off.",
        HTTPStatus.CONFLICT: "It was decided or changed meanwhile, or is not possible now.",
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too large.",
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is no JSON.",
        HTTPStatus.UNPROCESSABLE_ENTITY: "`fields` says what cannot be used.",
        HTTPStatus.TOO_MANY_REQUESTS: "Too much at once: wait for `Retry-After`.",
        HTTPStatus.SERVICE_UNAVAILABLE: "Not at the moment: wait for `Retry-After`.",
    }
)
_ABOUT: Final = """Money is whole minor units of the currency beside it, rates are basis points \
(2000 is 20 %), moments are RFC 3339 in UTC.

Lists come in pages: `next_cursor` is the `cursor` of the next one, and null on the last.

Whatever goes wrong is `application/problem+json`; `detail` says what to do."""


def operations(app: web.Application) -> Iterator[tuple[str, str, Operation]]:
    """The method, path and declaration of each endpoint, in the order of their tags."""
    found: dict[str, list[tuple[str, str, Operation]]] = {}
    for route in app.router.routes():
        declared = operation_of(route.handler)
        if declared and route.resource and route.method != hdrs.METH_HEAD:
            here = (route.method, route.resource.canonical, declared)
            found.setdefault(declared.tag, []).append(here)
    for each in found.values():
        yield from each


def document(app: web.Application, *, product_name: str, public_url: str) -> Schema:
    """The document of every endpoint that the app has."""
    known = list(operations(app))
    schemas = _schemas([declared for _, _, declared in known])
    paths: dict[str, dict[str, Schema]] = {}
    proofs: dict[str, Mapping[str, str]] = {}
    for method, path, declared in known:
        proofs |= {proof.name: proof.scheme for proof in declared.who.proofs}
        paths.setdefault(path, {})[method.lower()] = _operation(declared, schemas)
    ids = [one["operationId"] for each in paths.values() for one in each.values()]
    if twice := {name for name in ids if ids.count(name) > 1}:
        raise ValueError(f"Two operations are {min(twice)}: give one another summary.")
    made: Schema = {
        "openapi": "3.1.0",
        "info": {
            "title": f"The affiliate program of {product_name}",
            "version": VERSION,
            "description": _ABOUT,
        },
        "servers": [{"url": public_url}],
        "tags": [{"name": tag} for tag in dict.fromkeys(one.tag for _, _, one in known)],
        "paths": paths,
        "webhooks": _webhooks(schemas),
        "components": {
            "securitySchemes": {name: dict(scheme) for name, scheme in proofs.items()},
            "responses": {
                _response_name(status): _problem(status)
                for status in sorted(set().union(*(one.problems for _, _, one in known)))
            },
        },
    }
    made["components"]["schemas"] = {"Problem": dict(PROBLEM)} | schemas.used_in(made)
    return made


def _schemas(declared: list[Operation]) -> Schemas:
    taken: list[type[BaseModel]] = []
    taken += [model for one in declared for model in (one.path, one.query) if model]
    taken += [described(one.body).model for one in declared if one.body]
    told = [kind for one in declared for kind in one.answers.values() if kind]
    return Schemas(taken, [*told, *(kind.model for kind in KINDS.values())])


def _operation(declared: Operation, schemas: Schemas) -> Schema:
    made: Schema = {
        "operationId": _id(declared.summary),
        "summary": declared.summary,
        "description": declared.words,
        "tags": [declared.tag],
        "security": [
            # A session has no scopes.
            {proof.name: list(declared.who.scopes) if proof.scheme["type"] == "http" else []}
            for proof in declared.who.proofs
        ],
    }
    if declared.who.optional:
        made["security"].insert(0, {})
    parameters = [
        *_parameters("path", declared.path, schemas),
        *_parameters("query", declared.query, schemas),
        *_key(declared),
    ]
    if parameters:
        made["parameters"] = parameters
    if declared.body:
        content = {"schema": _body(described(declared.body), schemas)}
        made["requestBody"] = {"required": True, "content": {_JSON: content}}
    made["responses"] = {
        str(int(status)): _answer(declared, status, kind, schemas)
        for status, kind in declared.answers.items()
    }
    if declared.etag:
        made["responses"]["304"] = {
            "description": "It is as the `ETag` says that came as `If-None-Match`."
        }
    for status in sorted(declared.problems):
        name = _response_name(status)
        made["responses"][str(int(status))] = {"$ref": f"#/components/responses/{name}"}
    return made


def _body(said: Described, schemas: Schemas) -> Schema:
    if not said.partial:
        return schemas.taken(said.model)
    whole = schemas.properties(said.model)
    fields = {
        name: {key: value for key, value in given.items() if key != "default"}
        for name, given in whole["properties"].items()
    }
    kept = {key: value for key, value in whole.items() if key != "required"}
    return kept | {"properties": fields}


def _parameters(place: str, model: type[BaseModel] | None, schemas: Schemas) -> Iterator[Schema]:
    if model is None:
        return
    whole = schemas.properties(model)
    for name, given in whole.get("properties", {}).items():
        made = {"name": name, "in": place, "required": name in whole.get("required", ())}
        if "description" in given:
            made["description"] = given["description"]
        yield made | {"schema": _as_sent(given, place)}


def _as_sent(given: Schema, place: str) -> Schema:
    """The schema of a parameter: what is not sent is left out, and never null."""
    schema = {name: value for name, value in given.items() if name not in {"title", "description"}}
    kinds = [kind for kind in schema.pop("anyOf", ()) if kind != {"type": "null"}]
    if kinds:
        schema |= kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
    if schema.get("default", "") is None:
        del schema["default"]
    if place == "path" and schema.get("type") == "string" and "format" not in schema:
        schema.setdefault("minLength", 1)
    return schema


def _key(declared: Operation) -> Iterator[Schema]:
    if declared.key != "none":
        yield {
            "name": KEY,
            "in": "header",
            "required": declared.key == "required",
            "description": "The same for each attempt: a repeated request gets the first answer.",
            "schema": {
                "type": "string",
                "minLength": 1,
                "maxLength": KEY_MAX,
                "pattern": "^[!-~]([ -~]*[!-~])?$",
            },
        }


def _answer(declared: Operation, status: HTTPStatus, kind: Any, schemas: Schemas) -> Schema:
    made: Schema = {"description": status.phrase}
    headers = {**declared.headers, **declared.who.headers}
    if declared.etag:
        headers[hdrs.ETAG] = "The mark of this answer, for `If-None-Match`."
    if headers:
        made["headers"] = {
            name: {"description": words, "schema": {"type": "string"}}
            for name, words in headers.items()
        }
    if kind:
        made["content"] = {_JSON: {"schema": schemas.told(kind)}}
        if declared.streams:
            made["content"]["text/event-stream"] = {"schema": {"type": "string"}}
    return made


def _problem(status: HTTPStatus) -> Schema:
    made: Schema = {
        "description": _WORDS.get(status, status.description or status.phrase),
        "content": {MEDIA_TYPE: {"schema": {"$ref": f"{REF}Problem"}}},
    }
    if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        seconds = {"description": "Seconds.", "schema": {"type": "integer", "minimum": 0}}
        made["headers"] = {hdrs.RETRY_AFTER: seconds}
    return made


def _webhooks(schemas: Schemas) -> Schema:
    """What is sent to the endpoints of others."""
    return {
        kind.name: {
            "post": {
                "operationId": _id(f"on {kind.name}"),
                "summary": kind.words,
                "tags": ["Webhooks"],
                "requestBody": {
                    "required": True,
                    "content": {
                        _JSON: {
                            "schema": {
                                "type": "object",
                                "required": ["type", "timestamp", "data"],
                                "properties": {
                                    "type": {"const": kind.name},
                                    "timestamp": {"type": "string", "format": "date-time"},
                                    "data": schemas.told(kind.model),
                                },
                            },
                            "examples": {"event": {"value": example(kind)}},
                        }
                    },
                },
                "responses": {"2XX": {"description": "Whatever it says, it was taken."}},
            }
        }
        for kind in KINDS.values()
    }


def _response_name(status: HTTPStatus) -> str:
    return re.sub(r"\W", "", status.phrase.title())


def _id(summary: str) -> str:
    first, *rest = (found[0] for found in re.finditer(r"[A-Za-z0-9]+", summary))
    return first.lower() + "".join(word.capitalize() for word in rest)
