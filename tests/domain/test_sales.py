from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import col, select

from domain import affiliates
from domain import program as programs
from domain.attribution import METADATA_KEYS, Customer
from domain.sales import EarlierSalesNeededError
from domain.statuses import Status
from storage import affiliates as affiliate_rows
from storage import commissions, ledger, referrals
from storage.affiliates import Affiliate
from storage.commissions import Commission
from storage.db import Database
from storage.ledger import LedgerEntry
from storage.referrals import Referral
from storage.sales import Sale
from tests.builders import BUYER, PAID, RITA, facts, join, later, settle

__all__ = ["BUYER", "PAID", "facts", "later", "settle"]


async def entries(db: Database) -> list[int]:
    """The amounts of the ledger, in the order of posting."""
    async with db.read() as session:
        query = select(LedgerEntry.amount).order_by(col(LedgerEntry.id))
        return list((await session.exec(query)).all())


async def commission_of(db: Database, sale: Sale) -> Commission:
    """The commission of a sale."""
    async with db.read() as session:
        found = await commissions.of_sale(session, sale.id)
    assert found is not None
    return found


class TestTheAmount:
    """What a commission is, to the cent."""

    async def test_is_the_rate_of_what_was_collected_less_the_fee(self, db: Database) -> None:
        """20 % of $29.00 less $1.14 is $5.57, on hold for 30 days."""
        await join(db)
        sale = await settle(db, facts())
        commission = await commission_of(db, sale)
        assert (commission.amount_cents, commission.rate_bp, commission.base) == (557, 2000, "net")
        assert commission.available_at == PAID + timedelta(days=30)
        assert await entries(db) == [557]
        async with db.read() as session:
            affiliate = (await session.exec(select(Affiliate))).one()
            before = await ledger.balances(session, affiliate.id, PAID + timedelta(days=29))
            after = await ledger.balances(session, affiliate.id, PAID + timedelta(days=30))
        assert (before, after) == ({"usd": (0, 557)}, {"usd": (557, 0)})

    @pytest.mark.parametrize(
        ("changes", "amount"),
        [
            ({"tax": 400}, 477),
            ({"refunded": 1450}, 267),
            ({"refunded": 2900}, 0),
            ({"disputed": 2900}, 0),
            ({"tax": 400, "refunded": 500, "disputed": 500}, 277),
            ({"collected": 4, "fee": 30}, 0),
        ],
    )
    async def test_leaves_out_tax_refunds_and_disputes_and_is_never_negative(
        self, db: Database, changes: dict[str, int], amount: int
    ) -> None:
        """The base is what was collected less tax, fee, refunds and disputes, at least 0."""
        await join(db)
        sale = await settle(db, facts(**changes))
        assert (await commission_of(db, sale)).amount_cents == amount

    async def test_of_the_gross_base_keeps_the_fee_in(self, db: Database) -> None:
        """A program may promise a share before fees."""
        await join(db)
        async with db.transaction() as session:
            await programs.update(session, {"commission_base": "gross"}, RITA)
        sale = await settle(db, facts(tax=400))
        assert (await commission_of(db, sale)).amount_cents == 500

    async def test_is_by_the_affiliates_own_rate_first(self, db: Database) -> None:
        """Own over program."""
        affiliate = await join(db)
        async with db.transaction() as session:
            affiliate.rate_bp = 3000
            session.add(affiliate)
        sale = await settle(db, facts())
        assert (await commission_of(db, sale)).amount_cents == 836


class TestConverging:
    """The same end whatever comes in between."""

    async def test_the_same_facts_again_post_nothing(self, db: Database) -> None:
        """Duplicates are free."""
        await join(db)
        await settle(db, facts(), facts(), later(facts()))
        assert await entries(db) == [557]

    async def test_only_differences_are_posted(self, db: Database) -> None:
        """A refund takes back its share; a failed refund gives it again."""
        await join(db)
        one = facts()
        two = later(one, refunded=1450)
        three = later(two, refunded=0)
        await settle(db, one, two, three)
        assert await entries(db) == [557, -290, 290]

    async def test_older_facts_change_nothing(self, db: Database) -> None:
        """A slow read does not overwrite a fresh one."""
        await join(db)
        await settle(db, later(facts(), refunded=2900), facts())
        assert await entries(db) == []

    async def test_terms_stay_as_they_were_at_first_sight(self, db: Database) -> None:
        """A change of the program is for new sales."""
        await join(db)
        await settle(db, facts())
        async with db.transaction() as session:
            await programs.update(session, {"commission_rate_bp": 5000}, RITA)
        await settle(db, later(facts(), refunded=1450))
        assert sum(await entries(db)) == 267

    async def test_a_renewal_waits_for_the_sale_that_decides_about_it(self, db: Database) -> None:
        """Settled in the wrong order, the earlier invoice is asked for first."""
        await join(db)
        with pytest.raises(EarlierSalesNeededError) as asked:
            await settle(db, facts(2))
        assert asked.value.invoice_ids == ("in_1",)
        await settle(db, facts(1), facts(2))
        assert await entries(db) == [557, 557]


class TestCycles:
    """The first paid cycles, and no more."""

    async def test_the_third_renewal_earns_nothing_and_says_so(self, db: Database) -> None:
        """Two cycles by default."""
        await join(db)
        sale = await settle(db, facts(1), facts(2), facts(3))
        assert await entries(db) == [557, 557]
        assert sale.outcome == "cycle_limit"
        assert "cycle 3" in sale.trace[-1]["result"]

    async def test_an_old_customers_late_cycle_needs_no_history(self, db: Database) -> None:
        """What cannot earn is not looked into."""
        await join(db)
        assert (await settle(db, facts(30))).outcome in {"nobody", "cycle_limit"}

    async def test_an_invoice_of_zero_earns_nothing(self, db: Database) -> None:
        """Trials and fully discounted invoices."""
        await join(db)
        free = facts(collected=0, fee=0, cycle=0)
        sale = await settle(db, free, later(free))
        assert sale.outcome == "nothing_collected"
        assert len(sale.trace) == 1


