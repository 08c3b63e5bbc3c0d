"""Messages of the workspace: posting, changing, threads, and what only one person sees."""

from copy import deepcopy
from typing import Any

from sandbox.slack.blocks import elements_of, flat
from sandbox.slack.errors import Refused
from sandbox.slack.people import APP_ID, BOT_ID, BOT_NAME, BOT_USER, TEAM, People
from sandbox.slack.state import Json
from sandbox.slack.texts import blocks_text


class Messages(People):
    """The messages of each channel, in the shape in which Slack's API shows them."""

    def messages(self, channel: str, *, everything: bool = False) -> list[Json]:
        """A channel's messages, oldest first; thread replies only with `everything`."""
        said: list[Json] = self.table("messages").get(self.channel(channel)["id"], [])
        return [m for m in said if everything or m.get("thread_ts", m["ts"]) == m["ts"]]

    def replies(self, channel: str, ts: str) -> list[Json]:
        """A message and, below it, its thread."""
        return [
            m
            for m in self.messages(channel, everything=True)
            if ts in (m["ts"], m.get("thread_ts"))
        ]

    def ephemerals(self, channel: str, user: str) -> list[Json]:
        """What only this user sees in this channel, oldest first."""
        said: list[Json] = self.table("ephemeral").get(self.channel(channel)["id"], [])
        user_id = self.user(user)["id"]
        return [message for message in said if message["user_visible"] == user_id]

    def message(self, channel: str, ts: str) -> Json:
        """One message, also an ephemeral one. Raises `Refused("message_not_found")`."""
        channel_id = self.channel(channel)["id"]
        for name in ("messages", "ephemeral"):
            for message in self.table(name).get(channel_id, []):
                if message["ts"] == ts:
                    found: Json = message
                    return found
        raise Refused("message_not_found")

    def post(self, channel_id: str, content: Json, *, author: str = BOT_USER) -> Json:
        """Add a message with this content (text, blocks, attachments, metadata, thread_ts)."""
        message = self._new_message(content, author)
        parent = None
        if thread := content.get("thread_ts"):
            within = self.message(channel_id, thread)
            message["thread_ts"] = within.get("thread_ts", within["ts"])
            parent = self.message(channel_id, message["thread_ts"])
        self.table("messages").setdefault(channel_id, []).append(message)
        if parent is not None:
            parent["thread_ts"] = parent["ts"]
            parent["reply_count"] = parent.get("reply_count", 0) + 1
            parent["latest_reply"] = message["ts"]
            parent["reply_users"] = sorted({*parent.get("reply_users", []), author})
        self.changed()
        return message

    def whisper(self, channel_id: str, user_id: str, content: Json) -> Json:
        """Show a message to one user only; it is not part of the channel's history."""
        message = self._new_message(content, BOT_USER)
        message.update(user_visible=user_id, is_ephemeral=True)
        if content.get("thread_ts"):
            message["thread_ts"] = content["thread_ts"]
        self.table("ephemeral").setdefault(channel_id, []).append(message)
        self.changed()
        return message

    def rewrite(self, message: Json, content: Json) -> None:
        """Replace what a message shows, as `chat.update` does: what is not given is dropped."""
        for name in ("blocks", "attachments", "files"):
            if name in content:
                message[name] = deepcopy(content[name])
            elif content.get("text") is not None:
                message.pop(name, None)
        message["text"] = _text(content, message.get("text", ""))
        if content.get("metadata") is not None:
            message["metadata"] = deepcopy(content["metadata"])
        _name_parts(message.get("blocks"), self)
        message["edited"] = {"user": BOT_USER, "ts": self.new_ts()}
        self.changed()

    def remove(self, channel_id: str, ts: str) -> None:
        """Take a message away, for everybody or from the one who saw it."""
        for name in ("messages", "ephemeral"):
            said = self.table(name).get(channel_id, [])
            said[:] = [message for message in said if message["ts"] != ts]
        self.changed()

    def text_of(self, shown: Json) -> str:
        """The visible text of a message or view, a line for each piece, for tests to look into."""
        pieces = blocks_text(shown.get("blocks") or [])
        if not pieces and shown.get("text"):
            pieces = [str(shown["text"])]
        for attachment in shown.get("attachments") or []:
            pieces += blocks_text(attachment.get("blocks") or []) or [
                str(attachment.get("text") or attachment.get("fallback") or "")
            ]
        title = shown.get("title")
        if isinstance(title, dict):
            pieces.insert(0, str(title.get("text")))
        return "\n".join(pieces)

    def _new_message(self, content: Json, author: str) -> Json:
        message: Json = {
            "type": "message",
            "user": author,
            "ts": self.new_ts(),
            "team": TEAM["id"],
            "text": _text(content, ""),
        }
        if author == BOT_USER:
            message.update(
                bot_id=BOT_ID,
                app_id=APP_ID,
                bot_profile={"id": BOT_ID, "name": BOT_NAME, "app_id": APP_ID},
            )
        for name in ("blocks", "attachments", "metadata", "files"):
            if content.get(name):
                message[name] = deepcopy(content[name])
        _name_parts(message.get("blocks"), self)
        return message


def _text(content: Json, before: str) -> str:
    if content.get("text") is not None:
        return str(content["text"])
    if content.get("markdown_text") is not None:
        return str(content["markdown_text"])
    return before


def _name_parts(blocks: Any, ids: People) -> None:
    """Give every block and element the id that Slack makes up where the app gave none."""
    for block in flat(blocks):
        block.setdefault("block_id", ids.new_id("b"))
        for element in elements_of(block):
            if element["type"] not in ("image", "mrkdwn", "plain_text", "task_card", "url"):
                element.setdefault("action_id", ids.new_id("a"))


def name_parts(view: Json, ids: People) -> None:
    """The same for the blocks of a view."""
    _name_parts(view.get("blocks"), ids)
