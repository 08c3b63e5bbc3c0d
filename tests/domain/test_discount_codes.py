"""Discount codes: made, changed, paused, expired and archived, with a sentence for every slip."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import clock
from domain import affiliates as affiliate_rules
from domain import discount_codes, effects
from domain.errors import ConflictError, InvalidError, NotFoundError
from domain.statuses import Status
from storage import affiliates, audit, codes
from storage.codes import DiscountCode
from storage.db import Database
from tests.builders import RITA, effects_asked_for, join

LAUNCH: dict[str, Any] = {"code": "LAUNCH20", "discount_value": 20}


async def create(db: Database, **changes: Any) -> DiscountCode:
    """A code with 20 % off the first payment, and what the test changes of it."""
    async with db.transaction() as session:
        return await discount_codes.create(session, LAUNCH | changes, RITA)


async def edit(db: Database, code: DiscountCode, **changes: Any) -> DiscountCode:
    """Change a code's terms."""
    async with db.transaction() as session:
        return await discount_codes.edit(session, code.id, changes, RITA)


async def kept(db: Database, code: DiscountCode) -> DiscountCode:
    """A code as the database has it."""
    async with db.read() as session:
        found = await codes.get(session, code.id)
    assert found is not None
    return found


async def steps_at_the_provider(db: Database) -> int:
    """How often the payment provider was to be brought in step."""
    return sum(one.kind == effects.PROMOTION_CODE for one in await effects_asked_for(db))


class TestCreate:
    """What an operator fills in becomes a code, here and at the payment provider."""

    async def test_every_field_is_kept(self, db: Database) -> None:
        """A code with all that can be said of one, asked for at the provider, and in the log."""
        affiliate = await join(db)
        later = clock.now() + timedelta(days=30)
        made = await create(
            db,
            description="Spring campaign",
            discount_type="fixed_amount",
            discount_value=1000,
            currency="EUR",
            duration="repeating",
            duration_months=3,
            max_uses=100,
            max_uses_per_user=2,
            min_plan="6-month",
            stackable=True,
            first_purchase_only=True,
            expires_at=later.isoformat(),
            affiliate="jared30",
        )
        found = await kept(db, made)
        assert (found.discount_type, found.discount_value) == ("fixed_amount", 1000)
        assert (found.currency, found.duration, found.duration_months) == ("eur", "repeating", 3)
        assert (found.max_uses, found.max_uses_per_user, found.min_plan) == (100, 2, "6-month")
        assert (found.stackable, found.first_purchase_only) == (True, True)
        assert (found.expires_at, found.affiliate_user_id) == (later, affiliate.id)
        assert (found.status, found.created_by) == ("active", RITA.name)
        async with db.read() as session:
            (line,) = await audit.of_subject(session, f"code:{made.id}")
        assert line.action == "code.created"

    async def test_what_is_not_said_has_a_sensible_default(self, db: Database) -> None:
        """20 % off one payment, once per customer, for everybody, without end."""
        made = await create(db)
        assert (made.duration, made.max_uses, made.max_uses_per_user) == ("once", None, 1)
        assert (made.min_plan, made.stackable, made.expires_at) == (None, False, None)
        assert (made.currency, made.first_purchase_only) == ("", False)
        assert await steps_at_the_provider(db) == 1

    async def test_a_fixed_amount_is_in_the_programs_currency(self, db: Database) -> None:
        """Unless another is named."""
        made = await create(db, discount_type="fixed_amount", discount_value=500)
        assert made.currency == "usd"

    @pytest.mark.parametrize(
        ("changes", "field", "said"),
        [
            ({"code": "launch20"}, "code", "upper case"),
            ({"code": "LAUNCH 20"}, "code", "no spaces"),
            ({"code": "L\N{CYRILLIC CAPITAL LETTER A}UNCH"}, "code", "letters A to Z"),
            ({"code": "A" * 41}, "code", "at most 40"),
            ({"code": "A" * 500}, "code", "at most 100"),
            ({"code": ""}, "code", "Type a code"),
            ({"discount_value": 0}, "discount_value", "1 or more"),
            ({"discount_value": 101}, "discount_value", "from 1 to 100"),
            ({"discount_value": -5}, "discount_value", "1 or more"),
            ({"discount_value": 10**9}, "discount_value", "or less"),
            ({"discount_value": 10**30}, "discount_value", "or less"),
            ({"discount_value": "20"}, "discount_value", "whole number"),
            ({"discount_value": 20.5}, "discount_value", "whole number"),
            ({"discount_value": True}, "discount_value", "whole number"),
            ({"discount_type": "gift"}, "discount_type", "percentage"),
            ({"duration": "repeating"}, "duration_months", "for how many months"),
            ({"duration_months": 3}, "duration_months", "repeating discount only"),
            ({"max_uses": 0}, "max_uses", "1 or more"),
            ({"max_uses_per_user": 0}, "max_uses_per_user", "1 or more"),
            ({"min_plan": "platinum"}, "min_plan", "no plan platinum"),
            ({"currency": "usd"}, "currency", "percentage has no currency"),
            ({"currency": "dollars"}, "currency", "three letters"),
            ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at", "is over"),
            ({"expires_at": "2099-01-01T00:00:00"}, "expires_at", "time zone"),
            ({"expires_at": "tomorrow"}, "expires_at", "moment such as"),
            ({"affiliate": "NOBODY"}, "affiliate", "no affiliate"),
            ({"total_uses": 0}, "total_uses", "no such field"),
        ],
    )
    async def test_a_slip_is_named_at_its_field(
        self, db: Database, changes: dict[str, Any], field: str, said: str
    ) -> None:
        """The sentence says what to do, and nothing is left behind, here or at the provider."""
        with pytest.raises(InvalidError) as refused:
            await create(db, **changes)
        assert said in refused.value.fields[field]
        async with db.read() as session:
            assert await codes.page(session) == []
        assert await steps_at_the_provider(db) == 0

    async def test_every_slip_is_named_at_once(self, db: Database) -> None:
        """Nobody has to send a form five times."""
        with pytest.raises(InvalidError) as refused:
            await create(db, discount_value=0, max_uses=0, duration="repeating")
        assert set(refused.value.fields) == {"discount_value", "max_uses", "duration_months"}

    async def test_of_two_at_the_same_moment_one_gets_the_word(self, db: Database) -> None:
        """The other is told that it is taken, with one that is free."""
        answers = await asyncio.gather(create(db), create(db), return_exceptions=True)
        (refused,) = (one for one in answers if isinstance(one, InvalidError))
        assert "taken already" in str(refused)
        async with db.read() as session:
            assert len(await codes.page(session)) == 1


