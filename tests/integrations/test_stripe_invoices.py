"""What an invoice came to at Stripe, asked of the stand-in over HTTP."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

import clock
from integrations.errors import TransportError
from integrations.stripe import CouponTerms, Limits, StripeGateway
from integrations.stripe.reports import InvoiceDiscount, InvoiceReport
from sandbox.stripe.account import StripeAccount
from sandbox.stripe.app import stripe_app
from sandbox.stripe.resources.prices import Prices


@dataclass
class Shop:
    """A stand-in's account and the gateway that asks it."""

    account: StripeAccount
    gateway: StripeGateway

    async def report(self, invoice: dict[str, Any]) -> InvoiceReport:
        """What the gateway says of an invoice."""
        return await self.gateway.invoices.fetch(invoice["id"], invoice["customer"])

    def sell(self, plan: str, currency: str, amount: int) -> None:
        """Put a monthly plan with a price in another currency on sale."""
        prices = Prices(self.account)
        price = {
            "product": "prod_sandbox",
            "currency": currency,
            "unit_amount": amount,
            "recurring": {"interval": "month"},
            "lookup_key": plan,
        }
        prices.new(price, **prices.build(price))


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    """A shop whose events nobody hears."""
    account = StripeAccount()
    app = web.Application()
    app.add_subapp("/sandbox/stripe/", stripe_app(account))
    async with TestServer(app) as server:
        gateway = StripeGateway(account.api_key, str(server.make_url("/sandbox/stripe")), retries=0)
        yield Shop(account, gateway)
        await gateway.close()


def subscription_of(invoice: dict[str, Any]) -> str:
    """The subscription that an invoice is for."""
    return str(invoice["parent"]["subscription_details"]["subscription"])


def money(report: InvoiceReport) -> tuple[str, int, int, int, int, int]:
    """Currency, collected, tax, fee, refunded, disputed."""
    return (
        report.currency,
        report.collected,
        report.tax,
        report.fee,
        report.refunded,
        report.disputed,
    )


async def test_a_plain_invoice_takes_two_calls(shop: Shop) -> None:
    """Everything that a sale needs, with its customer, code and plan."""
    await shop.gateway.coupons.ensure("thirty", CouponTerms(percent_off=Decimal(30)))
    await shop.gateway.promotion_codes.ensure(
        code="JARED30", coupon_id="thirty", limits=Limits(), metadata={}, idempotency_key="k"
    )
    bought = await shop.account.buy(
        email="zoe@example.com",
        promotion_code="jared30",
        customer_metadata={"referralCode": "X"},
        tax_bp=1000,
        card="fp_zoe",
    )
    before, began = len(shop.account.requests), clock.now()
    report = await shop.report(bought)
    assert len(shop.account.requests) - before == 2
    # $29.00 less 30 % is $20.30, with 10 % tax $22.33; the fee of that is 65 + 30 cents.
    assert money(report) == ("usd", 2233, 203, 95, 0, 0)
    assert (report.status, report.codes, report.plan) == ("paid", ("JARED30",), "monthly")
    assert (report.customer.email, report.customer.card) == ("zoe@example.com", "fp_zoe")
    assert report.customer.metadata == {"referralCode": "X"}
    assert (report.cycle, report.subscription_cycle, report.earlier) == (1, 1, ())
    assert began <= report.fetched_at <= clock.now()
    assert report.subscription == subscription_of(bought)


async def test_each_discount_says_which_code_took_how_much(shop: Shop) -> None:
    """A code has the coupon's metadata; a renewal after a first-payment offer has none."""
    await shop.gateway.coupons.ensure(
        "thirty",
        CouponTerms(percent_off=Decimal(30)),
        metadata={"code_id": "c1", "affiliate_id": "a1"},
    )
    code = await shop.gateway.promotion_codes.ensure(
        code="JARED30",
        coupon_id="thirty",
        limits=Limits(),
        metadata={"affiliate_id": "a2"},
        idempotency_key="k",
    )
    bought = await shop.account.buy(
        email="zoe@example.com",
        promotion_code="jared30",
        metadata={"affiliate_desk_checkout": "checkout-1"},
    )
    renewed = await shop.account.renew(subscription_of(bought))
    report = await shop.report(bought)
    assert report.discounts == (
        InvoiceDiscount(
            promotion_code=code.id,
            code="JARED30",
            coupon="thirty",
            metadata={"code_id": "c1", "affiliate_id": "a2"},
            amount=870,
            currency="usd",
        ),
    )
    again = await shop.report(renewed)
    assert (again.discounts, report.checkout, again.checkout) == ((), "checkout-1", "checkout-1")


async def test_the_rank_counts_paid_invoices_above_zero(shop: Shop) -> None:
    """A free trial is no cycle; each renewal is one more; another subscription counts apart."""
    trial = await shop.account.buy(email="zoe@example.com", trial_days=7)
    first = await shop.account.renew(subscription_of(trial))
    await shop.account.renew(subscription_of(trial), declined=True)
    second = await shop.account.renew(subscription_of(trial))
    other = await shop.account.buy(email="zoe@example.com", plan="yearly")
    reports = [await shop.report(one) for one in (trial, first, second, other)]
    assert reports[0].collected == 0
    assert [report.cycle for report in reports] == [0, 1, 2, 3]
    assert [report.subscription_cycle for report in reports] == [0, 1, 2, 1]
    assert reports[3].earlier == (first["id"], second["id"])


