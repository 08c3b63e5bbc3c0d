"""What people do beside cards and forms: commands, shortcuts, App Home, and plain talk."""

import clock
from sandbox.slack import payloads
from sandbox.slack.delivery import Answer
from sandbox.slack.errors import Refused
from sandbox.slack.operators import Operators
from sandbox.slack.outcome import Outcome
from sandbox.slack.people import AFFILIATES, APP_ID, BOT_USER, TEAM
from sandbox.slack.state import Json


class Commands(Operators):
    """Deeds of people that start from nothing on the screen."""

    async def shortcut(self, user: str, callback_id: str) -> Outcome:
        """Run a global shortcut."""
        person = self.user(user)
        payload = payloads.envelope("shortcut", person)
        payload |= {
            "callback_id": callback_id,
            "trigger_id": self.new_trigger(person["id"]),
            "action_ts": self.new_ts(),
        }
        return Outcome.of(await self.delivery.interaction(payload))

    async def command(
        self, user: str, command: str, text: str = "", *, channel: str = AFFILIATES
    ) -> Outcome:
        """Run a slash command and show its answer, or Slack's own words when it fails."""
        person, place = self.user(user), self.seen_channel(user, channel)
        if command not in self.manifest.commands:
            raise Refused("invalid_command", text=f"{command} is not a valid command.")
        answer_at = self.new_response_url(place["id"], person["id"])
        fields = {
            "token": payloads.TOKEN,
            "team_id": TEAM["id"],
            "team_domain": TEAM["domain"],
            "channel_id": place["id"],
            "channel_name": place.get("name", "directmessage"),
            "user_id": person["id"],
            "user_name": person["name"],
            "command": command,
            "text": text,
            "api_app_id": APP_ID,
            "is_enterprise_install": "false",
            "response_url": answer_at,
            "trigger_id": self.new_trigger(person["id"]),
        }
        self.changed()
        answer = await self.delivery.command(fields)
        ticket = {"message_ts": None, "channel": place["id"], "user": person["id"]}
        if answer.error:
            words = f'{command} failed with the error "{answer.error}"'
            self.whisper(place["id"], person["id"], {"text": words})
        elif answer.body:
            content = answer.body if isinstance(answer.body, dict) else {"text": answer.body}
            self.answer(ticket, content)
        return Outcome.of(answer)

    async def open_home(self, user: str, *, tab: str = "home") -> Outcome:
        """Open the bot's App Home, of which the app is told if it subscribed to that."""
        person = self.user(user)
        if "app_home_opened" not in self.manifest.events:
            return Outcome()
        content: Json = {
            "type": "app_home_opened",
            "user": person["id"],
            "channel": self.direct_message(person["id"])["id"],
            "tab": tab,
            "event_ts": self.new_ts(),
        }
        if home := self.home(person["id"]):
            content["view"] = payloads.view_seen(home)
        return Outcome.of(await self._tell(content))

    async def say(self, user: str, channel: str, text: str, *, thread_ts: str = "") -> Json:
        """A person writes something; the app hears it if it subscribed to such events."""
        person, place = self.user(user), self.seen_channel(user, channel)
        content = {"text": text, "thread_ts": thread_ts}
        message = self.post(place["id"], content, author=person["id"])
        kind = "im" if place["is_im"] else "groups" if place["is_private"] else "channels"
        seen = {**payloads.message_seen(message), "channel": place["id"]}
        if f"message.{kind}" in self.manifest.events and BOT_USER in place["members"]:
            await self._tell({**seen, "channel_type": kind.removesuffix("s")})
        if "app_mention" in self.manifest.events and f"<@{BOT_USER}>" in text:
            await self._tell({**seen, "type": "app_mention"})
        return message

    async def _tell(self, content: Json) -> Answer:
        body = payloads.event(content, self.new_id("Ev"), int(clock.timestamp()))
        self.changed()
        return await self.delivery.event(body)
