"""What has to be so after any fault: nothing is lost, nothing is there twice, the books agree."""

from collections import Counter
from typing import Any

from sqlmodel import col, select

from domain.stats import report
from sandbox.slack.people import AFFILIATES
from storage import referrals
from storage.affiliates import Affiliate
from storage.applications import Application
from storage.commissions import Commission
from storage.db import Database
from storage.inbox import InboxEvent
from storage.network_sales import NetworkConversion, NetworkDelivery
from storage.payouts import Payout
from storage.queues import QUEUES
from storage.sales import Sale
from storage.webhook_deliveries import WebhookDelivery
from storage.work import Work
from tests.faults.town import Town
from tests.faults.weather import Weather


async def waiting(db: Database) -> list[str]:
    """What still wants work, in words."""
    found = []
    async with db.read() as session:
        for name, table in QUEUES.items():
            query = select(table).where(col(table.handled_at).is_(None))
            found += [f"{name}: {_words(row)}" for row in (await session.exec(query)).all()]
    return found


def _words(row: Work) -> str:
    parked = "parked " if row.parked_at else ""
    return f"{parked}{row.kind}, {row.attempts} attempts, {row.last_error or 'no error'}"


async def is_quiet(town: Town) -> bool:
    """Whether everything that will happen has happened, or waits for a person."""
    if town.stand_ins.stripe.queue:
        return False
    return all(": parked" in each for each in await waiting(town.db))


async def judge(town: Town, weather: Weather) -> Counter[str]:
    """Compare what is there with what was promised; returns how much of each there was."""
    assert await waiting(town.db) == []
    seen = Counter[str]()
    await _nothing_acknowledged_is_lost(town, seen)
    await _the_books_agree(town, seen)
    await _slack_shows_each_card_once(town, seen)
    await _stripe_has_each_thing_once(town, seen)
    await _mails_and_directory_agree(town, seen)
    await _networks_were_told_once(town, seen)
    await _webhooks_arrived(town, weather, seen)
    return seen


async def _nothing_acknowledged_is_lost(town: Town, seen: Counter[str]) -> None:
    async with town.db.read() as session:
        events = (await session.exec(select(InboxEvent.external_id))).all()
        people = (await session.exec(select(Application))).all()
    taken = {
        event
        for event, attempts in town.stand_ins.stripe.history.items()
        if any(200 <= each["status"] < 300 for each in attempts)
    }
    assert len(events) == len(set(events))
    assert sorted(taken - set(events)) == [], "events that were acknowledged are not there"
    by_email = {each.email: each for each in people}
    assert sorted(by_email.keys() - {town.jared.email}) == sorted(set(town.forms))
    for email, code in town.approved.items():
        assert (by_email[email].status, by_email[email].chosen_code) == ("approved", code)
    seen["events"] += len(taken)
    seen["forms"] += len(town.forms)
    seen["approvals"] += len(town.approved)


async def _the_books_agree(town: Town, seen: Counter[str]) -> None:
    books, jared = town.books, town.jared.id
    books.day = town.world.days.passed
    async with town.db.read() as session:
        lines = (await report(session)).lines
        payouts = (await session.exec(select(Payout))).all()
        counted = await referrals.converted(session)
        sales = (await session.exec(select(Sale.invoice_id))).all()
        made = (await session.exec(select(Commission.sale_id))).all()
    shown = {
        line.affiliate.id: line for line in lines if line.affiliate and line.affiliate.id == jared
    }
    figures = [(one.available, one.pending, one.under_way, one.paid) for one in shown.values()]
    wanted = (books.available(), books.pending(), books.reserved(), books.paid())
    assert figures == ([wanted] if any(wanted) or figures else [])
    assert {str(one.id): (one.amount_cents, one.status) for one in payouts} == {
        each.id: (each.cents, each.status) for each in books.withdrawals
    }
    assert counted.get(jared, 0) == books.converted()
    invoices = {each.invoice["id"] for of_one in books.buyers for each in of_one}
    assert sorted(sales) == sorted(invoices | town.brought.keys())
    assert len(made) == len(set(made))
    seen["sales"] += len(sales)
    seen["payouts"] += len(payouts)


async def _slack_shows_each_card_once(town: Town, seen: Counter[str]) -> None:
    slack = town.stand_ins.slack
    cards = Counter(
        (known["event_type"], known["event_payload"]["id"])
        for known in ((each.get("metadata") or {}) for each in slack.messages(AFFILIATES))
        if known
    )
    assert [card for card, times in cards.items() if times > 1] == []
    async with town.db.read() as session:
        people = (await session.exec(select(Application.id))).all()
        payouts = (await session.exec(select(Payout.id))).all()
    assert {("application", str(one)) for one in people} <= cards.keys()
    assert {("payout", str(one)) for one in payouts} <= cards.keys()
    seen["cards"] += len(cards)


