"""The seam of the API, tried with endpoints of its own."""

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated, Any, ClassVar, Literal

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import Field

from dashboard.api.contract import PUBLIC, Answer, Call, Who, operation, operation_of
from dashboard.api.paging import Paging
from dashboard.api.problems import HEADERS, ProblemError, answer_problems
from dashboard.api.taking import Id, Taken, Told

Client = TestClient[web.Request, web.Application]
ID = "0198c0de-1234-7abc-8def-123456789012"


class Named(Taken):
    """A thing."""

    id: Id
    missing: ClassVar[str] = "There is no such thing any more."


class Wish(Taken):
    """A thing to make."""

    title: Annotated[str, Field(min_length=1, max_length=5)]
    count: int = 1
    kind: Literal["big", "small"] = "big"


class Filters(Paging):
    """Which things."""

    tag: tuple[str, ...] = ()


class View(Told):
    """A thing."""

    id: str
    title: str


async def _admit(request: web.Request) -> str:
    request[HEADERS] = {"RateLimit": '"default";r=3;t=60'}
    if request.headers.get("Authorization") != "Bearer sesame":
        raise ProblemError(HTTPStatus.UNAUTHORIZED, "Say the word.", challenge="Bearer")
    return "Ali"


ALI: Who[str] = Who(_admit)


@operation(
    "Make a thing",
    tag="Things",
    who=ALI,
    status=HTTPStatus.CREATED,
    key="optional",
)
async def make(call: Call[str], path: Named, body: Wish) -> Answer[View]:
    """Make it."""
    title = f"{call.caller}:{body.title}:{body.count}:{call.key}"
    return Answer(View(id=str(path.id), title=title), {"Location": "/here"})


@operation("List things", tag="Things", who=PUBLIC, etag=True)
async def index(call: Call[None], query: Filters) -> View:
    """List them."""
    return View(id=str(query.before), title=f"{query.limit} {','.join(query.tag)}")


@operation("Say nothing", tag="Things", who=PUBLIC, status=HTTPStatus.NO_CONTENT)
async def nothing(call: Call[None]) -> None:
    """Say nothing."""


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    """A server with these endpoints."""
    app = web.Application(middlewares=[answer_problems])
    app.router.add_post("/things/{id}", make)
    app.router.add_get("/things", index)
    app.router.add_delete("/things", nothing)
    async with TestClient(TestServer(app)) as made:
        yield made


async def _make(client: Client, given: Any, path: str = ID, **headers: str) -> tuple[int, Any]:
    headers = {"Authorization": "Bearer sesame"} | headers
    answer = await client.post(f"/things/{path}", json=given, headers=headers)
    assert answer.headers["RateLimit"] == '"default";r=3;t=60'
    return answer.status, await answer.json(content_type=None)


async def test_what_is_sent_arrives_typed_and_what_is_told_is_json(client: Client) -> None:
    """Path, body, key and caller; defaults for what is not named."""
    status, told = await _make(client, {"title": "Hi"}, **{"Idempotency-Key": "k 1"})
    assert (status, told) == (201, {"id": ID, "title": "Ali:Hi:1:k 1"})


