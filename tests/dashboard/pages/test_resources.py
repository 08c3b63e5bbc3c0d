"""The resource centre, as an affiliate uses it."""

import pytest

from domain import assets
from domain.asset_files import examine
from storage.db import Database
from tests.asset_builders import PDF, make, picture
from tests.builders import RITA
from tests.dashboard.desk import Browser, Desk

HERE = "/affiliate/dashboard/resources"


@pytest.fixture
async def mia(desk: Desk, browser: Browser) -> Browser:
    """An approved affiliate, signed in."""
    await desk.approve()
    return await desk.signed_in(browser, "mia@example.com")


async def test_everything_has_the_affiliates_own_words(desk: Desk, mia: Browser) -> None:
    """Code, offer and link in title and text; the disclosure above; a question is closed."""
    await make(desk.db, title="{product} in short", body="{offer} off with {code}: {link}")
    await make(desk.db, asset_type="faq", title="When am I paid?", body="Soon.")
    page = await mia.get(HERE)
    assert page.status == 200
    assert "PropMine in short" in page.words
    link = f"{desk.settings.public_url}/r/MIA30"
    assert f"30% off with MIA30: {link}" in page.words
    assert "I am an affiliate of PropMine" in page.words
    assert page.words.index("FAQ") < page.words.index("Social posts")
    assert ("details", {"class": "question"}) in page.tags
    copied = {given["data-copy"] for tag, given in page.tags if given.get("data-copy")}
    assert len(copied) == 2  # the disclosure and the post, not the answer
    assert page.words.count("New") == 2


async def test_the_menu_leads_there_and_strangers_are_led_away(desk: Desk, mia: Browser) -> None:
    """It is for affiliates only, and so are its files."""
    made = await make(desk.db, file=examine("guide.pdf", PDF))
    dashboard = await mia.get("/affiliate/dashboard")
    assert ("a", {"href": HERE}) in dashboard.tags
    async with desk.browser() as stranger:
        for path in (HERE, f"{HERE}/{made.id}/guide.pdf"):
            page = await stranger.get(path, follow=False)
            assert (page.status, page.headers["Location"]) == (303, "/affiliate/sign-in")


async def test_by_type_and_by_words(desk: Desk, mia: Browser) -> None:
    """Both at once; what was asked for stays in the form; nothing found is said."""
    await make(desk.db, title="A post about props")
    await make(desk.db, asset_type="banner", title="A banner about props")
    await make(desk.db, asset_type="banner", title="Another banner", body="100%")
    page = await mia.get(f"{HERE}?type=banner&q=props")
    assert "A banner about props" in page.words
    assert "A post" not in page.words
    assert "Another" not in page.words
    assert page.forms[HERE] == {"type": "banner", "q": "props"}
    assert ("a", {"href": f"{HERE}?type=banner&q=props", "aria-current": "page"}) in page.tags
    assert "Another banner" in (await mia.get(f"{HERE}?q=100%25")).words
    assert "Nothing found" in (await mia.get(f"{HERE}?q=%25%25")).words
    assert "A post" in (await mia.get(f"{HERE}?type=poems")).words
    assert "Nothing found" in (await mia.get(f"{HERE}?q=%00")).words


async def test_nothing_is_there_yet(mia: Browser) -> None:
    """Then the page says where there are words meanwhile."""
    page = await mia.get(HERE)
    assert "Nothing here yet" in page.words
    assert HERE not in page.forms


async def test_a_file_is_an_attachment_and_nothing_else(desk: Desk, mia: Browser) -> None:
    """Of the type that its bytes have; a picture is shown in the page too."""
    html = b"<script>alert(1)</script>"
    made = [
        await make(desk.db, title=name, file=examine(name, content))
        for name, content in (("b.png", picture()), ("guide.pdf", PDF), ("page.html", html))
    ]
    page = await mia.get(HERE)
    shown = [str(given["src"]) for tag, given in page.tags if tag == "img"]
    assert [src.partition("?")[0] for src in shown] == [f"{HERE}/{made[0].id}/b.png"]
    types = ("image/png", "application/pdf", "application/octet-stream")
    for one, kind in zip(made, types, strict=True):
        answer = await mia.client.get(f"{HERE}/{one.id}/{one.file_name}")
        assert answer.status == 200
        assert answer.headers["Content-Type"] == kind
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{one.file_name}"'
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert len(await answer.read()) == one.file_size


async def test_what_was_put_away_is_gone(desk: Desk, mia: Browser) -> None:
    """The page and the file; so is a file that never was."""
    made = await make(desk.db, title="Old", file=examine("guide.pdf", PDF))
    async with desk.db.transaction() as session:
        await assets.archive(session, made.id, RITA)
    assert "Old" not in (await mia.get(HERE)).words
    for path in (f"{made.id}/guide.pdf", f"{made.id}/other.pdf", "nothing/guide.pdf"):
        assert (await mia.get(f"{HERE}/{path}")).status == 404


async def test_a_video_is_a_link(desk: Desk, mia: Browser) -> None:
    """To where it is, without telling that we sent them; nothing of it is embedded."""
    await make(desk.db, asset_type="video_tutorial", body="", url="https://youtu.be/abc")
    page = await mia.get(HERE)
    (link,) = [given for tag, given in page.tags if given.get("href") == "https://youtu.be/abc"]
    assert (link["target"], link["rel"]) == ("_blank", "noreferrer")
    assert "on youtu.be" in page.words
    assert not [tag for tag, _ in page.tags if tag in {"iframe", "video", "embed", "object"}]


async def test_a_script_in_any_field_stays_text(desk: Desk, mia: Browser) -> None:
    """Whether an operator pasted it, or it is searched for."""
    script = "<script>alert(1)</script>"
    for kind in ("faq", "social_post", "banner"):
        await make(
            desk.db,
            asset_type=kind,
            title=script,
            body=script,
            file=examine(f"{script}.png", picture()),
        )
    for path in (HERE, f"{HERE}?q=%3Cscript%3Ealert(1)%3C/script%3E&type=%22%3E%3Cscript%3E"):
        page = await mia.get(path)
        assert "<script>alert" not in page.html
        assert page.words.count(script) >= 6


async def test_both_databases_serve_files(db: Database) -> None:
    """Bytes come out as they went in."""
    content = bytes(range(256)) * 40
    made = await make(db, file=examine("all.bin", content))
    async with db.read() as session:
        _, file = await assets.published_file(session, made.id, "all.bin")
    assert bytes(file.content) == content
