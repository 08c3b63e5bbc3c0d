"""An event that makes its handler fail each time: it waits for a person, and nothing for it."""

import asyncio
import json
from typing import Any, Final

import aiohttp
from sqlmodel import col, select, update
from stripe import WebhookSignature

import clock
from sandbox.slack.people import AFFILIATES, MARIA
from sandbox.stand_ins import WEBHOOK_SECRET
from storage.inbox import InboxEvent
from storage.worker import ATTEMPTS
from tests.faults.conftest import LONG_S, Scene
from tests.faults.verdict import judge
from tests.waiting import until

Json = dict[str, Any]
POISON: Final = {
    "id": "evt_poison",
    "object": "event",
    "created": 1790000000,
    "type": "customer.updated",
    "livemode": False,
    "data": {"object": {"id": "cus_none", "metadata": 7}, "previous_attributes": {}},
}
"""Metadata is an object, always; no handler expects a number."""


async def _send(scene: Scene, event: Json) -> int:
    """Deliver an event as Stripe does; what is answered."""
    body, now = json.dumps(event), int(clock.timestamp())
    signed = WebhookSignature.generate_signature_header(body, WEBHOOK_SECRET, now)
    async with (
        aiohttp.ClientSession(headers={"Stripe-Signature": signed}) as client,
        client.post(f"{scene.server.url}/webhooks/stripe", data=body) as answer,
    ):
        return answer.status


async def _poison(scene: Scene) -> InboxEvent:
    async with scene.db.read() as session:
        query = select(InboxEvent).where(col(InboxEvent.external_id) == POISON["id"])
        return (await session.exec(query)).one()


async def _let_hours_pass(scene: Scene) -> None:
    """What failed is due again."""
    async with scene.db.transaction() as session:
        await session.exec(
            update(InboxEvent)
            .where(col(InboxEvent.last_error).is_not(None))
            .values(next_attempt_at=clock.now())
        )


async def _is_parked(scene: Scene) -> bool:
    await _let_hours_pass(scene)
    await asyncio.sleep(0.2)
    return (await _poison(scene)).parked_at is not None


def _with_button(scene: Scene) -> list[Json]:
    """The answer to `/affiliate health`."""
    slack = scene.stand_ins.slack
    return [one for one in slack.ephemerals(AFFILIATES, MARIA) if "health.replay" in str(one)]


def _said(scene: Scene, part: str) -> list[Json]:
    slack = scene.stand_ins.slack
    return [each for each in slack.messages(AFFILIATES) if part in slack.text_of(each)]


async def test_a_poison_event_is_parked_told_and_tried_again_from_slack(scene: Scene) -> None:
    """It is tried as often as any other and then set aside with its reason, while others go on."""
    slack = scene.stand_ins.slack
    async with scene.town.awake():
        await scene.start()
        assert await _send(scene, POISON) == 200
        await until(lambda: _is_parked(scene), LONG_S)
    parked = await _poison(scene)
    assert parked.attempts == ATTEMPTS
    assert "TypeError" in (parked.last_error or "")

    async def is_told() -> bool:
        return bool(_said(scene, "evt_poison"))

    await until(is_told, LONG_S)
    (told,) = _said(scene, "evt_poison")
    assert "could not be handled and waits for you" in slack.text_of(told)

    await scene.settle()
    assert (await slack.command(MARIA, "/affiliate", "health")).ok

    async def is_shown() -> bool:
        return bool(_with_button(scene))

    await until(is_shown, LONG_S)
    (card,) = _with_button(scene)
    assert "TypeError" in slack.text_of(card)
    assert (await slack.click(MARIA, AFFILIATES, card["ts"], "Replay")).ok
    assert (await _poison(scene)).parked_at is None

    async def is_tried() -> bool:
        return (await _poison(scene)).attempts > 0

    await until(is_tried, LONG_S)
    # What was wrong with it is put right, and it goes through like any other.
    well = {**POISON, "data": {"object": {"id": "cus_none", "metadata": {}}}}
    async with scene.db.transaction() as session:
        await session.exec(
            update(InboxEvent)
            .where(col(InboxEvent.external_id) == POISON["id"])
            .values(payload=json.dumps(well).encode(), next_attempt_at=clock.now())
        )
    await scene.settle()
    await judge(scene.town, scene.weather)
