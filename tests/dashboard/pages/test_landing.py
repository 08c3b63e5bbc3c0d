"""The editor of the partner page, by its form alone."""

from io import BytesIO
from typing import Any

import pytest
from aiohttp import FormData
from PIL import Image

from dashboard import photos, uploads
from domain import landing
from storage import landing as rows
from storage.affiliates import Affiliate
from storage.landing import LandingPage
from tests.builders import RITA
from tests.dashboard.desk import Browser, Desk, Page
from tests.dashboard.samples import HOSTILE
from tests.pictures import picture

HERE = "/affiliate/dashboard/landing"
TYPED = {"name": "Mia", "headline": "What I use", "bio": "One.", "cta": "", "color": "#aa0000"}


@pytest.fixture
async def mia(desk: Desk, browser: Browser) -> Affiliate:
    """An approved affiliate, signed in."""
    await desk.signed_in(browser, "mia@example.com")
    return await desk.approve(display_name="Mia Muster")


async def send(
    browser: Browser, do: str = "publish", photo: bytes | None = None, **typed: Any
) -> Page:
    """Fill in the form and press a button of it."""
    page = await browser.get(HERE)
    form = FormData(default_to_multipart=True)
    for name, value in (page.forms[HERE] | TYPED | typed | {"do": do}).items():
        if name != "photo":
            form.add_field(name, value)
    content = b"" if photo is None else photo
    form.add_field("photo", BytesIO(content), filename="me.jpg" if content else "")
    response = await browser.client.post(HERE, data=form, allow_redirects=False)
    return Page(response, await response.text())


async def kept(desk: Desk, affiliate: Affiliate) -> LandingPage:
    """The page as it is stored."""
    async with desk.db.read() as session:
        page = await rows.of_affiliate(session, affiliate.id)
    assert page is not None
    return page


def said(page: Page, part: str) -> str:
    """The words of an element of the preview that is changed while one types."""
    return page.html.partition(f'data-live="{part}"')[2].partition(">")[2].partition("<")[0]


async def test_it_begins_with_what_is_known(browser: Browser, mia: Affiliate) -> None:
    """A name and an address are there already, and nothing is published or kept."""
    page = await browser.get(HERE)
    assert page.status == 200
    form = page.forms[HERE]
    assert (form["name"], form["slug"], form["color"]) == ("Mia Muster", "mia-muster", "#0e5a45")
    assert "Not published" in page.words
    assert "Save and publish" in page.words


async def test_a_page_is_published_changed_and_hidden(
    desk: Desk, browser: Browser, mia: Affiliate
) -> None:
    """Each time the next page says what happened."""
    done = await send(browser)
    assert (done.status, done.headers["Location"]) == (303, f"{HERE}?done=published")
    page = await browser.get(done.headers["Location"])
    assert "Your page is published" in page.words
    assert f"{desk.settings.public_url}/partner/mia-muster" in page.html
    assert (await send(browser, headline="Other")).headers["Location"].endswith("=changed")
    assert (await kept(desk, mia)).headline == "Other"
    assert (await send(browser, "hide")).headers["Location"].endswith("=hidden")
    assert not (await kept(desk, mia)).is_active
    assert (await send(browser, "save")).headers["Location"].endswith("=saved")


async def test_what_is_wrong_comes_back_with_everything_typed(
    desk: Desk, browser: Browser, mia: Affiliate
) -> None:
    """At its field and in the summary; nothing is kept."""
    page = await send(browser, headline="Guaranteed profit", slug="admin", bio="Kept words")
    assert page.status == 422
    assert "2 answers need another look" in page.words
    assert "kept for the program" in page.words
    assert "Leave out “guarantee”" in page.words
    assert page.forms[HERE]["headline"] == "Guaranteed profit"
    assert "Kept words" in page.words
    async with desk.db.read() as session:
        assert await rows.of_affiliate(session, mia.id) is None


async def test_script_in_every_field_stays_text(browser: Browser, mia: Affiliate) -> None:
    """In the form, in its errors and in the preview."""
    typed = HOSTILE[:60]
    await send(browser, name=typed, headline=HOSTILE, bio=HOSTILE, cta=HOSTILE[:30])
    wrong = await send(browser, slug=HOSTILE, name=HOSTILE * 2, color=HOSTILE)
    preview = await browser.get(f"{HERE}/preview")
    assert (wrong.status, preview.status) == (422, 200)
    for page in (wrong, preview, await browser.get(HERE)):
        assert "<script>alert" not in page.html
        assert not [given for _, given in page.tags if any(n.startswith("on") for n in given)]


async def test_the_preview_shows_what_nobody_else_sees(
    desk: Desk, browser: Browser, mia: Affiliate
) -> None:
    """A draft with its photo, in a frame of ours only, where nothing can be pressed."""
    await send(browser, "save", photo=picture(), headline="Draft")
    preview = await browser.get(f"{HERE}/preview")
    assert said(preview, "headline") == "Draft"
    assert "frame-ancestors 'self'" in preview.headers["Content-Security-Policy"]
    assert preview.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert [given for tag, given in preview.tags if tag == "body" and "inert" in given]
    digest = (await kept(desk, mia)).photo
    async with browser.client.get(f"{HERE}/photo-{digest}.webp") as photo:
        assert (photo.status, photo.content_type) == (200, "image/webp")
    async with desk.browser() as stranger:
        for path in ("/preview", f"/photo-{digest}.webp"):
            assert (await stranger.get(HERE + path, follow=False)).status == 303


