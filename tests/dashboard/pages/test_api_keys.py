"""The page of API keys: made, shown once, rotated and revoked by their owner alone."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlmodel import select

import clock
from dashboard.limits import KEYS_PER_AFFILIATE
from domain import api_keys
from storage.api_keys import ApiKey
from storage.db import Database
from storage.ids import new_id
from tests.dashboard.desk import Browser, Desk, Page, make_settings

HERE = "/affiliate/dashboard/api-keys"
MIA, ANN = "mia@example.com", "ann@example.com"


@pytest.fixture
async def desk(db: Database) -> AsyncIterator[Desk]:
    """A dashboard with Mia, on either database."""
    async with Desk(db, make_settings()).running() as desk:
        await desk.approve(MIA)
        yield desk


@pytest.fixture
async def mia(desk: Desk) -> AsyncIterator[Browser]:
    """Mia's browser."""
    async with desk.browser() as browser:
        yield await desk.signed_in(browser, MIA)


def key_on(page: Page) -> str:
    """The key that a page shows; empty if it shows none."""
    found = re.search(r'id="fresh-key">(\w+)<', page.html)
    return found[1] if found else ""


async def opens(db: Database, text: str) -> bool:
    """Whether a key works."""
    async with db.read() as session:
        return await api_keys.owner(session, text) is not None


async def keys(db: Database) -> list[ApiKey]:
    """Every key there is."""
    async with db.read() as session:
        return list((await session.exec(select(ApiKey))).all())


async def make(browser: Browser, name: str = "My sheet", scopes: str = "stats:read") -> Page:
    """Make a key."""
    return await browser.fill_in(HERE, HERE, name=name, scopes=scopes)


async def test_a_key_is_shown_once(desk: Desk, mia: Browser) -> None:
    """With its way to be tried; afterwards only how it begins, and no cache keeps the page."""
    assert "No keys yet" in (await mia.get(HERE)).words
    page = await make(mia, "My <b>sheet</b>")
    text = key_on(page)
    assert page.status == 201
    assert page.headers["Cache-Control"] == "no-store"
    assert await opens(desk.db, text)
    assert "My <b>sheet</b>" in page.words
    assert f'/api/affiliate/v1/stats -H "Authorization: Bearer {text}"' in page.words
    later = await mia.get(HERE)
    assert text not in later.html
    assert f"{text[:16]}…" in later.words
    assert "reads stats" in later.words
    assert "Never" in later.words


@pytest.mark.parametrize(
    ("name", "scopes", "said"),
    [
        ("", "stats:read", "Give the key a name"),
        ("x" * 61, "stats:read", "Give the key a name"),
        ("Sheet", "everything", "Choose at least one"),
    ],
)
async def test_mistakes_are_told(mia: Browser, name: str, scopes: str, said: str) -> None:
    """With what was typed, and no key."""
    page = await make(mia, name, scopes)
    assert page.status == 422
    assert said in page.words
    assert key_on(page) == ""
    assert "No keys yet" in page.words


async def test_a_key_is_rotated(desk: Desk, mia: Browser) -> None:
    """The page asks when the old one stops, shows the new one, and says until when both work."""
    old = key_on(await make(mia))
    link = f"{HERE}/{(await keys(desk.db))[0].id}/rotate"
    assert f'href="{link}"' in (await mia.get(HERE)).html
    assert "Rotate “My sheet”?" in (await mia.get(link)).words
    assert (await mia.fill_in(link, link, grace="9999")).status == 422
    page = await mia.fill_in(link, link, grace="24")
    new = key_on(page)
    assert page.status == 201
    assert [await opens(desk.db, text) for text in (old, new)] == [True, True]
    assert "Works until" in page.words
    for again in (await mia.get(link), await mia.post(link, page.forms[HERE] | {"grace": "24"})):
        assert again.status == 409
        assert "rotated already" in again.words
    with clock.travel(clock.now() + timedelta(hours=25)):
        assert [await opens(desk.db, text) for text in (old, new)] == [False, True]


async def test_a_key_is_revoked_after_a_question(desk: Desk, mia: Browser) -> None:
    """Opening the question changes nothing; answering it does, at once."""
    text = key_on(await make(mia))
    link = f"{HERE}/{(await keys(desk.db))[0].id}/revoke"
    assert "Revoke “My sheet”?" in (await mia.get(link)).words
    assert await opens(desk.db, text)
    page = await mia.fill_in(link, link)
    assert (page.status, page.headers["Location"]) == (303, f"{HERE}?done=revoked")
    assert (
        "Whoever asks with this key is refused" in (await mia.get(page.headers["Location"])).words
    )
    assert not await opens(desk.db, text)
    assert (await mia.get(link)).status == 409


async def test_keys_of_others_are_not_found(desk: Desk, mia: Browser) -> None:
    """Neither to look at, nor to rotate or revoke; nor what is no id at all."""
    text = key_on(await make(mia))
    (key,) = await keys(desk.db)
    await desk.approve(ANN, "ANN30")
    async with desk.browser() as browser:
        ann = await desk.signed_in(browser, ANN)
        assert "My sheet" not in (await ann.get(HERE)).words
        for which in (str(key.id), str(new_id()), "none"):
            for deed in ("rotate", "revoke"):
                link = f"{HERE}/{which}/{deed}"
                assert (await ann.get(link)).status == 404
                form = (await ann.get(HERE)).forms[HERE] | {"grace": "0"}
                assert (await ann.post(link, form)).status == 404
    assert await opens(desk.db, text)


async def test_nobody_makes_keys_without_end(desk: Desk, mia: Browser) -> None:
    """Each is a mail to its owner: there are so many a day."""
    page = await make(mia)
    for _ in range(KEYS_PER_AFFILIATE.amount - 1):
        page = await make(mia, "")
    assert page.status == 422
    page = await make(mia)
    assert page.status == 429
    assert "Try again tomorrow" in page.words
    assert len(await keys(desk.db)) == 1


async def test_who_is_not_signed_in_is_led_to_the_door(desk: Desk) -> None:
    """As on every page of the dashboard."""
    async with desk.browser() as browser:
        page = await browser.get(HERE, follow=False)
        assert (page.status, page.headers["Location"]) == (303, "/affiliate/sign-in")
