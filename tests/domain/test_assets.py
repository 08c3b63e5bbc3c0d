"""Resources: made, filled in, found, put away, and never lost."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from domain import assets
from domain.asset_content import TYPES, Wish
from domain.asset_files import examine
from domain.asset_starters import STARTERS
from domain.errors import ConflictError, InvalidError, NotFoundError
from storage import assets as rows
from storage import audit
from storage.db import Database
from tests.asset_builders import PDF, WORDS, make, picture, wish
from tests.builders import RITA, SAM


async def titles(db: Database, **asked: Any) -> list[str]:
    """What an affiliate sees."""
    async with db.read() as session:
        return [one.title for one in await assets.published(session, WORDS, **asked)]


async def test_an_affiliate_reads_their_own_words(db: Database) -> None:
    """Code, offer and link are put in once; what an operator wrote is never taken as more."""
    await make(db, title="{product} in a post", body="{offer} off with {code}: {link} {}")
    async with db.read() as session:
        (one,) = await assets.published(session, WORDS | {"code": "{link}"})
    assert one.title == "PropMine in a post"
    assert one.body == "30% off with {link}: https://d.example/r/j {}"


async def test_only_what_is_published_is_seen(db: Database) -> None:
    """Drafts and what was archived are not; publishing brings them back."""
    draft = await make(db, title="A draft", published=False)
    put_away = await make(db, title="Put away")
    async with db.transaction() as session:
        await assets.archive(session, put_away.id, SAM)
    assert await titles(db) == []
    for one in (draft, put_away):
        async with db.transaction() as session:
            await assets.publish(session, one.id, SAM)
    assert await titles(db) == ["A draft", "Put away"]
    async with db.read() as session:
        lines = await audit.of_subject(session, f"asset:{put_away.id}")
    assert [line.action for line in lines] == ["asset.created", "asset.archived", "asset.published"]


async def test_resources_stand_in_their_order_and_are_found(db: Database) -> None:
    """By type, by place, by any part of title or text, whose wildcards mean nothing."""
    await make(db, title="Second", body="100% honest")
    await make(db, title="First", body="my_word", place=0)
    await make(db, asset_type="faq", title="When am I paid?", body="Soon.")
    assert await titles(db) == ["When am I paid?", "First", "Second"]
    assert await titles(db, asset_type="social_post") == ["First", "Second"]
    assert await titles(db, text="WHEN AM") == ["When am I paid?"]
    assert await titles(db, text="100%") == ["Second"]
    assert await titles(db, text="y_w") == ["First"]
    assert await titles(db, text="_") == ["First"]
    assert await titles(db, text="\x00\ud800") == []


async def test_every_version_is_kept_and_can_come_back(db: Database) -> None:
    """With its file, and with who saved it; restoring makes a new version."""
    pdf, png = examine("guide.pdf", PDF), examine("banner.png", picture())
    made = await make(db, title="One", file=pdf)
    async with db.transaction() as session:
        changed = await assets.edit(session, made.id, wish(title="Two", file=png), 1, SAM)
    assert (changed.version, changed.file_name) == (2, "banner.png")
    async with db.transaction() as session:
        back = await assets.restore(session, made.id, 1, RITA)
    assert (back.version, back.title, back.file_digest) == (3, "One", pdf.digest)
    async with db.read() as session:
        kept = await rows.versions(session, made.id, 10)
        kind, file = await assets.published_file(session, made.id, "guide.pdf")
    assert [(one.version, one.title, one.saved_by) for one in kept] == [
        (3, "One", "@rita"),
        (2, "Two", "@sam"),
        (1, "One", "@rita"),
    ]
    assert (kind, file.content) == ("application/pdf", PDF)
    with pytest.raises(NotFoundError):
        async with db.transaction() as session:
            await assets.restore(session, made.id, 9, RITA)


async def test_saving_what_is_there_makes_no_version(db: Database) -> None:
    """Nor does a new place in the list, or restoring the newest."""
    made = await make(db)
    async with db.transaction() as session:
        await assets.edit(session, made.id, wish(place=7), 1, SAM)
    async with db.transaction() as session:
        same = await assets.restore(session, made.id, 1, SAM)
    assert (same.version, same.sort_order) == (1, 7)


async def test_nobody_overwrites_what_they_have_not_seen(db: Database) -> None:
    """Whoever comes second is told by whom they were beaten."""
    made = await make(db)
    async with db.transaction() as session:
        await assets.edit(session, made.id, wish(title="Sam's"), 1, SAM)
    with pytest.raises(ConflictError, match="@sam saved version 2"):
        async with db.transaction() as session:
            await assets.edit(session, made.id, wish(title="Rita's"), 1, RITA)
    assert await titles(db) == ["Sam's"]


async def test_a_file_goes_when_that_is_wanted(db: Database) -> None:
    """And only to those who may have it, by its own name."""
    made = await make(db, file=examine("guide.pdf", PDF))
    async with db.transaction() as session:
        await assets.edit(session, made.id, wish(), 1, SAM)
    async with db.read() as session:
        assert (await assets.published_file(session, made.id, "guide.pdf"))[1].size == len(PDF)
        with pytest.raises(NotFoundError):
            await assets.published_file(session, made.id, "other.pdf")
    async with db.transaction() as session:
        await assets.edit(session, made.id, wish(drop_file=True), 1, SAM)
    with pytest.raises(NotFoundError):
        async with db.read() as session:
            await assets.published_file(session, made.id, "guide.pdf")


async def test_badges_say_what_is_new(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """For two weeks: first as new, later, when it is changed, as updated."""
    made = await make(db)
    later = made.created_at + timedelta(days=15)

    async def badge() -> str:
        async with db.read() as session:
            return (await assets.published(session, WORDS))[0].badge

    assert await badge() == "New"
    monkeypatch.setattr("clock.now", lambda: later)
    assert await badge() == ""
    async with db.transaction() as session:
        await assets.edit(session, made.id, wish(title="Changed"), 1, SAM)
    assert await badge() == "Updated"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"asset_type": "poem"}, "asset_type"),
        ({"title": " "}, "title"),
        ({"title": "x" * 151}, "title"),
        ({"body": "x" * 3001}, "body"),
        ({"body": "Use {kode}"}, "body"),
        ({"body": ""}, "body"),
        ({"place": -1}, "place"),
        ({"asset_type": "video_tutorial"}, "url"),
        *(
            ({"url": url}, "url")
            for url in (
                "http://example.com/v",
                "javascript:alert(1)",
                "https://",
                "https://localhost",
                "https://me:pw@example.com/",
                "https://example.com/ x",
                "https://example.com\\@evil.example",
                'https://example.com/"onclick',
                "https://example.com:port/",
                "https://example.com/" + "x" * 1000,
            )
        ),
    ],
)
async def test_what_cannot_be_used_is_said(
    db: Database, changes: dict[str, Any], field: str
) -> None:
    """Beside its field; nothing is kept of it."""
    with pytest.raises(InvalidError) as caught:
        await make(db, **changes)
    assert set(caught.value.fields) == {field}
    assert await titles(db) == []


async def test_a_link_or_a_file_is_enough(db: Database) -> None:
    """A video needs no text, and neither does a banner."""
    await make(db, asset_type="video_tutorial", body="", url="https://youtu.be/abc?t=3")
    await make(db, asset_type="banner", body="", file=examine("b.png", picture()))
    assert len(await titles(db)) == 2


async def test_the_starter_set_is_added_once(db: Database) -> None:
    """What was edited or archived since stays so."""
    async with db.transaction() as session:
        assert await assets.add_starters(session, RITA) == len(STARTERS)
    async with db.read() as session:
        first = (await assets.published(session, WORDS))[0].asset
    async with db.transaction() as session:
        await assets.archive(session, first.id, RITA)
    async with db.transaction() as session:
        assert not await assets.has_starters_left(session)
        assert await assets.add_starters(session, RITA) == 0
    assert len(await titles(db)) == len(STARTERS) - 1


def test_every_starter_can_be_used() -> None:
    """None breaks a rule that operators have to keep, and posts say that they are paid for."""
    assert len({one.name for one in STARTERS}) == len(STARTERS)
    for one in STARTERS:
        assert one.asset_type in TYPES
        filled = assets.filled(
            rows.Asset(asset_type=one.asset_type, title=one.title, body=one.body), WORDS
        )
        assert "{" not in filled.title + filled.body
        if "JARED30" in filled.body and one.asset_type not in {"faq", "best_practice"}:
            assert "earn" in filled.body
            assert WORDS["link"] in filled.body or one.asset_type == "swipe_file"


async def test_nothing_is_there(db: Database) -> None:
    """What does not exist cannot be changed."""
    with pytest.raises(NotFoundError):
        async with db.transaction() as session:
            await assets.edit(session, UUID(int=1), Wish("faq", "?", "!"), 1, RITA)
