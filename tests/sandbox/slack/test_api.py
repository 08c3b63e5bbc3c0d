"""The Web API through slack_sdk's own client: what is granted, and what is refused and how."""

from datetime import timedelta
from typing import Any

import pytest
from aiohttp import ClientSession
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

import clock
from sandbox.slack import SlackWorkspace
from sandbox.slack.errors import Refused
from sandbox.slack.methods import METHODS, Arguments
from sandbox.slack.people import AFFILIATES, AMARA, BOT_USER, FINANCE, GENERAL, JONAS, MARIA, SAM
from sandbox.store import Store
from tests.sandbox.slack.conftest import Desk
from tests.sandbox.slack.test_workspace import CARD, modal


async def refusal(call: Any) -> dict[str, Any]:
    """The body of the refusal that this call meets."""
    with pytest.raises(SlackApiError) as caught:
        await call
    body: dict[str, Any] = caught.value.response.data
    return body


async def test_message_life(desk: Desk) -> None:
    """Post, reply, update, delete: each shows in the channel and the history."""
    sent = await desk.client.chat_postMessage(
        channel="#affiliates",
        text="New application",
        blocks=CARD,
        metadata={"event_type": "card", "event_payload": {"id": "1"}},
    )
    assert sent["channel"] == AFFILIATES
    reply = await desk.client.chat_postMessage(
        channel=AFFILIATES, text="Same address", thread_ts=sent["ts"]
    )
    plain = await desk.client.conversations_history(channel=AFFILIATES)
    assert [m["ts"] for m in plain["messages"]] == [sent["ts"]]
    assert "metadata" not in plain["messages"][0]
    assert plain["messages"][0]["reply_count"] == 1
    whole = await desk.client.conversations_history(channel=AFFILIATES, include_all_metadata=True)
    assert whole["messages"][0]["metadata"]["event_payload"] == {"id": "1"}
    thread = await desk.client.conversations_replies(channel=AFFILIATES, ts=sent["ts"])
    assert [m["text"] for m in thread["messages"]] == ["New application", "Same address"]
    await desk.client.chat_update(channel=AFFILIATES, ts=sent["ts"], text="Approved")
    (card,) = desk.ws.messages(AFFILIATES)
    assert card["text"] == "Approved"
    assert "blocks" not in card
    await desk.client.chat_delete(channel=AFFILIATES, ts=reply["ts"])
    assert len(desk.ws.messages(AFFILIATES, everything=True)) == 1


async def test_blocks_are_refused_as_slack_does(desk: Desk) -> None:
    """`invalid_blocks` names each error and its place; nothing is posted."""
    block = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}
    body = await refusal(desk.client.chat_postMessage(channel=AFFILIATES, text="x", blocks=[block]))
    wrong = "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
    assert body["error"] == "invalid_blocks"
    assert body["errors"] == [wrong]
    assert body["response_metadata"]["messages"] == [f"[ERROR] {wrong}"]
    assert desk.ws.messages(AFFILIATES) == []


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": "C0NOWHERE", "text": "x"}, "channel_not_found"),
        ({"channel": GENERAL, "text": "x"}, "not_in_channel"),
        ({"channel": AFFILIATES, "text": ""}, "no_text"),
        ({"channel": AFFILIATES, "text": "x", "thread_ts": "1.000000"}, "thread_not_found"),
        ({"channel": AFFILIATES, "text": "x", "blocks": "{"}, "invalid_blocks_format"),
        (
            {"channel": AFFILIATES, "text": "x", "metadata": {"event_type": 1}},
            "invalid_metadata_format",
        ),
        ({"channel": AFFILIATES, "text": "x", "username": "Boss"}, "missing_scope"),
    ],
)
async def test_posts_that_slack_refuses(desk: Desk, arguments: dict[str, Any], error: str) -> None:
    """Each wrong post is refused with Slack's word for it."""
    body = await refusal(desk.client.api_call("chat.postMessage", json=arguments))
    assert body["error"] == error


async def test_only_own_and_present_messages_change(desk: Desk) -> None:
    """Someone else's message, a missing one and an overlong text are refused."""
    said = await desk.ws.say(MARIA, AFFILIATES, "Hello")
    update = desk.client.chat_update
    body = await refusal(update(channel=AFFILIATES, ts=said["ts"], text="x"))
    assert body["error"] == "cant_update_message"
    body = await refusal(update(channel=AFFILIATES, ts="1.000000", text="x"))
    assert body["error"] == "message_not_found"
    mine = await desk.client.chat_postMessage(channel=AFFILIATES, text="x")
    body = await refusal(update(channel=AFFILIATES, ts=mine["ts"], text="x" * 4001))
    assert body["error"] == "msg_too_long"


