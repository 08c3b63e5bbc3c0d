"""Redemptions: rows that agree with the invoice, and counters that are their sums."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from domain.attribution import Customer
from domain.code_checks import Person
from domain.sales import InvoiceFacts
from storage.checkouts import CheckoutCode
from storage.codes import DiscountCode, by_code
from storage.db import Database
from storage.redemptions import Redemption
from tests.builders import effects_asked_for, facts, join, later, settle
from tests.code_builders import (
    begin,
    checkout_now,
    code_now,
    off,
    redemptions_of,
    some_code,
)


def paid(n: int = 1, amount: int = 580, **changes: Any) -> InvoiceFacts:
    """The n-th invoice, LAUNCH20 having taken something off."""
    given = {"codes": (), "discounts": (off(amount),), "cycle": n, "subscription_cycle": n}
    return facts(n, **given | {"collected": 2900 - amount} | changes)


async def notices(db: Database) -> list[str]:
    """What operators were told."""
    return [one.payload["text"] for one in await effects_asked_for(db) if one.kind == "card.notice"]


def told(rows: list[Redemption]) -> list[tuple[str, int, int, bool]]:
    """What stands on the rows: invoice, discount, refunded, renewal."""
    return [
        (one.stripe_invoice_id, one.discount_amount_cents, one.refunded_cents, one.renewal)
        for one in rows
    ]


async def counters(db: Database, code: DiscountCode) -> tuple[int, int]:
    """A code's uses, and the discount it gave."""
    now = await code_now(db, code)
    return now.total_uses, now.total_discount_cents


async def test_an_invoice_with_a_code_is_a_use_of_it(db: Database) -> None:
    """It says who, on which invoice, how much, when; hearing of it twice is once."""
    code = await some_code(db)
    await settle(db, paid(), later(paid()), paid())
    (row,) = await redemptions_of(db, code)
    assert told([row]) == [("in_1", 580, 0, False)]
    assert (row.user_id, row.person_key, row.subscription_id, row.currency, row.redeemed_at) == (
        "cus_1",
        "buyer@example.net",
        "sub_1",
        "usd",
        paid().paid_at,
    )
    assert await counters(db, code) == (1, 580)


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_renewals_give_more_but_are_no_further_use(
    db: Database, order: tuple[int, ...]
) -> None:
    """Whatever invoice is heard of first."""
    code = await some_code(db, duration="forever")
    one = [paid(n, 580, earlier=()) for n in (1, 2, 3)]
    await settle(db, *(one[n] for n in order))
    assert told(await redemptions_of(db, code)) == [
        ("in_1", 580, 0, False),
        ("in_2", 580, 0, True),
        ("in_3", 580, 0, True),
    ]
    assert await counters(db, code) == (1, 1740)
    assert await notices(db) == []


async def test_a_refund_shows_and_gives_no_use_back(db: Database) -> None:
    """In the proportion in which the payment went back, and back again if the refund fails."""
    code = await some_code(db)
    await settle(db, paid(), later(paid(), refunded=1160))
    assert told(await redemptions_of(db, code)) == [("in_1", 580, 290, False)]
    assert await counters(db, code) == (1, 580)
    await settle(db, later(later(paid(), refunded=2320)))
    assert told(await redemptions_of(db, code)) == [("in_1", 580, 580, False)]
    await settle(db, later(later(later(paid()))))
    assert told(await redemptions_of(db, code)) == [("in_1", 580, 0, False)]


async def test_a_voided_invoice_gave_nothing(db: Database) -> None:
    """The row stays and says so; the counters follow, and the next invoice is the use."""
    code = await some_code(db, duration="forever")
    await settle(db, paid(1, earlier=()), paid(2, earlier=()))
    await settle(db, later(paid(1, earlier=()), discounts=(), collected=0, cycle=0))
    first, second = await redemptions_of(db, code)
    assert (first.voided, second.voided) == (True, False)
    assert told([first, second]) == [("in_1", 0, 0, False), ("in_2", 580, 0, False)]
    assert await counters(db, code) == (1, 580)


async def test_a_free_first_month_is_a_use(db: Database) -> None:
    """All off: nothing was collected, and nothing can be refunded."""
    code = await some_code(db, discount_value=100)
    await settle(db, paid(1, 2900, fee=0, cycle=0))
    assert told(await redemptions_of(db, code)) == [("in_1", 2900, 0, False)]
    assert await counters(db, code) == (1, 2900)


async def test_a_code_is_known_by_its_word_and_by_its_coupon_too(db: Database) -> None:
    """A changed code has another id at the provider; a coupon may be applied by hand there."""
    code = await some_code(db)
    await settle(db, paid(discounts=(off(580, "launch20", promotion_code="promo_before"),)))
    by_hand = off(580, "", promotion_code="", coupon="co_LAUNCH20")
    other = Customer("cus_2", "two@example.net", {})
    await settle(db, paid(2, customer=other, earlier=(), discounts=(by_hand,), subscription_id=""))
    assert await counters(db, code) == (2, 1160)


async def test_a_discount_of_nobodys_is_no_redemption(db: Database) -> None:
    """A code that only the payment provider knows changes nothing here."""
    code = await some_code(db)
    await settle(db, paid(discounts=(off(580, "THEIRS"),)))
    assert await redemptions_of(db, code) == []
    assert await counters(db, code) == (0, 0)


async def test_amounts_in_other_currencies_are_not_added(db: Database) -> None:
    """The discount given counts the program's currency; the row of the other one says its own."""
    code = await some_code(db, max_uses_per_user=5)
    await settle(db, paid())
    await settle(
        db,
        paid(2, earlier=(), subscription_id="sub_2", discounts=(off(700, currency="eur"),)),
    )
    assert [row.currency for row in await redemptions_of(db, code)] == ["usd", "eur"]
    assert await counters(db, code) == (2, 580)


