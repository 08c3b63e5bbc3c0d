"""Checkouts: what codes take off together, and limits that hold however many come at once."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import clock
from domain import checkouts
from domain.checkouts import AnotherCheckoutError, offer
from domain.code_checks import CodeRefusedError, Person, Price
from domain.errors import ConflictError
from storage import checkouts as rows
from storage.checkouts import Checkout
from storage.codes import DiscountCode
from storage.db import Database
from tests.builders import facts, settle
from tests.code_builders import MONTHLY, YEARLY, ZOE, begin, checkout_now, off, some_code


def percent(value: int, name: str = "P") -> DiscountCode:
    """A percentage."""
    return DiscountCode(code=f"{name}{value}", discount_value=value)


def fixed(value: int, name: str = "F") -> DiscountCode:
    """A fixed amount."""
    return DiscountCode(
        code=f"{name}{value}", discount_type="fixed_amount", discount_value=value, currency="usd"
    )


class TestTogether:
    """What several codes take off one price."""

    @pytest.mark.parametrize(
        ("codes", "price", "parts", "percent_bp", "amount_off"),
        [
            ([percent(20)], 2900, [580], 2000, None),
            ([fixed(500)], 2900, [500], None, 500),
            ([percent(20), percent(10)], 2900, [580, 232], 2800, None),
            ([percent(50), percent(50), percent(50)], 1000, [500, 250, 125], 8750, None),
            ([percent(33), percent(33), percent(33)], 10000, [3300, 2211, 1481], 6992, None),
            ([fixed(500), fixed(300)], 2900, [500, 300], None, 800),
            ([fixed(2000), fixed(1500)], 2900, [2000, 900], None, 3500),
            ([fixed(500), percent(20)], 2900, [580, 500], None, 1080),
            ([percent(100), fixed(500)], 2900, [2900, 0], None, 2900),
            ([], 2900, [], None, None),
        ],
    )
    def test_is_percentages_first_and_never_more_than_the_price(
        self,
        codes: list[DiscountCode],
        price: int,
        parts: list[int],
        percent_bp: int | None,
        amount_off: int | None,
    ) -> None:
        """One percentage, one amount, or both made into an amount for this price."""
        made = offer(codes, Price("monthly", "price_1", "usd", price))
        assert [amount for _, amount in made.parts] == parts
        assert (made.percent_bp, made.amount_off) == (percent_bp, amount_off)
        assert made.total == price - sum(parts)

    @given(
        st.lists(
            st.builds(percent, st.integers(1, 100)) | st.builds(fixed, st.integers(1, 10**7)),
            max_size=5,
        ),
        st.integers(0, 10**7),
    )
    def test_leaves_no_cent_over(self, codes: list[DiscountCode], price: int) -> None:
        """The parts add up to the discount; it is what the provider takes off for the coupon."""
        made = offer(codes, Price("monthly", "price_1", "usd", price))
        assert 0 <= made.discount <= price
        assert all(amount >= 0 for _, amount in made.parts)
        if made.percent_bp is not None:
            assert made.discount == (price * made.percent_bp + 5000) // 10000
            assert made.percent_bp <= 10000
        if made.amount_off is not None:
            assert made.discount == min(made.amount_off, price)


async def attempts(db: Database, count: int, **order: Any) -> list[Checkout]:
    """Start as many checkouts at once; those that were not refused."""

    async def one(n: int) -> Checkout | None:
        person = order.get("person", Person(f"buyer{n}@example.net"))
        try:
            checkout, _ = await begin(db, "LAUNCH20", **{**order, "person": person})
        except CodeRefusedError as error:
            reasons.add(error.refusal.reason)
            return None
        return checkout

    reasons: set[str] = set()
    found = [checkout for checkout in await asyncio.gather(*map(one, range(count))) if checkout]
    assert reasons <= {"used_up"}
    return found


class TestLimits:
    """No limit is passed, however many come at once."""

    async def test_of_all_uses_hold_for_forty_who_come_together(self, db: Database) -> None:
        """Seven of ten uses are over: three get one."""
        await some_code(db, max_uses=10, prior_uses=7)
        assert len(await attempts(db, 40)) == 3

    async def test_of_a_person_hold_who_comes_twenty_times_together(self, db: Database) -> None:
        """It is one checkout, twenty times."""
        code = await some_code(db)
        found = await attempts(db, 20, person=ZOE)
        assert len(found) == 20
        assert len({one.id for one in found}) == 1
        async with db.read() as session:
            assert await rows.held(session, [code.id], clock.now()) == {code.id: 1}

    async def test_hold_for_stacks_in_any_order(self, db: Database) -> None:
        """Two codes named either way round by many at once: no deadlock, and no use too many."""
        await some_code(db, stackable=True, max_uses=5)
        await some_code(db, "EXTRA10", stackable=True, max_uses=4)

        async def one(n: int) -> bool:
            words = ("LAUNCH20", "EXTRA10") if n % 2 else ("EXTRA10", "LAUNCH20")
            try:
                await begin(db, *words, person=Person(f"buyer{n}@example.net"))
            except CodeRefusedError:
                return False
            return True

        assert sum(await asyncio.gather(*map(one, range(20)))) == 4

    async def test_hold_between_news_of_payment_and_redemption(self, db: Database) -> None:
        """A checkout that was paid holds its use until the invoice is settled, and then once."""
        await some_code(db, max_uses=1)
        checkout, _ = await begin(db, "LAUNCH20")
        async with db.transaction() as session:
            await checkouts.complete(session, checkout.id)
        assert await attempts(db, 1) == []
        await settle(
            db, facts(codes=(), discounts=(off(580),), checkout=str(checkout.id), collected=2320)
        )
        assert await attempts(db, 1) == []

    async def test_are_for_people_who_say_who_they_are(self, db: Database) -> None:
        """Without an address nobody could be held to a limit."""
        await some_code(db)
        with pytest.raises(CodeRefusedError, match="Type your email address") as caught:
            await begin(db, "LAUNCH20", person=Person())
        assert caught.value.refusal.reason == "email_needed"
        checkout, made = await begin(db, person=Person())
        assert (checkout.discount_cents, made.total) == (0, 2900)


class TestAHeldUse:
    """A use that a checkout holds comes free when it ends unpaid."""

    async def test_is_free_when_released(self, db: Database) -> None:
        """As when the provider refuses, or says that the checkout has ended."""
        await some_code(db, max_uses=1)
        checkout, _ = await begin(db, "LAUNCH20")
        assert await attempts(db, 1) == []
        async with db.transaction() as session:
            await checkouts.release(session, checkout.id)
        assert len(await attempts(db, 2)) == 1

    async def test_runs_out_by_itself(self, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        """Some time after the last moment of paying, since that news may be late."""
        await some_code(db, max_uses=1)
        checkout, _ = await begin(db, "LAUNCH20")
        end = checkout.expires_at
        monkeypatch.setattr(clock, "now", lambda: end + timedelta(minutes=14))
        async with db.transaction() as session:
            await checkouts.expire(session)
        assert (await checkout_now(db, checkout.id)).status == "open"
        assert await attempts(db, 1) == []
        monkeypatch.setattr(clock, "now", lambda: end + timedelta(minutes=15))
        assert len(await attempts(db, 1)) == 1
        async with db.transaction() as session:
            await checkouts.expire(session)
        assert (await checkout_now(db, checkout.id)).status == "expired"

    async def test_is_nobody_elses_to_give_back(self, db: Database) -> None:
        """Our id in the news of another session counts only while we know none of our own."""
        await some_code(db)
        checkout, _ = await begin(db, "LAUNCH20")
        name = str(checkout.id)
        async with db.read() as session:
            assert await checkouts.find(session, "cs_lost", name) == checkout.id
        async with db.transaction() as session:
            await checkouts.note_session(session, checkout.id, "cs_own", "https://pay.example/1")
        async with db.read() as session:
            assert await checkouts.find(session, "cs_own", "") == checkout.id
            assert await checkouts.find(session, "cs_forged", name) is None
            assert await checkouts.find(session, "cs_forged", "no id of ours") is None

    async def test_of_a_checkout_that_was_paid_is_never_given_back(self, db: Database) -> None:
        """Whatever is heard after that; and payment is believed after an end, too."""
        await some_code(db, max_uses=1)
        checkout, _ = await begin(db, "LAUNCH20")
        async with db.transaction() as session:
            await checkouts.release(session, checkout.id)
        async with db.transaction() as session:
            await checkouts.complete(session, checkout.id)
        async with db.transaction() as session:
            await checkouts.release(session, checkout.id)
        assert (await checkout_now(db, checkout.id)).status == "completed"
        with pytest.raises(ConflictError, match="over"):
            async with db.transaction() as session:
                await checkouts.note_session(session, checkout.id, "cs_1", "https://pay")

    async def test_is_in_the_way_of_the_same_person_who_wants_something_else(
        self, db: Database
    ) -> None:
        """The error names the checkout to end first."""
        await some_code(db)
        checkout, _ = await begin(db, "LAUNCH20")
        with pytest.raises(AnotherCheckoutError, match="finish that one") as caught:
            await begin(db, "LAUNCH20", price=YEARLY)
        assert caught.value.checkouts == ((checkout.id, ""),)
        again, _ = await begin(db, "LAUNCH20", price=MONTHLY)
        assert again.id == checkout.id

    async def test_is_not_shown_to_somebody_else(self, db: Database) -> None:
        """Two people with one code get a checkout each."""
        await some_code(db)
        checkout, _ = await begin(db, "LAUNCH20")
        other, _ = await begin(db, "LAUNCH20", person=Person("other@example.net"))
        assert other.id != checkout.id
