"""What people do with menus, forms and stacks of modals, and what the app is told of it."""

from typing import Any

import pytest

from sandbox.slack.errors import Refused
from sandbox.slack.people import AFFILIATES, JONAS, MARIA, SAM
from tests.sandbox.slack.conftest import Desk
from tests.sandbox.slack.test_workspace import modal

Json = dict[str, Any]


def plain(text: str) -> Json:
    """A plain_text object."""
    return {"type": "plain_text", "text": text}


def option(text: str) -> Json:
    """An option whose value is its text in small letters."""
    return {"text": plain(text), "value": text.lower()}


def field(label: str, kind: str, *, optional: bool = False, **more: Any) -> Json:
    """An input block whose ids are made of its label."""
    element = {"type": kind, "action_id": f"{label}-action", **more}
    block = {"type": "input", "block_id": label, "label": plain(label), "element": element}
    return {**block, "optional": optional}


FORM = [
    field("Name", "plain_text_input", min_length=2),
    field("Mail", "email_text_input", optional=True),
    field("Share", "number_input", is_decimal_allowed=False, max_value="50", initial_value="20"),
    field("Tier", "static_select", options=[option("Bronze"), option("Gold")]),
    field("Perks", "checkboxes", optional=True, options=[option("Page"), option("Early")]),
    field("From", "datepicker", initial_date="2026-11-21"),
    field("Owner", "users_select", initial_user=JONAS),
    field("Places", "multi_channels_select", optional=True),
]


def last(desk: Desk, kind: str) -> Json:
    """The newest payload of this kind that was sent to the app."""
    return [payload for name, payload in desk.ws.delivery.sent if name == kind][-1]


async def test_state_values_have_slacks_shapes(desk: Desk) -> None:
    """Each kind of input reports what was entered, or what the app had set, in its own way."""

    @desk.bot.view("approval")
    async def take(ack: Any) -> None:
        await ack()

    view = desk.ws.open_view(desk.ws.new_trigger(MARIA), modal(blocks=FORM))
    filled = {
        "Name": "Ada",
        "Tier-action": "gold",
        ("Perks", "Perks-action"): ["Early"],
        "Places": {"Places-action": [AFFILIATES]},
    }
    assert (await desk.ws.submit(MARIA, view["id"], filled)).ok
    values = last(desk, "view_submission")["view"]["state"]["values"]
    flat = {name: next(iter(block.values())) for name, block in values.items()}
    assert flat == {
        "Name": {"type": "plain_text_input", "value": "Ada"},
        "Mail": {"type": "email_text_input", "value": None},
        "Share": {"type": "number_input", "value": "20"},
        "Tier": {"type": "static_select", "selected_option": option("Gold")},
        "Perks": {"type": "checkboxes", "selected_options": [option("Early")]},
        "From": {"type": "datepicker", "selected_date": "2026-11-21"},
        "Owner": {"type": "users_select", "selected_user": JONAS},
        "Places": {"type": "multi_channels_select", "selected_channels": [AFFILIATES]},
    }


@pytest.mark.parametrize(
    ("entered", "complaint"),
    [
        ({"Name": "A"}, {"Name": "This entry must have at least 2 characters."}),
        ({"Mail": "ada"}, {"Mail": "Please enter a valid email address."}),
        ({"Share": "2.5"}, {"Share": "Please enter a whole number."}),
        ({"Share": "51"}, {"Share": "Please enter a number of at most 50."}),
        ({"Share": "much"}, {"Share": "Please enter a number."}),
        ({"Tier": None}, {"Tier": "Please complete this required field."}),
    ],
)
async def test_slacks_own_checks(desk: Desk, entered: Json, complaint: dict[str, str]) -> None:
    """What Slack's client would hold back never reaches the app."""
    view = desk.ws.open_view(desk.ws.new_trigger(MARIA), modal(blocks=FORM))
    filled = {"Name": "Ada", "Tier": "Gold", **entered}
    outcome = await desk.ws.submit(MARIA, view["id"], filled)
    assert outcome.errors == complaint
    assert desk.ws.delivery.sent == []


async def test_misspelt_field_fails(desk: Desk) -> None:
    """A test that fills in a field which is not there learns which ones are."""
    view = desk.ws.open_view(desk.ws.new_trigger(MARIA), modal(blocks=FORM))
    with pytest.raises(LookupError, match="no field 'Nmae'"):
        await desk.ws.submit(MARIA, view["id"], {"Nmae": "Ada"})


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        ({"response_action": "update", "view": modal(callback_id="second")}, ["second"]),
        ({"response_action": "push", "view": modal(callback_id="upper")}, ["approval", "upper"]),
        ({"response_action": "clear"}, []),
        ({}, []),
    ],
)
async def test_answers_to_a_form(desk: Desk, answer: Json, left: list[str]) -> None:
    """Update, push, clear and a plain ack do to the stack what they say."""

    @desk.bot.view("approval")
    async def take(ack: Any) -> None:
        await ack(**answer)

    view = desk.ws.open_view(desk.ws.new_trigger(MARIA), modal())
    assert (await desk.ws.submit(MARIA, view["id"])).ok
    assert [one["callback_id"] for one in desk.ws.stack(MARIA)] == left