async def test_more_than_a_page_of_invoices_is_ranked(shop: Shop) -> None:
    """A hundred and three monthly payments."""
    bought = await shop.account.buy(email="zoe@example.com")
    for _ in range(102):
        last = await shop.account.renew(subscription_of(bought))
    assert [(await shop.report(one)).cycle for one in (bought, last)] == [1, 103]


async def test_what_went_back_is_counted_and_what_bounced_is_not(shop: Shop) -> None:
    """Refunds add up, one that failed never happened, a credit note is a refund."""
    bought = await shop.account.buy(email="zoe@example.com")
    await shop.account.refund(bought["id"], 500)
    bounced = await shop.account.refund(bought["id"], 700)
    await shop.account.fail_refund(bounced["id"])
    await shop.account.credit(bought["id"], 300)
    assert money(await shop.report(bought)) == ("usd", 2900, 0, 114, 800, 0)


async def test_more_refunds_than_come_with_the_charge_are_all_counted(shop: Shop) -> None:
    """Twelve of a dollar."""
    bought = await shop.account.buy(email="zoe@example.com")
    for _ in range(12):
        await shop.account.refund(bought["id"], 100)
    assert (await shop.report(bought)).refunded == 1200


@pytest.mark.parametrize(("won", "held"), [(None, 1000), (False, 1000), (True, 0)])
async def test_a_dispute_holds_its_amount_unless_it_is_won(
    shop: Shop, *, won: bool | None, held: int
) -> None:
    """Open or lost it counts, without the dispute's own fee."""
    bought = await shop.account.buy(email="zoe@example.com")
    disputed = await shop.account.dispute(bought["id"], 1000)
    if won is not None:
        await shop.account.decide(disputed["id"], won=won)
    assert money(await shop.report(bought)) == ("usd", 2900, 0, 114, 0, held)


async def test_several_payments_of_one_invoice_add_up(shop: Shop) -> None:
    """Three payments have three fees."""
    bought = await shop.account.buy(email="zoe@example.com", payments=3)
    report = await shop.report(bought)
    assert (report.collected, report.fee) == (2900, 3 * 58)


async def test_other_currencies_are_converted_by_their_own_balance_transactions(
    shop: Shop,
) -> None:
    """Yen without decimals and dinars with three become dollars, tax at the same rate."""
    shop.account.settle_in("jpy", "usd", Fraction(2, 3))
    shop.account.settle_in("kwd", "usd", Fraction(325, 1000))
    shop.sell("tokyo", "jpy", 4400)
    shop.sell("kuwait", "kwd", 9000)
    yen = await shop.account.buy(email="aiko@example.com", plan="tokyo", tax_bp=1000)
    dinars = await shop.account.buy(email="omar@example.com", plan="kuwait")
    await shop.account.refund(dinars["id"], 4500)
    # 4,840 yen at 2/3 are 3,227 cents; the tax of 440 yen is 293 cents; the fee was 170 yen.
    assert money(await shop.report(yen)) == ("usd", 3227, 293, 113, 0, 0)
    # 9.000 dinars at 0.325 are $29.25, half of it 1,463 cents, a half rounded up.
    assert money(await shop.report(dinars)) == ("usd", 2925, 0, 95, 1463, 0)


async def test_a_currency_settled_as_it_is_keeps_its_own_units(shop: Shop) -> None:
    """An account may hold yen: the amounts are yen."""
    shop.sell("tokyo", "jpy", 4400)
    bought = await shop.account.buy(email="aiko@example.com", plan="tokyo")
    assert money(await shop.report(bought))[:2] == ("jpy", 4400)


async def test_a_change_of_plan_is_reported_with_the_new_plan(shop: Shop) -> None:
    """Prorations give credit; the dearest line names the plan."""
    bought = await shop.account.buy(email="zoe@example.com")
    changed = await shop.account.change_plan(subscription_of(bought), "yearly", unused=1500)
    report = await shop.report(changed)
    assert (report.collected, report.plan) == (27900 - 1500, "yearly")
    assert (await shop.report(bought)).plan == "monthly"


async def test_what_was_paid_outside_has_no_fee(shop: Shop) -> None:
    """A bank transfer that somebody noted at Stripe."""
    bought = await shop.account.buy(email="zoe@example.com")
    open_one = await shop.account.renew(subscription_of(bought), declined=True)
    await shop.account.pay_outside(open_one["id"])
    assert money(await shop.report(open_one)) == ("usd", 2900, 0, 0, 0, 0)


