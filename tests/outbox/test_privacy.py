"""Erasure from end to end: what is left in the database, and what the outside shows."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

import clock
from domain import (
    affiliates,
    audit,
    compliance_cases,
    erasure,
    payouts,
    reconcile,
    sessions,
    subscriptions,
)
from domain.audit import Actor
from domain.compliance_cases import Decision
from domain.errors import ConflictError
from outbox.services import Services
from sandbox.slack.people import AFFILIATES
from sandbox.stand_ins import StandIns
from scheduled import retention
from settings import Settings
from storage import inbox, ledger, raw_sums
from storage.affiliates import Affiliate
from storage.db import Database
from storage.erasures import Erasure
from storage.inbox import Arrival, InboxEvent
from storage.ledger import LedgerEntry
from storage.payouts import Payout
from storage.rollups import Rollup
from storage.tables import METADATA
from storage.taxes import TaxForm
from tests import landing_builders, tax_builders
from tests.builders import RITA, affiliate_now, effects_asked_for, facts, join, settle
from tests.compliance_builders import case_of, decide
from tests.outbox.conftest import Outside
from tests.payout_builders import earn

EMAIL, LEGAL, SHOWN = "zeb.quirk@example.com", "Zebulon Quirkenstedt", "Quirky Zéb"
URL = "https://video.example/@quirkyzeb"
SECRETS = (EMAIL, LEGAL, SHOWN, URL)


async def zeb(db: Database) -> Affiliate:
    """Somebody who did everything that leaves a trace."""
    who = await join(
        db, "PROPS30", email=EMAIL, legal_name=LEGAL, display_name=SHOWN, platform_url=URL
    )
    actor = Actor(f"affiliate:{who.id}", "", "dashboard")
    await settle(db, facts(codes=("PROPS30",)))
    await landing_builders.save(db, who, slug="quirky-zeb", name=SHOWN, bio=f"I am {LEGAL}.")
    case = await case_of(db, who)
    await decide(db, case, Decision.WARNED)
    body = json.dumps({"email": EMAIL, "name": SHOWN}).encode()
    async with db.transaction() as session:
        await compliance_cases.answer(session, who.id, case, f"I, {LEGAL}, did not.", actor)
        await subscriptions.unsubscribe(session, who.id, "tips", actor)
        await sessions.ask_for_link(session, EMAIL)
        await sessions.open_for(session, EMAIL, "Firefox", "link")
        await inbox.add(
            session,
            [Arrival(source="tally", external_id="e1", kind="f", payload=body, request_id="")],
        )
        for event in (await session.exec(select(InboxEvent))).all():
            event.handled_at = clock.now()
            session.add(event)
        found = await session.get(Affiliate, who.id)
        assert found is not None
        found.payout_method, found.payout_destination = "paypal", EMAIL
        session.add(found)
    return await affiliate_now(db, who.id)


async def erased(db: Database, who: Affiliate, *, waives: bool = False) -> None:
    """They ask, and an operator erases them."""
    actor = Actor(f"affiliate:{who.id}", "", "dashboard")
    async with db.transaction() as session:
        asked = await erasure.ask(session, who.id, actor, waives=waives)
    await erase(db, asked)


async def erase(db: Database, asked: Erasure) -> None:
    """An operator presses Erase."""
    async with db.read() as session:
        found = await erasure.traces(session, asked.affiliate_user_id)
    async with db.transaction() as session:
        await erasure.erase(session, asked.id, found, RITA)


async def places_of(db: Database, *texts: str) -> set[str]:
    """Where in the database one of these texts stands: `table.column`, whatever its type."""
    found = set()
    async with db.read() as session:
        connection = await session.connection()
        for table in METADATA.tables.values():
            for row in await connection.execute(table.select()):
                for column, value in zip(table.columns, row, strict=True):
                    said = value.decode(errors="replace") if isinstance(value, bytes) else value
                    spelled = json.dumps(said, ensure_ascii=False, default=str)
                    if any(text.casefold() in spelled.casefold() for text in texts):
                        found.add(f"{table.name}.{column.name}")
    return found


async def money_of(db: Database, who: Affiliate) -> dict[str, Any]:
    """Balances, payouts, and every sum by source."""
    async with db.read() as session:
        paid = select(Payout.amount_cents, Payout.status, Payout.reference)
        days = (await session.exec(select(Rollup))).all()
        return {
            "balances": await ledger.balances(session, who.id, clock.now()),
            "entries": len((await session.exec(select(LedgerEntry))).all()),
            "payouts": sorted((await session.exec(paid)).all()),
            "rollups": sorted(str(day.model_dump()) for day in days),
            "wrong": await raw_sums.differences(session),
            "disagreements": list(await reconcile.disagreements(session)),
        }


async def test_nothing_leads_to_somebody_who_was_erased(outside: Outside) -> None:
    """No column of any table, no card, no report file; money, sums and the log stay whole."""
    db, stand_ins = outside.db, outside.stand_ins
    who = await zeb(db)
    await outside.settle()
    before = await places_of(db, *SECRETS)
    assert {"affiliates.email", "outbox.payload", "inbox.payload", "sessions.email"} <= before
    assert any("Quirk" in text for text in shown(stand_ins))
    async with db.transaction() as session:
        entries = (await session.exec(select(LedgerEntry))).all()
        for entry in entries:
            entry.available_at = clock.now()
            session.add(entry)
        total = sum(entry.amount for entry in entries)
    await earn(db, who.id, 5000 - total)
    await paid_out(db, who)
    await outside.settle()
    money = await money_of(db, who)
    assert money["wrong"] == 0

    await erased(db, await affiliate_now(db, who.id))
    await outside.settle()
    assert await places_of(db, *SECRETS) == set()
    assert await money_of(db, who) == money
    now = await affiliate_now(db, who.id)
    assert (now.name, now.status, now.promo_code) == ("Former affiliate", "terminated", "PROPS30")
    async with db.read() as session:
        assert await audit.first_broken_line(session) is None
    assert not any("Quirk" in text or EMAIL in text for text in shown(stand_ins))
    (code,) = stand_ins.stripe.objects.newest_first("promotion_code")
    assert not code["active"]
    reports = outside.services.settings.reports_dir
    assert reports is not None
    assert EMAIL not in "".join(file.read_text() for file in reports.iterdir())
    (last,) = [
        each for each in stand_ins.mail.letters_to(EMAIL) if "erased" in each["subject"].lower()
    ]
    assert "/privacy" in last["text"]


def shown(stand_ins: StandIns) -> list[str]:
    """What the operators' channel shows now."""
    return [stand_ins.slack.text_of(card) for card in stand_ins.slack.messages(AFFILIATES)]


