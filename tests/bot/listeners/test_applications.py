"""Decisions on applications, by people in Slack, over signed HTTP."""

import asyncio
from decimal import Decimal

import pytest
from sqlmodel import col
from structlog.testing import capture_logs

from integrations.stripe import CouponTerms, Limits
from sandbox.slack.people import AFFILIATES, JONAS, MARIA
from storage import audit, codes, work
from storage.outbox import Effect
from tests.bot.conftest import Desk

CODES = "/v1/promotion_codes"


async def test_an_application_is_approved(desk_on_both: Desk) -> None:
    """`Approve` asks for the code, and sending the form lets the applicant into the program."""
    desk = desk_on_both
    application = await desk.apply()
    ts = await desk.post_card(application.id)

    assert (await desk.ws.click(MARIA, AFFILIATES, ts, "Approve")).ok
    view = await desk.modal(MARIA, "Stripe has no such promotion code yet.")
    assert (await desk.ws.submit(MARIA, view["id"])).ok

    told = await desk.whispered(MARIA, "Approved: JaredPicks with JARED30.")
    assert "jared@example.com" in told
    assert desk.ws.top_view(MARIA) is None
    stored = await desk.stored(application.id)
    assert (stored.status, stored.decided_by, stored.chosen_code) == (
        "approved",
        "@maria",
        "JARED30",
    )
    async with desk.db.read() as session:
        lines = await audit.of_subject(session, f"application:{application.id}")
        assert await codes.by_code(session, "JARED30") is not None
    assert (lines[-1].action, lines[-1].actor, lines[-1].origin) == (
        "application.approved",
        "U0MARIA (@maria)",
        "slack",
    )


async def test_an_application_is_rejected_with_a_reason(desk: Desk) -> None:
    """`Reject` asks for a reason, which is what the applicant is told."""
    application = await desk.apply()
    ts = await desk.post_card(application.id)

    assert (await desk.ws.click(MARIA, AFFILIATES, ts, "Reject")).ok
    view = await desk.modal(MARIA, "jared@example.com")
    assert (await desk.ws.submit(MARIA, view["id"], {"Reason": "Too small, sorry."})).ok

    await desk.whispered(MARIA, "Rejected: JaredPicks.")
    stored = await desk.stored(application.id)
    assert (stored.status, stored.decision_reason) == ("rejected", "Too small, sorry.")


async def test_of_two_who_approve_at_once_one_wins(desk_on_both: Desk) -> None:
    """Two reviewers send the form at the same time: one decision, and one is told whose."""
    desk = desk_on_both
    application = await desk.apply()
    ts = await desk.post_card(application.id)
    views = {}
    for user in (MARIA, JONAS):
        await desk.ws.click(user, AFFILIATES, ts, "Approve")
        views[user] = await desk.modal(user, "Stripe has no such promotion code yet.")

    await asyncio.gather(
        desk.ws.submit(MARIA, views[MARIA]["id"]),
        desk.ws.submit(JONAS, views[JONAS]["id"], {"Promo code": "JAREDPICKS"}),
    )

    stored = await desk.stored(application.id)
    winner = stored.decided_by
    loser = {"@maria": JONAS, "@jonas": MARIA}[winner]
    assert desk.ws.text_of(await desk.modal(loser)).endswith(f"Already approved by {winner}.")
    async with desk.db.read() as session:
        lines = await audit.of_subject(session, f"application:{application.id}")
    assert [line.action for line in lines].count("application.approved") == 1


async def open_approval(desk: Desk, user: str = MARIA, part: str = "", **given: str) -> str:
    """Apply, press `Approve` on the card, and return the id of the modal that opens."""
    application = await desk.apply(**given)
    ts = await desk.post_card(application.id)
    assert (await desk.ws.click(user, AFFILIATES, ts, "Approve")).ok
    return str((await desk.modal(user, part))["id"])