class TestMany:
    """Fifty codes at once, for a partner's newsletter."""

    async def test_are_alike_but_for_their_words(self, db: Database) -> None:
        """Each is its own code, each goes to the provider, and they are found as a batch."""
        async with db.transaction() as session:
            given = {"discount_value": 15, "max_uses": 1}
            made = await discount_codes.create_many(session, given, "NEWS", 50, RITA)
        assert len({one.code for one in made}) == 50
        assert all(one.code.startswith("NEWS-") and one.max_uses == 1 for one in made)
        assert made[0].batch is not None
        async with db.read() as session:
            assert len(await codes.of_batch(session, made[0].batch)) == 50
        assert await steps_at_the_provider(db) == 50

    @pytest.mark.parametrize(
        ("prefix", "count", "field"),
        [
            ("NEWS", 0, "count"),
            ("NEWS", 201, "count"),
            ("news", 5, "prefix"),
            ("N" * 34, 5, "prefix"),
        ],
    )
    async def test_too_many_or_a_bad_prefix_make_none(
        self, db: Database, prefix: str, count: int, field: str
    ) -> None:
        """All or none."""
        with pytest.raises(InvalidError) as refused:
            async with db.transaction() as session:
                await discount_codes.create_many(session, LAUNCH, prefix, count, RITA)
        assert field in refused.value.fields


class TestEdit:
    """What can change changes; the provider follows."""

    async def test_only_what_is_named_changes(self, db: Database) -> None:
        """The log has the old and the new value."""
        made = await create(db, max_uses=10)
        await edit(db, made, max_uses=20, description="More of them")
        found = await kept(db, made)
        assert (found.max_uses, found.description, found.discount_value) == (20, "More of them", 20)
        async with db.read() as session:
            *_, line = await audit.of_subject(session, f"code:{made.id}")
        assert line.detail["changes"]["max_uses"] == [10, 20]
        assert await steps_at_the_provider(db) == 2

    async def test_the_same_again_asks_nothing_of_the_provider(self, db: Database) -> None:
        """And leaves no line in the log."""
        made = await create(db, max_uses=10)
        await edit(db, made, max_uses=10)
        assert await steps_at_the_provider(db) == 1

    async def test_from_an_amount_to_a_percentage_the_currency_goes(self, db: Database) -> None:
        """As the months go with the repeating."""
        made = await create(
            db,
            discount_type="fixed_amount",
            discount_value=500,
            duration="repeating",
            duration_months=2,
        )
        after = await edit(db, made, discount_type="percentage", discount_value=10, duration="once")
        assert (after.currency, after.duration_months) == ("", None)

    async def test_the_word_itself_stays(self, db: Database) -> None:
        """Customers have it on paper."""
        made = await create(db)
        with pytest.raises(InvalidError, match="make a new code"):
            async with db.transaction() as session:
                await discount_codes.edit(session, made.id, {"code": "LAUNCH30"}, RITA)

    async def test_fewer_uses_than_there_were_are_refused(self, db: Database) -> None:
        """A limit that is passed already is no limit."""
        made = await create(db)
        async with db.transaction() as session:
            row = await codes.get(session, made.id)
            assert row is not None
            row.prior_uses, row.total_uses = 3, 4
            session.add(row)
        with pytest.raises(InvalidError, match="used 7 times already"):
            await edit(db, made, max_uses=6)


