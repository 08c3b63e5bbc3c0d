"""Leak watch: a jump and a coupon site are flagged once, a steady code and a launch never."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import clock
from domain import discount_codes, effects, leaks, program
from domain.errors import ConflictError, InvalidError, NotFoundError
from domain.program import Program
from storage import audit
from storage.checkouts import COMPLETED, Checkout
from storage.codes import DiscountCode
from storage.db import Database
from storage.ids import new_id
from storage.leaks import Leak
from tests.builders import RITA, effects_asked_for, facts, settle
from tests.code_builders import begin, code_now, off, some_code
from tests.leak_builders import (
    DAY,
    HOUR,
    NOW,
    alert,
    at_once,
    flagged,
    look,
    old_code,
    sweep,
    use,
    used,
)


async def steadily(
    db: Database, code: DiscountCode, a_day: int, days: int = 40, until: datetime = NOW
) -> None:
    """So many uses in each 24 hours."""
    await used(db, code, [until - n * DAY / a_day for n in range(a_day * days)])


async def bought_from(
    db: Database, code: DiscountCode, referrer: str, moment: datetime = NOW, **changes: Any
) -> None:
    """A use by somebody who came from there and paid."""
    checkout = Checkout(
        status=COMPLETED,
        plan="monthly",
        price_id="price_monthly",
        currency="usd",
        referrer=referrer,
        expires_at=moment,
    )
    async with db.transaction() as session:
        session.add(checkout)
        await session.flush()
        session.add(use(code, moment, checkout_id=checkout.id, **changes))


async def cards_asked_for(db: Database) -> int:
    """How often a card was to be posted or brought up to date."""
    return sum(one.kind == effects.LEAK_CARD for one in await effects_asked_for(db))


async def decide(db: Database, leak: Leak, decision: Any, moment: datetime = NOW) -> DiscountCode:
    """Press a button of the card."""
    with clock.travel(moment):
        async with db.transaction() as session:
            made: DiscountCode = await decision(session, leak.id, RITA)
            return made


class TestJump:
    """A code is compared with its own history."""

    @pytest.mark.parametrize("a_day", [1, 9, 10, 40])
    async def test_a_steady_code_is_never_flagged(self, db: Database, a_day: int) -> None:
        """However much it is used."""
        code = await old_code(db)
        await steadily(db, code, a_day)
        for hours in range(0, 24, 5):
            await look(db, NOW - hours * HOUR)
        assert await flagged(db, code) == []

    async def test_a_jump_is_flagged_with_its_figures(self, db: Database) -> None:
        """Twelve where one was usual; the row says when, and operators get one card."""
        code = await old_code(db)
        await steadily(db, code, 1, until=NOW - DAY)
        await at_once(db, code, 12)
        await look(db)
        (leak,) = await flagged(db, code)
        assert (leak.uses, leak.before_uses, leak.before_days) == (12, 28, 28)
        assert (leak.jumped, leak.sites, leak.flagged_at) == (True, [], NOW)
        assert (await code_now(db, code)).leak_flagged_at == NOW
        assert await cards_asked_for(db) == 1

    @pytest.mark.parametrize(("extra", "expected"), [(39, 0), (40, 1)])
    async def test_the_factor_is_that_of_the_program(
        self, db: Database, extra: int, expected: int
    ) -> None:
        """Four times the usual ten by default, and not one use less."""
        code = await old_code(db)
        await steadily(db, code, 10, until=NOW - DAY)
        await at_once(db, code, extra)
        await look(db)
        assert len(await flagged(db, code)) == expected

    async def test_fewer_than_the_least_are_no_jump(self, db: Database) -> None:
        """Nine where none was usual are nothing to wake anybody for; the program may say less."""
        code = await old_code(db)
        await at_once(db, code, 9)
        await look(db)
        assert await flagged(db, code) == []
        async with db.transaction() as session:
            await program.update(session, {"leak_min_uses": 9}, RITA)
        await look(db)
        assert len(await flagged(db, code)) == 1

    @pytest.mark.parametrize(("days", "uses"), [(0, 1), (0, 50), (1, 50), (3, 50)])
    async def test_a_launch_is_no_leak(self, db: Database, days: int, uses: int) -> None:
        """One use of a new code is not, and neither are many: it has no history yet."""
        code = await old_code(db, days=days)
        await at_once(db, code, uses)
        await look(db, NOW + HOUR)
        assert await flagged(db, code) == []

    async def test_a_young_code_is_measured_by_the_days_it_had(self, db: Database) -> None:
        """Ten a day since it was made, ten days ago; forty are a jump, though not of 28 days."""
        code = await old_code(db, days=11)
        await steadily(db, code, 10, days=10, until=NOW - DAY)
        await at_once(db, code, 39)
        await look(db)
        assert await flagged(db, code) == []
        await at_once(db, code, 1)
        await look(db)
        (leak,) = await flagged(db, code)
        assert (leak.before_uses, leak.before_days) == (100, 10)

    async def test_renewals_and_voided_invoices_are_no_uses(self, db: Database) -> None:
        """The month after a good day brings many renewals at once."""
        code = await old_code(db)
        async with db.transaction() as session:
            for n in range(30):
                how = {"renewal": True} if n % 2 else {"voided": True}
                session.add(use(code, NOW - n * timedelta(minutes=1), **how))
        await look(db)
        assert await flagged(db, code) == []

    @pytest.mark.parametrize("status", ["paused", "expired", "archived"])
    async def test_a_code_that_is_off_is_left_alone(self, db: Database, status: str) -> None:
        """There is nothing left to pause."""
        code = await old_code(db, status=status)
        await at_once(db, code, 30)
        await look(db)
        assert await flagged(db, code) == []

    async def test_it_is_noticed_as_the_use_is_recorded(self, db: Database) -> None:
        """Nobody has to wait for the next look."""
        code = await some_code(db, created_at=datetime(2020, 1, 1, tzinfo=UTC))
        with clock.travel(NOW):
            for n in range(1, 11):
                assert await flagged(db, code) == []
                one = facts(n, codes=(), discounts=(off(580),), subscription_id=f"sub_{n}")
                await settle(db, replace(one, paid_at=NOW - HOUR))
        (leak,) = await flagged(db, code)
        assert leak.uses == 10


class TestSites:
    """Somebody came from where codes are collected, and paid."""

    @pytest.mark.parametrize(
        ("host", "site"),
        [
            ("www.retailmenot.com", "retailmenot.com"),
            ("deals.slickdeals.net", "deals.slickdeals.net"),
            ("BestCoupons.example", "bestcoupons.example"),
            ("couponfollow.com.", "couponfollow.com"),
        ],
    )
    async def test_one_buyer_is_enough(self, db: Database, host: str, site: str) -> None:
        """Also of a code that was made today."""
        code = await old_code(db, days=0)
        await bought_from(db, code, host)
        await look(db)
        (leak,) = await flagged(db, code)
        assert (leak.jumped, leak.sites, leak.uses) == (False, [site], 1)

    @pytest.mark.parametrize(
        "host", ["", "google.com", "notretailmenot.com", "retailmenot.com.example", "youtube.com"]
    )
    async def test_other_places_are_none(self, db: Database, host: str) -> None:
        """A host that only ends or begins alike is another's."""
        code = await old_code(db)
        await bought_from(db, code, host)
        await look(db)
        assert await flagged(db, code) == []

    async def test_who_has_not_paid_says_nothing(self, db: Database) -> None:
        """Anybody can begin a checkout and claim to come from anywhere."""
        code = await some_code(db, max_uses_per_user=100)
        await begin(db, code.code, referrer="retailmenot.com")
        await look(db, clock.now())
        assert await flagged(db, code) == []

    async def test_the_list_is_the_programs(self, db: Database) -> None:
        """Hosts and words, in any letter case."""
        async with db.transaction() as session:
            sites = ["Forum.Example", "bargain"]
            await program.update(session, {"coupon_sites": sites}, RITA)
        code = await old_code(db)
        await bought_from(db, code, "retailmenot.com")
        await look(db)
        assert await flagged(db, code) == []
        await bought_from(db, code, "a.forum.example")
        await bought_from(db, code, "thebargainhut.example")
        await look(db)
        (leak,) = await flagged(db, code)
        assert leak.sites == ["a.forum.example", "thebargainhut.example"]

    @pytest.mark.parametrize("site", [".", "x", "a b", "https://retailmenot.com", ""])
    async def test_what_would_be_found_anywhere_is_refused(self, db: Database, site: str) -> None:
        """Or nowhere."""
        with pytest.raises(InvalidError) as refused:
            async with db.transaction() as session:
                await program.update(session, {"coupon_sites": [site]}, RITA)
        assert set(refused.value.fields) == {"coupon_sites.0"}

    @given(host=st.text(max_size=80))
    def test_whatever_is_claimed_can_be_looked_at(self, host: str) -> None:
        """A referrer is outside text."""
        assert leaks.coupon_sites([host], Program()) <= {
            host.lower().strip(".").removeprefix("www.")
        }


