"""Resources managed in Slack, their files too."""

from typing import Any

from domain import assets
from domain.asset_files import FILE_MAX
from sandbox.slack.people import AFFILIATES, AMARA, JONAS, SAM
from storage import assets as rows
from storage import audit
from storage.assets import Asset
from tests.asset_builders import PDF, make, picture
from tests.bot.conftest import Desk

FORM = {"Type": "social_post", "Title": "A post", "Text": "{offer} off with {code}\nBuy: {link}"}


async def say(desk: Desk, text: str = "") -> Any:
    """`/affiliate resources …` by Amara; the answer's text."""
    before = len(desk.ws.ephemerals(AFFILIATES, AMARA))
    await desk.ws.command(AMARA, "/affiliate", f"resources {text}".strip(), channel=AFFILIATES)
    await desk.ws.until(lambda: len(desk.ws.ephemerals(AFFILIATES, AMARA)) > before)
    return desk.ws.ephemerals(AFFILIATES, AMARA)[-1]


async def press(desk: Desk, message: Any, what: str, user: str = AMARA) -> None:
    """Press a button, or choose from the menu beside a resource."""
    await desk.ws.click(user, AFFILIATES, message["ts"], what)


async def stored(desk: Desk) -> list[Asset]:
    """Every resource."""
    async with desk.db.read() as session:
        found = await rows.find(session, ("draft", "published", "archived"))
    return assets.in_order(found)


async def test_a_resource_is_written_changed_and_put_away(desk_on_both: Desk) -> None:
    """Each step is told, kept as a version, and in the audit log with who took it."""
    desk = desk_on_both
    await press(desk, await say(desk), "Add resource")
    view = await desk.modal(AMARA, "New resource")
    assert (await desk.ws.submit(AMARA, view["id"], FORM)).ok
    await desk.whispered(AMARA, "“A post” is saved as version 1: affiliates see it.")
    assert desk.ws.top_view(AMARA) is None

    await press(desk, await say(desk, "post"), "Edit")
    view = await desk.modal(AMARA, "Edit resource")
    assert (await desk.ws.submit(AMARA, view["id"], {"Title": "A better post"})).ok
    await desk.whispered(AMARA, "“A better post” is saved as version 2")
    (made,) = await stored(desk)
    assert (made.title, made.body) == ("A better post", FORM["Text"])

    await press(desk, await say(desk), "Archive")
    await desk.whispered(AMARA, "“A better post” is archived")
    await press(desk, desk.ws.ephemerals(AFFILIATES, AMARA)[-1], "Publish again")
    await desk.whispered(AMARA, "“A better post” is published")

    await press(desk, await say(desk), "History")
    view = await desk.modal(AMARA, "Version 2")
    await desk.ws.click_in(AMARA, view["id"], "Restore")
    await desk.modal(AMARA, "Version 1 is restored, as version 3")
    (made,) = await stored(desk)
    assert (made.title, made.status, made.version) == ("A post", "published", 3)
    async with desk.db.read() as session:
        lines = await audit.of_subject(session, f"asset:{made.id}")
    steps = ["created", "edited", "archived", "published", "restored"]
    assert [line.action for line in lines] == [f"asset.{step}" for step in steps]
    assert {line.actor for line in lines} == {"U0AMARA (@amara)"}


async def test_a_file_comes_with_the_form(desk_on_both: Desk) -> None:
    """It is fetched from Slack, kept, replaced, and taken off again."""
    desk = desk_on_both
    await press(desk, await say(desk, "banner"), "Add resource")
    view = await desk.modal(AMARA, "New resource")
    file = desk.ws.attach(AMARA, "Banner.png", picture())
    form = {"Title": "A banner", "File": [file["id"]]}
    assert (await desk.ws.submit(AMARA, view["id"], form)).ok
    await desk.modal(AMARA, "“A banner” is saved as version 1")
    (made,) = await stored(desk)
    assert (made.asset_type, made.file_name, made.media_type) == (
        "banner",
        "Banner.png",
        "image/png",
    )

    await press(desk, await say(desk), "Edit")
    view = await desk.modal(AMARA, "Comes in place of Banner.png")
    file = desk.ws.attach(AMARA, "guide.pdf", PDF)
    assert (await desk.ws.submit(AMARA, view["id"], {"File": [file["id"]]})).ok
    await desk.modal(AMARA, "“A banner” is saved as version 2")
    async with desk.db.read() as session:
        kind, kept = await assets.published_file(session, made.id, "guide.pdf")
    assert (kind, bytes(kept.content)) == ("application/pdf", PDF)

    await press(desk, await say(desk), "Edit")
    view = await desk.modal(AMARA, "Remove guide.pdf")
    nothing = await desk.ws.submit(AMARA, view["id"], {"The file that is there": ["drop"]})
    assert "body" in nothing.errors
    values = {"The file that is there": ["drop"], "Text": "Words"}
    assert (await desk.ws.submit(AMARA, view["id"], values)).ok
    (made,) = await stored(desk)
    assert made.file_digest is None