async def test_operators_hear_once_of_a_use_beyond_the_limit_of_a_person(db: Database) -> None:
    """By the same customer, or by another one with the same mailbox."""
    code = await some_code(db)
    again = Customer("cus_2", "Buyer+again@example.net", {})
    second = paid(2, customer=again, subscription_id="sub_2", earlier=())
    await settle(db, paid(), second, later(second), later(later(second)))
    assert await counters(db, code) == (2, 1160)
    assert await notices(db) == [
        (
            "The customer cus_2 has used the code LAUNCH20 2 times; each may use it once. It was "
            "typed on the payment provider's own page, which knows no limit per person (invoice "
            "in_2)."
        )
    ]


async def test_operators_hear_of_a_use_beyond_the_total(db: Database) -> None:
    """Uses from before the code was taken over count."""
    taken_over_at = paid().paid_at - timedelta(days=1)
    await some_code(db, max_uses=3, prior_uses=3, created_at=taken_over_at)
    await settle(db, paid())
    assert await notices(db) == [
        "The code LAUNCH20 has been used 4 times, though it is for 3 times (invoice in_1)."
    ]


class TestAStack:
    """Several codes are one discount at the provider."""

    async def test_is_shared_out_exactly(self, db: Database) -> None:
        """To the cent, whatever the provider took off, on the first invoice and on renewals."""
        first = await some_code(db, stackable=True, duration="forever")
        second = await some_code(
            db, "EXTRA10", discount_value=10, stackable=True, duration="forever"
        )
        checkout, offer = await begin(db, "LAUNCH20", "EXTRA10")
        common = off(840, "", promotion_code="", metadata={"checkout": str(checkout.id)})
        one = paid(1, 840, discounts=(common,), checkout=str(checkout.id))
        two = paid(2, 840, discounts=(common,), checkout=str(checkout.id))
        await settle(db, one, two, later(one))
        rows = [await redemptions_of(db, code) for code in (first, second)]
        shares = [[row.discount_amount_cents for row in of_code] for of_code in rows]
        assert [sum(pair) for pair in zip(*shares, strict=True)] == [840, 840]
        assert shares[0][0] > shares[1][0] > 0
        assert [[row.renewal for row in of_code] for of_code in rows] == [[False, True]] * 2
        assert await counters(db, first) == (1, sum(shares[0]))
        assert {row.checkout_id for of_code in rows for row in of_code} == {checkout.id}
        assert offer.percent_bp == 2800

    async def test_takes_nothing_of_another_discount(self, db: Database) -> None:
        """One that somebody added to the subscription later is not the codes' work."""
        code = await some_code(db, stackable=True)
        await some_code(db, "EXTRA10", discount_value=10, stackable=True)
        checkout, _ = await begin(db, "LAUNCH20", "EXTRA10")
        kept = off(500, "", promotion_code="", coupon="co_stay")
        await settle(db, paid(1, 500, discounts=(kept,), checkout=str(checkout.id)))
        assert await redemptions_of(db, code) == []


class TestWhoIsCredited:
    """What a checkout of ours knows decides, in the program's order."""

    async def test_a_stack_with_an_affiliates_code_is_theirs(self, db: Database) -> None:
        """The invoice names no code; the checkout does."""
        await join(db)
        await some_code(db)
        checkout, _ = await begin(db, "LAUNCH20")
        async with db.transaction() as session:
            theirs = await by_code(session, "JARED30")
            assert theirs is not None
            session.add(
                CheckoutCode(
                    checkout_id=checkout.id, place=1, discount_code_id=theirs.id, code=theirs.code
                )
            )
        sale = await settle(db, paid(discounts=(), checkout=str(checkout.id)))
        assert sale.outcome == "credited"
        assert [step["result"] for step in sale.trace][:3] == [
            "No promotion code on the invoice.",
            "The checkout was started with the code LAUNCH20, which belongs to no affiliate.",
            "The checkout was started with the code JARED30, which belongs to an affiliate.",
        ]

    async def test_the_link_that_led_to_the_checkout_counts(self, db: Database) -> None:
        """Where no code and no metadata name anybody; the trace says so."""
        affiliate = await join(db)
        await some_code(db)
        checkout, _ = await begin(db, "LAUNCH20", ref="JARED30")
        sale = await settle(db, paid(checkout=str(checkout.id)))
        assert (sale.outcome, sale.affiliate_user_id) == ("credited", affiliate.id)
        assert {
            "step": "link",
            "result": "The checkout was started through the referral link JARED30.",
        } in sale.trace

    @pytest.mark.parametrize("name", ["", "nonsense", "0199d0a4-0000-7000-8000-000000000000"])
    async def test_a_checkout_that_is_none_of_ours_says_nothing(
        self, db: Database, name: str
    ) -> None:
        """Anybody with the provider's dashboard can write there."""
        await join(db)
        sale = await settle(db, paid(checkout=name))
        assert sale.outcome == "nobody"


async def test_settling_completes_the_checkout(db: Database) -> None:
    """Whether or not the news of the checkout itself has come; and a use is counted once."""
    code = await some_code(db, max_uses=2)
    checkout, _ = await begin(db, "LAUNCH20")
    await settle(db, paid(checkout=str(checkout.id)))
    assert (await checkout_now(db, checkout.id)).status == "completed"
    assert await counters(db, code) == (1, 580)
    await begin(db, "LAUNCH20", person=Person("other@example.net"))
