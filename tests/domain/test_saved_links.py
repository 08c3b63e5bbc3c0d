"""Links that an affiliate keeps."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from domain import saved_links
from domain.errors import ConflictError, InvalidError, NotFoundError
from storage import saved_links as rows
from storage.db import Database
from storage.ids import new_id
from storage.saved_links import SavedLink
from tests.builders import join

HOME = "https://product.example.com"


async def save(db: Database, affiliate_id: UUID, **changes: Any) -> SavedLink:
    """Save the link that a newsletter carries."""
    given: dict[str, Any] = {"name": "Newsletter", "to": "/pricing", "tag": "news", "utm": False}
    async with db.transaction() as session:
        return await saved_links.save(session, affiliate_id, **(given | changes), product_url=HOME)


async def kept(db: Database, affiliate_id: UUID) -> list[str]:
    """The names of the links that an affiliate keeps."""
    async with db.read() as session:
        return [link.name for link in await rows.of_affiliate(session, affiliate_id)]


async def test_a_link_is_kept_with_what_it_counts_by(db: Database) -> None:
    """The newest first; target and tag in one form, whatever was typed."""
    me = (await join(db)).id
    first = await save(db, me)
    typed = f"{HOME}/a?b=c"
    second = await save(db, me, name="  My   video ", to=typed, tag="You Tube", utm=True)
    assert (first.to, first.page, first.source_tag, first.utm) == (
        "/pricing",
        "/pricing",
        "news",
        False,
    )
    assert (second.to, second.page, second.source_tag, second.utm) == (
        "/a?b=c",
        "/a",
        "you-tube",
        True,
    )
    assert await kept(db, me) == ["My video", "Newsletter"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"to": "//evil.example"}, "to"),
        ({"to": "https://evil.example"}, "to"),
    ],
)
async def test_what_cannot_be_kept(db: Database, changes: dict[str, Any], field: str) -> None:
    """In words, beside its field, and nothing is saved."""
    me = (await join(db)).id
    with pytest.raises(InvalidError) as refused:
        await save(db, me, **changes)
    assert set(refused.value.fields) == {field}
    assert await kept(db, me) == []


async def test_text_that_no_database_takes_is_mended(db: Database) -> None:
    """A NUL and half an emoji."""
    me = (await join(db)).id
    await save(db, me, name="a\x00b\ud83d")
    assert await kept(db, me) == ["a\ufffdb\ufffd"]


async def test_two_links_never_share_their_clicks(db: Database) -> None:
    """Neither one after the other nor at once; another tag or page is another link."""
    me = (await join(db)).id
    other = (await join(db, "ANNA30", email="anna@example.com")).id

    async def attempt() -> bool:
        try:
            await save(db, me, to="/pricing?x=1")
        except ConflictError as error:
            assert "Newsletter" in str(error)  # noqa: PT017 - the first one is named
            return False
        return True

    assert sorted(await asyncio.gather(*(attempt() for _ in range(5)))) == [False] * 4 + [True]
    await save(db, me, tag="")
    await save(db, me, to="/blog")
    await save(db, other)
    assert len(await kept(db, me)) == 3


async def test_there_is_an_end_to_it(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody fills the database; deleted ones make room."""
    monkeypatch.setattr(saved_links, "KEPT_MAX", 2)
    me = (await join(db)).id
    first = await save(db, me)
    await save(db, me, tag="b")
    with pytest.raises(ConflictError, match="2 links"):
        await save(db, me, tag="c")
    async with db.transaction() as session:
        await saved_links.delete(session, me, first.id)
    await save(db, me, tag="c")
    with pytest.raises(ConflictError, match="2 links"):
        async with db.transaction() as session:
            await saved_links.restore(session, me, first.id)


async def test_a_link_can_be_renamed_deleted_and_brought_back(db: Database) -> None:
    """Deleting and bringing back twice is once."""
    me = (await join(db)).id
    link = await save(db, me)
    async with db.transaction() as session:
        await saved_links.rename(session, me, link.id, "January")
    assert await kept(db, me) == ["January"]
    for act, left in ((saved_links.delete, []), (saved_links.restore, ["January"])):
        for _ in range(2):
            async with db.transaction() as session:
                await act(session, me, link.id)
        assert await kept(db, me) == left


async def test_a_deleted_link_does_not_push_its_successor_away(db: Database) -> None:
    """It comes back only while its tag and page are free; until then it cannot be renamed."""
    me = (await join(db)).id
    link = await save(db, me)
    async with db.transaction() as session:
        await saved_links.delete(session, me, link.id)
    with pytest.raises(NotFoundError):
        async with db.transaction() as session:
            await saved_links.rename(session, me, link.id, "January")
    await save(db, me, name="Successor")
    with pytest.raises(ConflictError, match="Successor"):
        async with db.transaction() as session:
            await saved_links.restore(session, me, link.id)


async def test_links_of_others_are_out_of_reach(db: Database) -> None:
    """Somebody else's is as unknown as one that never was."""
    me = (await join(db)).id
    other = (await join(db, "ANNA30", email="anna@example.com")).id
    link = await save(db, me)
    for whose, which in ((other, link.id), (me, new_id())):
        for act in (saved_links.delete, saved_links.restore):
            with pytest.raises(NotFoundError):
                async with db.transaction() as session:
                    await act(session, whose, which)
        with pytest.raises(NotFoundError):
            async with db.transaction() as session:
                await saved_links.rename(session, whose, which, "Mine")
    assert await kept(db, me) == ["Newsletter"]
