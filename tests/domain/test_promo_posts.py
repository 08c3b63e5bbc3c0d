"""A post goes from draft to published once, in its author's hands only."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import select

import clock
from domain import effects, promo_posts
from domain.audit import Actor
from domain.errors import ConflictError, InvalidError, NotFoundError
from storage import promo as rows
from storage.audit import AuditLine
from storage.db import Database
from storage.outbox import Effect
from storage.promo import DRAFT, FAILED, PUBLISHED, SCHEDULED, TEMPLATE, PromoPost
from tests.builders import join
from tests.promo_builders import finished

JARED = Actor("jared@example.com", "Jared", "dashboard")


async def draft(db: Database, affiliate: UUID, instead_of: UUID | None = None) -> PromoPost:
    """A draft as it was just written."""
    async with db.transaction() as session:
        return await promo_posts.add(
            session,
            affiliate,
            finished(),
            tone="friendly",
            about="",
            seed=0,
            source=TEMPLATE,
            instead_of=instead_of,
        )


async def kept(db: Database, post_id: UUID) -> PromoPost | None:
    """A post as it is kept."""
    async with db.read() as session:
        return await rows.get(session, post_id)


async def asked_for(db: Database) -> list[Effect]:
    """The publications that were asked for."""
    async with db.read() as session:
        query = select(Effect).where(Effect.kind == effects.PROMO_POST)
        return list((await session.exec(query)).all())


async def test_another_one_replaces_only_what_nobody_worked_on(db: Database) -> None:
    """A draft that its author changed stays beside the new one."""
    jared = (await join(db)).id
    first = await draft(db, jared)
    assert (await draft(db, jared, first.id)).id == first.id
    async with db.transaction() as session:
        await promo_posts.save(session, jared, first.id, title="", text="Mine\x00 now\ud800")
    assert (await draft(db, jared, first.id)).id != first.id
    mine = await kept(db, first.id)
    assert mine is not None
    assert mine.text == "Mine\ufffd now\ufffd"


async def test_nobody_touches_the_posts_of_others(db: Database) -> None:
    """Not to read, save, publish, mark or delete, nor to write over."""
    jared = (await join(db)).id
    mia = (await join(db, "MIA30", email="mia@example.com")).id
    post = await draft(db, jared)
    for act in (
        lambda s: promo_posts.own(s, mia, post.id),
        lambda s: promo_posts.save(s, mia, post.id, title="", text="Ha"),
        lambda s: promo_posts.hand_over(s, mia, post.id, finished(), actor=JARED),
        lambda s: promo_posts.mark_posted(s, mia, post.id, finished(), actor=JARED),
        lambda s: promo_posts.delete(s, mia, post.id),
    ):
        with pytest.raises(NotFoundError):
            async with db.transaction() as session:
                await act(session)
    assert (await draft(db, mia, post.id)).id != post.id
    assert await asked_for(db) == []


async def test_a_post_is_handed_over_once(db: Database) -> None:
    """The second press finds it on its way; nothing more is asked for."""
    jared = (await join(db)).id
    post = await draft(db, jared)
    async with db.transaction() as session:
        await promo_posts.hand_over(session, jared, post.id, finished(), actor=JARED)
    for act in (
        lambda s: promo_posts.hand_over(s, jared, post.id, finished(), actor=JARED),
        lambda s: promo_posts.save(s, jared, post.id, title="", text="Changed"),
        lambda s: promo_posts.delete(s, jared, post.id),
    ):
        with pytest.raises(ConflictError):
            async with db.transaction() as session:
                await act(session)
    assert len(await asked_for(db)) == 1
    async with db.read() as session:
        lines = (await session.exec(select(AuditLine))).all()
    assert [line.action for line in lines].count("post.handed_over") == 1


async def test_a_post_that_breaks_a_rule_goes_nowhere(db: Database) -> None:
    """Neither to the service nor into the history as posted."""
    jared = (await join(db)).id
    post = await draft(db, jared)
    bad = finished(text="Guaranteed profit")
    for act in (promo_posts.hand_over, promo_posts.mark_posted):
        with pytest.raises(InvalidError, match="disclosure"):
            async with db.transaction() as session:
                await act(session, jared, post.id, bad, actor=JARED)
    found = await kept(db, post.id)
    assert found is not None
    assert (found.status, found.text) == (DRAFT, finished().text)
    assert await asked_for(db) == []


@pytest.mark.parametrize("away", [timedelta(days=-1), timedelta(0), timedelta(days=400)])
async def test_only_a_moment_ahead_can_be_chosen(db: Database, away: timedelta) -> None:
    """Not the past, and not a year from now."""
    jared = (await join(db)).id
    post = await draft(db, jared)
    with pytest.raises(InvalidError, match="moment"):
        async with db.transaction() as session:
            await promo_posts.hand_over(
                session, jared, post.id, finished(), actor=JARED, at=clock.now() + away
            )


async def test_what_the_service_says_decides(db: Database) -> None:
    """Scheduled there: looked at after its time. Refused: it can be changed and tried again."""
    jared = (await join(db)).id
    post = await draft(db, jared)
    at = clock.now() + timedelta(hours=3)
    async with db.transaction() as session:
        await promo_posts.hand_over(session, jared, post.id, finished(), actor=JARED, at=at)
    async with db.transaction() as session:
        await promo_posts.taken(session, post.id, "post_1", published=False)
    look = max(effect.next_attempt_at for effect in await asked_for(db))
    assert look > at
    async with db.transaction() as session:
        await promo_posts.refused(session, post.id, "Your account is not connected.")
        await promo_posts.taken(session, post.id, "post_1", published=True)
    found = await kept(db, post.id)
    assert found is not None
    assert (found.status, found.problem) == (FAILED, "Your account is not connected.")
    async with db.transaction() as session:
        await promo_posts.hand_over(session, jared, post.id, finished(), actor=JARED)
        await promo_posts.taken(session, post.id, "post_2", published=True)
    found = await kept(db, post.id)
    assert found is not None
    assert (found.status, found.problem, found.external_id) == (PUBLISHED, "", "post_2")
    assert found.status != SCHEDULED
    assert found.published_at is not None


async def test_drafts_do_not_pile_up_for_ever(db: Database) -> None:
    """After so many, an older one has to go first."""
    jared = (await join(db)).id
    async with db.transaction() as session:
        for _ in range(promo_posts.DRAFTS_MAX):
            session.add(PromoPost(affiliate_user_id=jared, channel="x", tone="expert", text="Hm"))
    with pytest.raises(ConflictError, match="Delete"):
        await draft(db, jared)