async def paid_out(db: Database, who: Affiliate) -> None:
    """They are paid all of it, by hand."""
    async with db.transaction() as session:
        made = await payouts.request(session, who.id, RITA)
        await payouts.approve(session, made.id, RITA)
        await payouts.mark_paid(session, made.id, "wire 17", RITA)


async def test_clerk_forgets_that_they_were_an_affiliate(outside: Outside) -> None:
    """What others keep of them there stays; a lost answer changes nothing."""
    who = await join(outside.db)
    await outside.settle()
    (user,) = outside.stand_ins.clerk.find(who.email)
    assert user["private_metadata"]["propmine"]["affiliate"]["status"] == "approved"
    await erased(outside.db, await affiliate_now(outside.db, who.id))
    outside.stand_ins.clerk.traffic.fail_next(500, path_part="metadata", after_work=True)
    await outside.settle()
    (user,) = outside.stand_ins.clerk.find(who.email)
    assert "affiliate" not in user["private_metadata"].get("propmine", {})
    assert await places_of(outside.db, who.email) == set()


async def test_money_comes_first(db: Database) -> None:
    """Not while a payout is open; not while money is owed, unless they give it up."""
    who = await join(db)
    actor = Actor(f"affiliate:{who.id}", "", "dashboard")
    await earn(db, who.id, 5000)
    await earn(db, who.id, 700, days=20)
    async with db.transaction() as session:
        with pytest.raises(ConflictError, match=r"\$57\.00 are owed"):
            await erasure.ask(session, who.id, actor)
    async with db.transaction() as session:
        made = await payouts.request(session, who.id, actor)
    async with db.transaction() as session:
        with pytest.raises(ConflictError, match="on its way"):
            await erasure.ask(session, who.id, actor, waives=True)
    async with db.transaction() as session:
        await payouts.reject(session, made.id, "Not now.", RITA)
    await erased(db, who, waives=True)
    async with db.read() as session:
        balances = await ledger.balances(session, who.id, clock.now() + timedelta(days=30))
    assert balances == {"usd": (0, 0)}


