"""The workspace end to end: a real slack_bolt app, and people who click."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from sandbox.slack import SlackWorkspace
from sandbox.slack.errors import Refused
from sandbox.slack.people import AFFILIATES, JONAS, MARIA
from sandbox.store import Store
from tests.sandbox.slack.conftest import Desk

CARD: list[dict[str, Any]] = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "*Ada Vale* applies"}},
    {
        "type": "actions",
        "block_id": "decide",
        "elements": [
            {
                "type": "button",
                "action_id": "approve",
                "text": {"type": "plain_text", "text": "Approve"},
                "style": "primary",
                "value": "application-1",
            },
            {
                "type": "button",
                "action_id": "reject",
                "text": {"type": "plain_text", "text": "Reject"},
                "value": "application-1",
            },
        ],
    },
]


def modal(**more: Any) -> dict[str, Any]:
    """A modal with one input."""
    return {
        "type": "modal",
        "callback_id": "approval",
        "title": {"type": "plain_text", "text": "Approve"},
        "submit": {"type": "plain_text", "text": "Approve"},
        "close": {"type": "plain_text", "text": "Cancel"},
        "blocks": [
            {
                "type": "input",
                "block_id": "code",
                "label": {"type": "plain_text", "text": "Promo code"},
                "element": {
                    "type": "plain_text_input",
                    "action_id": "code_input",
                    "initial_value": "ADA30",
                },
            }
        ],
        **more,
    }


async def test_click_modal_submit_and_changed_card(desk: Desk) -> None:
    """A click opens a modal, sending it closes it, and the card then says who decided."""

    @desk.bot.action("approve")
    async def approve(ack: Any, body: dict[str, Any], client: Any) -> None:
        await ack()
        view = modal(private_metadata=body["message"]["ts"])
        await client.views_open(trigger_id=body["trigger_id"], view=view)

    @desk.bot.view("approval")
    async def approved(ack: Any, body: dict[str, Any], view: dict[str, Any], client: Any) -> None:
        await ack()
        code = view["state"]["values"]["code"]["code_input"]["value"]
        await client.chat_update(
            channel=AFFILIATES,
            ts=view["private_metadata"],
            text=f"Approved by <@{body['user']['id']}> with {code}",
        )

    sent = await desk.client.chat_postMessage(channel=AFFILIATES, text="New", blocks=CARD)
    outcome = await desk.ws.click(MARIA, AFFILIATES, sent["ts"], "Approve")
    assert outcome.ok
    view = await desk.ws.until(lambda: desk.ws.top_view(MARIA))
    assert desk.ws.top_view(JONAS) is None
    assert (await desk.ws.submit(MARIA, view["id"], {"Promo code": "VALE30"})).ok
    assert desk.ws.top_view(MARIA) is None
    card = desk.ws.message(AFFILIATES, sent["ts"])
    await desk.ws.until(lambda: card["text"] == f"Approved by <@{MARIA}> with VALE30")
    assert "edited" in card


async def test_errors_under_an_input_keep_the_modal_open(desk: Desk) -> None:
    """`response_action: errors` reaches the person, and the modal stays."""

    @desk.bot.command("/affiliate")
    async def open_modal(ack: Any, body: dict[str, Any], client: Any) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=modal())

    @desk.bot.view("approval")
    async def refuse(ack: Any) -> None:
        await ack(response_action="errors", errors={"code": "FREE is too generic."})

    await desk.ws.command(MARIA, "/affiliate", "approve")
    view = await desk.ws.until(lambda: desk.ws.top_view(MARIA))
    outcome = await desk.ws.submit(MARIA, view["id"], {"code": "FREE"})
    assert outcome.errors == {"code": "FREE is too generic."}
    assert desk.ws.top_view(MARIA) == view


async def test_required_field_is_held_back(desk: Desk) -> None:
    """An empty required input is refused before the app hears of it, as Slack's client does."""

    @desk.bot.command("/affiliate")
    async def open_modal(ack: Any, body: dict[str, Any], client: Any) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=modal())

    await desk.ws.command(MARIA, "/affiliate")
    view = await desk.ws.until(lambda: desk.ws.top_view(MARIA))
    outcome = await desk.ws.submit(MARIA, view["id"], {"code": ""})
    assert outcome.errors == {"code": "Please complete this required field."}
    assert "view_submission" not in [kind for kind, _ in desk.ws.delivery.sent]


