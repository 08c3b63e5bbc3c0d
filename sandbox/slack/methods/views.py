"""views.*: modals and the App Home. They need a trigger or a user, and no scope."""

from typing import Any

from sandbox.slack.errors import Refused
from sandbox.slack.methods.registry import Arguments, method
from sandbox.slack.payloads import view_seen
from sandbox.slack.state import Json
from sandbox.slack.workspace import SlackWorkspace


def _content(arguments: Arguments) -> Any:
    view = arguments.json("view")
    if view is None:
        raise Refused("invalid_arguments")
    return view


@method("views.open")
def open_view(ws: SlackWorkspace, arguments: Arguments) -> Json:
    """Open a modal in front of the person whose trigger this is."""
    trigger = arguments.text("trigger_id", otherwise="invalid_trigger_id")
    return {"view": view_seen(ws.open_view(trigger, _content(arguments)))}


@method("views.push")
def push(ws: SlackWorkspace, arguments: Arguments) -> Json:
    """Lay one more modal on top."""
    trigger = arguments.text("trigger_id", otherwise="invalid_trigger_id")
    return {"view": view_seen(ws.push_view(trigger, _content(arguments)))}


@method("views.update")
def update(ws: SlackWorkspace, arguments: Arguments) -> Json:
    """Change a view that is open."""
    view = ws.find_view(arguments.get("view_id"), arguments.get("external_id"))
    changed = ws.update_view(view, _content(arguments), arguments.get("hash"))
    return {"view": view_seen(changed)}


@method("views.publish")
def publish(ws: SlackWorkspace, arguments: Arguments) -> Json:
    """Publish a person's App Home."""
    user = arguments.text("user_id", otherwise="invalid_arguments")
    view = ws.publish(user, _content(arguments), arguments.get("hash"))
    return {"view": view_seen(view)}
