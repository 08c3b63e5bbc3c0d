"""chat.*: posting, changing and deleting messages."""

from typing import Any

from sandbox.slack.blocks import check_blocks
from sandbox.slack.errors import Refused, invalid
from sandbox.slack.methods.registry import Arguments, method, need
from sandbox.slack.payloads import message_seen
from sandbox.slack.people import BOT_USER, TEAM
from sandbox.slack.state import Json
from sandbox.slack.workspace import SlackWorkspace

TRUNCATED_AT = 40_000
UPDATE_TEXT = 4_000
MARKDOWN_TEXT = 12_000


def content_of(ws: SlackWorkspace, arguments: Arguments) -> Json:
    """What a message shows, checked. Raises `Refused` in Slack's words."""
    content: Json = {}
    for name in ("blocks", "attachments", "metadata"):
        value = arguments.json(name, otherwise=f"invalid_{name}_format")
        if value is not None:
            content[name] = value
    for name in ("text", "markdown_text"):
        if arguments.get(name) is not None:
            content[name] = str(arguments[name])
    _check(content)
    if arguments.get("thread_ts"):
        content["thread_ts"] = str(arguments["thread_ts"])
    if any(arguments.get(name) for name in ("username", "icon_url", "icon_emoji")):
        need(ws, "chat:write.customize")
    return content


def _check(content: Json) -> None:
    blocks, attachments = content.get("blocks"), content.get("attachments")
    if blocks is not None:
        if not isinstance(blocks, list):
            raise Refused("invalid_blocks_format")
        if problems := check_blocks(blocks):
            raise invalid("invalid_blocks", problems)
    if attachments is not None:
        _check_attachments(attachments)
    if "markdown_text" in content:
        if "text" in content or blocks:
            raise Refused("markdown_text_conflict")
        if len(content["markdown_text"]) > MARKDOWN_TEXT:
            raise Refused("msg_too_long")
    metadata = content.get("metadata")
    if metadata is not None and not (
        isinstance(metadata, dict)
        and isinstance(metadata.get("event_type"), str)
        and isinstance(metadata.get("event_payload"), dict)
    ):
        raise Refused("invalid_metadata_format")
    if not any(content.get(name) for name in ("text", "blocks", "attachments", "markdown_text")):
        raise Refused("no_text")


def _check_attachments(attachments: Any) -> None:
    if not isinstance(attachments, list):
        raise Refused("invalid_attachments")
    for attachment in attachments:
        blocks = attachment.get("blocks") if isinstance(attachment, dict) else None
        if blocks is not None and (problems := check_blocks(blocks)):
            raise invalid("invalid_attachments", problems)


@method("chat.postMessage", "chat:write")
def post_message(ws: SlackWorkspace, arguments: Arguments) -> Json:
    """Post to a channel the bot is in, or to a person."""
    channel = ws.channel(arguments.text("channel", otherwise="channel_not_found"))
    content = content_of(ws, arguments)
    if BOT_USER not in channel["members"]:
        if channel["is_private"]:
            raise Refused("channel_not_found")
        if "chat:write.public" not in ws.manifest.scopes:
            raise Refused("not_in_channel")
    if "text" in content:
        content["text"] = content["text"][:TRUNCATED_AT]
    if content.get("thread_ts"):
        _thread(ws, channel, content["thread_ts"])
    message = ws.post(channel["id"], content)
    return {"channel": channel["id"], "ts": message["ts"], "message": message_seen(message)}


def _thread(ws: SlackWorkspace, channel: Json, ts: str) -> None:
    try:
        ws.message(channel["id"], ts)
    except Refused as refusal:
        raise Refused("thread_not_found") from refusal


@method("chat.update", "chat:write")
def update(ws: SlackWorkspace, arguments: Arguments) -> Json:
    """Change one of the bot's own messages."""
    channel = ws.channel(arguments.text("channel", otherwise="channel_not_found"))
    message = _own(ws, channel, arguments, "cant_update_message")
    content = content_of(ws, arguments)
    if len(content.get("text", "")) > UPDATE_TEXT:
        raise Refused("msg_too_long")
    ws.rewrite(message, content)
    return {
        "channel": channel["id"],
        "ts": message["ts"],
        "text": message["text"],
        "message": message_seen(message),
    }


@method("chat.delete", "chat:write")
def delete(ws: SlackWorkspace, arguments: Arguments) -> Json:
    """Delete one of the bot's own messages."""
    channel = ws.channel(arguments.text("channel", otherwise="channel_not_found"))
    message = _own(ws, channel, arguments, "cant_delete_message")
    ws.remove(channel["id"], message["ts"])
    return {"channel": channel["id"], "ts": message["ts"]}


def _own(ws: SlackWorkspace, channel: Json, arguments: Arguments, otherwise: str) -> Json:
    message = ws.message(channel["id"], arguments.text("ts", otherwise="message_not_found"))
    if message.get("is_ephemeral"):
        raise Refused("message_not_found")
    if message["user"] != BOT_USER:
        raise Refused(otherwise)
    return message


@method("chat.postEphemeral", "chat:write")
def post_ephemeral(ws: SlackWorkspace, arguments: Arguments) -> Json:
    """Show a message to one member of a channel only."""
    channel = ws.channel(arguments.text("channel", otherwise="channel_not_found"))
    user = ws.user(arguments.text("user", otherwise="user_not_found"))
    content = content_of(ws, arguments)
    if BOT_USER not in channel["members"]:
        raise Refused("channel_not_found" if channel["is_private"] else "not_in_channel")
    if user["id"] not in channel["members"]:
        raise Refused("user_not_in_channel")
    return {"message_ts": ws.whisper(channel["id"], user["id"], content)["ts"]}


@method("chat.getPermalink")
def permalink(ws: SlackWorkspace, arguments: Arguments) -> Json:
    """The address of a message."""
    channel = ws.channel(arguments.text("channel", otherwise="channel_not_found"))
    message = ws.message(channel["id"], arguments.text("message_ts", otherwise="message_not_found"))
    link = f"{ws.public_url}/?team={TEAM['id']}&channel={channel['id']}&ts={message['ts']}"
    return {"channel": channel["id"], "permalink": link}
