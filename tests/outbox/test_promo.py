"""Posts reach PassivePost once, come out at their time, and a refusal is told to their author."""

from datetime import timedelta
from http import HTTPStatus
from uuid import UUID

import pytest
from sqlmodel import update

import clock
from domain import effects, promo_posts
from domain.audit import Actor
from domain.statuses import Status
from sandbox.faults import HANG_UP
from storage import affiliates
from storage import promo as rows
from storage.affiliates import Affiliate
from storage.outbox import Effect
from storage.promo import DRAFT, FAILED, PUBLISHED, SCHEDULED, TEMPLATE, PromoPost
from tests.builders import join
from tests.outbox.conftest import Outside
from tests.promo_builders import finished

JARED = Actor("jared@example.com", "Jared", "dashboard")


async def hand_over(outside: Outside, hours: int = 0) -> UUID:
    """A post of Jared's on its way, for now or in some hours."""
    jared = (await join(outside.db)).id
    post = PromoPost(affiliate_user_id=jared, channel="x", tone="expert", text="", source=TEMPLATE)
    assert post.status == DRAFT
    at = clock.now() + timedelta(hours=hours) if hours else None
    async with outside.db.transaction() as session:
        session.add(post)
        await session.flush()
        await promo_posts.hand_over(session, jared, post.id, finished(), actor=JARED, at=at)
    return post.id


async def kept(outside: Outside, post_id: UUID) -> PromoPost:
    """A post as it is kept."""
    async with outside.db.read() as session:
        post = await rows.get(session, post_id)
    assert post is not None
    return post


async def test_a_post_comes_out_with_every_word(outside: Outside) -> None:
    """As its author, to the channel, at once."""
    post_id = await hand_over(outside)
    await outside.settle()
    (there,) = outside.stand_ins.passivepost.posts
    assert (there["author_email"], there["channel"]) == ("jared@example.com", "x")
    assert there["text"] == finished().text
    post = await kept(outside, post_id)
    assert (post.status, post.external_id) == (PUBLISHED, there["id"])


@pytest.mark.parametrize("status", [HANG_UP, 500, 503])
async def test_a_lost_answer_posts_nothing_twice(outside: Outside, status: int) -> None:
    """The post is there, nobody heard of it: the repeated call finds it by its key."""
    outside.stand_ins.passivepost.traffic.fail_next(status, after_work=True)
    post_id = await hand_over(outside)
    await outside.settle()
    assert len(outside.stand_ins.passivepost.posts) == 1
    assert (await kept(outside, post_id)).status == PUBLISHED
    async with outside.db.transaction() as session:
        again = update(Effect).where(Effect.kind == effects.PROMO_POST)  # type: ignore[arg-type]
        await session.exec(again.values(handled_at=None, attempts=1))
    await outside.settle()
    assert len(outside.stand_ins.passivepost.posts) == 1


async def test_a_scheduled_post_is_followed_until_it_is_out(outside: Outside) -> None:
    """It is handed over at once, and looked at after its time."""
    post_id = await hand_over(outside, hours=3)

    async def handed_over() -> bool:
        return bool((await kept(outside, post_id)).external_id)

    await outside.pump_until(handed_over)
    assert (await kept(outside, post_id)).status == SCHEDULED
    with clock.travel(clock.now() + timedelta(hours=4)):
        await outside.settle()
    assert (await kept(outside, post_id)).status == PUBLISHED
    assert len(outside.stand_ins.passivepost.posts) == 1


async def test_a_post_that_fails_there_says_why(outside: Outside) -> None:
    """What happened after it was taken, too."""
    post_id = await hand_over(outside, hours=3)

    async def handed_over() -> bool:
        return bool((await kept(outside, post_id)).external_id)

    await outside.pump_until(handed_over)
    outside.stand_ins.passivepost.posts[0]["failed"] = "X has locked this account."
    with clock.travel(clock.now() + timedelta(hours=4)):
        await outside.settle()
    post = await kept(outside, post_id)
    assert (post.status, post.problem) == (FAILED, "X has locked this account.")


async def test_a_stranger_to_the_service_hears_of_it(outside: Outside) -> None:
    """A refusal that the author can mend ends on their page, not with the operators."""
    outside.stand_ins.passivepost.strangers.add("jared@example.com")
    post_id = await hand_over(outside)
    await outside.settle()
    post = await kept(outside, post_id)
    assert post.status == FAILED
    assert "e-mail address" in post.problem
    assert [effect.parked_at for effect in await outside.effects(effects.PROMO_POST)] == [None]


async def test_a_key_that_is_refused_waits_for_an_operator(outside: Outside) -> None:
    """It is no fault of the author's; after a replay the post comes out."""
    outside.stand_ins.passivepost.traffic.fail_next(HTTPStatus.UNAUTHORIZED)
    post_id = await hand_over(outside)
    await outside.settle()
    (effect,) = await outside.effects(effects.PROMO_POST)
    assert effect.parked_at is not None
    assert (await kept(outside, post_id)).status == SCHEDULED


async def test_somebody_who_left_publishes_nothing_more(outside: Outside) -> None:
    """Membership ended between the press and the call."""
    post_id = await hand_over(outside)
    async with outside.db.transaction() as session:
        jared = await affiliates.get(session, (await kept(outside, post_id)).affiliate_user_id)
        assert isinstance(jared, Affiliate)
        jared.status = Status.TERMINATED
        session.add(jared)
    await outside.settle()
    assert outside.stand_ins.passivepost.posts == []
    assert (await kept(outside, post_id)).status == FAILED


async def test_a_post_that_never_comes_out_is_not_taken_for_published(outside: Outside) -> None:
    """A day after its time its author hears of it, and may try again."""
    post_id = await hand_over(outside, hours=3)

    async def handed_over() -> bool:
        return bool((await kept(outside, post_id)).external_id)

    await outside.pump_until(handed_over)
    outside.stand_ins.passivepost.posts[0]["scheduled_at"] = "2999-01-01T00:00:00+00:00"
    with clock.travel(clock.now() + timedelta(hours=28)):
        await outside.settle()
    post = await kept(outside, post_id)
    assert (post.status, post.published_at) == (FAILED, None)
    assert "after a day" in post.problem
