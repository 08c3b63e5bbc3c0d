import asyncio

import pytest

from domain import affiliates, effects, tier_moves, tiers
from domain.errors import ConflictError, NotFoundError
from domain.statuses import Status
from storage import audit, commissions, ids
from storage.db import Database
from storage.sales import Sale
from tests.builders import (
    RITA,
    affiliate_now,
    effects_asked_for,
    facts,
    join,
    later,
    mails_asked_for,
    settle,
)
from tests.tier_builders import convert, make_tier


async def rate_of(db: Database, sale: Sale) -> int:
    """The rate that the commission of a sale was frozen with."""
    async with db.read() as session:
        found = await commissions.of_sale(session, sale.id)
    assert found is not None
    return found.rate_bp


async def reached_mails(db: Database) -> int:
    """How many mails say that a tier was reached."""
    return len([mail for mail, _ in await mails_asked_for(db) if mail == "tier_reached"])


async def notices(db: Database) -> list[str]:
    """What operators are told of moves."""
    told = [
        one.payload["text"] for one in await effects_asked_for(db) if one.kind == effects.NOTICE
    ]
    return [text for text in told if "reached the tier" in text]


class TestRise:
    """Up by converted referrals."""

    async def test_the_sale_that_leads_there_earns_the_rate_from_before(self, db: Database) -> None:
        """Its terms were frozen first; the next sale has the tier's rate."""
        affiliate, gold = await join(db), await make_tier(db, "Gold", 2, 2500)
        assert await rate_of(db, await convert(db, 1)) == 2000
        assert (await affiliate_now(db, affiliate.id)).tier_id is None
        assert await rate_of(db, await convert(db, 2)) == 2000
        assert (await affiliate_now(db, affiliate.id)).tier_id == gold.id
        assert await rate_of(db, await convert(db, 3)) == 2500

    async def test_is_announced_once(self, db: Database) -> None:
        """By mail, to operators and in the log, however often the sales are heard of again."""
        affiliate = await join(db)
        await make_tier(db, "Gold", 2)
        for number in (1, 2, 2, 3, 1):
            await convert(db, number)
        assert await reached_mails(db) == 1
        (told,) = await notices(db)
        assert told == (
            "Jared Bets (JARED30) reached the tier Gold with 2 converted referrals. New sales "
            "earn 25% from now on."
        )
        async with db.read() as session:
            lines = await audit.of_subject(session, f"affiliate:{affiliate.id}")
        (line,) = [line for line in lines if line.action == "affiliate.tier_reached"]
        assert line.detail == {"tier": "Gold", "before": "", "converted": 2}

    async def test_two_conversions_at_once_are_both_counted_and_announced_once(
        self, db: Database
    ) -> None:
        """Each alone would be one too few; both together lead there, and one of them says so."""
        affiliate, gold = await join(db), await make_tier(db, "Gold", 4)
        await asyncio.gather(*(convert(db, number) for number in range(1, 7)))
        assert (await affiliate_now(db, affiliate.id)).tier_id == gold.id
        assert await reached_mails(db) == 1
        assert len(await notices(db)) == 1

    async def test_can_skip_tiers(self, db: Database) -> None:
        """The highest that was reached, announced alone."""
        affiliate = await join(db)
        for number in range(1, 4):
            await convert(db, number)
        await make_tier(db, "Bronze", 1)
        silver = await make_tier(db, "Silver", 3)
        await make_tier(db, "Gold", 9)
        await convert(db, 4)
        assert (await affiliate_now(db, affiliate.id)).tier_id == silver.id
        assert await reached_mails(db) == 1

    async def test_counts_customers_of_whom_something_is_left(self, db: Database) -> None:
        """Neither renewals nor what was refunded in full or is disputed."""
        affiliate = await join(db)
        await make_tier(db, "Gold", 2)
        await settle(db, facts(1), facts(2))
        await convert(db, 1, refunded=2900)
        await convert(db, 2, disputed=2900)
        assert (await affiliate_now(db, affiliate.id)).tier_id is None
        await convert(db, 3, refunded=1450)
        assert (await affiliate_now(db, affiliate.id)).tier_id is not None

    async def test_is_never_undone_by_refunds(self, db: Database) -> None:
        """Down goes nobody by themselves."""
        affiliate, gold = await join(db), await make_tier(db, "Gold", 1)
        await settle(db, facts())
        await settle(db, later(facts(), refunded=2900))
        assert (await affiliate_now(db, affiliate.id)).tier_id == gold.id

    async def test_a_tier_for_everybody_is_there_from_the_start(self, db: Database) -> None:
        """New affiliates begin in it, and it is no news."""
        bronze = await make_tier(db, "Bronze", 0)
        affiliate = await join(db)
        assert (await affiliate_now(db, affiliate.id)).tier_id == bronze.id
        assert await reached_mails(db) == 0

    async def test_a_rate_of_ones_own_stays(self, db: Database) -> None:
        """Nobody is told of a rate that they do not get."""
        affiliate = await join(db)
        await make_tier(db, "Gold", 1, 2500)
        async with db.transaction() as session:
            affiliate.rate_bp = 3000
            session.add(affiliate)
        await convert(db, 1)
        assert [text.endswith("1 converted referral.") for text in await notices(db)] == [True]
        assert await rate_of(db, await convert(db, 2)) == 3000


