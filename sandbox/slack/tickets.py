"""Short-lived rights that an interaction hands to the app: trigger ids and response addresses."""

import clock
from sandbox.slack.blocks import check_blocks
from sandbox.slack.errors import Refused, invalid
from sandbox.slack.messages import Messages
from sandbox.slack.people import TEAM
from sandbox.slack.state import Json
from sandbox.store import Store

TRIGGER_SECONDS = 3
RESPONSE_SECONDS = 30 * 60
RESPONSE_USES = 5


class Tickets(Messages):
    """Trigger ids (3 s, one use) and response urls (30 min, 5 uses)."""

    def __init__(self, store: Store, public_url: str) -> None:
        super().__init__(store)
        self.public_url = public_url.rstrip("/")

    def new_trigger(self, user_id: str, view_id: str | None = None) -> str:
        """A trigger id for this user; `view_id` is the modal that it came from, if any."""
        trigger = f"{self.new_id('')}.{TEAM['id']}.{self.new_secret()}"
        self.table("triggers")[trigger] = {
            "user": user_id,
            "view": view_id,
            "until": clock.timestamp() + TRIGGER_SECONDS,
            "used": False,
        }
        return trigger

    def spend_trigger(self, trigger: str) -> Json:
        """Use a trigger id up. Raises `Refused` with the word Slack has for it."""
        ticket: Json | None = self.table("triggers").get(trigger)
        if ticket is None:
            raise Refused("invalid_trigger_id")
        if ticket["used"]:
            raise Refused("exchanged_trigger_id")
        if clock.timestamp() > ticket["until"]:
            raise Refused("expired_trigger_id")
        ticket["used"] = True
        return ticket

    def new_response_url(self, channel_id: str, user_id: str, message_ts: str | None = None) -> str:
        """An address at which the app may answer this one interaction."""
        secret = self.new_secret()
        self.table("responses")[secret] = {
            "channel": channel_id,
            "user": user_id,
            "message_ts": message_ts,
            "until": clock.timestamp() + RESPONSE_SECONDS,
            "uses": 0,
        }
        return f"{self.public_url}/response/{TEAM['id']}/{secret}"

    def respond(self, secret: str, content: Json) -> None:
        """Take an answer that came in at a response address.

        Raises `Refused`: `expired_url`, `used_url`, `no_text` or `invalid_blocks`.
        """
        ticket: Json | None = self.table("responses").get(secret)
        if ticket is None or clock.timestamp() > ticket["until"]:
            raise Refused("expired_url")
        if ticket["uses"] >= RESPONSE_USES:
            raise Refused("used_url")
        source, channel_id = ticket["message_ts"], ticket["channel"]
        if content.get("delete_original"):
            ticket["uses"] += 1
            if source:
                self.remove(channel_id, source)
            return
        self.answer(ticket, content)
        ticket["uses"] += 1

    def answer(self, ticket: Json, content: Json) -> None:
        """Show an answer to an interaction: to all, to one, or in place of its source.

        An answer to a click that says neither `response_type` nor `replace_original` replaces the
        message, as Slack has it ("in its entirety by default").
        """
        if not any(content.get(name) for name in ("text", "blocks", "attachments")):
            raise Refused("no_text")
        if content.get("blocks") and (problems := check_blocks(content["blocks"])):
            raise invalid("invalid_blocks", problems)
        source, channel_id = ticket["message_ts"], ticket["channel"]
        replaces = content.get("replace_original", content.get("response_type") is None)
        if source and str(replaces).lower() == "true":
            self.rewrite(self.message(channel_id, source), content)
        elif content.get("response_type") == "in_channel":
            self.post(channel_id, content)
        else:
            self.whisper(channel_id, ticket["user"], content)
