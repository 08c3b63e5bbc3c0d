"""conversations.*: channels, their members and what was said in them."""

from typing import TypeVar

from sandbox.slack.errors import Refused
from sandbox.slack.methods.registry import Arguments, method, need
from sandbox.slack.payloads import message_seen
from sandbox.slack.people import BOT_USER
from sandbox.slack.state import Json
from sandbox.slack.workspace import SlackWorkspace

_READ = ("channels:read", "groups:read", "im:read", "mpim:read")
_HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")
MOST = 999
Row = TypeVar("Row")


def _kind(channel: Json) -> str:
    if channel["is_im"]:
        return "im"
    return "groups" if channel["is_private"] else "channels"


def _open_to_bot(ws: SlackWorkspace, arguments: Arguments, right: str) -> Json:
    """The channel asked for, if the bot sees it and the scope for its kind is there."""
    channel = ws.channel(arguments.text("channel", otherwise="channel_not_found"))
    if channel["is_private"] and BOT_USER not in channel["members"]:
        raise Refused("channel_not_found")
    need(ws, f"{_kind(channel)}:{right}")
    return channel


def _facts(channel: Json) -> Json:
    facts = {name: value for name, value in channel.items() if name != "members"}
    if not channel["is_im"]:
        facts["is_member"] = BOT_USER in channel["members"]
        facts["num_members"] = len(channel["members"])
    return facts


def _page(
    rows: list[Json] | list[str], arguments: Arguments
) -> tuple[list[Json] | list[str], Json]:
    """One page of rows, and the cursor to the next one."""
    limit = min(max(arguments.number("limit", 100), 1), MOST)
    try:
        start = int(str(arguments.get("cursor") or "0").removeprefix("next:"))
    except ValueError as error:
        raise Refused("invalid_cursor") from error
    end = start + limit
    cursor = f"next:{end}" if end < len(rows) else ""
    return rows[start:end], {"next_cursor": cursor}


@method("conversations.info", *_READ)
def info(ws: SlackWorkspace, arguments: Arguments) -> Json:
    """One channel."""
    return {"channel": _facts(_open_to_bot(ws, arguments, "read"))}


@method("conversations.list", *_READ)
def list_all(ws: SlackWorkspace, arguments: Arguments) -> Json:
    """The channels of the wanted kinds that the bot sees."""
    wanted = str(arguments.get("types") or "public_channel").replace(" ", "").split(",")
    scopes = {"public_channel": "channels", "private_channel": "groups", "im": "im"}
    kinds = {scopes[name] for name in wanted if name in scopes}
    for kind in kinds:
        need(ws, f"{kind}:read")
    seen = [
        _facts(channel)
        for channel in ws.table("channels").values()
        if _kind(channel) in kinds and (not channel["is_private"] or BOT_USER in channel["members"])
    ]
    rows, more = _page(seen, arguments)
    return {"channels": rows, "response_metadata": more}


@method("conversations.members", *_READ)
def members(ws: SlackWorkspace, arguments: Arguments) -> Json:
    """Who is in a channel."""
    channel = _open_to_bot(ws, arguments, "read")
    rows, more = _page(list(channel["members"]), arguments)
    return {"members": rows, "response_metadata": more}


def _said(channel: Json, rows: list[Json], arguments: Arguments) -> Json:
    """A page of messages inside the asked-for span of time."""
    if BOT_USER not in channel["members"]:
        raise Refused("not_in_channel")
    oldest, latest = str(arguments.get("oldest") or "0"), str(arguments.get("latest") or "")
    inclusive = arguments.flag("inclusive")
    kept = []
    for message in rows:
        ts = float(message["ts"])
        after = ts >= float(oldest) if inclusive else ts > float(oldest)
        before = not latest or (ts <= float(latest) if inclusive else ts < float(latest))
        if after and before:
            kept.append(message_seen(message))
    if not arguments.flag("include_all_metadata"):
        for shown in kept:
            shown.pop("metadata", None)
    page, more = _page(kept, arguments)
    return {
        "messages": page,
        "has_more": bool(more["next_cursor"]),
        "response_metadata": more,
        "pin_count": 0,
    }


@method("conversations.history", *_HISTORY)
def history(ws: SlackWorkspace, arguments: Arguments) -> Json:
    """A channel's messages, newest first, without thread replies."""
    channel = _open_to_bot(ws, arguments, "history")
    return _said(channel, ws.messages(channel["id"])[::-1], arguments)


@method("conversations.replies", *_HISTORY)
def replies(ws: SlackWorkspace, arguments: Arguments) -> Json:
    """A thread, its parent first."""
    channel = _open_to_bot(ws, arguments, "history")
    thread = ws.replies(channel["id"], arguments.text("ts", otherwise="thread_not_found"))
    if not thread:
        raise Refused("thread_not_found")
    return _said(channel, thread, arguments)


@method("conversations.open", "channels:manage", "groups:write", "im:write", "mpim:write")
def open_direct(ws: SlackWorkspace, arguments: Arguments) -> Json:
    """The bot's direct message with one person."""
    users = str(arguments.get("users") or "").split(",")
    if arguments.get("channel"):
        channel = ws.channel(str(arguments["channel"]))
    elif len(users) == 1 and users[0]:
        need(ws, "im:write")
        channel = ws.direct_message(users[0])
    else:
        raise Refused("users_list_not_supplied")
    whole = arguments.flag("return_im")
    return {"channel": _facts(channel) if whole else {"id": channel["id"]}}


@method("conversations.join", "channels:join")
def join(ws: SlackWorkspace, arguments: Arguments) -> Json:
    """Bring the bot into a public channel."""
    channel = ws.channel(arguments.text("channel", otherwise="channel_not_found"))
    if channel["is_private"]:
        raise Refused("method_not_supported_for_channel_type")
    ws.join(channel["id"], BOT_USER)
    return {"channel": _facts(channel)}