async def _stripe_has_each_thing_once(town: Town, seen: Counter[str]) -> None:
    objects = town.stand_ins.stripe.objects
    transfers = [each["metadata"]["payout_id"] for each in objects.newest_first("transfer")]
    assert sorted(transfers) == sorted(
        each.id for each in town.books.withdrawals if each.way == "transfer"
    )
    async with town.db.read() as session:
        affiliates = (await session.exec(select(Affiliate))).all()
    codes = Counter(each["code"] for each in objects.newest_first("promotion_code"))
    assert codes == Counter(each.promo_code for each in affiliates if each.promo_code)
    coupons = {
        each["promotion"]["coupon"] if "promotion" in each else each["coupon"]["id"]
        for each in objects.newest_first("promotion_code")
    }
    assert coupons == {each["id"] for each in objects.newest_first("coupon")}
    tags = {
        each["email"]: each["metadata"].get("affiliateCodeUsed")
        for each in objects.newest_first("customer")
    }
    for number, of_one in enumerate(town.books.buyers):
        wanted = town.jared.promo_code if of_one[0].credited else None
        assert tags[f"buyer{number}@example.net"] == wanted
    seen["transfers"] += len(transfers)
    seen["codes"] += len(affiliates)


async def _mails_and_directory_agree(town: Town, seen: Counter[str]) -> None:
    mails = Counter(
        (address, each["subject"]) for each in town.stand_ins.mail.letters for address in each["to"]
    )
    product = "PropMine"
    for email in set(town.forms):
        assert mails[email, f"We have your application to the {product} affiliate program"] == 1
    for email, code in town.approved.items():
        assert mails[email, f"You are in: {code} is your {product} code"] == 1
    paid = Counter(each.cents for each in town.books.withdrawals if each.status != "rejected")
    for cents, times in paid.items():
        amount = f"${cents / 100:,.2f}"
        assert mails[town.jared.email, f"Your payout of {amount} is requested"] == times
    (user,) = town.stand_ins.clerk.find(town.jared.email)
    told = user["private_metadata"]["propmine"]["affiliate"]
    assert told["status"] == "approved"
    assert told["payoutStatus"] == town.books.shown()
    seen["mails"] += sum(mails.values())


async def _networks_were_told_once(town: Town, seen: Counter[str]) -> None:
    async with town.db.read() as session:
        sales = {each.id: each.invoice_id for each in (await session.exec(select(Sale))).all()}
        made = (await session.exec(select(NetworkConversion))).all()
        told = (await session.exec(select(NetworkDelivery))).all()
    assert sorted(sales[each.sale_id] for each in made) == sorted(town.brought)
    amounts = {each.reference: town.brought[sales[each.sale_id]]["amount"] for each in made}
    assert {each.reference: each.posted for each in made} == amounts
    assert {each.status for each in told} <= {"sent"}
    # Of what was refunded before a network had heard of it, it hears nothing.
    heard = {name: cents for name, cents in _heard(town).items() if cents}
    assert heard == {name: cents for name, cents in amounts.items() if cents}
    seen["conversions"] += len(made)


def _heard(town: Town) -> dict[str, int]:
    """What the network pays its partners for, by order; each order has to be there once."""
    networks, told = town.stand_ins.networks, dict[str, Any]()
    if town.network == "partnerstack":
        keys = [each["key"] for each in networks.told("transactions")]
        assert len(keys) == len(set(keys))
        for each in networks.told("transactions"):
            name = each["key"].rpartition(".v")[0]
            told[name] = told.get(name, 0) + each["amount"]
    elif town.network == "impact":
        orders = [(each["Oid"], each["Amount"]) for each in networks.told("actions")]
        assert len(orders) == len(dict(orders))
        told = {name: round(float(amount) * 100) for name, amount in orders}
    elif town.network == "awin":
        orders = [(each["orderReference"], each["amount"]) for each in networks.told("orders")]
        assert len(orders) == len(dict(orders))
        told = {name: round(amount * 100) for name, amount in orders}
    else:
        told = {each["t"]: round(float(each["sum"]) * 100) for each in networks.told("postbacks")}
    return told


async def _webhooks_arrived(town: Town, weather: Weather, seen: Counter[str]) -> None:
    async with town.db.read() as session:
        sent = (await session.exec(select(WebhookDelivery))).all()
    assert weather.receiver_ids.keys() == {each.webhook_id for each in sent}
    seen["webhooks"] += len(sent)
    seen["webhooks twice"] += sum(times > 1 for times in weather.receiver_ids.values())