async def test_missing_scope_names_what_is_needed(desk: Desk) -> None:
    """A method whose scope the manifest lacks is refused, and says which scope that is."""
    sent = await desk.client.chat_postMessage(channel=AFFILIATES, text="x")
    body = await refusal(
        desk.client.reactions_add(channel=AFFILIATES, timestamp=sent["ts"], name="eyes")
    )
    assert body["error"] == "missing_scope"
    assert body["needed"] == "reactions:write"
    assert "chat:write" in body["provided"].split(",")


async def test_tokens(desk: Desk) -> None:
    """No token, a wrong token, the wrong kind of token and an unknown method."""
    address = f"{desk.ws.public_url}/api/"
    async with ClientSession() as session, session.post(f"{address}auth.test") as response:
        assert (await response.json())["error"] == "not_authed"
    for token, error in (
        ("xoxb-wrong", "invalid_auth"),
        (desk.ws.app_token, "not_allowed_token_type"),
    ):
        body = await refusal(AsyncWebClient(token=token, base_url=address).auth_test())
        assert body["error"] == error
    assert (await refusal(desk.client.api_call("chat.shout")))["error"] == "unknown_method"


async def test_trigger_ids_expire_and_work_once(desk: Desk) -> None:
    """Three seconds, one use, and nothing made up."""
    ws, client = desk.ws, desk.client
    trigger = ws.new_trigger(MARIA)
    opened = await client.views_open(trigger_id=trigger, view=modal())
    assert opened["view"]["root_view_id"] == opened["view"]["id"]
    body = await refusal(client.views_open(trigger_id=trigger, view=modal()))
    assert body["error"] == "exchanged_trigger_id"
    body = await refusal(client.views_open(trigger_id="1.2.3", view=modal()))
    assert body["error"] == "invalid_trigger_id"
    late = ws.new_trigger(MARIA)
    with clock.travel(clock.now() + timedelta(seconds=3.5)):
        body = await refusal(client.views_open(trigger_id=late, view=modal()))
    assert body["error"] == "expired_trigger_id"


async def test_three_modals_and_no_more(desk: Desk) -> None:
    """The fourth modal on a stack is refused."""
    ws, client = desk.ws, desk.client
    first = await client.views_open(trigger_id=ws.new_trigger(MARIA), view=modal())
    for _ in range(2):
        pushed = await client.views_push(trigger_id=ws.new_trigger(MARIA), view=modal())
    assert pushed["view"]["root_view_id"] == first["view"]["id"]
    body = await refusal(client.views_push(trigger_id=ws.new_trigger(MARIA), view=modal()))
    assert body["error"] == "push_limit_reached"
    assert len(ws.stack(MARIA)) == 3


async def test_stale_hash_is_a_conflict(desk: Desk) -> None:
    """An update with the hash of an older version of the view is refused."""
    opened = await desk.client.views_open(trigger_id=desk.ws.new_trigger(MARIA), view=modal())
    view = opened["view"]
    await desk.client.views_update(view_id=view["id"], hash=view["hash"], view=modal())
    body = await refusal(
        desk.client.views_update(view_id=view["id"], hash=view["hash"], view=modal())
    )
    assert body["error"] == "hash_conflict"


async def test_wrong_view_is_refused(desk: Desk) -> None:
    """`invalid_arguments` points into the view; the trigger is not used up by it."""
    trigger = desk.ws.new_trigger(MARIA)
    body = await refusal(desk.client.views_open(trigger_id=trigger, view=modal(submit=None)))
    assert body["error"] == "invalid_arguments"
    assert "submit" in body["response_metadata"]["messages"][0]
    assert (await desk.client.views_open(trigger_id=trigger, view=modal()))["ok"]


async def test_people_and_channels(desk: Desk) -> None:
    """Members, users by id and address, and the pages of a list."""
    client = desk.client
    members = await client.conversations_members(channel=AFFILIATES)
    assert set(members["members"]) == {MARIA, JONAS, AMARA, BOT_USER}
    page = await client.conversations_members(channel=AFFILIATES, limit=3)
    rest = await client.conversations_members(
        channel=AFFILIATES, cursor=page["response_metadata"]["next_cursor"]
    )
    assert set(page["members"] + rest["members"]) == set(members["members"])
    found = await client.users_lookupByEmail(email="maria@sandbox.example")
    assert found["user"]["id"] == MARIA
    assert (await client.users_info(user=SAM))["user"]["real_name"] == "Sam Whitfield"
    assert (await refusal(client.users_info(user="U0NOBODY")))["error"] == "user_not_found"
    assert (await client.conversations_join(channel=GENERAL))["channel"]["is_member"]
    direct = await client.conversations_open(users=MARIA)
    await client.chat_postMessage(channel=direct["channel"]["id"], text="Psst")
    assert desk.ws.messages(MARIA)[0]["text"] == "Psst"