class TestApproval:
    """The form that `Approve` opens."""

    async def test_it_says_what_approving_does(self, desk: Desk) -> None:
        """Who gets a mail, what customers get, what the affiliate earns; the code is filled in."""
        view_id = await open_approval(desk)

        view = desk.ws.view(view_id)
        text = desk.ws.text_of(view)
        for said in ("jared@example.com", "30% off", "20% of net revenue", "first 2 paid"):
            assert said in text
        fields = [block["element"] for block in view["blocks"] if block["type"] == "input"]
        assert [field["initial_value"] for field in fields] == ["JARED30"]

    async def test_a_bad_code_is_refused_with_a_better_one(self, desk: Desk) -> None:
        """The complaint stands beside the field, and nothing is decided."""
        view_id = await open_approval(desk)

        outcome = await desk.ws.submit(MARIA, view_id, {"Promo code": "VIP"})

        (complaint,) = outcome.errors.values()
        assert "VIP is too generic" in complaint
        assert "would work" in complaint
        assert desk.ws.top_view(MARIA) is not None

    async def test_the_better_code_is_one_press_away(self, desk: Desk) -> None:
        """`Use …` puts it into the field, Stripe is asked, and the form can be sent."""
        view_id = await open_approval(desk, requested_code="FREE", part="too generic")
        text = desk.ws.text_of(desk.ws.view(view_id))
        better = text.rsplit("Use ", 1)[1].split()[0]

        assert (await desk.ws.click_in(MARIA, view_id, f"Use {better}")).ok
        await desk.modal(MARIA, "Stripe has no such promotion code yet.")
        assert (await desk.ws.submit(MARIA, view_id)).ok

        await desk.whispered(MARIA, f"with {better}.")

    async def test_a_code_that_stripe_has_is_refused(self, desk: Desk) -> None:
        """The modal warns as soon as Stripe has answered, and sending it is refused, too."""
        assert desk.context.stripe is not None
        coupon = await desk.context.stripe.coupons.ensure(
            "old", CouponTerms(percent_off=Decimal(10))
        )
        await desk.context.stripe.promotion_codes.ensure(
            code="JARED30", coupon_id=coupon.id, limits=Limits(), metadata={}, idempotency_key="old"
        )

        view_id = await open_approval(desk, part="JARED30 is a promotion code in Stripe already.")
        outcome = await desk.ws.submit(MARIA, view_id)

        (complaint,) = outcome.errors.values()
        assert complaint.startswith("JARED30 is a promotion code in Stripe already.")
        assert "JARED30" not in complaint.split(".")[1]
        assert desk.ws.top_view(MARIA) is not None

    @pytest.mark.parametrize("delay", [0.0, 10.0])
    async def test_stripe_being_down_stops_nobody(self, desk: Desk, delay: float) -> None:
        """Failing or silent, the approval goes on in time and says what comes later."""
        desk.account.fail_next(CODES, status=503, times=9, delay=delay)
        view_id = await open_approval(desk, part="Stripe does not answer just now")

        outcome = await desk.ws.submit(MARIA, view_id)

        assert outcome.ok
        await desk.whispered(MARIA, "the promotion code is created when it does.")

    async def test_a_form_sent_after_the_decision_says_whose(self, desk: Desk) -> None:
        """Who was slower reads who decided, whatever code they typed."""
        application = await desk.apply()
        ts = await desk.post_card(application.id)
        await desk.ws.click(JONAS, AFFILIATES, ts, "Approve")
        late = await desk.modal(JONAS)
        await desk.ws.click(MARIA, AFFILIATES, ts, "Reject")
        view = await desk.modal(MARIA)
        await desk.ws.submit(MARIA, view["id"], {"Reason": "No."})

        assert (await desk.ws.submit(JONAS, late["id"], {"Promo code": "vip"})).ok

        assert "Already rejected by @maria." in desk.ws.text_of(await desk.modal(JONAS))

    async def test_the_same_form_twice_decides_once(self, desk: Desk) -> None:
        """A form that is delivered again reads that it was approved, and mails nothing more."""
        await desk.ws.submit(MARIA, await open_approval(desk))
        form = next(body for kind, body in desk.ws.delivery.sent if kind == "view_submission")

        answer = await desk.ws.delivery.interaction(form)

        assert "Already approved by @maria." in str(answer.body)
        async with desk.db.transaction() as session:
            effects = await work.claim(session, Effect, 99, col(Effect.kind) == "mail")
        assert [e.payload["template"] for e in effects] == [
            "application_received",
            "application_approved",
        ]

    async def test_effects_carry_the_request(self, desk: Desk) -> None:
        """What an approval causes can be traced to the request that it came with."""
        await desk.ws.submit(MARIA, await open_approval(desk))

        async with desk.db.transaction() as session:
            effects = await work.claim(session, Effect, 99)
        ids = {e.request_id for e in effects if e.payload.get("template") != "application_received"}
        assert len(ids - {""}) == 1

    async def test_an_expired_trigger_is_explained(self, desk: Desk) -> None:
        """When Slack's three seconds have passed, the reviewer is told to press again."""
        application = await desk.apply()
        ts = await desk.post_card(application.id)
        desk.ws.fail_next("views.open", error="expired_trigger_id")

        await desk.ws.click(MARIA, AFFILIATES, ts, "Approve")

        await desk.whispered(MARIA, "press the button once more")
        assert (await desk.stored(application.id)).status == "pending"

    async def test_an_unforeseen_failure_is_answered_and_logged(self, desk: Desk) -> None:
        """The reviewer gets the id under which the log has the error."""
        application = await desk.apply()
        ts = await desk.post_card(application.id)
        desk.ws.fail_next("views.open", error="fatal_error")

        with capture_logs() as lines:
            await desk.ws.click(MARIA, AFFILIATES, ts, "Approve")
            told = await desk.whispered(MARIA, "Something went wrong here")
        request_id = told.rsplit("request ", 1)[1].rstrip(".")
        assert len(request_id) == 36
        assert "fatal_error" in str([line["exc_info"] for line in lines if "exc_info" in line])