async def test_a_file_that_cannot_be_used_loses_nothing_of_the_form(desk: Desk) -> None:
    """A fake picture, one that is too large, and a Slack that does not hand it over."""
    await press(desk, await say(desk), "Add resource")
    view = await desk.modal(AMARA, "New resource")
    fake = desk.ws.attach(AMARA, "fake.png", b"<html>")
    await desk.ws.submit(AMARA, view["id"], FORM | {"File": [fake["id"]]})
    await desk.modal(AMARA, "That picture cannot be read")
    view = await desk.modal(AMARA, "Choose the file again")
    assert FORM["Text"] in str([block.get("element") for block in view["blocks"]]).replace(
        "\\n", "\n"
    )

    large = desk.ws.attach(AMARA, "large.zip", bytes(FILE_MAX + 1))
    outcome = await desk.ws.submit(AMARA, view["id"], {"File": [large["id"]]})
    assert "larger than 10 MB" in outcome.errors["file"]

    good = desk.ws.attach(AMARA, "guide.pdf", PDF)
    desk.ws.fail_next("files.info", error="missing_scope")
    await desk.ws.submit(AMARA, view["id"], {"File": [good["id"]]})
    view = await desk.modal(AMARA, "Add the scope files:read")
    assert await stored(desk) == []
    assert (await desk.ws.submit(AMARA, view["id"], {"File": [good["id"]]})).ok
    await desk.modal(AMARA, "“A post” is saved as version 1")


async def test_what_is_wrong_is_said_beside_its_field(desk: Desk) -> None:
    """Before a file is fetched, too."""
    await press(desk, await say(desk), "Add resource")
    view = await desk.modal(AMARA, "New resource")
    wrong = {"Type": "video_tutorial", "Title": "Use {kode}", "Link": "http://example.com"}
    for more in ({}, {"File": [desk.ws.attach(AMARA, "guide.pdf", PDF)["id"]]}):
        outcome = await desk.ws.submit(AMARA, view["id"], wrong | more)
        assert set(outcome.errors) >= {"title", "url"}
        assert "{kode} cannot be filled in" in outcome.errors["title"]
    assert await stored(desk) == []


async def test_two_who_edit_the_same_do_not_overwrite_each_other(desk: Desk) -> None:
    """The second is told who was first, and keeps what they typed."""
    await make(desk.db)
    listed = await say(desk)
    await press(desk, listed, "Edit")
    first = await desk.modal(AMARA, "Edit resource")
    await desk.ws.command(JONAS, "/affiliate", "resources", channel=AFFILIATES)
    await desk.whispered(JONAS, "1 resource.")
    await press(desk, desk.ws.ephemerals(AFFILIATES, JONAS)[-1], "Edit", JONAS)
    second = await desk.modal(JONAS, "Edit resource")
    assert (await desk.ws.submit(AMARA, first["id"], {"Title": "Amara's"})).ok
    outcome = await desk.ws.submit(JONAS, second["id"], {"Title": "Jonas's"})
    assert "@amara saved version 2 meanwhile" in outcome.errors["title"]
    assert [one.title for one in await stored(desk)] == ["Amara's"]


async def test_lists_are_narrowed(desk: Desk) -> None:
    """By type in people's words, by status, by what is written in them."""
    await make(desk.db, title="My post")
    await make(desk.db, title="My draft", published=False)
    await make(desk.db, asset_type="faq", title="My question")
    for asked, sentence in (
        ("", "3 resources."),
        ("faq", "1 resource under FAQ."),
        ("social-posts draft", "1 draft resource under Social posts."),
        ("question", "1 resource with “question”."),
        ("archived", "There is no archived resource."),
        ("%", "There is no resource with “%”."),
    ):
        assert sentence in desk.ws.text_of(await say(desk, asked)), asked


async def test_the_starter_set_is_added_with_one_button(desk: Desk) -> None:
    """Then the button is gone."""
    first = await say(desk)
    await press(desk, first, "Add the starter set")
    await desk.whispered(AMARA, "12 resources.")
    assert len(await stored(desk)) == 12
    assert "starter set" not in str(await say(desk))


async def test_a_stranger_changes_nothing(desk: Desk) -> None:
    """Only reviewers see and change resources."""
    await make(desk.db)
    await desk.ws.command(SAM, "/affiliate", "resources", channel=AFFILIATES)
    await desk.whispered(SAM, "Only reviewers")