async def test_unpaid_voided_and_deleted_invoices_brought_nothing(shop: Shop) -> None:
    """Each with its state, none an error."""
    bought = await shop.account.buy(email="zoe@example.com")
    unpaid = await shop.account.renew(subscription_of(bought), declined=True)
    assert ((await shop.report(unpaid)).status, (await shop.report(unpaid)).collected) == (
        "open",
        0,
    )
    await shop.account.void(unpaid["id"])
    assert (await shop.report(unpaid)).status == "void"
    gone = await shop.gateway.invoices.fetch("in_gone", bought["customer"])
    assert (gone.status, gone.collected) == ("deleted", 0)
    assert (await shop.gateway.invoices.fetch("in_gone")).status == "deleted"


async def test_a_deleted_customer_still_has_their_invoices(shop: Shop) -> None:
    """The address on the invoice stays; the metadata is gone."""
    bought = await shop.account.buy(email="zoe@example.com", customer_metadata={"a": "b"})
    shop.account.objects.remove(shop.account.objects.get("customer", bought["customer"]))
    report = await shop.report(bought)
    assert (report.customer.email, report.customer.metadata) == ("zoe@example.com", {})
    assert (report.customer.id, report.collected) == (bought["customer"], 2900)


async def test_without_the_customer_one_more_call_finds_them(shop: Shop) -> None:
    """A hint saves a call and changes nothing else."""
    bought = await shop.account.buy(email="zoe@example.com")
    before = len(shop.account.requests)
    report = await shop.gateway.invoices.fetch(bought["id"])
    assert len(shop.account.requests) - before == 3
    assert (report.collected, report.cycle) == (2900, 1)


async def test_a_payment_that_is_not_booked_yet_is_asked_for_later(shop: Shop) -> None:
    """Stripe books some payments a moment after they succeed."""
    bought = await shop.account.buy(email="zoe@example.com")
    (charge,) = shop.account.objects.newest_first("charge")
    charge["balance_transaction"] = None
    with pytest.raises(TransportError) as told:
        await shop.report(bought)
    assert (told.value.permanent, told.value.code) == (False, "not_booked")


async def test_payments_settled_in_two_currencies_are_left_to_a_person(shop: Shop) -> None:
    """One sale has one currency."""
    bought = await shop.account.buy(email="zoe@example.com", payments=2)
    line = next(iter(shop.account.objects.newest_first("balance_transaction")))
    line["currency"] = "eur"
    with pytest.raises(TransportError, match="different currencies") as told:
        await shop.report(bought)
    assert told.value.permanent


async def test_one_payment_of_several_invoices_is_shared_by_them(shop: Shop) -> None:
    """Each invoice has its part of what came in, was kept and went back."""
    bought = await shop.account.buy(email="zoe@example.com")
    await shop.account.refund(bought["id"], 1450)
    (payment,) = shop.account.objects.newest_first("invoice_payment")
    payment["amount_paid"] = 1450
    assert money(await shop.report(bought)) == ("usd", 1450, 0, 57, 725, 0)


async def test_a_payment_leads_back_to_its_invoice(shop: Shop) -> None:
    """By its intent, by its charge, and to nothing where it was no invoice's."""
    bought = await shop.account.buy(email="zoe@example.com")
    (charge,) = shop.account.objects.newest_first("charge")
    invoices = shop.gateway.invoices
    assert await invoices.of_payment(intent=charge["payment_intent"]) == (bought["id"],)
    assert await invoices.of_payment(intent="", charge=charge["id"]) == (bought["id"],)
    charge["payment_intent"] = None
    assert await invoices.of_payment(intent="", charge=charge["id"]) == ()


async def test_a_paid_invoice_that_is_not_listed_yet_is_asked_for_later(shop: Shop) -> None:
    """Without its rank nobody knows whether it earns; a list can lag behind."""
    bought = await shop.account.buy(email="zoe@example.com")
    other = await shop.account.buy(email="ada@example.com")
    with pytest.raises(TransportError) as told:
        await shop.gateway.invoices.fetch(bought["id"], other["customer"])
    assert (told.value.permanent, told.value.code) == (False, "not_listed")


@pytest.mark.parametrize(
    "change",
    [
        {"lines": None},
        {"amount_paid": "2030"},
        {"payments": {"data": [None], "has_more": False}},
        {"created": 10**400, "status_transitions": {"paid_at": None}},
        {"customer_email": "zoe\0@example.net", "customer": "cus_1"},
        {"total_taxes": [{"amount": "1.00"}]},
        {"id": None},
    ],
)
async def test_what_is_no_invoice_is_no_sale(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    """An answer that is not as Stripe documents it is asked for again, and the reason is told."""
    bought = await shop.account.buy(email="zoe@example.net")
    http: Any = shop.gateway._http  # noqa: SLF001 - what stands between us and the network
    ask = http.request_async

    async def lying(*given: Any) -> tuple[bytes, int, Any]:
        body, status, headers = await ask(*given)
        found = json.loads(body)
        for one in [found, *found.get("data", [])]:
            if one["object"] == "invoice":
                one.update(change)
        return json.dumps(found).encode(), status, headers

    monkeypatch.setattr(http, "request_async", lying)
    with pytest.raises(TransportError) as refused:
        await shop.report(bought)
    assert not refused.value.permanent
    said = str(refused.value)
    assert "could not be understood" in said or "does not list" in said
