"""The JSON that Slack sends to an app when a person does something.

Shapes: https://docs.slack.dev/reference/interaction-payloads
"""

from copy import deepcopy
from typing import Any

from sandbox.slack.people import APP_ID, BOT_USER, TEAM
from sandbox.slack.state import Json
from sandbox.slack.values import STATEFUL, entered, field_name, options_of

TOKEN = "sandbox-verification-token"
_KEPT = ("text", "value", "style", "placeholder", "confirm", "url")


def person(user: Json) -> Json:
    """The `user` of an interaction."""
    return {
        "id": user["id"],
        "username": user["name"],
        "name": user["name"],
        "team_id": TEAM["id"],
    }


def envelope(kind: str, user: Json) -> Json:
    """What every interaction begins with."""
    return {
        "type": kind,
        "team": {"id": TEAM["id"], "domain": TEAM["domain"]},
        "user": person(user),
        "api_app_id": APP_ID,
        "token": TOKEN,
        "enterprise": None,
        "is_enterprise_install": False,
    }


def view_seen(view: Json, values: Json | None = None) -> Json:
    """A view as an interaction carries it, with what has been entered so far."""
    seen = deepcopy(view)
    if values is not None:
        seen["state"] = {"values": values}
    return seen


def message_seen(message: Json) -> Json:
    """A message as an interaction or the history carries it, without the sandbox's own marks."""
    hidden = ("user_visible", "is_ephemeral")
    return {name: deepcopy(value) for name, value in message.items() if name not in hidden}


def action(block: Json, element: Json, raw: Any, stamp: str) -> Json:
    """One entry of `actions`: what was pressed or chosen, and where.

    Raises `Refused("invalid_option")` for a choice that is not offered.
    """
    done: Json = {
        "action_id": element["action_id"],
        "block_id": block["block_id"],
        "type": element["type"],
        "action_ts": stamp,
    }
    done.update({name: deepcopy(element[name]) for name in _KEPT if name in element})
    if element["type"] in STATEFUL:
        done[field_name(element)] = entered(element, raw)
    elif element["type"] == "overflow":
        chosen = [o for o in options_of(element) if raw in (o.get("value"), o["text"]["text"])]
        done["selected_option"] = chosen[0] if chosen else None
    elif element["type"] == "feedback_buttons":
        sides = (element["positive_button"], element["negative_button"])
        done["value"] = next(s["value"] for s in sides if raw in (s["value"], s["text"]["text"]))
    return done


def from_message(channel: Json, message: Json, values: Json) -> Json:
    """The parts of a block_actions payload that say which message it came from."""
    ephemeral = bool(message.get("is_ephemeral"))
    container = {
        "type": "message",
        "message_ts": message["ts"],
        "channel_id": channel["id"],
        "is_ephemeral": ephemeral,
    }
    if "thread_ts" in message:
        container["thread_ts"] = message["thread_ts"]
    name = channel.get("name", "directmessage")
    parts: Json = {
        "container": container,
        "channel": {"id": channel["id"], "name": name},
        "state": {"values": values},
    }
    if not ephemeral:
        parts["message"] = message_seen(message)
    return parts


def event(content: Json, event_id: str, seconds: int) -> Json:
    """An Events API body around one event."""
    return {
        "token": TOKEN,
        "team_id": TEAM["id"],
        "api_app_id": APP_ID,
        "event": content,
        "type": "event_callback",
        "event_id": event_id,
        "event_time": seconds,
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": TEAM["id"],
                "user_id": BOT_USER,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
    }
