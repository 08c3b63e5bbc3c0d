"""auth.*, users.* and reactions.*: who is who."""

from copy import deepcopy

from sandbox.slack.errors import Refused
from sandbox.slack.methods.registry import Arguments, method
from sandbox.slack.people import BOT_ID, BOT_USER, TEAM
from sandbox.slack.state import Json
from sandbox.slack.workspace import SlackWorkspace


@method("auth.test")
def auth_test(ws: SlackWorkspace, arguments: Arguments) -> Json:  # noqa: ARG001 - takes none
    """Whose token this is."""
    return {
        "url": f"{ws.public_url}/",
        "team": TEAM["name"],
        "team_id": TEAM["id"],
        "user": ws.user(BOT_USER)["name"],
        "user_id": BOT_USER,
        "bot_id": BOT_ID,
        "is_enterprise_install": False,
    }


def _facts(ws: SlackWorkspace, user: Json) -> Json:
    """A user as the token may see them: the address only with its own scope."""
    facts = deepcopy(user)
    if "users:read.email" not in ws.manifest.scopes:
        facts["profile"].pop("email", None)
    return facts


@method("users.info", "users:read")
def info(ws: SlackWorkspace, arguments: Arguments) -> Json:
    """One user by id."""
    wanted = arguments.text("user", otherwise="user_not_found")
    if wanted not in ws.table("users"):
        raise Refused("user_not_found")
    return {"user": _facts(ws, ws.user(wanted))}


@method("users.list", "users:read")
def list_all(ws: SlackWorkspace, arguments: Arguments) -> Json:  # noqa: ARG001 - one page holds all
    """Everybody."""
    users = [_facts(ws, user) for user in ws.table("users").values()]
    return {"members": users, "response_metadata": {"next_cursor": ""}}


@method("users.lookupByEmail", "users:read.email")
def lookup(ws: SlackWorkspace, arguments: Arguments) -> Json:
    """One user by mail address."""
    wanted = arguments.text("email", otherwise="users_not_found").lower()
    for user in ws.people():
        if user["profile"]["email"].lower() == wanted:
            return {"user": _facts(ws, user)}
    raise Refused("users_not_found")


@method("reactions.add", "reactions:write")
def react(ws: SlackWorkspace, arguments: Arguments) -> Json:
    """Put an emoji under a message."""
    channel = ws.channel(arguments.text("channel", otherwise="channel_not_found"))
    message = ws.message(channel["id"], arguments.text("timestamp", otherwise="no_item_specified"))
    name = arguments.text("name", otherwise="invalid_name").strip(":")
    reactions = message.setdefault("reactions", [])
    found = next((entry for entry in reactions if entry["name"] == name), None)
    if found is None:
        found = {"name": name, "users": [], "count": 0}
        reactions.append(found)
    if BOT_USER in found["users"]:
        raise Refused("already_reacted")
    found["users"].append(BOT_USER)
    found["count"] += 1
    ws.changed()
    return {}
