import asyncio
import random
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlmodel import col, select

import clock
from domain import affiliates, effects, milestone_awards, milestones, program, reconcile
from domain.milestones import Wish
from domain.statements import Month, statement
from domain.statuses import Status
from storage import audit, ledger, raw_sums, referrals
from storage.db import Database
from storage.ledger import LedgerEntry
from storage.milestones import Milestone
from tests.builders import RITA, effects_asked_for, join, mails_asked_for
from tests.milestone_builders import awards_now, bonuses, make_milestone, set_hold
from tests.tier_builders import convert, make_tier

GIVEN, BACK = (5000, "milestone"), (-5000, "milestone_withdrawn")


async def reached_mails(db: Database) -> list[str]:
    """To whom a mail went that says that a milestone was reached."""
    return [to for mail, to in await mails_asked_for(db) if mail == "milestone_reached"]


async def notices(db: Database) -> list[str]:
    """What operators are told of milestones."""
    told = [
        one.payload["text"] for one in await effects_asked_for(db) if one.kind == effects.NOTICE
    ]
    return [text for text in told if "milestone" in text]


async def catch_up(db: Database) -> int:
    """What the watch does, once; for how many."""
    async with db.transaction() as session:
        found = await milestone_awards.due(session, 50)
        moved = [await milestone_awards.follow(session, one) for one in found]
        await milestone_awards.note(session, [one for one in moved if one is not None])
    return len(found)


class TestAward:
    """The referral that reaches the number."""

    async def test_gives_the_bonus_once_with_the_hold(self, db: Database) -> None:
        """In the ledger, by mail, to operators and in the log, however often it is heard of."""
        affiliate = await join(db)
        await make_milestone(db)
        await convert(db, 1)
        assert await bonuses(db) == []
        for number in (2, 2, 3, 1):
            await convert(db, number)
        assert await bonuses(db) == [GIVEN]
        (award,) = await awards_now(db, affiliate.id)
        assert award.available_at - award.awarded_at == timedelta(days=30)
        assert (award.currency, award.name, award.revision) == ("usd", "First two", 1)
        assert await reached_mails(db) == ["jared@example.com"]
        (told,) = await notices(db)
        assert told.startswith(
            "Jared Bets (JARED30) reached the milestone First two with 2 converted referrals: "
            "$50.00, on hold until "
        )
        async with db.read() as session:
            balances = await ledger.balances(session, affiliate.id, clock.now())
            later = await ledger.balances(session, affiliate.id, clock.now() + timedelta(days=31))
            lines = await audit.of_subject(session, f"affiliate:{affiliate.id}")
        assert balances["usd"][1] - 3 * 557 + balances["usd"][0] == 5000
        assert later["usd"] == (5000 + 3 * 557, 0)
        assert [line.action for line in lines].count("affiliate.milestone_reached") == 1

    @pytest.mark.parametrize("people", [1, 2])
    async def test_is_given_once_by_fifty_at_once(self, db: Database, people: int) -> None:
        """Whoever comes last among those who convert at the same moment reaches it, and alone."""
        await make_milestone(db, "Ten", 10)
        await make_milestone(db, "Twenty-five", 25, 9900)
        await make_tier(db, "Gold", 20)
        joined = [
            await join(db, f"JARED{one}", email=f"a{one}@example.com") for one in range(people)
        ]
        await asyncio.gather(
            *(convert(db, number, f"JARED{number % people}") for number in range(50))
        )
        for one in joined:
            assert await bonuses(db, one.id) == [GIVEN, (9900, "milestone")]
        assert len(await reached_mails(db)) == 2 * people
        assert len(await notices(db)) == 2 * people

    async def test_passing_several_at_once_gives_each(self, db: Database) -> None:
        """Milestones add up, unlike tiers; paused ones do not count."""
        affiliate = await join(db)
        await convert(db, 1)
        await convert(db, 2)
        for threshold, active in ((1, True), (2, True), (3, True), (9, True)):
            await make_milestone(db, f"At {threshold}", threshold, is_active=active)
        await make_milestone(db, "Paused", 4, is_active=False)
        await convert(db, 3)
        names = [award.name for award in await awards_now(db, affiliate.id)]
        assert names == ["At 1", "At 2", "At 3"]
        await convert(db, 4)
        assert len(await awards_now(db, affiliate.id)) == 3

    async def test_needs_an_approved_affiliate(self, db: Database) -> None:
        """While paused nothing is given; let in again, they get it with the next look."""
        affiliate = await join(db)
        await make_milestone(db)
        async with db.transaction() as session:
            await affiliates.change_status(session, affiliate.id, Status.PAUSED, "Ads.", RITA)
        for number in (1, 2):
            await convert(db, number)
        assert await bonuses(db) == []
        assert await catch_up(db) == 0
        async with db.transaction() as session:
            await affiliates.change_status(session, affiliate.id, Status.APPROVED, "", RITA)
        assert await catch_up(db) == 1
        assert await bonuses(db) == [GIVEN]
        assert await catch_up(db) == 0

    async def test_is_in_the_currency_that_it_was_named_in(self, db: Database) -> None:
        """Another currency of the program pauses it, and says so, until it has a new sum."""
        affiliate = await join(db)
        milestone = await make_milestone(db, threshold=1)
        async with db.transaction() as session:
            await program.update(session, {"currency": "jpy"}, RITA)
        await convert(db, 1)
        assert (await awards_now(db, affiliate.id), await catch_up(db)) == ([], 0)
        assert ["JPY" in told for told in await notices(db)] == [True]
        wish = Wish("First", 1, 700, is_active=True)
        async with db.transaction() as session:
            await milestones.edit(session, milestone.id, wish, RITA)
        assert await catch_up(db) == 1
        (award,) = await awards_now(db, affiliate.id)
        assert (award.bonus_amount_cents, award.currency) == (700, "jpy")