async def test_what_came_in_between_stops_an_erasure(db: Database) -> None:
    """The press of the button looks once more; nothing is half done."""
    who = await join(db)
    async with db.transaction() as session:
        asked = await erasure.ask(session, who.id, RITA)
    await earn(db, who.id, 300)
    with pytest.raises(ConflictError, match="cannot be done yet"):
        await erase(db, asked)
    assert (await affiliate_now(db, who.id)).email == "jared@example.com"
    assert "affiliates.email" in await places_of(db, "jared@example.com")


async def test_a_refusal_has_a_reason_and_a_second_decision_is_none(db: Database) -> None:
    """It is mailed; the affiliate may ask again, and take it back."""
    who = await join(db)
    actor = Actor(f"affiliate:{who.id}", "", "dashboard")
    async with db.transaction() as session:
        asked = await erasure.ask(session, who.id, actor)
        with pytest.raises(ConflictError):
            await erasure.ask(session, who.id, actor)
        await erasure.keep(session, asked.id, "A dispute is not settled.", RITA)
    mails = [effect.payload for effect in await effects_asked_for(db) if effect.kind == "mail"]
    assert (mails[-1]["template"], mails[-1]["to"]) == ("erasure_refused", who.email)
    with pytest.raises(ConflictError, match="decided already: kept"):
        await erase(db, asked)
    async with db.transaction() as session:
        again = await erasure.ask(session, who.id, actor)
        await erasure.withdraw(session, who.id, actor)
    with pytest.raises(ConflictError, match="decided already: withdrawn"):
        await erase(db, again)


async def test_a_tax_form_goes_when_the_law_wants_it_no_more(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once where nothing was paid; else after the years, by the nightly job."""
    tax_builders.seal(db)
    who = await join(db)
    await tax_builders.send(db, who.id)
    await earn(db, who.id, 5000)
    await paid_out(db, who)
    await erased(db, await affiliate_now(db, who.id))
    assert await forms(db) == 1
    services = Services(db, Settings(_env_file=None), None, None, None, None)
    for years, left in ((4, 1), (5, 0)):
        later = clock.now().replace(year=clock.now().year + years)
        with monkeypatch.context() as patched:
            patched.setattr(clock, "now", lambda later=later: later)
            await retention.forget(services)
        assert await forms(db) == left
    other = await join(db, "ANNA30", email="anna@example.com")
    await tax_builders.send(db, other.id)
    await erased(db, other)
    assert await forms(db) == 0


async def forms(db: Database) -> int:
    """How many tax forms there are."""
    async with db.read() as session:
        return len((await session.exec(select(TaxForm))).all())


async def test_whoever_was_erased_may_come_back_as_somebody_new(db: Database) -> None:
    """The same address is another affiliate then, with a code of their own."""
    who = await join(db)
    await erased(db, who)
    new = await join(db, "JARED31")
    assert new.id != who.id
    async with db.read() as session:
        assert (await affiliates.look_up(session, "JARED30")).id == who.id