class TestStatus:
    """Active, paused, expired, archived."""

    async def test_paused_and_back(self, db: Database) -> None:
        """Each step is the provider's, too, and one cannot be made twice."""
        made = await create(db)
        async with db.transaction() as session:
            assert (await discount_codes.pause(session, made.id, RITA)).status == "paused"
        with pytest.raises(ConflictError, match="paused already"):
            async with db.transaction() as session:
                await discount_codes.pause(session, made.id, RITA)
        async with db.transaction() as session:
            assert (await discount_codes.activate(session, made.id, RITA)).status == "active"
        assert await steps_at_the_provider(db) == 3

    async def test_archived_is_put_away_and_can_be_brought_back(self, db: Database) -> None:
        """It cannot be paused or edited meanwhile."""
        made = await create(db)
        async with db.transaction() as session:
            await discount_codes.archive(session, made.id, RITA)
        with pytest.raises(ConflictError, match="Activate it first"):
            await edit(db, made, max_uses=1)
        async with db.transaction() as session:
            assert (await discount_codes.activate(session, made.id, RITA)).status == "active"

    async def test_expires_by_itself_and_returns_with_a_later_day(
        self, db: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """An expired code cannot be activated as it is."""
        start = datetime(2026, 11, 1, tzinfo=UTC)
        monkeypatch.setattr(clock, "now", lambda: start)
        made = await create(db, expires_at="2026-11-02T00:00:00Z")
        async with db.transaction() as session:
            assert await discount_codes.expire_due(session) == 0
        monkeypatch.setattr(clock, "now", lambda: start + timedelta(days=1))
        async with db.transaction() as session:
            assert await discount_codes.expire_due(session) == 1
        async with db.transaction() as session:
            assert await discount_codes.expire_due(session) == 0
        assert (await kept(db, made)).status == "expired"
        with pytest.raises(ConflictError, match="later expiry"):
            async with db.transaction() as session:
                await discount_codes.activate(session, made.id, RITA)
        assert (await edit(db, made, expires_at="2026-12-01T00:00:00Z")).status == "active"

    async def test_is_not_activated_for_an_affiliate_who_is_paused(self, db: Database) -> None:
        """Their pause would be undone by it."""
        affiliate = await join(db)
        made = await create(db, affiliate=affiliate.reference)
        async with db.transaction() as session:
            await affiliate_rules.change_status(session, affiliate.id, Status.PAUSED, "Why?", RITA)
        assert (await kept(db, made)).status == "paused"
        with pytest.raises(ConflictError, match="is paused"):
            async with db.transaction() as session:
                await discount_codes.activate(session, made.id, RITA)


class TestLookUp:
    """A code by what people call it."""

    async def test_by_word_or_id(self, db: Database) -> None:
        """Letter case does not matter; a word that nobody has is named."""
        made = await create(db)
        async with db.read() as session:
            assert (await discount_codes.by_name(session, " launch20 ")).id == made.id
            assert (await discount_codes.by_name(session, str(made.id))).id == made.id
            with pytest.raises(NotFoundError, match="no code NOPE"):
                await discount_codes.by_name(session, "NOPE")

    async def test_lists_filter_and_search(self, db: Database) -> None:
        """By status, by a part of the word or the description; percent signs are only signs."""
        first = await create(db, description="For the fair: 50%_off")
        await create(db, code="OTHER")
        async with db.transaction() as session:
            await discount_codes.pause(session, first.id, RITA)
        async with db.read() as session:
            assert [one.code for one in await codes.page(session)] == ["OTHER", "LAUNCH20"]
            assert [one.code for one in await codes.page(session, status="paused")] == ["LAUNCH20"]
            assert [one.code for one in await codes.page(session, text="50%_")] == ["LAUNCH20"]
            assert [one.code for one in await codes.page(session, text="oth")] == ["OTHER"]
            assert await codes.page(session, text="%%") == []
            assert await codes.count_by_status(session) == {"active": 1, "paused": 1}


async def test_a_code_is_handed_over_while_somebody_decides_about_the_affiliate(
    db: Database,
) -> None:
    """Neither waits for the other for ever: both hold the affiliate before the code."""
    jared = await join(db)
    code = await create(db)
    held = asyncio.Event()

    async def decide() -> None:
        async with db.transaction() as session:
            await affiliates.get(session, jared.id, lock=True)
            held.set()
            await asyncio.sleep(0.3)
            assert await codes.get(session, code.id, lock=True)

    async def hand_over() -> None:
        await held.wait()
        await edit(db, code, affiliate="JARED30")

    await asyncio.gather(decide(), hand_over())
    assert (await kept(db, code)).affiliate_user_id == jared.id
