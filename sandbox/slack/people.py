"""The people and channels of the sandbox workspace, all made up."""

from typing import Any

from sandbox.slack.errors import Refused
from sandbox.slack.state import Json, State
from sandbox.store import Store

TEAM = {"id": "T0SANDBOX", "name": "Sandbox", "domain": "sandbox"}
APP_ID = "A0AFFDESK"
BOT_ID = "B0AFFDESK"
BOT_USER = "U0AFFDESK"
BOT_NAME = "Affiliate Desk"

MARIA, JONAS, AMARA, SAM = "U0MARIA", "U0JONAS", "U0AMARA", "U0SAM"
AFFILIATES, FINANCE, GENERAL = "C0AFFILIATES", "C0FINANCE", "C0GENERAL"

_USERS = (
    (MARIA, "maria", "Maria Keller", "Partner manager, reviews applications, approves payouts too"),
    (JONAS, "jonas", "Jonas Lindqvist", "Growth, reviews applications"),
    (AMARA, "amara", "Amara Okafor", "Finance, releases payouts"),
    (SAM, "sam", "Sam Whitfield", "Support, not in the affiliates channel"),
    (BOT_USER, "affiliate_desk", BOT_NAME, "The affiliate program's bot"),
)
_CHANNELS: tuple[tuple[str, str, bool, tuple[str, ...]], ...] = (
    (AFFILIATES, "affiliates", False, (MARIA, JONAS, AMARA, BOT_USER)),
    (FINANCE, "finance", True, (AMARA, MARIA, BOT_USER)),
    (GENERAL, "general", False, (MARIA, JONAS, AMARA, SAM)),
)


class People(State):
    """Users, channels and who is in which."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        users, channels = self.table("users"), self.table("channels")
        for user_id, name, real_name, title in _USERS:
            users.setdefault(user_id, _user(user_id, name, real_name, title))
        for channel_id, name, private, members in _CHANNELS:
            channels.setdefault(channel_id, _channel(channel_id, name, members, private=private))

    def user(self, wanted: str) -> Json:
        """A user by id, `@name` or name. Raises `Refused("user_not_found")`."""
        users = self.table("users")
        plain = wanted.removeprefix("@")
        for user in users.values():
            if plain in (user["id"], user["name"]):
                found: Json = user
                return found
        raise Refused("user_not_found")

    def people(self) -> list[Json]:
        """Everyone a person can act as: all users but the bot."""
        return [user for user in self.table("users").values() if not user["is_bot"]]

    def add_user(self, user_id: str, name: str, real_name: str = "", *, title: str = "") -> Json:
        """One more made-up person, in no channel yet."""
        user = self.table("users")[user_id] = _user(user_id, name, real_name or name, title)
        self.changed()
        return user

    def channel(self, wanted: str) -> Json:
        """A channel by id, `#name` or name; a user's id means the bot's DM with them.

        Raises `Refused("channel_not_found")`.
        """
        channels = self.table("channels")
        plain = wanted.removeprefix("#")
        for channel in channels.values():
            if plain in (channel["id"], channel.get("name")):
                found: Json = channel
                return found
        if wanted in self.table("users"):
            return self.direct_message(wanted)
        raise Refused("channel_not_found")

    def add_channel(
        self, channel_id: str, name: str, members: tuple[str, ...] = (), *, private: bool = False
    ) -> Json:
        """One more channel."""
        channel = _channel(channel_id, name, members, private=private)
        self.table("channels")[channel_id] = channel
        self.changed()
        return channel

    def direct_message(self, user_id: str) -> Json:
        """The conversation of the bot with this user, opened when first asked for."""
        user = self.user(user_id)
        channels = self.table("channels")
        channel_id = f"D{user['id'].removeprefix('U')}"
        if channel_id not in channels:
            channels[channel_id] = {
                "id": channel_id,
                "created": 1767225600,
                "is_im": True,
                "is_channel": False,
                "is_group": False,
                "is_private": True,
                "is_archived": False,
                "user": user["id"],
                "members": [user["id"], BOT_USER],
            }
            self.changed()
        found: Json = channels[channel_id]
        return found

    def join(self, channel_id: str, user_id: str) -> None:
        """Put a user into a channel."""
        members = self.channel(channel_id)["members"]
        if user_id not in members:
            members.append(user_id)
            self.changed()

    def leave(self, channel_id: str, user_id: str) -> None:
        """Take a user out of a channel."""
        members = self.channel(channel_id)["members"]
        if user_id in members:
            members.remove(user_id)
            self.changed()

    def visible_to(self, user_id: str) -> list[Json]:
        """The channels and direct messages that this user sees in the sidebar."""
        return [
            channel
            for channel in self.table("channels").values()
            if user_id in channel["members"] or not channel["is_private"]
        ]


def _user(user_id: str, name: str, real_name: str, title: str) -> Json:
    is_bot = user_id == BOT_USER
    profile: dict[str, Any] = {
        "real_name": real_name,
        "display_name": name,
        "title": title,
        "team": TEAM["id"],
    }
    if not is_bot:
        profile["email"] = f"{name}@sandbox.example"
    return {
        "id": user_id,
        "team_id": TEAM["id"],
        "name": name,
        "real_name": real_name,
        "deleted": False,
        "is_admin": False,
        "is_bot": is_bot,
        "is_app_user": False,
        "tz": "Europe/Berlin",
        "tz_label": "Central European Time",
        "tz_offset": 3600,
        "profile": profile,
        "updated": 1767225600,
    }


def _channel(channel_id: str, name: str, members: tuple[str, ...], *, private: bool) -> Json:
    return {
        "id": channel_id,
        "name": name,
        "name_normalized": name,
        "created": 1767225600,
        "creator": MARIA,
        "is_channel": not private,
        "is_group": private,
        "is_im": False,
        "is_mpim": False,
        "is_private": private,
        "is_archived": False,
        "is_general": name == "general",
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        "members": list(members),
    }
