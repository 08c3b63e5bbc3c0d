"""The story's effects, undisturbed, repeated, and with the answer lost at the worst moment."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import update

from domain import affiliates, applications, effects
from domain.statuses import Status
from integrations import slack
from integrations.stripe import CouponTerms, Limits
from sandbox.faults import HANG_UP
from sandbox.slack.people import AFFILIATES
from sandbox.stand_ins import StandIns
from storage import codes, work
from storage.affiliates import Affiliate
from storage.outbox import Effect
from storage.tiers import Tier
from tests.builders import RITA, apply, approve
from tests.outbox.conftest import Outside

EMAIL = "jared@example.com"
CANONICAL = {
    "status": "approved",
    "promoCode": "JARED30",
    "affiliateTermsVersion": "v1",
    "affiliateId": "aff_JARED30",
    "payoutStatus": "not_requested",
    "payoutThreshold": 25,
    "accruedUnpaidBalance": 0,
}


def in_clerk(stand_ins: StandIns) -> dict[str, Any]:
    """Jared's affiliate metadata."""
    (user,) = stand_ins.clerk.find(EMAIL)
    found: dict[str, Any] = user["private_metadata"]["propmine"]["affiliate"]
    return found


def welcome(stand_ins: StandIns) -> dict[str, Any]:
    """The mail that tells Jared he is in; it may overtake the one that his application came."""
    letters = stand_ins.mail.letters_to(EMAIL)
    (found,) = [each for each in letters if each["subject"].startswith("You are in")]
    return found


def promotion_codes(stand_ins: StandIns) -> list[dict[str, Any]]:
    """Every promotion code at Stripe."""
    return list(stand_ins.stripe.objects.newest_first("promotion_code"))


async def test_an_application_becomes_a_card_a_mail_and_a_pending_user(outside: Outside) -> None:
    """What a form sets off reaches Slack, the mailbox, Clerk and the report."""
    await apply(outside.db)
    await outside.settle()
    (card,) = outside.stand_ins.slack.messages(AFFILIATES)
    assert "Jared Bets" in outside.stand_ins.slack.text_of(card)
    (letter,) = outside.stand_ins.mail.letters_to(EMAIL)
    assert "received" in letter["subject"].lower() or "application" in letter["subject"].lower()
    metadata = in_clerk(outside.stand_ins)
    assert metadata["status"] == "pending"
    assert metadata["applicationSubmittedAt"].endswith("Z")
    reports = outside.services.settings.reports_dir
    assert reports is not None
    report = json.loads((reports / "affiliate_tally_webhook_latest.json").read_text())
    assert (report["ok"], report["email"], report["status"]) == (True, EMAIL, "pending")


async def test_an_approval_reaches_stripe_clerk_and_the_affiliate(outside: Outside) -> None:
    """The code works at Stripe, Clerk holds the canonical schema, the mail says it all."""
    stand_ins = outside.stand_ins
    (user,) = stand_ins.clerk.find(EMAIL)
    other = {"theme": "dark", "propmine": {"billingPlan": "monthly"}}
    stand_ins.clerk.merge_metadata(user["id"], {"private_metadata": other})
    application = await apply(outside.db)
    await approve(outside.db, application.id)
    await outside.settle()

    (code,) = promotion_codes(stand_ins)
    coupon = stand_ins.stripe.objects.get("coupon", code["promotion"]["coupon"])
    assert (code["code"], code["active"]) == ("JARED30", True)
    assert code["restrictions"]["first_time_transaction"] is True
    assert (coupon["percent_off"], coupon["duration"]) == (30, "once")

    metadata = in_clerk(stand_ins)
    approved_at = metadata.pop("affiliateApprovedAt")
    assert approved_at.endswith("Z")
    stripe_ids = {"stripePromotionCodeId": code["id"], "stripeCouponId": coupon["id"]}
    assert metadata == CANONICAL | stripe_ids
    (user,) = stand_ins.clerk.find(EMAIL)
    kept = user["private_metadata"]
    assert (kept["theme"], kept["propmine"]["billingPlan"]) == ("dark", "monthly")

    letter = welcome(stand_ins)
    for promised in (
        "JARED30",
        "30% off",
        "20% of net collected revenue after fees",
        "first two successful billing cycles",
        "$25",
        "I am an affiliate of PropMine",
    ):
        assert promised in letter["text"], promised
        assert promised in letter["html"], promised
    (card,) = stand_ins.slack.messages(AFFILIATES)
    assert "@rita" in stand_ins.slack.text_of(card)