async def test_address_is_hidden_without_its_scope() -> None:
    """`users:read` alone shows no mail address, and channel kinds have scopes of their own."""
    ws = SlackWorkspace(store=Store(), scopes={"users:read", "channels:read"})
    shown = METHODS["users.info"].handler(ws, Arguments(user=MARIA))
    assert "email" not in shown["user"]["profile"]
    with pytest.raises(Refused, match="missing_scope"):
        METHODS["conversations.members"].handler(ws, Arguments(channel=FINANCE))


async def test_ephemeral_is_for_one(desk: Desk) -> None:
    """Only its addressee sees it, it is no part of the history, and outsiders get none."""
    await desk.client.chat_postEphemeral(channel=AFFILIATES, user=MARIA, text="Just you")
    assert [m["text"] for m in desk.ws.ephemerals(AFFILIATES, MARIA)] == ["Just you"]
    assert desk.ws.ephemerals(AFFILIATES, JONAS) == []
    history = await desk.client.conversations_history(channel=AFFILIATES)
    assert history["messages"] == []
    body = await refusal(
        desk.client.chat_postEphemeral(channel=AFFILIATES, user=SAM, text="Just you")
    )
    assert body["error"] == "user_not_in_channel"


async def test_upload_in_three_steps(desk: Desk) -> None:
    """slack_sdk's own upload: the bytes arrive and the file is shared."""
    await desk.client.files_upload_v2(
        filename="report.csv", content="a,b\n1,2\n", title="Report", channel=AFFILIATES,
        initial_comment="Here it is",
    )  # fmt: skip
    (message,) = desk.ws.messages(AFFILIATES)
    assert message["text"] == "Here it is"
    file = message["files"][0]
    assert desk.ws.file_content(file["id"]) == b"a,b\n1,2\n"
    async with ClientSession() as session, session.get(file["url_private"]) as response:
        assert response.headers["Content-Disposition"].startswith("attachment")
        assert await response.read() == b"a,b\n1,2\n"


async def test_response_url_five_times_in_half_an_hour(desk: Desk) -> None:
    """The sixth use and a late one are refused."""
    async with ClientSession() as session:
        address = desk.ws.new_response_url(AFFILIATES, MARIA)
        statuses = []
        for _ in range(6):
            async with session.post(address, json={"text": "Hello"}) as response:
                statuses.append(response.status)
        assert statuses == [200] * 5 + [404]
        late = desk.ws.new_response_url(AFFILIATES, MARIA)
        with clock.travel(clock.now() + timedelta(minutes=31)):
            async with session.post(late, json={"text": "Hello"}) as response:
                assert (await response.json())["error"] == "expired_url"
    assert len(desk.ws.ephemerals(AFFILIATES, MARIA)) == 5


async def test_response_url_changes_its_message(desk: Desk) -> None:
    """An answer to a click replaces the card, adds to it or deletes it, as it asks."""
    sent = await desk.client.chat_postMessage(channel=AFFILIATES, text="Card", blocks=CARD)
    address = desk.ws.new_response_url(AFFILIATES, MARIA, sent["ts"])
    async with ClientSession() as session:
        await session.post(address, json={"text": "For all", "response_type": "in_channel"})
        await session.post(address, json={"text": "Done", "replace_original": True})
        assert [m["text"] for m in desk.ws.messages(AFFILIATES)] == ["Done", "For all"]
        await session.post(address, json={"delete_original": True})
    assert [m["text"] for m in desk.ws.messages(AFFILIATES)] == ["For all"]


async def test_planned_trouble(desk: Desk) -> None:
    """A test can ask for refusals, outages and rate limits, and read what was called."""
    ws, client = desk.ws, desk.client
    ws.fail_next("chat.postMessage", status=429, retry_after=7)
    ws.fail_next("chat.postMessage", error="fatal_error")
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=AFFILIATES, text="x")
    assert caught.value.response.status_code == 429
    assert caught.value.response.headers["Retry-After"] == "7"
    body = await refusal(client.chat_postMessage(channel=AFFILIATES, text="x"))
    assert body["error"] == "fatal_error"
    await client.chat_postMessage(channel=AFFILIATES, text="x")
    assert [call.status for call in ws.faults.calls_of("chat.postMessage")] == [429, 200, 200]
    assert len(ws.messages(AFFILIATES)) == 1


async def test_one_message_a_second_when_switched_on(desk: Desk) -> None:
    """The second message within a second is told to wait; another channel is not."""
    desk.ws.faults.rate_limited = True
    with clock.travel(clock.now()):
        await desk.client.chat_postMessage(channel=AFFILIATES, text="1")
        await desk.client.chat_postMessage(channel=FINANCE, text="1")
        body = await refusal(desk.client.chat_postMessage(channel=AFFILIATES, text="2"))
    assert body["error"] == "ratelimited"