class TestByHand:
    """What operators decide, stays."""

    async def test_referrals_move_nobody_who_was_put_somewhere(self, db: Database) -> None:
        """Neither up nor down; a step up by hand is mailed, a step down is not."""
        affiliate = await join(db)
        bronze, gold = await make_tier(db, "Bronze", 0), await make_tier(db, "Gold", 1)
        async with db.transaction() as session:
            await tier_moves.give(session, affiliate.id, gold.id, RITA)
        assert await reached_mails(db) == 1
        async with db.transaction() as session:
            await tier_moves.give(session, affiliate.id, bronze.id, RITA)
        await convert(db, 1)
        now = await affiliate_now(db, affiliate.id)
        assert (now.tier_id, now.tier_pinned) == (bronze.id, True)
        assert await reached_mails(db) == 1
        async with db.read() as session:
            assert await tier_moves.due(session) == []
            lines = await audit.of_subject(session, f"affiliate:{affiliate.id}")
        set_by_hand = [line for line in lines if line.action == "affiliate.tier_set"]
        assert [line.actor for line in set_by_hand] == ["U-RITA (@rita)"] * 2

    async def test_released_they_go_where_their_referrals_lead(self, db: Database) -> None:
        """Also down, as the operator asked; and from there on up again."""
        affiliate = await join(db)
        silver, gold = await make_tier(db, "Silver", 1), await make_tier(db, "Gold", 2)
        await convert(db, 1)
        async with db.transaction() as session:
            await tier_moves.give(session, affiliate.id, gold.id, RITA)
        async with db.transaction() as session:
            await tier_moves.release(session, affiliate.id, RITA)
        now = await affiliate_now(db, affiliate.id)
        assert (now.tier_id, now.tier_pinned) == (silver.id, False)
        await convert(db, 2)
        assert (await affiliate_now(db, affiliate.id)).tier_id == gold.id

    async def test_what_is_so_already_is_said(self, db: Database) -> None:
        """Twice the same, nobody there, a tier that is gone, an affiliate who is."""
        affiliate, gold = await join(db), await make_tier(db)
        async with db.transaction() as session:
            await tier_moves.give(session, affiliate.id, gold.id, RITA)
        for tier_id, error in ((gold.id, ConflictError), (ids.new_id(), NotFoundError)):
            with pytest.raises(error):
                async with db.transaction() as session:
                    await tier_moves.give(session, affiliate.id, tier_id, RITA)
        async with db.transaction() as session:
            await tier_moves.release(session, affiliate.id, RITA)
        with pytest.raises(ConflictError, match="follows their referrals already"):
            async with db.transaction() as session:
                await tier_moves.release(session, affiliate.id, RITA)
        async with db.transaction() as session:
            await affiliates.change_status(session, affiliate.id, Status.TERMINATED, "Ads.", RITA)
        with pytest.raises(ConflictError, match="terminated"):
            async with db.transaction() as session:
                await tier_moves.give(session, affiliate.id, gold.id, RITA)


async def test_progress_says_what_is_there_and_what_is_next(db: Database) -> None:
    """Nothing without tiers, nothing next at the top or where an operator decided."""
    affiliate = await join(db)
    async with db.read() as session:
        assert await tier_moves.standing(session, affiliate) is None
    silver, gold = await make_tier(db, "Silver", 1), await make_tier(db, "Gold", 3)
    await convert(db, 1)

    async def now() -> tuple[object, object, int]:
        async with db.read() as session:
            seen = await tier_moves.standing(session, await affiliate_now(db, affiliate.id))
        assert seen is not None
        at, ahead = seen.current, seen.next
        return at and at.id, ahead and ahead.id, seen.converted

    assert await now() == (silver.id, gold.id, 1)
    async with db.transaction() as session:
        await tier_moves.give(session, affiliate.id, silver.id, RITA)
    assert await now() == (silver.id, None, 1)
    async with db.transaction() as session:
        await tier_moves.release(session, affiliate.id, RITA)
    for number in (2, 3):
        await convert(db, number)
    assert await now() == (gold.id, None, 3)


async def test_a_tier_deleted_while_somebody_reaches_it_loses_no_sale(db: Database) -> None:
    """Whichever comes first, the sale is kept and nobody is in a tier that is not there."""
    affiliate, gold = await join(db), await make_tier(db, "Gold", 1)

    async def delete() -> None:
        async with db.transaction() as session:
            await tiers.remove(session, gold.id, RITA, to_none=True)

    sale, _ = await asyncio.gather(convert(db, 1), delete())
    assert sale.affiliate_user_id == affiliate.id
    assert (await affiliate_now(db, affiliate.id)).tier_id is None
