"""Views: the stack of modals in front of each person, and each person's App Home."""

from copy import deepcopy
from hashlib import md5
from typing import Any

from sandbox.slack.blocks import check_view
from sandbox.slack.errors import Refused, invalid
from sandbox.slack.messages import name_parts
from sandbox.slack.people import APP_ID, BOT_ID, TEAM
from sandbox.slack.state import Json
from sandbox.slack.tickets import Tickets

STACK = 3
"""How many modals may lie on each other: https://docs.slack.dev/surfaces/modals."""

_SHOWN = (
    "title",
    "submit",
    "close",
    "blocks",
    "private_metadata",
    "callback_id",
    "external_id",
    "clear_on_close",
    "notify_on_close",
    "submit_disabled",
)


class Views(Tickets):
    """Modals and App Homes."""

    def view(self, view_id: str) -> Json:
        """A view that is open or published. Raises `Refused("not_found")`."""
        found: Json | None = self.table("views").get(view_id)
        if found is None:
            raise Refused("not_found")
        return found

    def stack(self, user: str) -> list[Json]:
        """The modals in front of a user, the lowest first."""
        ids = self.table("stacks").get(self.user(user)["id"], [])
        return [self.view(view_id) for view_id in ids]

    def top_view(self, user: str) -> Json | None:
        """The modal that a user looks at, or None."""
        stack = self.stack(user)
        return stack[-1] if stack else None

    def home(self, user: str) -> Json | None:
        """A user's App Home as last published, or None."""
        view_id = self.table("homes").get(self.user(user)["id"])
        return self.view(view_id) if view_id else None

    def open_view(self, trigger: str, content: Any) -> Json:
        """`views.open`: a first modal; an earlier stack of this user is put away."""
        self._valid(content, "modal")
        ticket = self.spend_trigger(trigger)
        if ticket["view"] in self.table("stacks").get(ticket["user"], []):
            return self._push(ticket["user"], content)
        self.put_away(ticket["user"])
        return self._push(ticket["user"], content)

    def push_view(self, trigger: str, content: Any) -> Json:
        """`views.push`: one more modal on the stack from which the trigger came."""
        self._valid(content, "modal")
        ticket = self.spend_trigger(trigger)
        if not self.table("stacks").get(ticket["user"]):
            raise Refused("not_found")
        return self.push_for(ticket["user"], content)

    def push_for(self, user_id: str, content: Any) -> Json:
        """Lay a modal on a user's stack, as `response_action: push` does too."""
        self._valid(content, "modal")
        if len(self.table("stacks").get(user_id, [])) >= STACK:
            raise Refused("push_limit_reached")
        return self._push(user_id, content)

    def update_view(self, view: Json, content: Any, view_hash: str | None = None) -> Json:
        """`views.update`; with a hash it is refused when the view has changed since."""
        self._valid(content, view["type"])
        if view_hash and view_hash != view["hash"]:
            raise Refused("hash_conflict")
        self._external(content, view["id"])
        for name in _SHOWN:
            view.pop(name, None)
        self._fill(view, content)
        self.changed()
        return view

    def publish(self, user: str, content: Any, view_hash: str | None = None) -> Json:
        """`views.publish`: a user's App Home."""
        user_id = self.user(user)["id"]
        self._valid(content, "home")
        before = self.home(user_id)
        if before:
            return self.update_view(before, content, view_hash)
        view = self._new(content, root=None, below=None)
        self.table("homes")[user_id] = view["id"]
        self.changed()
        return view

    def find_view(self, view_id: str | None, external_id: str | None) -> Json:
        """A view by one of its ids. Raises `Refused("not_found")`."""
        if view_id:
            return self.view(view_id)
        for view in self.table("views").values():
            if external_id and view.get("external_id") == external_id:
                found: Json = view
                return found
        raise Refused("not_found")

    def drop_view(self, user_id: str, view_id: str) -> None:
        """Take one modal off a user's stack."""
        ids = self.table("stacks").get(user_id, [])
        if view_id in ids:
            ids.remove(view_id)
        self.table("views").pop(view_id, None)
        self.changed()

    def put_away(self, user_id: str) -> None:
        """Close all modals of a user."""
        for view_id in self.table("stacks").pop(user_id, []):
            self.table("views").pop(view_id, None)
        self.changed()

    def _push(self, user_id: str, content: Json) -> Json:
        ids = self.table("stacks").setdefault(user_id, [])
        if len(ids) >= STACK:
            raise Refused("push_limit_reached")
        view = self._new(content, root=ids[0] if ids else None, below=ids[-1] if ids else None)
        ids.append(view["id"])
        self.changed()
        return view

    def _new(self, content: Json, *, root: str | None, below: str | None) -> Json:
        view_id = self.new_id("V")
        self._external(content, view_id)
        view: Json = {
            "id": view_id,
            "team_id": TEAM["id"],
            "type": content["type"],
            "app_id": APP_ID,
            "app_installed_team_id": TEAM["id"],
            "bot_id": BOT_ID,
            "root_view_id": root or view_id,
            "previous_view_id": below,
        }
        self._fill(view, content)
        self.table("views")[view_id] = view
        return view

    def _fill(self, view: Json, content: Json) -> None:
        defaults: Json = {"private_metadata": "", "callback_id": "", "external_id": ""}
        if content["type"] == "modal":
            defaults |= {"title": None, "submit": None, "close": None}
            defaults |= {"clear_on_close": False, "notify_on_close": False}
        view.update(defaults)
        view.update({name: deepcopy(content[name]) for name in _SHOWN if name in content})
        name_parts(view, self)
        view["state"] = {"values": {}}
        stamp = self.new_ts()
        view["hash"] = f"{stamp.split('.')[0]}.{md5(stamp.encode()).hexdigest()[:8]}"  # noqa: S324 - a version mark, no secret

    def _external(self, content: Json, view_id: str) -> None:
        wanted = content.get("external_id")
        for view in self.table("views").values():
            if wanted and view.get("external_id") == wanted and view["id"] != view_id:
                raise Refused("duplicate_external_id")

    def _valid(self, content: Any, kind: str) -> None:
        if problems := check_view(content, kind):
            raise invalid("invalid_arguments", problems)