class TestRefunds:
    """The count goes down, and up again."""

    async def test_on_hold_it_is_withdrawn_and_given_again(self, db: Database) -> None:
        """By numbered entries of the one award; only the first is announced."""
        affiliate = await join(db)
        await make_milestone(db)
        await convert(db, 1)
        await convert(db, 2)
        await convert(db, 2, refunded=2900)
        assert await bonuses(db) == [GIVEN, BACK]
        (award,) = await awards_now(db, affiliate.id)
        assert award.withdrawn
        with clock.travel(clock.now() + timedelta(days=20)):
            await convert(db, 3)
            (award,) = await awards_now(db, affiliate.id)
            assert award.available_at == clock.now() + timedelta(days=30)
        assert await bonuses(db) == [GIVEN, BACK, GIVEN]
        assert (award.withdrawn, award.revision) == (False, 3)
        async with db.read() as session:
            entries = (
                await session.exec(
                    select(LedgerEntry).where(col(LedgerEntry.source).startswith("milestone:"))
                )
            ).all()
            lines = await audit.of_subject(session, f"affiliate:{affiliate.id}")
        assert sorted(one.source for one in entries) == [
            f"milestone:{award.id}:{n}" for n in (1, 2, 3)
        ]
        assert len(await reached_mails(db)) == len(await notices(db)) == 1
        assert [line.action.removeprefix("affiliate.") for line in lines][-3:] == [
            "milestone_reached",
            "milestone_withdrawn",
            "milestone_given_again",
        ]

    async def test_what_is_withdrawn_leaves_nothing_at_any_time(self, db: Database) -> None:
        """Both entries are available on the same day, so no balance ever holds half of it."""
        affiliate = await join(db)
        await make_milestone(db, threshold=1)
        await convert(db, 1)
        with clock.travel(clock.now() + timedelta(days=3)):
            await convert(db, 1, refunded=2900)
        for day in (4, 29, 30, 31, 33, 34):
            async with db.read() as session:
                at = clock.now() + timedelta(days=day)
                found = await ledger.balances(session, affiliate.id, at)
            assert found["usd"] == (0, 0)

    async def test_once_available_it_stays(self, db: Database) -> None:
        """Also if everything is refunded then."""
        affiliate = await join(db)
        await make_milestone(db, threshold=1)
        await convert(db, 1)
        with clock.travel(clock.now() + timedelta(days=31)):
            await convert(db, 1, refunded=2900)
            await catch_up(db)
        assert await bonuses(db) == [GIVEN]
        (award,) = await awards_now(db, affiliate.id)
        assert not award.withdrawn

    async def test_without_a_hold_it_is_free_at_once(self, db: Database) -> None:
        """And stays."""
        await set_hold(db, 0)
        await join(db)
        await make_milestone(db, threshold=1)
        await convert(db, 1)
        await convert(db, 1, disputed=2900)
        assert await bonuses(db) == [GIVEN]

    async def test_also_from_who_is_paused(self, db: Database) -> None:
        """Money on hold goes back whoever they are; it does not come again while they are."""
        affiliate = await join(db)
        await make_milestone(db, threshold=1)
        await convert(db, 1)
        async with db.transaction() as session:
            await affiliates.change_status(session, affiliate.id, Status.PAUSED, "Ads.", RITA)
        await convert(db, 1, refunded=2900)
        await convert(db, 2)
        assert await bonuses(db) == [GIVEN, BACK]

    async def test_what_was_withdrawn_comes_again_after_a_pause(self, db: Database) -> None:
        """The count came back while they were paused: the look after they are let in gives it."""
        affiliate = await join(db)
        await make_milestone(db, threshold=1)
        await convert(db, 1)
        await convert(db, 1, refunded=2900)
        async with db.transaction() as session:
            await affiliates.change_status(session, affiliate.id, Status.PAUSED, "Ads.", RITA)
        await convert(db, 2)
        assert await catch_up(db) == 0
        async with db.transaction() as session:
            await affiliates.change_status(session, affiliate.id, Status.APPROVED, "", RITA)
        assert await catch_up(db) == 1
        assert await bonuses(db) == [GIVEN, BACK, GIVEN]
        assert await catch_up(db) == 0

    async def test_follows_a_dispute(self, db: Database) -> None:
        """Opened it takes the bonus back, won it brings it again, lost it does not."""
        await join(db)
        await make_milestone(db, threshold=1)
        await convert(db, 1)
        await convert(db, 1, disputed=2900)
        await convert(db, 1)
        assert await bonuses(db) == [GIVEN, BACK, GIVEN]
        await convert(db, 1, disputed=2900, fee=1614)
        assert await bonuses(db) == [GIVEN, BACK, GIVEN, BACK]