async def test_command_answers_only_its_author(desk: Desk) -> None:
    """What a command answers by `ack` and `respond` is seen by the one who typed it."""

    @desk.bot.command("/affiliate")
    async def queue(ack: Any, respond: Any, command: dict[str, Any]) -> None:
        await ack(f"Looking for {command['text']} …")
        await respond("Nobody waits.")

    await desk.ws.command(MARIA, "/affiliate", "queue")
    await desk.ws.until(lambda: len(desk.ws.ephemerals(AFFILIATES, MARIA)) == 2)
    said = {desk.ws.text_of(message) for message in desk.ws.ephemerals(AFFILIATES, MARIA)}
    assert said == {"Looking for queue …", "Nobody waits."}
    assert desk.ws.ephemerals(AFFILIATES, JONAS) == []
    assert desk.ws.messages(AFFILIATES) == []


async def test_slow_app_times_out(desk: Desk) -> None:
    """An app that does not acknowledge in time is shown as `operation_timeout`."""
    desk.ws.delivery.ack_seconds = 0.2

    @desk.bot.command("/affiliate")
    async def slow(ack: Any) -> None:
        await asyncio.sleep(0.6)
        await ack()

    outcome = await desk.ws.command(MARIA, "/affiliate", "queue")
    assert outcome.error == "operation_timeout"
    (shown,) = desk.ws.ephemerals(AFFILIATES, MARIA)
    assert 'failed with the error "operation_timeout"' in shown["text"]


async def test_home_is_published_on_opening(desk: Desk) -> None:
    """Opening the App Home sends a signed event, on which the app publishes it."""

    @desk.bot.event("app_home_opened")
    async def publish(event: dict[str, Any], client: Any) -> None:
        await client.views_publish(
            user_id=event["user"],
            view={"type": "home", "blocks": [{"type": "header", "text": _plain("Your queue")}]},
        )

    await desk.ws.open_home(MARIA)
    home = await desk.ws.until(lambda: desk.ws.home(MARIA))
    assert desk.ws.text_of(home) == "Your queue"
    assert desk.ws.home(JONAS) is None


async def test_events_are_repeated_until_taken(desk: Desk) -> None:
    """An event that fails comes again with `X-Slack-Retry-Num` and the same event id."""
    seen: list[tuple[str, list[str]]] = []

    @desk.bot.event("app_home_opened")
    async def fail_once(body: dict[str, Any], request: Any, ack: Any) -> None:
        seen.append((body["event_id"], request.headers.get("x-slack-retry-num", [])))

    desk.ws.delivery.signing_secret = "wrong"
    await desk.ws.open_home(MARIA)
    desk.ws.delivery.signing_secret = desk.ws.signing_secret
    await desk.ws.delivery.settle()
    await desk.ws.until(lambda: seen)
    assert len(seen) == 1
    assert seen[0][1] == ["1"]


async def test_two_people_get_triggers_of_their_own(desk: Desk) -> None:
    """Two clicks at once open a modal for each person, not for the other."""

    @desk.bot.action("approve")
    async def approve(ack: Any, body: dict[str, Any], client: Any) -> None:
        await ack()
        view = modal(private_metadata=body["user"]["id"])
        await client.views_open(trigger_id=body["trigger_id"], view=view)

    sent = await desk.client.chat_postMessage(channel=AFFILIATES, text="New", blocks=CARD)
    for person in (MARIA, JONAS):
        await desk.ws.click(person, AFFILIATES, sent["ts"], "approve")
    for person in (MARIA, JONAS):
        await desk.ws.until(lambda person=person: desk.ws.top_view(person))  # type: ignore[misc]
        assert desk.ws.top_view(person)["private_metadata"] == person  # type: ignore[index]


async def test_unknown_button_says_what_is_there(desk: Desk) -> None:
    """A test that presses what is not there fails and names what is."""
    sent = await desk.client.chat_postMessage(channel=AFFILIATES, text="New", blocks=CARD)
    with pytest.raises(LookupError, match=r"'Ban'.*'Approve', 'Reject'"):
        await desk.ws.click(MARIA, AFFILIATES, sent["ts"], "Ban")


async def test_unknown_command_is_refused(desk: Desk) -> None:
    """A command that the manifest does not name reaches nobody."""
    with pytest.raises(Refused, match="invalid_command"):
        await desk.ws.command(MARIA, "/other")
    assert desk.ws.delivery.sent == []


async def test_restart_forgets_nothing(tmp_path: Path) -> None:
    """Messages, views and tickets survive a restart of the sandbox."""
    path = tmp_path / "slack.json"
    first = SlackWorkspace(store=Store(path))
    message = first.post(AFFILIATES, {"text": "Hello", "blocks": CARD})
    first.open_view(first.new_trigger(MARIA), modal())
    second = SlackWorkspace(store=Store(path))
    assert second.messages(AFFILIATES) == [message]
    assert second.top_view(MARIA) == first.top_view(MARIA)
    assert second.new_id("V") not in first.table("views")


def _plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}
