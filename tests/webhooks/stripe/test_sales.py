"""From what happens at Stripe to the ledger: bought, renewed, refunded, disputed."""

import pytest
from sqlmodel import update

from domain import signups
from domain.signups import SignUp, Touch
from storage import sales as sale_rows
from storage.db import Database
from storage.inbox import InboxEvent
from tests.builders import join
from tests.shop import Shop, open_shop, subscription_of

# $29.00 with 30 % off is $20.30; Stripe keeps 89 cents; 20 % of the rest is $3.88.
FIRST = 388
# A renewal is $29.00 less $1.14: $5.57.
RENEWAL = 557


async def test_a_purchase_with_a_code_is_a_commission(shop: Shop) -> None:
    """The code on the invoice decides, and the events around it post nothing more."""
    bought = await shop.account.buy(email="zoe@example.net", promotion_code="jared30")
    await shop.quiet()
    assert await shop.ledger() == [FIRST]
    sale = await shop.sale(bought)
    assert (sale.outcome, sale.collected, sale.fee, sale.plan) == ("credited", 2030, 89, "monthly")
    assert [event.last_error for event in await shop.events() if event.parked_at] == []


async def test_the_third_paid_cycle_earns_nothing(shop: Shop) -> None:
    """Two cycles earn; the next is a sale that says why it does not."""
    bought = await shop.account.buy(email="zoe@example.net", promotion_code="JARED30")
    for _ in range(2):
        await shop.account.renew(subscription_of(bought))
    await shop.quiet()
    assert sorted(await shop.ledger()) == [FIRST, RENEWAL]
    async with shop.db.read() as session:
        sales = await sale_rows.of_customer(session, bought["customer"])
    assert [sale.outcome for sale in sales] == ["credited", "credited", "cycle_limit"]


async def test_half_a_refund_takes_half_back_and_a_bounced_one_gives_it_again(shop: Shop) -> None:
    """Whatever of the refund's five events comes first."""
    bought = await shop.account.buy(email="zoe@example.net", promotion_code="JARED30")
    await shop.quiet()
    refund = await shop.account.refund(bought["id"], 1015)
    await shop.quiet()
    assert await shop.ledger() == [FIRST, -203]
    await shop.account.fail_refund(refund["id"])
    await shop.quiet()
    assert await shop.ledger() == [FIRST, -203, 203]
    await shop.account.credit(bought["id"], 2030)
    await shop.quiet()
    assert sum(await shop.ledger()) == 0


@pytest.mark.parametrize(("won", "left"), [(True, FIRST), (False, 0)])
async def test_a_dispute_holds_until_it_is_decided(shop: Shop, *, won: bool, left: int) -> None:
    """Open it takes everything; won it gives back, lost it does not."""
    bought = await shop.account.buy(email="zoe@example.net", promotion_code="JARED30")
    dispute = await shop.account.dispute(bought["id"])
    await shop.quiet()
    assert sum(await shop.ledger()) == 0
    await shop.account.decide(dispute["id"], won=won)
    await shop.quiet()
    assert sum(await shop.ledger()) == left


async def test_news_of_a_renewal_settles_the_first_sale_before_it(db: Database) -> None:
    """The renewal's event alone is enough for both."""
    await join(db)
    async with open_shop(db, delivering=False) as shop:
        await shop.carry_out()
        bought = await shop.account.buy(email="zoe@example.net", promotion_code="JARED30")
        await shop.account.renew(subscription_of(bought))
        newest = next(
            event
            for event in shop.account.objects.newest_first("event")
            if event["type"] == "invoice.paid"
        )
        await shop.hear(newest)
        await shop.quiet()
        assert await shop.ledger() == [FIRST, RENEWAL]


async def test_a_refund_heard_of_before_its_sale_is_in_the_sale(db: Database) -> None:
    """And the news of the sale after that changes nothing."""
    await join(db)
    async with open_shop(db, delivering=False) as shop:
        await shop.carry_out()
        bought = await shop.account.buy(email="zoe@example.net", promotion_code="JARED30")
        await shop.account.refund(bought["id"], 1015)
        events = {event["type"]: event for event in shop.account.objects.newest_first("event")}
        await shop.hear(events["refund.created"])
        await shop.quiet()
        assert await shop.ledger() == [FIRST - 203]
        await shop.hear(events["invoice.paid"])
        await shop.quiet()
        assert await shop.ledger() == [FIRST - 203]


async def test_the_same_news_under_many_names_posts_once(db: Database) -> None:
    """Ten events of one payment, at once."""
    await join(db)
    async with open_shop(db, delivering=False) as shop:
        await shop.carry_out()
        await shop.account.buy(email="zoe@example.net", promotion_code="JARED30")
        events = {event["type"]: event for event in shop.account.objects.newest_first("event")}
        for n in range(10):
            await shop.hear(events["invoice.paid"], external_id=f"evt_again_{n}")
        await shop.quiet()
        assert await shop.ledger() == [FIRST]


