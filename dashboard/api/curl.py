"""A command for each operation of the document, as typed into a shell."""

import json
import shlex
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote

from dashboard.api.contract import KEY
from dashboard.api.schemas import REF, Schema

_DEPTH: Final = 4
_BY_FORMAT: Final[dict[str, object]] = {
    "uuid": "0198c0de-1234-7abc-8def-123456789012",
    "date-time": "2026-11-05T12:00:00Z",
    "date": "2026-11-05",
    "email": "mia@example.com",
}
_BY_TYPE: Final[dict[str, object]] = {"integer": 1, "number": 1, "boolean": True, "object": {}}


class Curl:
    """Makes commands of a document's operations."""

    def __init__(self, made: Schema) -> None:
        self._server = made["servers"][0]["url"]
        self._schemes = made["components"]["securitySchemes"]
        self._shapes = made["components"]["schemas"]

    def command(self, method: str, path: str, one: Schema) -> str:
        """Ask for an operation. What is a secret stands in `$TOKEN` or `$SESSION`."""
        verb = "" if method == "get" else f"-X {method.upper()} "
        address = shlex.quote(self._server + self._where(path, one.get("parameters", ())))
        return " \\\n  ".join([f"curl {verb}{address}", *self._more(one)])

    def _where(self, path: str, parameters: list[Schema]) -> str:
        query = []
        for given in parameters:
            value = quote(str(self._sample(given["schema"])), safe="")
            if given["in"] == "path":
                path = path.replace(f"{{{given['name']}}}", value)
            elif given["in"] == "query" and given["required"]:
                query.append(f"{given['name']}={value}")
        return path + ("?" + "&".join(query) if query else "")

    def _more(self, one: Schema) -> Iterator[str]:
        proof = next((name for given in one["security"] for name in given), "")
        if proof:
            scheme = self._schemes[proof]
            is_http = scheme["type"] == "http"
            yield (
                '-H "Authorization: Bearer $TOKEN"'
                if is_http
                else f'--cookie "{scheme["name"]}=$SESSION"'
            )
        if any(given["name"] == KEY for given in one.get("parameters", ())):
            yield f'-H "{KEY}: $(uuidgen)"'
        if "requestBody" in one:
            body = self._sample(one["requestBody"]["content"]["application/json"]["schema"])
            yield "-H 'Content-Type: application/json'"
            yield f"-d {shlex.quote(json.dumps(body, ensure_ascii=False))}"

    def _sample(self, schema: Schema, depth: int = 0) -> Any:
        """A value that fits; of what may be left out the first alone."""
        found: Any
        if "$ref" in schema:
            found = self._sample(self._shapes[schema["$ref"].removeprefix(REF)], depth + 1)
        elif choices := schema.get("examples") or schema.get("enum"):
            found = choices[0]
        elif kinds := schema.get("anyOf") or schema.get("oneOf"):
            found = self._sample(kinds[0], depth)
        elif schema.get("const", schema.get("default")) is not None:
            found = schema.get("const", schema.get("default"))
        elif "properties" in schema and depth < _DEPTH:
            named = schema.get("required") or list(schema["properties"])[:1]
            fields = schema["properties"]
            found = {name: self._sample(fields[name], depth + 1) for name in named}
        elif schema.get("type") == "array":
            found = [self._sample(schema.get("items") or {}, depth + 1)]
        else:
            found = schema.get("minimum") or _BY_FORMAT.get(schema.get("format", ""))
            found = found or _BY_TYPE.get(schema.get("type", ""), "…")
        return found