async def test_headers_of_an_answer_are_sent(client: Client) -> None:
    """Beside the body."""
    answer = await client.post(
        f"/things/{ID}", json={"title": "Hi"}, headers={"Authorization": "Bearer sesame"}
    )
    assert answer.headers["Location"] == "/here"
    assert answer.content_type == "application/json"


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({}, {"title": "Say what it is."}),
        ({"title": 5}, {"title": "Use text."}),
        ({"title": "too long"}, {"title": "Use at most 5 characters."}),
        ({"title": ""}, {"title": "Use at least 1 characters."}),
        ({"title": "a", "count": "5"}, {"count": "Use a whole number."}),
        ({"title": "a", "count": True}, {"count": "Use a whole number."}),
        ({"title": "a", "count": 1.5}, {"count": "Use a whole number."}),
        ({"title": "a", "kind": "x"}, {"kind": "Use one of big, small."}),
        ({"title": "a", "colour": 1}, {"colour": "There is no such field."}),
        (
            {"count": None, "\ud800": 1},
            {
                "title": "Say what it is.",
                "count": "Use a whole number.",
                "\ufffd": "There is no such field.",
            },
        ),
    ],
)
async def test_what_cannot_be_used_is_told_by_its_field(
    client: Client, given: dict[str, Any], fields: dict[str, str]
) -> None:
    """422, and one sentence each, which the detail holds too."""
    status, told = await _make(client, given)
    assert (status, told["fields"]) == (422, fields)
    for name, sentence in fields.items():
        assert f"{name}: {sentence}" in told["detail"]


async def test_text_that_no_database_takes_is_mended(client: Client) -> None:
    """Before a handler has it."""
    assert (await _make(client, {"title": "a\x00\ud800"}))[1]["title"] == "Ali:a\ufffd\ufffd:1:"


async def test_who_may_not_hears_nothing_of_what_they_sent(client: Client) -> None:
    """401 comes first, with what the proof has to say."""
    answer = await client.post("/things/x", data=b"{")
    assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert answer.headers["RateLimit"]


async def test_an_address_that_cannot_be_is_not_found(client: Client) -> None:
    """In the words of its model."""
    status, told = await _make(client, {"title": "a"}, path="x")
    assert (status, told["detail"]) == (404, "There is no such thing any more.")


@pytest.mark.parametrize("key", [" ", "k" * 256, "a\u00a0b"])
async def test_a_key_that_is_none_is_refused(client: Client, key: str) -> None:
    """400, although it may be left out."""
    assert (await _make(client, {"title": "a"}, **{"Idempotency-Key": key}))[0] == 400


async def test_lists_and_pages_stand_in_the_query(client: Client) -> None:
    """Repeated for a list; of another parameter the first counts; an empty cursor is none."""
    answer = await client.get("/things?tag=a&tag=b&limit=3&limit=5&cursor=")
    assert await answer.json() == {"id": "None", "title": "3 a,b"}
    refused = await client.get("/things?limit=0&tags=a")
    told = await refused.json(content_type=None)
    assert (refused.status, told["detail"]) == (422, "This page cannot be shown.")
    assert set(told["fields"]) == {"limit", "tags"}


async def test_who_has_the_answer_already_is_not_sent_it_again(client: Client) -> None:
    """304 by the ETag, weak or among others; another answer has another."""
    first = await client.get("/things")
    mark = first.headers["ETag"]
    for known in (mark, f'"x", W/{mark}', "*"):
        again = await client.get("/things", headers={"If-None-Match": known})
        assert (again.status, await again.read(), again.headers["ETag"]) == (304, b"", mark)
        assert again.headers["Cache-Control"] == "private, no-cache"
    other = await client.get("/things?limit=3", headers={"If-None-Match": mark})
    assert other.status == 200
    assert other.headers["ETag"] != mark


async def test_nothing_is_told_without_a_body(client: Client) -> None:
    """204."""
    answer = await client.delete("/things")
    assert (answer.status, await answer.read()) == (204, b"")


def test_what_was_declared_is_known_of_the_handler() -> None:
    """With the failures of reading, and of whoever lets in."""
    made = operation_of(make)
    assert made is not None
    assert (made.words, made.answers, made.body) == ("Make it.", {201: View}, Wish)
    assert {400, 401, 404, 413, 415, 422} == made.problems
    assert operation_of(_admit) is None


def test_what_a_handler_asks_for_is_checked_when_it_is_declared() -> None:
    """Not when the first request comes."""
    with pytest.raises(TypeError, match="asks for form"):

        @operation("Fail", tag="Things", who=PUBLIC)
        async def fail(call: Call[None], form: Wish) -> None:
            """Fail."""