async def test_every_effect_may_be_repeated(outside: Outside) -> None:
    """The whole outbox carried out a second time changes nothing outside."""
    application = await apply(outside.db)
    await approve(outside.db, application.id)
    await outside.settle()
    before = seen_from_outside(outside.stand_ins)
    async with outside.db.transaction() as session:
        await session.exec(update(Effect).values(handled_at=None, attempts=1))
    await outside.settle()
    assert seen_from_outside(outside.stand_ins) == before


def lose_slack(stand_ins: StandIns) -> None:
    """Slack posts the card, and the answer is lost."""
    stand_ins.slack.fail_next("chat.postMessage", status=500, after_work=True)


def lose_coupon(stand_ins: StandIns) -> None:
    """Stripe makes the coupon, and the answer is lost, also to the client's own retry."""
    stand_ins.stripe.fail_next("/v1/coupons", status=HANG_UP, times=3, after_work=True)


def lose_promotion_code(stand_ins: StandIns) -> None:
    """Stripe makes the promotion code, and the answer is lost."""
    stand_ins.stripe.fail_next("/v1/promotion_codes", status=HANG_UP, times=3, after_work=True)


def lose_mail(stand_ins: StandIns) -> None:
    """The mail leaves, and the answer is lost."""
    stand_ins.mail.traffic.fail_next(HANG_UP, after_work=True)


def lose_clerk(stand_ins: StandIns) -> None:
    """Clerk keeps the metadata, and the answer is lost."""
    stand_ins.clerk.traffic.fail_next(HANG_UP, path_part="metadata", after_work=True)


def seen_from_outside(stand_ins: StandIns) -> dict[str, Any]:
    """Everything that an outside service shows of the story."""
    metadata = dict(in_clerk(stand_ins))
    metadata.pop("affiliateApprovedAt", None)
    cards = [stand_ins.slack.text_of(m) for m in stand_ins.slack.messages(AFFILIATES)]
    return {
        "cards": len(cards),
        "codes": [(c["code"], c["active"]) for c in promotion_codes(stand_ins)],
        "coupons": len(list(stand_ins.stripe.objects.newest_first("coupon"))),
        "clerk": {name: value for name, value in metadata.items() if not name.startswith("stripe")},
        "linked": metadata.get("stripePromotionCodeId") == promotion_codes(stand_ins)[0]["id"],
        "letters": sorted(letter["subject"] for letter in stand_ins.mail.letters),
    }


@pytest.mark.parametrize(
    "lose", [lose_slack, lose_coupon, lose_promotion_code, lose_mail, lose_clerk]
)
async def test_a_lost_answer_changes_nothing_in_the_end(
    outside: Outside, lose: Callable[[StandIns], None]
) -> None:
    """Each effect that was done but not heard of is found, not done again."""
    lose(outside.stand_ins)
    application = await apply(outside.db)
    await approve(outside.db, application.id)
    await outside.settle()
    assert seen_from_outside(outside.stand_ins) == {
        "cards": 1,
        "codes": [("JARED30", True)],
        "coupons": 1,
        "clerk": CANONICAL,
        "linked": True,
        "letters": sorted(letter["subject"] for letter in outside.stand_ins.mail.letters),
    }
    assert len(outside.stand_ins.mail.letters) == 2


def cards(outside: Outside) -> list[dict[str, Any]]:
    """The applications' cards in the operators' channel."""
    posted = outside.stand_ins.slack.messages(AFFILIATES)
    return [m for m in posted if m["metadata"]["event_type"] == "application"]


async def lose_a_card(outside: Outside) -> Effect:
    """A card that is posted, whose answer is lost, and that is parked before it is found."""
    lose_slack(outside.stand_ins)
    outside.stand_ins.slack.fail_next("conversations.history", error="missing_scope")
    await apply(outside.db)
    await outside.settle()
    (effect,) = await outside.effects(effects.APPLICATION_CARD)
    assert effect.parked_at is not None
    assert len(cards(outside)) == 1
    return effect


async def test_a_replay_finds_what_was_posted_before_the_effect_was_parked(
    outside: Outside,
) -> None:
    """A fresh count of attempts does not mean that nothing was tried."""
    effect = await lose_a_card(outside)
    async with outside.db.transaction() as session:
        assert await work.replay(session, Effect, effect.id)
    await outside.settle()
    assert len(cards(outside)) == 1