class TestOtherDeeds:
    """What else can be done with an application."""

    async def test_a_reason_is_required(self, desk: Desk) -> None:
        """Blanks are no reason."""
        application = await desk.apply()
        ts = await desk.post_card(application.id)
        await desk.ws.click(MARIA, AFFILIATES, ts, "Reject")
        view = await desk.modal(MARIA)

        outcome = await desk.ws.submit(MARIA, view["id"], {"Reason": "   "})

        assert "reason" in str(outcome.errors).lower()
        assert (await desk.stored(application.id)).status == "pending"

    async def test_a_usual_reason_can_be_picked(self, desk: Desk) -> None:
        """Picking fills the field, which is then sent as it is."""
        application = await desk.apply()
        ts = await desk.post_card(application.id)
        await desk.ws.click(MARIA, AFFILIATES, ts, "Reject")
        view = await desk.modal(MARIA)

        await desk.ws.click_in(MARIA, view["id"], "rejection.reason", "2")
        filled = "'initial_value': 'We do not work with coupon"
        await desk.ws.until(lambda: filled in str(desk.ws.top_view(MARIA)) or None)
        assert (await desk.ws.submit(MARIA, view["id"])).ok

        await desk.whispered(MARIA, "Rejected")
        reason = (await desk.stored(application.id)).decision_reason
        assert reason == "We do not work with coupon or deal sites."

    async def test_a_code_can_be_set_before_deciding(self, desk: Desk) -> None:
        """`Set promo code` keeps the code, and `Approve` then begins with it."""
        application = await desk.apply()
        ts = await desk.post_card(application.id)
        await desk.ws.click(MARIA, AFFILIATES, ts, "Set promo code")
        view = await desk.modal(MARIA)

        assert (await desk.ws.submit(MARIA, view["id"], {"Promo code": "PICKS30"})).ok

        await desk.whispered(MARIA, "PICKS30")
        stored = await desk.stored(application.id)
        assert (stored.status, stored.chosen_code) == ("pending", "PICKS30")
        await desk.ws.click(JONAS, AFFILIATES, ts, "Approve")
        assert "PICKS30" in str(await desk.modal(JONAS))

    async def test_a_missing_address_can_be_set(self, desk: Desk) -> None:
        """A wrong one is refused beside the field; with a good one the card offers `Approve`."""
        application = await desk.apply(email="jared at example")
        ts = await desk.post_card(application.id)
        await desk.ws.click(MARIA, AFFILIATES, ts, "Set e-mail")
        view = await desk.modal(MARIA)

        wrong = await desk.ws.submit(MARIA, view["id"], {"E-mail": "jared@"})
        right = await desk.ws.submit(MARIA, view["id"], {"E-mail": "jared@example.com"})

        assert "email" in wrong.errors
        assert right.ok
        await desk.whispered(MARIA, "jared@example.com")
        assert "'Approve'" in str((await desk.card(application.id))[1])

    async def test_a_rejection_can_be_taken_back(self, desk: Desk) -> None:
        """`Reopen` lets it wait again; of two presses the second is told that it is too late."""
        application = await desk.apply()
        ts = await desk.post_card(application.id)
        await desk.ws.click(MARIA, AFFILIATES, ts, "Reject")
        await desk.ws.submit(MARIA, (await desk.modal(MARIA))["id"], {"Reason": "No."})
        text, blocks = await desk.card(application.id)
        await desk.context.slack.chat_update(channel=AFFILIATES, ts=ts, text=text, blocks=blocks)

        await desk.ws.click(JONAS, AFFILIATES, ts, "Reopen")
        await desk.whispered(JONAS, "waits for a decision again")
        await desk.ws.click(MARIA, AFFILIATES, ts, "Reopen")

        await desk.whispered(MARIA, "Only a rejected application can be reopened.")
        assert (await desk.stored(application.id)).status == "pending"