class TestOnce:
    """Operators are told once, and again when there is something new."""

    async def test_looking_twice_flags_once(self, db: Database) -> None:
        """Also at the same moment, and whoever looks."""
        code = await old_code(db)
        await at_once(db, code, 12)
        with clock.travel(NOW):
            await asyncio.gather(*(sweep(db) for _ in range(3)))
        await look(db, NOW + HOUR)
        assert len(await flagged(db, code)) == 1
        assert await cards_asked_for(db) == 1

    async def test_a_week_without_an_answer_is_a_week_of_quiet(self, db: Database) -> None:
        """Then it is flagged again, if it still jumps."""
        code = await old_code(db)
        await at_once(db, code, 12)
        await look(db)
        late = NOW + 7 * DAY
        await at_once(db, code, 50, until=late)
        await bought_from(db, code, "retailmenot.com", late)
        await look(db, late - timedelta(seconds=1))
        assert len(await flagged(db, code)) == 1
        await look(db, late)
        (_, again) = await flagged(db, code)
        assert (again.uses, again.sites) == (51, ["retailmenot.com"])

    async def test_what_is_fine_is_fine_until_it_doubles(self, db: Database) -> None:
        """At once, since that is another matter than the one that was decided."""
        code = await old_code(db)
        await at_once(db, code, 12)
        await look(db)
        (leak,) = await flagged(db, code)
        await decide(db, leak, leaks.dismiss)
        await at_once(db, code, 11)
        await look(db)
        assert len(await flagged(db, code)) == 1
        await at_once(db, code, 1)
        await look(db)
        (_, again) = await flagged(db, code)
        assert again.uses == 24

    async def test_a_site_that_is_fine_is_fine_and_another_is_not(self, db: Database) -> None:
        """Somebody may have put it there on purpose."""
        code = await old_code(db)
        await bought_from(db, code, "retailmenot.com")
        await look(db)
        (leak,) = await flagged(db, code)
        await decide(db, leak, leaks.dismiss)
        later = NOW + 30 * DAY
        await bought_from(db, code, "www.retailmenot.com", later)
        await look(db, later)
        assert len(await flagged(db, code)) == 1
        await bought_from(db, code, "coupons.example", later)
        await look(db, later)
        assert [one.sites for one in await flagged(db, code)] == [
            ["retailmenot.com"],
            ["coupons.example"],
        ]


