"""Resources for affiliates, kept by programs."""

import asyncio
import base64
import json
from io import BytesIO
from typing import Any, get_args
from uuid import UUID

import pytest
from PIL import Image

from dashboard.api.asset_views import Type
from domain import assets
from domain.asset_content import TYPES
from domain.asset_files import FILE_MAX
from domain.asset_starters import STARTERS
from storage import assets as rows
from storage import audit
from storage.ids import new_id
from tests.asset_builders import PDF, WORDS, make
from tests.dashboard.api.conftest import TOKEN, Api
from tests.dashboard.api.operator_tokens import make_token

POST = {"asset_type": "social_post", "title": "A post", "body": "{offer} off with {code}"}


def file(name: str, content: bytes) -> dict[str, str]:
    """A file as it is sent."""
    return {"name": name, "content": base64.b64encode(content).decode()}


async def seen(api: Api) -> list[str]:
    """The titles that affiliates see."""
    async with api.db.read() as session:
        return [each.title for each in await assets.published(session, WORDS)]


async def test_a_resource_is_made_changed_and_put_away(api: Api) -> None:
    """Each step as affiliates see it, and in the log."""
    status, made = await api.post("/assets", POST)
    assert (status, made["status"], made["version"]) == (201, "published", 1)
    path = f"/assets/{made['id']}"
    assert (await api.get(path))[1] == made
    assert await seen(api) == ["A post"]
    _, told = await api.patch(path, {"title": "Better"})
    assert (told["title"], told["body"], told["version"]) == ("Better", POST["body"], 2)
    assert (told["place"], told["status"]) == (made["place"], "published")
    _, told = await api.post(f"{path}/archive")
    assert (told["status"], await seen(api)) == ("archived", [])
    status, told = await api.patch(path, {"title": "Best"})
    assert (status, list(told["fields"])) == (422, ["status"])
    _, told = await api.patch(path, {"title": "Best", "status": "draft"})
    assert (told["status"], await seen(api)) == ("draft", [])
    assert (await api.post(f"{path}/publish"))[1]["status"] == "published"
    assert await seen(api) == ["Best"]
    _, told = await api.post(f"{path}/restore", {"version": 1})
    assert (told["title"], told["version"]) == ("A post", 4)
    assert (await api.post(f"{path}/restore", {"version": 9}))[0] == 404
    _, told = await api.get(f"{path}/versions", limit="3")
    assert [(each["version"], each["title"]) for each in told["data"]] == [
        (4, "A post"),
        (3, "Best"),
        (2, "Better"),
    ]
    assert {each["saved_by"] for each in told["data"]} == {"api"}
    async with api.db.read() as session:
        lines = await audit.of_subject(session, f"asset:{made['id']}")
    assert [each.action for each in lines] == [
        "asset.created",
        "asset.edited",
        "asset.archived",
        "asset.edited",
        "asset.published",
        "asset.restored",
    ]


async def test_nothing_is_saved_over_what_somebody_else_saved(api: Api) -> None:
    """Who says which version they saw is told; two at once are one."""
    asset = await make(api.db)
    path = f"/assets/{asset.id}"
    changes = [{"title": f"By {n}", "version": 1} for n in range(3)]
    answers = await asyncio.gather(*(api.patch(path, change) for change in changes))
    assert sorted(status for status, _ in answers) == [200, 409, 409]
    assert (await api.get(path))[1]["version"] == 2


async def test_a_file_is_taken_for_what_its_bytes_are(api: Api) -> None:
    """A picture is encoded anew under its own name; it can be left out again."""
    photo = BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "at home"
    Image.new("RGB", (60, 40), "red").save(photo, "JPEG", exif=exif)
    given = POST | {"asset_type": "banner", "file": file("../me.png", photo.getvalue())}
    status, told = await api.post("/assets", given)
    assert (status, told["file"]["name"]) == (201, "me.png.jpg")
    assert told["file"]["media_type"] == "image/jpeg"
    async with api.db.read() as session:
        kept = await rows.get(session, UUID(told["id"]))
        assert kept is not None
        bytes_of = await rows.file(session, str(kept.file_digest))
    assert bytes_of is not None
    assert b"at home" in photo.getvalue()
    assert b"at home" not in bytes_of.content
    path = f"/assets/{told['id']}"
    _, told = await api.patch(path, {"file": file("terms.pdf", PDF)})
    assert (told["file"]["name"], told["file"]["media_type"]) == ("terms.pdf", "application/pdf")
    assert (await api.patch(path, {"title": "Still"}))[1]["file"] == told["file"]
    assert (await api.patch(path, {"file": None}))[1]["file"] is None