class TestAttribution:
    """Who is credited, and why."""

    async def test_nobody_without_code_metadata_or_link(self, db: Database) -> None:
        """The trace names each step, also then."""
        await join(db)
        sale = await settle(db, facts(codes=()))
        assert (sale.outcome, sale.affiliate_user_id) == ("nobody", None)
        assert [step["step"] for step in sale.trace] == ["promo_code", "metadata", "link", "end"]

    @pytest.mark.parametrize("key", METADATA_KEYS)
    async def test_each_accepted_key_of_the_metadata_counts(self, db: Database, key: str) -> None:
        """All ten, in any letter case of the code."""
        await join(db)
        buyer = replace(BUYER, metadata={key: " jared30 "})
        sale = await settle(db, facts(codes=(), customer=buyer))
        assert sale.outcome == "credited"
        assert (await commission_of(db, sale)).attributed_by == "metadata"

    async def test_the_code_goes_before_the_metadata_unless_the_program_turns_it(
        self, db: Database
    ) -> None:
        """The order is a setting."""
        await join(db)
        amy = await join(db, "AMY30", email="amy@example.com")
        buyer = replace(BUYER, metadata={"affiliateCodeUsed": "AMY30"})
        one = await settle(db, facts(customer=buyer))
        assert one.affiliate_user_id != amy.id
        async with db.transaction() as session:
            order = ["metadata", "promo_code", "link"]
            await programs.update(session, {"attribution_order": order}, RITA)
        other = replace(buyer, id="cus_2")
        two = await settle(db, facts(customer=other, invoice_id="in_x"))
        assert two.affiliate_user_id == amy.id

    @pytest.mark.parametrize(("days", "outcome"), [(59, "credited"), (61, "nobody")])
    async def test_a_sign_up_through_a_link_counts_inside_its_window(
        self, db: Database, days: int, outcome: str
    ) -> None:
        """Sixty days by default."""
        affiliate = await join(db)
        async with db.transaction() as session:
            session.add(
                Referral(
                    affiliate_user_id=affiliate.id,
                    customer_id="cus_1",
                    created_at=PAID - timedelta(days=days),
                )
            )
        assert (await settle(db, facts(codes=()))).outcome == outcome

    async def test_the_first_sale_decides_the_renewals_too(self, db: Database) -> None:
        """Somebody else's code on a renewal changes nothing."""
        affiliate = await join(db)
        await join(db, "AMY30", email="amy@example.com")
        sale = await settle(db, facts(1), facts(2, codes=("AMY30",)))
        assert sale.affiliate_user_id == affiliate.id
        async with db.read() as session:
            referral = await referrals.of_customer(session, "cus_1")
        assert referral is not None
        assert (referral.code_used, referral.first_sale) == ("JARED30", True)

    @pytest.mark.parametrize(
        "email", ["jared@example.com", "JARED@Example.com", "jared+x@example.com"]
    )
    async def test_self_referral_earns_nothing(self, db: Database, email: str) -> None:
        """The affiliate's own address, in any spelling."""
        await join(db)
        sale = await settle(db, facts(customer=replace(BUYER, email=email)))
        assert sale.outcome == "self_referral"
        assert await entries(db) == []

    async def test_a_card_the_affiliate_paid_with_is_self_referral(self, db: Database) -> None:
        """Another address, the same card."""
        await join(db)
        own = Customer("cus_own", "jared@example.com", {}, card="fp_1")
        await settle(db, facts(customer=own, invoice_id="in_own", codes=()))
        friend = replace(BUYER, card="fp_1")
        assert (await settle(db, facts(customer=friend))).outcome == "self_referral"

    async def test_the_affiliates_own_account_is_self_referral(self, db: Database) -> None:
        """Another address and another card, but the user that they are at the product."""
        affiliate = await join(db)
        async with db.transaction() as session:
            owner = await affiliate_rows.get(session, affiliate.id)
            assert owner is not None
            owner.clerk_user_id = "user_jared"
            session.add(owner)
        own = replace(BUYER, metadata={"clerkUserId": "user_jared"})
        assert (await settle(db, facts(customer=own))).outcome == "self_referral"
        other = Customer("cus_2", "other@example.net", {"clerkUserId": "user_other"})
        sale = await settle(db, facts(invoice_id="in_other", customer=other))
        assert sale.outcome == "credited"

    async def test_a_terminated_affiliate_earns_nothing_new(self, db: Database) -> None:
        """And the trace says so."""
        affiliate = await join(db)
        async with db.transaction() as session:
            await affiliates.change_status(session, affiliate.id, Status.TERMINATED, "spam", RITA)
        assert (await settle(db, facts())).outcome == "terminated"


class TestThePlan:
    """What was sold, in the program's own word."""

    async def test_is_the_one_with_the_price(self, db: Database) -> None:
        """The program calls the price `pro`; the referral's row in the dashboard does, too."""
        await join(db)
        plans = [{"slug": "pro", "name": "Pro", "stripe_price": "price_1"}]
        async with db.transaction() as session:
            await programs.update(session, {"plans": plans}, RITA)
        sale = await settle(db, facts(price="price_1"))
        async with db.read() as session:
            referral = (await session.exec(select(Referral))).one()
        assert (sale.plan, referral.plan) == ("pro", "pro")