async def test_an_unknown_customer_is_a_sale_of_nobodys(shop: Shop) -> None:
    """No code, no metadata, no link: kept, explained, and free."""
    bought = await shop.account.buy(email="zoe@example.net")
    await shop.quiet()
    assert await shop.ledger() == []
    assert (await shop.sale(bought)).outcome == "nobody"


async def test_metadata_written_after_the_purchase_still_counts(shop: Shop) -> None:
    """Products write the code a moment later; the customer's event settles the sale anew."""
    bought = await shop.account.buy(email="zoe@example.net")
    await shop.quiet()
    gateway = shop.services.stripe
    assert gateway is not None
    await gateway.customers.tag(bought["customer"], {"referralCode": "JARED30"})
    await shop.quiet()
    assert await shop.ledger() == [RENEWAL]


async def test_a_user_named_after_the_purchase_is_known_by_their_sign_up(shop: Shop) -> None:
    """Who signed up through a link, and is told of as a customer a moment too late."""
    async with shop.db.transaction() as session:
        await signups.sign_up(session, SignUp(last=Touch(ref="JARED30"), user_id="user_zoe"))
    bought = await shop.account.buy(email="zoe@example.net")
    await shop.quiet()
    assert (await shop.sale(bought)).outcome == "nobody"
    gateway = shop.services.stripe
    assert gateway is not None
    await gateway.customers.tag(bought["customer"], {"clerkUserId": "user_zoe"})
    await shop.quiet()
    assert await shop.ledger() == [RENEWAL]


async def test_a_deleted_invoice_is_no_sale_and_no_error(db: Database) -> None:
    """Its event is handled; nothing is left of it."""
    async with open_shop(db, delivering=False) as shop:
        bought = await shop.account.buy(email="zoe@example.net")
        events = {event["type"]: event for event in shop.account.objects.newest_first("event")}
        shop.account.objects.remove(shop.account.objects.get("invoice", bought["id"]))
        await shop.hear(events["invoice.paid"])
        await shop.quiet()
        (event,) = await shop.events()
        assert (event.handled_at is not None, event.parked_at) == (True, None)


async def test_an_unpaid_and_a_voided_invoice_are_no_sales(shop: Shop) -> None:
    """A card that was declined earns nothing, and does not use up a cycle."""
    bought = await shop.account.buy(email="zoe@example.net", promotion_code="JARED30")
    unpaid = await shop.account.renew(subscription_of(bought), declined=True)
    await shop.account.void(unpaid["id"])
    await shop.quiet()
    assert await shop.ledger() == [FIRST]


async def test_stripe_being_away_only_takes_longer(shop: Shop) -> None:
    """Outages and overload are waited out."""
    shop.account.fail_next("/v1/invoices", status=503, times=3)
    shop.account.fail_next("/v1/payment_intents", status=429, times=2, retry_after=0.1)
    await shop.account.buy(email="zoe@example.net", promotion_code="JARED30")
    await shop.quiet()
    assert await shop.ledger() == [FIRST]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"livemode": True}, "live mode"), ({"account": "acct_other"}, "acct_other")],
)
async def test_events_of_others_are_ignored_and_say_why(
    db: Database, changes: dict[str, object], reason: str
) -> None:
    """Another mode, another account: kept, marked, and without effect."""
    await join(db)
    async with open_shop(db, delivering=False) as shop:
        await shop.carry_out()
        await shop.account.buy(email="zoe@example.net", promotion_code="JARED30")
        events = {event["type"]: event for event in shop.account.objects.newest_first("event")}
        await shop.hear(events["invoice.paid"] | changes)
        await shop.quiet()
        (event,) = await shop.events()
        assert event.ignored
        assert reason in (event.last_error or "")
        assert await shop.ledger() == []


async def test_an_event_without_an_object_is_parked(db: Database) -> None:
    """Nobody can make sense of it: a person looks."""
    async with open_shop(db, delivering=False) as shop:
        await shop.hear({"id": "evt_1", "type": "invoice.paid", "data": None})
        await shop.quiet()
        (event,) = await shop.events()
        assert event.parked_at is not None


async def test_every_event_handled_a_second_time_changes_nothing(shop: Shop) -> None:
    """The whole inbox once more, after a story with everything in it."""
    bought = await shop.account.buy(email="zoe@example.net", promotion_code="JARED30")
    await shop.account.renew(subscription_of(bought))
    await shop.account.refund(bought["id"], 500)
    await shop.account.change_plan(subscription_of(bought), "yearly", unused=1000)
    await shop.account.cancel(subscription_of(bought))
    await shop.quiet()
    before = await shop.ledger()
    assert before
    async with shop.db.transaction() as session:
        await session.exec(update(InboxEvent).values(handled_at=None, attempts=0))
    await shop.quiet()
    assert await shop.ledger() == before