async def sent(api: Api, given: Any) -> tuple[int, Any]:
    """A large body, sent piece by piece."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    body = BytesIO(json.dumps(given).encode())
    answer = await api.bare.post("/api/admin/assets", data=body, headers=headers)
    return answer.status, await answer.json(content_type=None)


async def test_a_large_file_is_taken_and_a_larger_one_is_not(api: Api) -> None:
    """Up to ten megabytes, as in Slack; other bodies stay small."""
    status, told = await sent(api, POST | {"file": file("big.bin", b"\x01" * FILE_MAX)})
    assert (status, told["file"]["size"]) == (201, FILE_MAX)
    status, told = await sent(api, POST | {"file": file("b.bin", b"\x01" * (FILE_MAX + 1))})
    assert (status, list(told["fields"])) == (422, ["file"])
    far = file("b.bin", b"\x01" * (FILE_MAX + 100_000))
    assert (await sent(api, POST | {"file": far}))[0] == 413
    path = f"/assets/{new_id()}/restore"
    assert (await api.post(path, {"version": 1, "more": "x" * 100_000}))[0] == 413


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"asset_type": "song"}, "asset_type"),
        ({"title": " "}, "title"),
        ({"title": "{cod}"}, "title"),
        ({"body": ""}, "body"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"asset_type": "video_tutorial"}, "url"),
        ({"place": -1}, "place"),
        ({"status": "archived"}, "status"),
        ({"file": {"name": "a.txt", "content": "no base64!"}}, "file.content"),
        ({"file": {"name": "a.txt", "content": ""}}, "file"),
        ({"file": {"name": "a.png", "content": "AAAA"}}, "file"),
        ({"file": "a.png"}, "file"),
    ],
)
async def test_what_is_no_resource_is_refused_by_field(
    api: Api, changes: dict[str, Any], field: str
) -> None:
    """In a sentence for a person, and nothing is made."""
    status, told = await api.post("/assets", POST | changes)
    assert (status, list(told["fields"])) == (422, [field])
    assert (await api.get("/assets"))[1]["data"] == []


async def test_resources_are_listed_and_searched(api: Api) -> None:
    """Drafts and what is published, unless a status is asked for; page by page."""
    made = [await make(api.db, title=f"Post {n}", published=n != 1) for n in range(3)]
    await api.post(f"/assets/{made[2].id}/archive")
    for query, expected in (
        ({}, [1, 0]),
        ({"status": "archived"}, [2]),
        ({"status": "draft"}, [1]),
        ({"q": "post 0"}, [0]),
        ({"asset_type": "faq"}, []),
    ):
        _, told = await api.get("/assets", **query)
        assert [each["id"] for each in told["data"]] == [str(made[n].id) for n in expected]
    _, first = await api.get("/assets", limit="1")
    _, second = await api.get("/assets", limit="1", cursor=first["next_cursor"])
    assert second["data"][0]["id"] == str(made[0].id)
    assert (await api.get("/assets", status="lost"))[0] == 422


async def test_the_starter_set_is_added_once(api: Api) -> None:
    """Also by several at the same moment."""
    answers = await asyncio.gather(*(api.post("/asset-starters") for _ in range(3)))
    assert sorted(told["count"] for _, told in answers) == [0, 0, len(STARTERS)]


async def test_the_same_key_makes_one_resource(api: Api) -> None:
    """With its file, too; another file under the same key is another request."""
    given = POST | {"file": file("terms.pdf", PDF)}
    answers = [await api.once("k1").post("/assets", given) for _ in range(2)]
    assert answers[0] == answers[1]
    assert len((await api.get("/assets"))[1]["data"]) == 1
    other = POST | {"file": file("terms.pdf", PDF + b"\n")}
    assert (await api.once("k1").post("/assets", other))[0] == 422


@pytest.mark.parametrize("name", [str(new_id()), "x"], ids=["unknown", "no id"])
async def test_a_resource_that_is_not_there_is_not_found(api: Api, name: str) -> None:
    """By any method."""
    path = f"/assets/{name}"
    for told in (
        await api.get(path),
        await api.get(f"{path}/versions"),
        await api.patch(path, {"title": "x"}),
        await api.post(f"{path}/publish"),
        await api.post(f"{path}/archive"),
        await api.post(f"{path}/restore", {"version": 1}),
    ):
        assert told[0] == 404


async def test_reading_resources_is_not_writing_them(api: Api) -> None:
    """By the scopes of a token."""
    _, reads = await make_token(api.db, "assets:read")
    assert (await api.by(reads).get("/assets"))[0] == 200
    assert (await api.by(reads).post("/assets", POST))[0] == 403
    assert (await api.by(reads).post("/asset-starters"))[0] == 403


def test_the_types_are_those_of_the_domain() -> None:
    """A new type is offered by the API, too."""
    assert get_args(Type) == tuple(TYPES)
