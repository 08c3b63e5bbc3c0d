"""Outgoing webhooks, seen and switched in Slack."""

import json
from typing import Any

from sqlmodel import update

import clock
from bot.cards.webhook_endpoints import SHOWN_MAX, endpoints_card
from domain import webhook_deliveries, webhook_endpoints
from domain.webhook_endpoints import OPERATORS_MAX, Wanted
from sandbox.slack.blocks import check_blocks
from sandbox.slack.people import AFFILIATES, MARIA, SAM
from storage.db import Database
from storage.ids import new_id
from storage.webhook_deliveries import WebhookDelivery
from storage.webhook_endpoints import WebhookEndpoint
from tests.bot.conftest import Desk
from tests.builders import RITA

HOSTILE = "<!channel> *Books* \u202e&amp;"
URL = "https://hooks.example/in"


async def make(db: Database, description: str = "Books") -> WebhookEndpoint:
    """An endpoint of the operators'."""
    async with db.transaction() as session:
        wanted = Wanted(URL, ["payout.paid"], description)
        return await webhook_endpoints.add(session, None, wanted, RITA)


async def asked(desk: Desk, part: str) -> str:
    """Type `/affiliate webhooks`; the time stamp of the answer, which holds `part`."""
    await desk.ws.command(MARIA, "/affiliate", "webhooks")
    return await told(desk, part)


async def told(desk: Desk, part: str) -> str:
    """Wait for a message that holds `part`; its time stamp."""
    await desk.whispered(MARIA, part)
    seen = desk.ws.ephemerals(AFFILIATES, MARIA)
    return str([one["ts"] for one in seen if part in desk.ws.text_of(one)][-1])


async def now(db: Database, one: WebhookEndpoint) -> WebhookEndpoint:
    """An endpoint as it is stored."""
    async with db.read() as session:
        return await webhook_endpoints.own(session, None, one.id)


async def test_endpoints_are_seen_tested_switched_and_sent_to_again(desk_on_both: Desk) -> None:
    """What each button does is said; no secret stands anywhere."""
    desk = desk_on_both
    await asked(desk, "News is sent nowhere.")
    one = await make(desk.db)
    ts = await asked(desk, "News is sent to 1 endpoint.")
    said = desk.ws.text_of(desk.ws.ephemerals(AFFILIATES, MARIA)[-1])
    for part in ("Books", URL, "payout.paid"):
        assert part in said
    assert "whsec_" not in str(desk.ws.ephemerals(AFFILIATES, MARIA))
    await desk.ws.click(MARIA, AFFILIATES, ts, "Send a test")
    await desk.whispered(MARIA, "A test is on its way.")
    async with desk.db.transaction() as session:
        gone = {"parked_at": clock.now(), "last_error": "It answered 500."}
        await session.exec(update(WebhookDelivery).values(**gone))
    ts = await asked(desk, "Given up: 1")
    await desk.ws.click(MARIA, AFFILIATES, ts, "Send failed again")
    ts = await told(desk, "1 of the last 7 days is sent again.")
    async with desk.db.read() as session:
        (line,) = await webhook_deliveries.log(session, one)
    assert line.delivery.parked_at is None
    await desk.ws.click(MARIA, AFFILIATES, ts, "Switch off")
    ts = await told(desk, f"{URL} is off now.")
    assert (await now(desk.db, one)).status == "off"
    await desk.ws.click(MARIA, AFFILIATES, ts, "Switch on")
    await told(desk, f"{URL} is on now.")
    assert (await now(desk.db, one)).status == "on"


async def test_an_endpoint_is_added_and_its_secret_is_shown_in_no_message(
    desk_on_both: Desk,
) -> None:
    """A slip is named at its field; the secret stands in the modal and is the one that signs."""
    desk = desk_on_both
    ts = await asked(desk, "News is sent nowhere.")
    assert (await desk.ws.click(MARIA, AFFILIATES, ts, "Add an endpoint")).ok
    view = await desk.modal(MARIA, "It hears of")
    refused = await desk.ws.submit(MARIA, view["id"], {"Address": "hooks.example"})
    assert "Type a whole address" in json.dumps(refused.errors)
    assert "url" in refused.errors
    typed: dict[Any, Any] = {
        "Address": URL,
        "Name": HOSTILE,
        "It hears of": ["sale.settled", "payout.paid"],
    }
    assert (await desk.ws.submit(MARIA, view["id"], typed)).ok
    await desk.whispered(MARIA, f"{URL} is added.")
    async with desk.db.read() as session:
        (one,) = await webhook_endpoints.all_of(session, None)
    assert (one.url, one.events) == (URL, ["sale.settled", "payout.paid"])
    assert one.created_by == "@maria"
    shown = await desk.modal(MARIA, "whsec_")
    key = desk.context.settings.secret_key.get_secret_value()
    assert webhook_endpoints.secret_of(key, one) in json.dumps(shown)
    said = json.dumps(desk.ws.ephemerals(AFFILIATES, MARIA))
    assert "whsec_" not in said
    assert "Hears of: sale.settled, payout.paid" in desk.ws.text_of(
        desk.ws.ephemerals(AFFILIATES, MARIA)[-1]
    )


async def test_no_more_can_be_added_than_there_may_be(desk: Desk) -> None:
    """The form says so while it is open; afterwards nobody is asked for another."""
    ts = await asked(desk, "News is sent nowhere.")
    assert (await desk.ws.click(MARIA, AFFILIATES, ts, "Add an endpoint")).ok
    view = await desk.modal(MARIA, "It hears of")
    for _ in range(OPERATORS_MAX):
        await make(desk.db)
    await desk.ws.submit(MARIA, view["id"], {"Address": URL})
    await desk.modal(MARIA, f"There are {OPERATORS_MAX} endpoints already.")
    await asked(desk, f"News is sent to {OPERATORS_MAX} endpoints.")
    assert "webhook.new" not in json.dumps(desk.ws.ephemerals(AFFILIATES, MARIA)[-1])


async def test_a_stranger_sees_no_endpoint(desk: Desk) -> None:
    """Nor where our news go."""
    await make(desk.db)
    await desk.ws.command(SAM, "/affiliate", "webhooks")
    await desk.whispered(SAM, "")
    assert URL not in str(desk.ws.ephemerals(AFFILIATES, SAM))


def test_the_card_holds_any_text_and_any_number() -> None:
    """What Slack refuses is found here, and others are spoken of."""
    made = [
        WebhookEndpoint(
            url="https://x.example/" + "y" * 1900,
            description=HOSTILE * 8,
            salt="s",
            status="off" if n % 2 else "on",
            off_because=HOSTILE if n % 2 else "",
            failing_since=clock.now(),
            id=new_id(),
        )
        for n in range(SHOWN_MAX + 1)
    ]
    failed = {one.id: 12 for one in made}
    for count in (0, 1, SHOWN_MAX, SHOWN_MAX + 1):
        _, blocks = endpoints_card(made[:count], failed)
        assert check_blocks(blocks) == []
        assert ("and others" in str(blocks)) is (count > SHOWN_MAX)
        assert "\u202e" not in str(blocks)