async def test_a_page_that_was_taken_down_says_why(
    desk: Desk, browser: Browser, mia: Affiliate
) -> None:
    """And what to do about it."""
    await send(browser)
    async with desk.db.transaction() as session:
        page = await rows.of_affiliate(session, mia.id)
        assert page is not None
        await landing.take_down(session, page.id, "The photo is not you.", RITA)
    shown = await browser.get(HERE)
    assert "Taken down" in shown.words
    assert "The photo is not you." in shown.words
    assert "Open your page" not in shown.words


async def test_only_affiliates_come_here(desk: Desk, browser: Browser) -> None:
    """Everybody else is led to where they can sign in, or see how they stand."""
    assert (await browser.get(HERE, follow=False)).headers["Location"] == "/affiliate/sign-in"
    await desk.apply()
    await desk.signed_in(browser, "mia@example.com")
    assert (await browser.get(HERE, follow=False)).headers["Location"] == "/affiliate"


class TestPhotos:
    """The file that comes with the form."""

    async def test_a_photo_is_encoded_anew_and_kept(
        self, desk: Desk, browser: Browser, mia: Affiliate
    ) -> None:
        """Until another comes, or the box is ticked."""
        await send(browser, photo=picture())
        page = await kept(desk, mia)
        async with desk.db.read() as session:
            photo = await rows.photo(session, page.id)
        assert photo is not None
        assert photo.content == photos.encode(picture()).content
        await send(browser)
        assert (await kept(desk, mia)).photo == photo.digest
        await send(browser, drop_photo="yes")
        assert (await kept(desk, mia)).photo == ""

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [
            (b"<svg><script>alert(1)</script></svg>", photos.UNREADABLE),
            (b"\xff\xd8\xff" + b"\0" * 6 * 1024 * 1024, photos.TOO_LARGE),
            (b"\xff\xd8\xff" + b"\0" * 30 * 1024 * 1024, photos.TOO_LARGE),
        ],
        ids=["fake", "6 MB", "30 MB"],
    )
    async def test_a_bad_file_is_refused_with_everything_typed_kept(
        self, browser: Browser, mia: Affiliate, content: bytes, sentence: str
    ) -> None:
        """With a sentence at its field."""
        page = await send(browser, photo=content, bio="Words that took an hour")
        assert page.status == 422
        assert sentence in page.words
        assert "Words that took an hour" in page.words

    async def test_no_more_of_a_file_is_held_than_may_be_kept(
        self, monkeypatch: pytest.MonkeyPatch, browser: Browser, mia: Affiliate
    ) -> None:
        """What is beyond is read past; what is beyond all measure is not even that."""
        monkeypatch.setattr(uploads, "SENT_MAX", 8 * 1024 * 1024)
        page = await send(browser, photo=b"\0" * 9 * 1024 * 1024)
        assert page.status == 413
        assert "too large" in page.words

    async def test_a_long_name_or_many_fields_are_no_way_around(
        self, browser: Browser, mia: Affiliate
    ) -> None:
        """Words have the limits that they have in other forms."""
        assert (await send(browser, bio="x" * 70_000)).status == 413
        many: dict[str, Any] = {f"f{number}": "" for number in range(201)}
        assert (await send(browser, **many)).status == 413

    @pytest.mark.parametrize(
        ("kind", "body"),
        [
            ("multipart/form-data", b"--x"),
            ("multipart/form-data; boundary=x", b"nothing"),
            ("multipart/form-data; boundary=x", b"--x\r\n\r\nno name\r\n--x--\r\n"),
            (
                "multipart/form-data; boundary=x",
                b"--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\n\r\na\r\n--y--",
            ),
            (
                "multipart/form-data; boundary=x",
                b"--x\r\nContent-Disposition: form-data; name=csrf",
            ),
        ],
    )
    async def test_a_body_that_is_no_form_is_refused(
        self, browser: Browser, mia: Affiliate, kind: str, body: bytes
    ) -> None:
        """With a page, and no failure."""
        response = await browser.client.post(HERE, data=body, headers={"Content-Type": kind})
        assert response.status in {400, 419}

    async def test_a_form_of_another_page_takes_no_file(
        self, browser: Browser, mia: Affiliate
    ) -> None:
        """Only this one does."""
        form = FormData(default_to_multipart=True)
        form.add_field("photo", BytesIO(picture()), filename="me.jpg")
        response = await browser.client.post("/affiliate/dashboard/payouts/method", data=form)
        assert response.status == 415

    async def test_a_file_without_the_forms_token_is_refused(
        self, desk: Desk, browser: Browser, mia: Affiliate
    ) -> None:
        """As with every form."""
        page = await send(browser, csrf="wrong", photo=picture())
        assert page.status == 419
        async with desk.db.read() as session:
            assert await rows.of_affiliate(session, mia.id) is None


async def test_a_light_color_is_taken_and_explained(browser: Browser, mia: Affiliate) -> None:
    """The words' shade is said; what is no color is refused."""
    await send(browser, color="#ffe600")
    assert "the darker shade #" in (await browser.get(HERE)).words
    assert (await send(browser, color="yellow")).status == 422


def test_the_limit_in_words_is_the_limit() -> None:
    """A sentence that names another size would be a lie."""
    assert f"{photos.PHOTO_MAX // 1024 // 1024} MB" in photos.TOO_LARGE
    assert Image.MAX_IMAGE_PIXELS is not None
    assert Image.MAX_IMAGE_PIXELS > photos.PIXELS_MAX
