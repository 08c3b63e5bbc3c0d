"""The Slack stand-in as an aiohttp application, to be mounted where a test or the sandbox likes."""

from aiohttp import web

from sandbox.slack.api import CLIENT_MAX_SIZE, WORKSPACE, add_api
from sandbox.slack.pages import add_pages
from sandbox.slack.socket_mode import add_socket_mode
from sandbox.slack.workspace import SlackWorkspace


def slack_app(workspace: SlackWorkspace) -> web.Application:
    """Everything that Slack is to us: Web API, response addresses, uploads, pages, Socket Mode.

    Mount it below the path that `workspace.public_url` names.
    """
    app = web.Application(client_max_size=CLIENT_MAX_SIZE)
    app[WORKSPACE] = workspace
    add_api(app)
    add_pages(app)
    add_socket_mode(app)
    app.on_cleanup.append(_stop)
    return app


async def _stop(app: web.Application) -> None:
    await app[WORKSPACE].delivery.stop()
