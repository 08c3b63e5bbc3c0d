"""The document of the API, and the page that shows it."""

import json
import shlex
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from dashboard.api.document import operations
from tests.whole import Whole, running, whole_settings


@pytest.fixture
async def whole(sqlite_url: str) -> AsyncIterator[Whole]:
    """The server."""
    async with running(whole_settings(sqlite_url)) as made:
        yield made


async def _document(whole: Whole) -> dict[str, Any]:
    answer = await whole.call("GET", "/api/openapi.json")
    assert (answer.status, answer.headers["Content-Type"]) == (
        200,
        "application/json; charset=utf-8",
    )
    made: dict[str, Any] = json.loads(answer.text)
    return made


async def test_every_endpoint_of_the_api_is_in_the_document(whole: Whole) -> None:
    """One that somebody added without declaring it is found here."""
    made = await _document(whole)
    told = {f"{method.upper()} {path}" for path, each in made["paths"].items() for method in each}
    routes = {f"{method} {path}" for method, path in whole.routes() if path.startswith("/api/")}
    assert routes - told == {"GET /api/docs", "GET /api/openapi.json"}
    assert told <= routes


async def test_every_reference_leads_somewhere(whole: Whole) -> None:
    """Shapes, answers and proofs are all there, by names that people can read."""
    made = await _document(whole)
    for reference in set(_references(made)):
        found: Any = made
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
    used = {ref.rsplit("/", 1)[1] for ref in _references(made)}
    assert set(made["components"]["schemas"]) <= used
    assert not [name for name in made["components"]["schemas"] if "_" in name]
    proofs = {
        name
        for each in made["paths"].values()
        for one in each.values()
        for given in one["security"]
        for name in given
    }
    assert proofs == set(made["components"]["securitySchemes"])


async def test_every_operation_says_what_it_does(whole: Whole) -> None:
    """In a sentence, under a name of its own, with an answer for when it went well."""
    names = []
    for _, path, one in operations(whole.client.app):
        assert one.words.strip().endswith((".", "`")), path
        assert not one.summary.endswith("."), path
        names.append(one.summary)
        assert min(one.answers) < 300, path
    assert len(set(names)) == len(names) > 20


async def test_who_has_the_document_is_not_sent_it_again(whole: Whole) -> None:
    """304 by its ETag; pages of any origin may read it."""
    first = await whole.call("GET", "/api/openapi.json")
    assert first.headers["Access-Control-Allow-Origin"] == "*"
    again = await whole.call(
        "GET", "/api/openapi.json", headers={"If-None-Match": first.headers["Etag"]}
    )
    assert (again.status, again.text) == (304, "")


async def test_the_page_shows_every_operation_with_a_command(whole: Whole) -> None:
    """And each webhook and shape; a shell reads the commands."""
    made = await _document(whole)
    answer = await whole.call("GET", "/api/docs")
    assert answer.status == 200
    for each in made["paths"].values():
        for one in each.values():
            assert f'id="{one["operationId"]}"' in answer.text
    for name in made["webhooks"]:
        assert f"<code>{name}</code>" in answer.text
    for name in made["components"]["schemas"]:
        assert f'id="shape-{name}"' in answer.text
    commands = [
        part.split("</pre>")[0].split(">", 1)[1].replace("&#34;", '"').replace("&#39;", "'")
        for part in answer.text.split("-command")[1:]
        if "</pre>" in part and "curl" in part
    ]
    assert len(commands) == sum(len(each) for each in made["paths"].values())
    for command in commands:
        words = shlex.split(command)
        assert words[0] == "curl"
        assert "…" not in command, "give the field an example, or a line in dashboard/api/curl.py"
        if "-d" in words:
            json.loads(words[words.index("-d") + 1])


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(found := value.get("$ref"), str):
            yield found
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)
