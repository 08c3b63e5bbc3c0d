"""Events that are not about a sale: codes, connected accounts, purchases of other kinds."""

from sqlmodel import select

from domain import effects, payouts
from domain.codes import set_honoured
from storage import codes
from storage.affiliates import Affiliate
from storage.codes import DiscountCode
from tests.builders import effects_asked_for
from tests.payout_builders import approve_payout, ask, earn
from tests.shop import Shop


async def the_code(shop: Shop) -> DiscountCode:
    """JARED30 as it is stored."""
    async with shop.db.read() as session:
        found = await codes.by_code(session, "JARED30")
    assert found is not None
    return found


async def notices(shop: Shop) -> list[str]:
    """What operators were told."""
    asked = await effects_asked_for(shop.db)
    return [effect.payload["text"] for effect in asked if effect.kind == effects.NOTICE]


async def test_a_code_switched_off_at_stripe_is_shown_as_paused_and_told_once(shop: Shop) -> None:
    """Whoever did it in Stripe's dashboard, operators read of it."""
    gateway = shop.services.stripe
    assert gateway is not None
    await gateway.promotion_codes.deactivate((await the_code(shop)).stripe_promotion_code_id)
    await shop.quiet()
    assert (await the_code(shop)).status == "paused"
    (told,) = await notices(shop)
    assert "JARED30" in told
    (event,) = await shop.events("promotion_code.updated")
    await shop.hear(
        shop.account.objects.get("event", event.external_id), external_id="evt_once_more"
    )
    await shop.quiet()
    assert len(await notices(shop)) == 1


async def test_a_deleted_coupon_stops_its_code(shop: Shop) -> None:
    """The code can not be redeemed any more."""
    coupon = shop.account.objects.get("coupon", (await the_code(shop)).stripe_coupon_id)
    shop.account.objects.remove(coupon)
    shop.account.emit("coupon.deleted", coupon)
    await shop.quiet()
    assert (await the_code(shop)).status == "paused"
    assert len(await notices(shop)) == 1


async def test_what_we_switch_off_ourselves_is_no_news(shop: Shop) -> None:
    """Pausing an affiliate comes back as an event that changes nothing, restoring too."""
    for wanted in (effects_off, effects_on):
        await wanted(shop)
        await shop.carry_out()
        await shop.quiet()
    assert (await the_code(shop)).status == "active"
    assert await notices(shop) == []


async def effects_off(shop: Shop) -> None:
    """Stop the affiliate's codes here."""
    await _honour(shop, honoured=False)


async def effects_on(shop: Shop) -> None:
    """Let the affiliate's codes work again."""
    await _honour(shop, honoured=True)


async def _honour(shop: Shop, *, honoured: bool) -> None:
    owner = (await the_code(shop)).affiliate_user_id
    assert owner is not None

    async with shop.db.transaction() as session:
        await set_honoured(session, owner, honoured=honoured)


async def test_an_old_answer_does_not_undo_what_we_are_about_to_ask(shop: Shop) -> None:
    """Restored here, still off at Stripe: the event waits until Stripe was asked."""
    await effects_off(shop)
    await shop.carry_out()
    await shop.quiet()
    await effects_on(shop)
    (event, *_) = await shop.events("promotion_code.updated")
    await shop.hear(shop.account.objects.get("event", event.external_id), external_id="evt_late")
    await shop.carry_out()
    await shop.quiet()
    assert (await the_code(shop)).status == "active"
    assert await notices(shop) == []


async def test_an_affiliate_whom_stripe_can_not_pay_is_told_of_once(shop: Shop) -> None:
    """When their account loses what transfers need, and when it has it again.

    Stripe tells of every change to an account; others' accounts are none of ours.
    """
    objects = shop.account.objects
    for key in ("acct_jared", "acct_other"):
        objects.add({"id": key, "created": 1, "object": "account", "metadata": {}})
    async with shop.db.transaction() as session:
        affiliate = (await session.exec(select(Affiliate))).one()
        affiliate.payout_method, affiliate.payout_destination = "stripe", "acct_jared"
        session.add(affiliate)
    told = []
    for number, transfers in enumerate(("active", "inactive", "pending", "active", "active")):
        for key in ("acct_jared", "acct_other"):
            objects.get("account", key)["capabilities"] = {"transfers": transfers}
            event = {
                "id": f"evt_{number}_{key}",
                "type": "account.updated",
                "account": key,
                "livemode": False,
                "data": {"object": {"id": key}},
            }
            await shop.hear(event)
        await shop.quiet()
        told.append(len(await notices(shop)))
    assert told == [0, 1, 1, 2, 2]
    gone, back = await notices(shop)
    assert "JARED30 can not be paid" in gone
    assert "JARED30 can be paid again" in back
    ignored = {event.external_id: event.ignored for event in await shop.events("account.updated")}
    assert ignored == {key: key.endswith("other") for key in ignored}


async def test_a_checkout_settles_its_invoice_and_one_without_is_ignored(shop: Shop) -> None:
    """One-time payments have no invoice and no commission."""
    bought = await shop.account.buy(email="zoe@example.net", promotion_code="JARED30")
    for n, invoice in enumerate((bought["id"], None)):
        session = {"id": f"cs_{n}", "customer": bought["customer"], "invoice": invoice}
        await shop.hear(
            {
                "id": f"evt_cs_{n}",
                "type": "checkout.session.completed",
                "data": {"object": session},
            }
        )
    await shop.quiet()
    assert await shop.ledger() == [388]
    assert [e.ignored for e in await shop.events("checkout.session.completed")] == [False, True]


async def test_a_refund_of_something_else_is_ignored(shop: Shop) -> None:
    """A charge that no invoice was paid with."""
    await shop.account.buy(email="zoe@example.net")
    for kind in ("invoice_payment", "invoice"):
        for thing in list(shop.account.objects.newest_first(kind)):
            shop.account.objects.remove(thing)
    (charge,) = shop.account.objects.newest_first("charge")
    event = {"id": "evt_r", "type": "charge.refunded", "data": {"object": dict(charge)}}
    await shop.hear(event)
    await shop.quiet()
    (kept,) = await shop.events("charge.refunded")
    assert kept.ignored
    assert kept.last_error is not None


async def test_a_transfer_taken_back_is_in_the_balance_again(shop: Shop) -> None:
    """Part by part, each once; a transfer of somebody else's is none of ours."""
    objects = shop.account.objects
    for key in ("tr_payout", "tr_other"):
        objects.add(
            {
                "id": key,
                "object": "transfer",
                "created": 1,
                "amount": 2500,
                "amount_reversed": 0,
                "currency": "usd",
                "metadata": {},
                "reversed": False,
            }
        )
    async with shop.db.transaction() as session:
        affiliate = (await session.exec(select(Affiliate))).one()
        affiliate.payout_method, affiliate.payout_destination = "stripe", "acct_jared"
        session.add(affiliate)
    await earn(shop.db, affiliate.id, 2500)
    payout = await approve_payout(shop.db, await ask(shop.db, affiliate))
    async with shop.db.transaction() as session:
        await payouts.transferred(session, payout.id, "tr_payout")
    assert sum(await shop.ledger()) == 0
    for amount, balance in ((1000, 1000), (1500, 2500)):
        await shop.account.reverse_transfer("tr_payout", amount)
        await shop.account.reverse_transfer("tr_other", amount)
        await shop.quiet()
        assert sum(await shop.ledger()) == balance