async def test_the_next_update_finds_what_a_parked_effect_posted(outside: Outside) -> None:
    """The card is brought up to date, not posted beside the one that nobody heard of."""
    effect = await lose_a_card(outside)
    await approve(outside.db, UUID(effect.payload["application"]))
    await outside.settle()
    (card,) = cards(outside)
    assert "@rita" in outside.stand_ins.slack.text_of(card)


async def test_a_post_is_found_though_slack_has_another_time(outside: Outside) -> None:
    """A clock of ours that is fast by a minute hides nothing that was posted since."""
    application = await apply(outside.db)
    await outside.settle()
    (card,) = cards(outside)
    assert outside.services.slack is not None
    found = await slack.find_message(
        outside.services.slack,
        AFFILIATES,
        kind="application",
        key=str(application.id),
        since=float(card["ts"]) + 60,
    )
    assert found == (AFFILIATES, card["ts"])


async def test_an_outage_of_everybody_loses_nothing(outside: Outside) -> None:
    """Services that are down or answer 429 get what they missed when they are back."""
    stand_ins = outside.stand_ins
    stand_ins.slack.fail_next("*", status=429, retry_after=1, times=2)
    stand_ins.stripe.fail_next("/v1", status=503, times=4)
    stand_ins.clerk.traffic.fail_next(429, times=2, retry_after=1)
    stand_ins.mail.traffic.fail_next(500, times=2)
    application = await apply(outside.db)
    await approve(outside.db, application.id)
    await outside.settle()
    assert in_clerk(stand_ins)["status"] == "approved"
    assert len(stand_ins.mail.letters) == 2
    assert len(promotion_codes(stand_ins)) == 1
    assert len(stand_ins.slack.messages(AFFILIATES)) == 1


async def test_a_code_that_stripe_has_given_away_is_told(outside: Outside) -> None:
    """Operators read what happened and what to do; the rest of the approval is done."""
    gateway = outside.services.stripe
    assert gateway is not None
    await gateway.coupons.ensure("foreign", CouponTerms(percent_off=Decimal(10)))
    await gateway.promotion_codes.ensure(
        code="JARED30", coupon_id="foreign", limits=Limits(), metadata={}, idempotency_key="foreign"
    )
    application = await apply(outside.db)
    await approve(outside.db, application.id)
    await outside.settle()
    (effect,) = await outside.effects(effects.PROMOTION_CODE)
    assert effect.handled_at is not None
    async with outside.db.read() as session:
        code = await codes.by_code(session, "JARED30")
    assert code is not None
    assert "already in use in Stripe" in code.stripe_problem
    told = " ".join(
        outside.stand_ins.slack.text_of(message)
        for message in outside.stand_ins.slack.messages(AFFILIATES)
    )
    assert code.stripe_problem in told
    assert "press Retry" in told
    assert in_clerk(outside.stand_ins)["status"] == "approved"


async def test_pausing_stops_the_code_and_restoring_lets_it_work_again(outside: Outside) -> None:
    """Stripe, Clerk and the mailbox follow an affiliate's status."""
    application = await apply(outside.db)
    await approve(outside.db, application.id)
    await outside.settle()
    for status, active in ((Status.PAUSED, False), (Status.APPROVED, True)):
        async with outside.db.transaction() as session:
            now = await applications.view(session, application.id)
            affiliate_id = now.application.affiliate_id
            assert affiliate_id is not None
            await affiliates.change_status(session, affiliate_id, status, "under review", RITA)
        await outside.settle()
        assert [code["active"] for code in promotion_codes(outside.stand_ins)] == [active]
        assert in_clerk(outside.stand_ins)["status"] == status
    assert len(outside.stand_ins.mail.letters_to(EMAIL)) == 4


async def test_somebody_without_a_clerk_user_is_no_error(outside: Outside) -> None:
    """Not every affiliate is a user of the product."""
    await apply(outside.db, email="stranger@example.net")
    await outside.settle()
    assert [e for e in await outside.effects() if e.parked_at or e.last_error] == []


async def test_a_mail_names_the_rate_that_sales_are_settled_at(outside: Outside) -> None:
    """A tier's rate goes before the program's, in the promise as in the commission."""
    application = await apply(outside.db)
    approved = await approve(outside.db, application.id)
    async with outside.db.transaction() as session:
        tier = Tier(name="Gold", rate_bp=3250)
        session.add(tier)
        await session.flush()
        affiliate = await session.get_one(Affiliate, approved.id)
        affiliate.tier_id = tier.id
        session.add(affiliate)
    await outside.settle()
    assert "32.5% of net" in welcome(outside.stand_ins)["text"]
