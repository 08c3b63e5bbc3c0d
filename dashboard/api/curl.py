"""A command for each operation of the document, as typed into a shell."""

import json
import shlex
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote

from dashboard.api.contract import KEY
from dashboard.api.schemas import REF, Schema

_DEPTH: Final = 6
_BY_FORMAT: Final[dict[str, object]] = {
    "uuid": "0198c0de-1234-7abc-8def-123456789012",
    "date-time": "2026-11-05T12:00:00Z",
    "date": "2026-11-05",
    "email": "mia@example.com",
}
_BY_NAME: Final = {
    "account": "acct_1AbCdEfGhIjKlMnO",
    "affiliate": "JARED30",
    "affiliates": "JARED30",
    "answer": "Thank you for explaining: you are in again.",
    "chosen_code": "JARED30",
    "code": "LAUNCH20",
    "currency": "usd",
    "discount-codes": "LAUNCH20",
    "email": "mia@example.com",
    "end_date": "2026-12-05T12:00:00Z",
    "Idempotency-Key": "user_123",
    "invoice_id": "in_1AbCdEfGhIjKlMnO",
    "name": "Gold",
    "note": "An ad on the name of the product.",
    "partner_id": "12345",
    "prefix": "SPRING",
    "prize_description": "$500 and a badge",
    "reason": "It is against the rules on ads.",
    "recruiter": "MAYA30",
    "ref": "JARED30",
    "reference": "PAYPAL-2026-11",
    "title": "What it costs",
    "url": "https://example.com/webhooks",
}
"""Of texts without an example of their own, by their field; an `id` goes by what it is of."""
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
            name, place = given["name"], f"{{{given['name']}}}"
            about = path.partition(f"/{place}")[0].rpartition("/")[2] if name == "id" else name
            value = quote(str(self._sample(given["schema"], about)), safe="")
            if given["in"] == "path":
                path = path.replace(place, value)
            elif given["in"] == "query" and (given["required"] or "examples" in given["schema"]):
                query.append(f"{name}={value}")
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
            body = self._sample(one["requestBody"]["content"]["application/json"]["schema"], "")
            yield "-H 'Content-Type: application/json'"
            yield f"-d {shlex.quote(json.dumps(body, ensure_ascii=False))}"

    def _sample(self, schema: Schema, name: str, depth: int = 0) -> Any:
        """A value that fits the field `name`; of what may be left out the first alone."""
        found: Any
        if "$ref" in schema:
            found = self._sample(self._shapes[schema["$ref"].removeprefix(REF)], name, depth + 1)
        elif choices := schema.get("examples") or schema.get("enum"):
            found = choices[0]
        elif kinds := schema.get("anyOf") or schema.get("oneOf"):
            found = self._sample(kinds[0], name, depth)
        elif schema.get("const", schema.get("default")) is not None:
            found = schema.get("const", schema.get("default"))
        elif "properties" in schema and depth < _DEPTH:
            named = schema.get("required") or list(schema["properties"])[:1]
            fields = schema["properties"]
            found = {one: self._sample(fields[one], one, depth + 1) for one in named}
        elif schema.get("type") == "array":
            found = [self._sample(schema.get("items") or {}, name, depth + 1)]
        else:
            text = _BY_NAME.get(name) if schema.get("type", "string") == "string" else None
            found = schema.get("minimum") or text or _BY_FORMAT.get(schema.get("format", ""))
            found = found or _BY_TYPE.get(schema.get("type", ""), "…")
        return found