class TestChanges:
    """What operators do to a milestone that was awarded."""

    async def test_awards_keep_their_own_terms(self, db: Database) -> None:
        """A higher number takes nothing back; the new bonus is for those who come."""
        await join(db)
        await join(db, "SECOND", email="second@example.com")
        first = await make_milestone(db, threshold=1)
        await convert(db, 1)
        async with db.transaction() as session:
            await milestones.edit(session, first.id, Wish("Three", 3, 7000), RITA)
        await convert(db, 2)
        for number in (3, 4, 5):
            await convert(db, number, "SECOND")
        assert await bonuses(db) == [GIVEN, (7000, "milestone")]
        await convert(db, 1, refunded=2900)
        assert len(await bonuses(db)) == 2
        await convert(db, 2, refunded=2900)
        assert (await bonuses(db))[2:] == [BACK]

    @pytest.mark.parametrize("gone", [True, False])
    async def test_paused_or_deleted_it_gives_nothing_and_takes_nothing(
        self, db: Database, *, gone: bool
    ) -> None:
        """Who has the bonus keeps it, unless refunds take it back on hold; then it stays away."""
        await join(db)
        await join(db, "SECOND", email="second@example.com")
        first = await make_milestone(db, threshold=1)
        await convert(db, 1)
        async with db.transaction() as session:
            if gone:
                await milestones.remove(session, first.id, RITA)
            else:
                await milestones.switch(session, first.id, RITA, on=False)
        await convert(db, 2, "SECOND")
        assert await catch_up(db) == 0
        assert await bonuses(db) == [GIVEN]
        await convert(db, 1, refunded=2900)
        await convert(db, 3)
        assert await bonuses(db) == [GIVEN, BACK]
        async with db.read() as session:
            kept = await session.get(Milestone, first.id)
        assert kept is not None

    async def test_a_new_one_is_given_to_all_who_have_reached_it(self, db: Database) -> None:
        """Within minutes, as was said before it was saved; told together, and once."""
        for number in range(7):
            code = f"JARED{number}"
            await join(db, code, email=f"a{number}@example.com")
            await convert(db, number, code)
        wish = Wish("Welcome", 1, 5000)
        async with db.read() as session:
            assert await milestones.would_get(session, wish) == 7
        made = await make_milestone(db, "Welcome", 1)
        async with db.read() as session:
            assert [mark.due for mark in await milestones.marks(session)] == [7]
        assert await catch_up(db) == 7
        assert await catch_up(db) == 0
        assert await bonuses(db) == [GIVEN] * 7
        assert len(await reached_mails(db)) == 7
        assert await notices(db) == [
            "7 milestones were reached: 7 of Welcome. Bonuses on hold: $350.00."
        ]
        async with db.read() as session:
            (mark,) = await milestones.marks(session)
            assert (mark.awarded, mark.due) == (7, 0)
            assert await milestones.would_get(session, wish, made.id) == 0

    async def test_deleted_while_somebody_reaches_it(self, db: Database) -> None:
        """Whichever comes first, no sale is lost and the bonus has its milestone."""
        affiliate = await join(db)
        made = await make_milestone(db, threshold=1)

        async def delete() -> None:
            async with db.transaction() as session:
                await milestones.remove(session, made.id, RITA)

        sale, _ = await asyncio.gather(convert(db, 1), delete())
        assert sale.affiliate_user_id == affiliate.id
        async with db.read() as session:
            kept = await session.get(Milestone, made.id)
        assert (kept is not None) == bool(await bonuses(db))
        assert await catch_up(db) == 0