class TestDeciding:
    """The card's two buttons."""

    async def test_pausing_pauses(self, db: Database) -> None:
        """The code, at the provider too; card and log say who did it."""
        code, leak = await alert(db)
        await decide(db, leak, leaks.pause)
        assert (await code_now(db, code)).status == "paused"
        (leak,) = await flagged(db, code)
        assert (leak.decision, leak.decided_by, leak.decided_at) == ("paused", RITA.name, NOW)
        async with db.read() as session:
            lines = await audit.of_subject(session, f"code:{code.id}")
        assert [line.action for line in lines] == ["code.paused", "leak.paused"]
        assert await cards_asked_for(db) == 2
        asked = [one.kind for one in await effects_asked_for(db)]
        assert effects.PROMOTION_CODE in asked

    async def test_fine_leaves_it_on(self, db: Database) -> None:
        """And is in the log."""
        code, leak = await alert(db)
        await decide(db, leak, leaks.dismiss)
        assert (await code_now(db, code)).status == "active"
        async with db.read() as session:
            (line,) = await audit.of_subject(session, f"code:{code.id}")
        assert (line.action, line.detail["leak"]) == ("leak.fine", str(leak.id))
        assert await cards_asked_for(db) == 2

    async def test_of_two_who_decide_one_does(self, db: Database) -> None:
        """The other is told who was faster."""
        code, leak = await alert(db)

        async def press(decision: Any) -> None:
            async with db.transaction() as session:
                await decision(session, leak.id, RITA)

        answers = await asyncio.gather(
            press(leaks.pause), press(leaks.dismiss), return_exceptions=True
        )
        (refused,) = (one for one in answers if isinstance(one, Exception))
        assert isinstance(refused, ConflictError)
        assert f"{RITA.name} was faster" in str(refused)
        (leak,) = await flagged(db, code)
        paused = (await code_now(db, code)).status == "paused"
        assert leak.decision == ("paused" if paused else "fine")

    async def test_a_code_that_was_paused_meanwhile_is_no_error(self, db: Database) -> None:
        """Pressing it is what was wanted."""
        code, leak = await alert(db)
        async with db.transaction() as session:
            await discount_codes.pause(session, code.id, RITA)
        assert (await decide(db, leak, leaks.pause)).status == "paused"

    async def test_an_alert_that_is_none_is_said(self, db: Database) -> None:
        """A button of another desk's card."""
        for decision in (leaks.pause, leaks.dismiss):
            with pytest.raises(NotFoundError):
                async with db.transaction() as session:
                    await decision(session, new_id(), RITA)

    async def test_the_view_has_two_weeks_of_days(self, db: Database) -> None:
        """The last of them is the day of the alert."""
        code, leak = await alert(db)
        await used(db, code, [NOW - 2 * DAY, NOW - 13 * DAY, NOW - 14 * DAY, NOW + HOUR])
        async with db.read() as session:
            view = await leaks.view(session, leak.id)
        counts = [count for _, count in view.days]
        assert counts == [1, *[0] * 10, 1, 0, 12]
        assert view.days[-1][0] == NOW
