"""What people do with messages and views: press, choose, fill in, send and close.

The browser pages and the tests both go through here, so they send the same requests.
"""

from collections.abc import Mapping
from typing import Any

from bot.manifest import Manifest
from sandbox.slack import payloads
from sandbox.slack.blocks import elements_of, flat
from sandbox.slack.delivery import Answer, Delivery
from sandbox.slack.errors import Refused
from sandbox.slack.files import Files
from sandbox.slack.outcome import Outcome
from sandbox.slack.state import Json
from sandbox.slack.texts import button_text
from sandbox.slack.values import STATEFUL, complaints, find_fields, options_of, state_values
from sandbox.store import Store

Name = str | tuple[str, str]
"""A visible text or action_id, or such a one together with its block_id."""


class Operators(Files):
    """Deeds of people in messages and views, each answered with what the app made of it."""

    def __init__(
        self, store: Store, public_url: str, delivery: Delivery, manifest: Manifest
    ) -> None:
        super().__init__(store, public_url)
        self.delivery = delivery
        self.manifest = manifest

    async def click(
        self,
        user: str,
        channel: str,
        ts: str,
        what: Name,
        choice: Any = None,
        *,
        values: Mapping[Any, Any] | None = None,
    ) -> Outcome:
        """Press a button or use a menu of a message.

        `what` is the visible text or the action_id, or a pair (block_id, one of these);
        `choice` is what was chosen, for menus and pickers. Raises LookupError when nothing of
        that name is there, `Refused` when the message is not there or the user does not see it.
        """
        person, place = self.user(user), self.seen_channel(user, channel)
        message = self.message(place["id"], ts)
        if message.get("user_visible", person["id"]) != person["id"]:
            raise Refused("message_not_found")
        blocks = message.get("blocks") or []
        for attachment in message.get("attachments") or []:
            blocks = blocks + (attachment.get("blocks") or [])
        block, element, chosen = _find(blocks, what, choice)
        state = state_values(blocks, _given(blocks, values, block, element, chosen))
        payload = payloads.envelope("block_actions", person)
        payload |= payloads.from_message(place, message, state)
        payload["trigger_id"] = self.new_trigger(person["id"])
        payload["response_url"] = self.new_response_url(place["id"], person["id"], ts)
        payload["actions"] = [payloads.action(block, element, chosen, self.new_ts())]
        self.changed()
        return Outcome.of(await self.delivery.interaction(payload))

    async def click_in(
        self,
        user: str,
        view_id: str,
        what: Name,
        choice: Any = None,
        *,
        values: Mapping[Any, Any] | None = None,
    ) -> Outcome:
        """The same inside a modal or the App Home; `values` is what is entered beside it."""
        person, view = self.user(user), self._own_view(user, view_id)
        block, element, chosen = _find(view["blocks"], what, choice)
        given = _given(view["blocks"], values, block, element, chosen)
        state = self.with_files(state_values(view["blocks"], given))
        view["state"] = {"values": state}
        payload = payloads.envelope("block_actions", person)
        payload |= {
            "container": {"type": "view", "view_id": view_id},
            "view": payloads.view_seen(view, state),
            "trigger_id": self.new_trigger(person["id"], view_id),
            "actions": [payloads.action(block, element, chosen, self.new_ts())],
        }
        self.changed()
        return Outcome.of(await self.delivery.interaction(payload))

    async def submit(
        self, user: str, view_id: str, values: Mapping[Any, Any] | None = None
    ) -> Outcome:
        """Send a modal. Values are named by label, block_id, action_id, or a pair of both ids.

        What Slack's own client holds back (required fields, lengths) comes back as
        `Outcome.errors` and is not sent.
        """
        person, view = self.user(user), self._own_view(user, view_id)
        given = find_fields(view["blocks"], values or {})
        state = self.with_files(state_values(view["blocks"], given))
        view["state"] = {"values": state}
        if problems := complaints(view["blocks"], state):
            return Outcome(errors=problems)
        payload = payloads.envelope("view_submission", person)
        payload |= {
            "trigger_id": self.new_trigger(person["id"], view_id),
            "view": payloads.view_seen(view, state),
            "response_urls": self._response_urls(person["id"], view, state),
        }
        self.changed()
        return self._after_submit(person["id"], view, await self.delivery.interaction(payload))

    async def close(self, user: str, view_id: str, *, everything: bool = False) -> Outcome:
        """Close a modal, or with `everything` the whole stack; told to the app if it asked."""
        person, view = self.user(user), self._own_view(user, view_id)
        payload = payloads.envelope("view_closed", person)
        payload |= {"view": payloads.view_seen(view), "is_cleared": everything}
        if everything or view.get("clear_on_close"):
            self.put_away(person["id"])
        else:
            self.drop_view(person["id"], view_id)
        if not view.get("notify_on_close"):
            return Outcome()
        return Outcome.of(await self.delivery.interaction(payload))

    async def suggest(
        self, user: str, what: Name, query: str, *, view_id: str = "", place: Any = None
    ) -> list[Json]:
        """The options that the app offers for what was typed into an external select.

        `place` is (channel, ts) for a menu in a message.
        """
        person = self.user(user)
        payload = payloads.envelope("block_suggestion", person)
        if view_id:
            view = self._own_view(user, view_id)
            blocks = view["blocks"]
            payload |= {
                "container": {"type": "view", "view_id": view_id},
                "view": payloads.view_seen(view),
            }
        else:
            channel = self.seen_channel(user, place[0])
            message = self.message(channel["id"], place[1])
            blocks = message.get("blocks") or []
            payload |= payloads.from_message(channel, message, {})
        block, element, _ = _find(blocks, what, None)
        payload |= {
            "action_id": element["action_id"],
            "block_id": block["block_id"],
            "value": query,
        }
        answer = await self.delivery.interaction(payload)
        return options_of(answer.fields)

    def seen_channel(self, user: str, channel: str) -> Json:
        """A channel that this user sees. Raises `Refused("channel_not_found")`."""
        place = self.channel(channel)
        if place not in self.visible_to(self.user(user)["id"]):
            raise Refused("channel_not_found")
        return place

    def _own_view(self, user: str, view_id: str) -> Json:
        view = self.view(view_id)
        if view not in self.stack(user) and view != self.home(user):
            raise Refused("not_found")
        return view

    def _response_urls(self, user_id: str, view: Json, values: Json) -> list[Json]:
        found = []
        for block in flat(view["blocks"]):
            element = block.get("element") or {}
            if element.get("response_url_enabled"):
                held = values[block["block_id"]][element["action_id"]]
                chosen = held.get("selected_conversation") or held.get("selected_channel")
                if chosen:
                    found.append(
                        {
                            "block_id": block["block_id"],
                            "action_id": element["action_id"],
                            "channel_id": chosen,
                            "response_url": self.new_response_url(chosen, user_id),
                        }
                    )
        return found

    def _after_submit(self, user_id: str, view: Json, answer: Answer) -> Outcome:
        """Do what the answer to a form says: close, clear, update, push, or show errors."""
        if not answer.ok:
            return Outcome.of(answer)
        wanted, content = answer.fields.get("response_action"), answer.fields.get("view")
        try:
            if wanted == "errors":
                return Outcome(status=answer.status, errors=dict(answer.fields.get("errors") or {}))
            if wanted == "update":
                self.update_view(view, content)
            elif wanted == "push":
                self.push_for(user_id, content)
            elif wanted == "clear":
                self.put_away(user_id)
            else:
                self.drop_view(user_id, view["id"])
        except Refused as refusal:
            return Outcome(status=answer.status, error=refusal.error, detail=refusal.body)
        return Outcome.of(answer)


def _find(blocks: list[Json], what: Name, choice: Any) -> tuple[Json, Json, Any]:
    """The element of this action_id or visible text, its block, and what is chosen in it."""
    there: list[str] = []
    wanted_block, what = what if isinstance(what, tuple) else (None, what)
    for block in flat(blocks):
        if wanted_block not in (None, block.get("block_id")):
            continue
        for element in elements_of(block):
            if "action_id" not in element:
                continue
            names = [element["action_id"], button_text(element)]
            label = (block.get("label") or {}).get("text")
            if what in (*names, label):
                return block, element, choice
            for option in options_of(element):
                if what == button_text(option):
                    return block, element, option.get("value", what)
            there += filter(None, [names[1] or names[0]])
    raise LookupError(f"nothing called {what!r} to press; there are {there}")


def _given(
    blocks: list[Json],
    values: Mapping[Any, Any] | None,
    block: Json,
    element: Json,
    chosen: Any,
) -> dict[tuple[str, str], Any]:
    given = find_fields(blocks, values or {})
    if element["type"] in STATEFUL:
        given[block["block_id"], element["action_id"]] = chosen
    return given