async def test_after_an_outage_all_that_is_due_comes_once(db: Database) -> None:
    """Referrals counted by a process that knew no milestones; several watches at once."""
    affiliate = await join(db)
    for number in (1, 2, 3):
        await convert(db, number)
    await make_milestone(db, "Two", 2)
    await make_milestone(db, "Three", 3)
    await asyncio.gather(*(catch_up(db) for _ in range(5)))
    assert await bonuses(db, affiliate.id) == [GIVEN, GIVEN]
    assert len(await reached_mails(db)) == 2


async def test_the_watch_takes_back_what_is_held_in_vain(db: Database) -> None:
    """Where the count went down by other hands than a sale's, once the sums are mended."""
    await join(db)
    await make_milestone(db, threshold=1)
    await convert(db, 1)
    async with db.transaction() as session:
        referral = await referrals.of_customer(session, "cus_c1")
        assert referral is not None
        referral.counted = False
        session.add(referral)
    async with db.transaction() as session:
        assert await raw_sums.differences(session)
        await raw_sums.rebuild(session)
    assert await catch_up(db) == 1
    assert await bonuses(db) == [GIVEN, BACK]
    assert await catch_up(db) == 0


async def test_progress_says_what_is_next(db: Database) -> None:
    """Nothing without milestones; what was withdrawn is ahead again, as it was."""
    affiliate = await join(db)

    async def now() -> tuple[int, str | None, int]:
        async with db.read() as session:
            settings = await program.load(session)
            seen = await milestone_awards.progress(session, affiliate.id, settings)
        assert seen is not None
        return seen.converted, seen.next.name if seen.next else None, seen.start

    async with db.read() as session:
        settings = await program.load(session)
        assert await milestone_awards.progress(session, affiliate.id, settings) is None
    await make_milestone(db, "Two", 2)
    await make_milestone(db, "Five", 5)
    assert await now() == (0, "Two", 0)
    await convert(db, 1)
    await convert(db, 2)
    assert await now() == (2, "Five", 2)
    await convert(db, 2, refunded=2900)
    assert await now() == (1, "Two", 0)


async def test_statements_name_the_bonus_and_the_books_agree(db: Database) -> None:
    """And a bonus that somebody changed by hand is noticed."""
    affiliate = await join(db)
    await make_milestone(db, threshold=1)
    await convert(db, 1)
    await convert(db, 1, refunded=2900)
    await convert(db, 2)
    async with db.read() as session:
        (account,) = await statement(session, affiliate.id, Month.of(clock.now()))
        assert await reconcile.disagreements(session) == []
    said = [line.words for line in account.lines if line.entry.source.startswith("milestone:")]
    assert said == [
        "Milestone bonus",
        "Milestone bonus taken back",
        "Milestone bonus",
    ]
    (award,) = await awards_now(db, affiliate.id)
    async with db.transaction() as session:
        award.bonus_amount_cents = 1
        session.add(award)
    async with db.read() as session:
        (sentence,) = await reconcile.disagreements(session)
    assert "milestone bonuses" in sentence


@dataclass
class Held:
    """What the model remembers of one bonus: until which day it is on hold."""

    until: int
    given: bool = True
    entries: int = 1


@pytest.mark.parametrize("seed", range(4))
async def test_any_story_ends_as_plain_rules_say(db: Database, seed: int) -> None:
    """Buyers come, go and come back while days pass; by other code than the one that is tested."""
    chance = random.Random(seed)  # noqa: S311 - chance, not secrecy
    affiliate = await join(db)
    for threshold in (2, 3, 5):
        await make_milestone(db, f"At {threshold}", threshold, 1000 * threshold)
    begin, day = clock.now(), 0
    kept: set[int] = set()
    model: dict[int, Held] = {}
    for _ in range(40):
        day += chance.choice((0, 0, 0, 1, 4))
        buyer, gone = chance.randrange(7), chance.random() < 0.45
        with clock.travel(begin + timedelta(days=day)):
            await convert(db, buyer, refunded=2900 * gone)
        kept = kept - {buyer} if gone else kept | {buyer}
        for threshold in (2, 3, 5):
            held = model.get(threshold)
            if len(kept) >= threshold and held is None:
                model[threshold] = Held(day + 30)
            elif len(kept) >= threshold and held is not None and not held.given:
                held.given, held.until, held.entries = True, day + 30, held.entries + 1
            elif len(kept) < threshold and held is not None and held.given and day < held.until:
                held.given, held.entries = False, held.entries + 1
        found = {one.referral_threshold: one for one in await awards_now(db, affiliate.id)}
        assert {
            threshold: (not one.withdrawn, one.revision) for threshold, one in found.items()
        } == {threshold: (held.given, held.entries) for threshold, held in model.items()}
        total = sum(1000 * threshold for threshold, held in model.items() if held.given)
        assert sum(amount for amount, _ in await bonuses(db)) == total
    assert any(held.entries > 2 for held in model.values())