async def test_wrong_view_in_an_answer_is_told(desk: Desk) -> None:
    """An answer with a view that Slack refuses leaves the modal open and says why."""

    @desk.bot.view("approval")
    async def take(ack: Any) -> None:
        await ack(response_action="update", view=modal(title=plain("A" * 25)))

    view = desk.ws.open_view(desk.ws.new_trigger(MARIA), modal())
    outcome = await desk.ws.submit(MARIA, view["id"])
    assert outcome.error == "invalid_arguments"
    assert "less than 25" in outcome.detail["errors"][0]
    assert desk.ws.top_view(MARIA)


async def test_closing_is_told_only_if_asked_for(desk: Desk) -> None:
    """`view_closed` comes with `notify_on_close`, and not without."""

    @desk.bot.view_closed("approval")
    async def closed(ack: Any) -> None:
        await ack()

    quiet = desk.ws.open_view(desk.ws.new_trigger(MARIA), modal())
    await desk.ws.close(MARIA, quiet["id"])
    assert desk.ws.delivery.sent == []
    loud = desk.ws.open_view(desk.ws.new_trigger(MARIA), modal(notify_on_close=True))
    assert (await desk.ws.close(MARIA, loud["id"], everything=True)).ok
    assert last(desk, "view_closed")["is_cleared"] is True
    assert desk.ws.top_view(MARIA) is None


async def test_menus_of_a_message(desk: Desk) -> None:
    """Overflow and select menus report what was chosen."""

    @desk.bot.action("more")
    async def more(ack: Any) -> None:
        await ack()

    @desk.bot.action("tier")
    async def tier(ack: Any) -> None:
        await ack()

    menu = {"type": "overflow", "action_id": "more", "options": [option("Show"), option("Hide")]}
    choice = {"type": "static_select", "action_id": "tier", "options": [option("Gold")]}
    blocks = [{"type": "actions", "block_id": "b", "elements": [menu, choice]}]
    sent = await desk.client.chat_postMessage(channel=AFFILIATES, text="x", blocks=blocks)
    assert (await desk.ws.click(MARIA, AFFILIATES, sent["ts"], "Hide")).ok
    assert last(desk, "block_actions")["actions"][0]["selected_option"]["value"] == "hide"
    assert (await desk.ws.click(MARIA, AFFILIATES, sent["ts"], ("b", "tier"), "gold")).ok
    payload = last(desk, "block_actions")
    assert payload["actions"][0]["selected_option"] == option("Gold")
    assert payload["state"]["values"]["b"]["tier"]["selected_option"] == option("Gold")
    with pytest.raises(Refused, match="invalid_option"):
        await desk.ws.click(MARIA, AFFILIATES, sent["ts"], "tier", "platinum")


async def test_external_select_asks_the_app(desk: Desk) -> None:
    """Typing into an external select sends a block_suggestion and takes the app's options."""

    @desk.bot.options("who")
    async def find(ack: Any, payload: Json) -> None:
        await ack(options=[option(f"{payload['value']} Vale")])

    element = {"type": "external_select", "action_id": "who", "min_query_length": 1}
    block = {"type": "input", "block_id": "b", "label": plain("Who"), "element": element}
    view = desk.ws.open_view(desk.ws.new_trigger(MARIA), modal(blocks=[block]))
    found = await desk.ws.suggest(MARIA, "who", "Ada", view_id=view["id"])
    assert found == [option("Ada Vale")]


async def test_button_in_a_modal_carries_what_was_typed(desk: Desk) -> None:
    """A click inside a modal reports the other fields as they stand."""

    @desk.bot.action("check")
    async def check(ack: Any) -> None:
        await ack()

    button = {"type": "button", "action_id": "check", "text": plain("Check")}
    blocks = [field("Code", "plain_text_input"), {"type": "actions", "elements": [button]}]
    view = desk.ws.open_view(desk.ws.new_trigger(MARIA), modal(blocks=blocks))
    assert (await desk.ws.click_in(MARIA, view["id"], "Check", values={"Code": "ADA"})).ok
    payload = last(desk, "block_actions")
    assert payload["container"] == {"type": "view", "view_id": view["id"]}
    assert payload["view"]["state"]["values"]["Code"]["Code-action"]["value"] == "ADA"


async def test_nobody_reaches_anothers_view_or_whisper(desk: Desk) -> None:
    """A modal and an ephemeral message answer to their owner alone."""
    view = desk.ws.open_view(desk.ws.new_trigger(MARIA), modal())
    with pytest.raises(Refused, match="not_found"):
        await desk.ws.submit(JONAS, view["id"])
    button = {"type": "button", "action_id": "a", "text": plain("Go")}
    content = {"text": "x", "blocks": [{"type": "actions", "elements": [button]}]}
    secret = desk.ws.whisper(AFFILIATES, MARIA, content)
    with pytest.raises(Refused, match="message_not_found"):
        await desk.ws.click(SAM, AFFILIATES, secret["ts"], "Go")
