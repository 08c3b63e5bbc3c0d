"""Files in forms of the stand-in: as Slack takes them, tells apps of them, and hands them out."""

from typing import Any

import pytest
from aiohttp import ClientSession

from bot.manifest import read_manifest
from sandbox.slack.errors import Refused
from sandbox.slack.files import MOST_BYTES
from sandbox.slack.people import AFFILIATES, MARIA
from tests.sandbox.slack.conftest import Desk


def form(**element: Any) -> dict[str, Any]:
    """A modal with one field for files."""
    field = {"type": "file_input", "action_id": "file", **element}
    label = {"type": "plain_text", "text": "File"}
    return {
        "type": "modal",
        "title": {"type": "plain_text", "text": "Upload"},
        "submit": {"type": "plain_text", "text": "Send"},
        "blocks": [{"type": "input", "block_id": "file", "label": label, "element": field}],
    }


async def opened(desk: Desk, sent: list[Any], **element: Any) -> str:
    """Open that modal by a command; what is sent with it comes into `sent`. Its id."""

    @desk.bot.command("/affiliate")
    async def command(ack: Any, body: Any, client: Any) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=form(**element))

    @desk.bot.view("")
    async def submitted(ack: Any, body: Any) -> None:
        sent.append(body["view"]["state"]["values"]["file"]["file"])
        await ack()

    await desk.ws.command(MARIA, "/affiliate", "", channel=AFFILIATES)
    view: dict[str, Any] = await desk.ws.until(lambda: desk.ws.top_view(MARIA))
    return str(view["id"])


async def test_an_app_is_told_of_the_file_and_gets_it(desk: Desk) -> None:
    """With its token only; whoever has another is led to the sign-in page."""
    sent: list[Any] = []
    view = await opened(desk, sent)
    file = desk.ws.attach(MARIA, "notes.txt", b"hello")
    assert (await desk.ws.submit(MARIA, view, {"File": [file["id"]]})).ok
    (held,) = sent
    assert held["type"] == "file_input"
    (told,) = held["files"]
    assert (told["name"], told["mimetype"], told["size"]) == ("notes.txt", "text/plain", 5)
    assert told["user"] == MARIA
    async with ClientSession() as outside:
        for token, status in ((desk.ws.bot_token, 200), ("xoxb-other", 302)):
            answer = await outside.get(
                told["url_private"],
                headers={"Authorization": f"Bearer {token}"},
                allow_redirects=False,
            )
            assert answer.status == status
            assert (await answer.read() == b"hello") == (status == 200)


async def test_without_the_scope_there_is_no_file(desk: Desk) -> None:
    """As for apps that were installed before they needed it."""
    file = desk.ws.attach(MARIA, "notes.txt", b"hello")
    scopes = read_manifest().scopes - {"files:read"}
    object.__setattr__(desk.ws.manifest, "scopes", scopes)
    headers = {"Authorization": f"Bearer {desk.ws.bot_token}"}
    async with ClientSession() as outside:
        answer = await outside.get(file["url_private"], headers=headers, allow_redirects=False)
        assert answer.status == 302


@pytest.mark.parametrize(
    ("element", "names", "words"),
    [
        ({}, [], "Please complete this required field."),
        ({"max_files": 1}, ["a.png", "b.png"], "You can only upload 1 file."),
        ({"filetypes": ["png"]}, ["a.pdf"], "not supported"),
    ],
)
async def test_slacks_own_client_holds_files_back(
    desk: Desk, element: dict[str, Any], names: list[str], words: str
) -> None:
    """Before anything is sent."""
    sent: list[Any] = []
    view = await opened(desk, sent, **element)
    files = [desk.ws.attach(MARIA, name, b"x")["id"] for name in names]
    outcome = await desk.ws.submit(MARIA, view, {"File": files})
    assert words in outcome.errors["file"]
    assert sent == []


def test_a_file_can_be_too_large_or_empty(desk: Desk) -> None:
    """Then it is not taken at all."""
    for content in (b"", bytes(MOST_BYTES + 1)):
        with pytest.raises(Refused):
            desk.ws.attach(MARIA, "x.bin", content)
