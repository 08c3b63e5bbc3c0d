"""apps.*: where a Socket Mode client connects, asked for with the app-level token."""

from sandbox.slack.methods.registry import Arguments, method
from sandbox.slack.state import Json
from sandbox.slack.workspace import SlackWorkspace


@method("apps.connections.open", app_level=True)
def open_connection(ws: SlackWorkspace, arguments: Arguments) -> Json:  # noqa: ARG001 - takes none
    """A web socket address that works once."""
    ticket = ws.new_secret()
    ws.table("sockets")[ticket] = True
    ws.changed()
    return {"url": f"{ws.public_url.replace('http', 'ws', 1)}/socket/{ticket}"}
