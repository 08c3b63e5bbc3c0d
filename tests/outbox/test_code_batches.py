"""Codes made at once: their progress in Slack, and the file at the end."""

import csv
import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import update

import outbox.code_batches
from domain import code_batches, discount_codes, effects
from integrations.stripe import CouponTerms, Limits
from sandbox.slack.people import AFFILIATES
from sandbox.stand_ins import StandIns
from storage import codes
from storage.codes import DiscountCode
from storage.outbox import Effect
from tests.builders import RITA
from tests.outbox.conftest import Outside

TERMS: dict[str, Any] = {"discount_value": 20, "max_uses": 1}


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look again at once."""
    monkeypatch.setattr(outbox.code_batches, "SOONEST", 0)


async def make(outside: Outside, count: int) -> list[DiscountCode]:
    """Make codes as the form does."""
    async with outside.db.transaction() as session:
        return await discount_codes.create_many(session, TERMS, "NEWS", count, RITA)


def card(stand_ins: StandIns) -> dict[str, Any]:
    """The one card of the codes."""
    posted = [
        message
        for message in stand_ins.slack.messages(AFFILIATES)
        if (message.get("metadata") or {}).get("event_type") == "code_batch"
    ]
    (found,) = posted
    return found


def files(stand_ins: StandIns) -> list[list[list[str]]]:
    """The files below the card, as their rows."""
    thread = stand_ins.slack.replies(AFFILIATES, card(stand_ins)["ts"])
    return [
        list(csv.reader(io.StringIO(stand_ins.slack.file_content(file["id"]).decode())))
        for message in thread
        for file in message.get("files") or ()
    ]


async def test_all_reach_stripe_and_the_file_comes_back(outside: Outside) -> None:
    """One card that ends with all of them, one file with every code in it."""
    made = await make(outside, 5)
    await outside.settle()

    assert "All 5 are at Stripe." in outside.stand_ins.slack.text_of(card(outside.stand_ins))
    ((head, *lines),) = files(outside.stand_ins)
    assert head[:3] == ["code", "status", "discount"]
    assert [line[0] for line in lines] == sorted(each.code for each in made)
    assert all(line[10].startswith("promo_") and not line[11] for line in lines)
    assert {line[2] for line in lines} == {"20%"}


async def test_the_card_shows_how_far_it_is(outside: Outside) -> None:
    """It is brought up to date while codes are on their way, however long Stripe is away."""
    outside.stand_ins.stripe.fail_next("/v1", status=503, times=9)
    await make(outside, 3)
    await outside.settle()

    told = [
        str(call.arguments)
        for method in ("chat.postMessage", "chat.update")
        for call in outside.stand_ins.slack.faults.calls_of(method)
    ]
    assert any("of 3 are at Stripe …" in text for text in told)
    assert "All 3 are at Stripe." in outside.stand_ins.slack.text_of(card(outside.stand_ins))


async def test_what_stripe_refuses_is_named_and_retried(outside: Outside) -> None:
    """The card and the file say which and why; once mended, all are there."""
    made = await make(outside, 3)
    gateway = outside.services.stripe
    assert gateway is not None
    await gateway.coupons.ensure("foreign", CouponTerms(percent_off=Decimal(10)))
    other = await gateway.promotion_codes.ensure(
        code=made[0].code,
        coupon_id="foreign",
        limits=Limits(),
        metadata={},
        idempotency_key="foreign",
    )
    await outside.settle()
    text = outside.stand_ins.slack.text_of(card(outside.stand_ins))
    assert "2 of 3 are at Stripe, 1 are not." in text
    assert made[0].code in text
    ((_, *lines),) = files(outside.stand_ins)
    assert [line[0] for line in lines if line[11]] == [made[0].code]
    assert await outside.effects(effects.NOTICE) == [], "the card tells of all of them at once"

    await gateway.promotion_codes.deactivate(other.id)
    assert made[0].batch is not None
    async with outside.db.transaction() as session:
        assert await code_batches.retry(session, made[0].batch, RITA) == 1
    await outside.settle()
    assert "All 3 are at Stripe." in outside.stand_ins.slack.text_of(card(outside.stand_ins))
    _, (_, *lines) = files(outside.stand_ins)
    assert not any(line[11] for line in lines)


async def test_a_code_refused_after_its_card_was_done_is_told(outside: Outside) -> None:
    """No card would say so any more."""
    made = await make(outside, 2)
    await outside.settle()
    outside.stand_ins.stripe.fail_next("/v1/coupons", status=400, method="POST")
    async with outside.db.transaction() as session:
        await discount_codes.edit(session, made[0].id, {"discount_value": 30}, RITA)
    await outside.settle()
    (told,) = await outside.effects(effects.NOTICE)
    assert made[0].code in str(told.payload)


def lose_card(stand_ins: StandIns) -> None:
    """Slack posts the card, and the answer is lost."""
    stand_ins.slack.fail_next("chat.postMessage", status=500, after_work=True)


def lose_file(stand_ins: StandIns) -> None:
    """Slack shares the file, and the answer is lost."""
    stand_ins.slack.fail_next("files.completeUploadExternal", status=500, after_work=True)


@pytest.mark.parametrize("lose", [lose_card, lose_file])
async def test_a_lost_answer_makes_nothing_twice(
    outside: Outside, lose: Callable[[StandIns], None]
) -> None:
    """One card, one file."""
    lose(outside.stand_ins)
    await make(outside, 2)
    await outside.settle()
    assert "All 2 are at Stripe." in outside.stand_ins.slack.text_of(card(outside.stand_ins))
    assert len(files(outside.stand_ins)) == 1


async def test_both_effects_may_be_repeated(outside: Outside) -> None:
    """A file that was sent is not sent again by the same effect."""
    await make(outside, 2)
    await outside.settle()
    repeated = (effects.CODE_BATCH_FILE,)
    async with outside.db.transaction() as session:
        again = update(Effect).where(Effect.kind.in_(repeated))  # type: ignore[attr-defined]
        await session.exec(again.values(handled_at=None, attempts=1, last_error="killed"))
    await outside.settle()
    assert len(files(outside.stand_ins)) == 1


async def test_codes_made_at_once_do_not_hold_up_others(outside: Outside) -> None:
    """They are spread over time: what is asked for after them is not behind all of them."""
    await make(outside, 30)
    found = await outside.effects(effects.PROMOTION_CODE)
    moments = sorted(one.next_attempt_at for one in found)
    assert moments[-1] - moments[0] == 29 * discount_codes.PACE
    async with outside.db.read() as session:
        batch = (await codes.page(session, limit=1))[0].batch
        assert batch is not None
        assert len(await codes.of_batch(session, batch)) == 30
