"""The bot as a whole: listeners on a Bolt app, and the two ways by which Slack reaches it."""

import asyncio
import importlib
import pkgutil
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.kwargs_injection.async_args import AsyncArgs
from slack_bolt.response import BoltResponse
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
    AsyncServerErrorRetryHandler,
)
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

import logs
from bot import listeners
from bot.commands import Subcommands
from bot.context import BotContext
from bot.failures import answer_failure
from settings import Settings
from storage.ids import new_id

__all__ = ["Bot", "BotContext", "add_routes", "build_bot", "slack_client", "socket_mode"]

Listener = Callable[[AsyncArgs], Awaitable[None]]

BODY_MAX = 1024 * 1024
TIMEOUT_SECONDS = 10


class Bot(AsyncApp):
    """A Bolt app that verifies at the door, and gives every request an id.

    The id is what log lines and effects carry. Bolt itself reads a body before it verifies
    it, so `add_routes` verifies first, with `verifier`; it is None without a signing secret.
    Listeners are registered by the `on_…` methods, which shield them: every failure is
    answered and logged, and `drain` can wait for them. What can be typed after `/affiliate`
    is added to `subcommands`.
    """

    def __init__(self, context: BotContext) -> None:
        super().__init__(
            client=context.slack, name="affiliate-desk", request_verification_enabled=False
        )
        secret = context.settings.slack_signing_secret
        self.subcommands = Subcommands()
        self._running: set[asyncio.Task[None]] = set()
        self.verifier = SignatureVerifier(secret.get_secret_value()) if secret else None

    async def async_dispatch(self, req: AsyncBoltRequest) -> BoltResponse:
        """Handle one request from Slack, by HTTP or Socket Mode."""
        with logs.working_for(logs.request_id() or str(new_id())):
            return await super().async_dispatch(req)

    def on_action(self, action_id: str, listener: Listener) -> None:
        """Listen to a button or menu."""
        self.action(action_id)(self._shielded(listener))

    def on_form(self, callback_id: str, listener: Listener) -> None:
        """Listen to a modal being sent."""
        self.view(callback_id)(self._shielded(listener))

    def on_command(self, name: str, listener: Listener) -> None:
        """Listen to a slash command."""
        self.command(name)(self._shielded(listener))

    def on_event(self, kind: str, listener: Listener) -> None:
        """Listen to an event."""
        self.event(kind)(self._shielded(listener))

    def _shielded(self, listener: Listener) -> Listener:
        async def run(args: AsyncArgs) -> None:
            task = asyncio.current_task()
            if task is not None:
                self._running.add(task)
                task.add_done_callback(self._running.discard)
            try:
                await listener(args)
            except Exception as error:  # noqa: BLE001 - the last place where anybody could be told
                await answer_failure(args, error)

        return run

    async def drain(self) -> None:
        """Wait until every listener that has begun is done; for a graceful stop."""
        while self._running:
            await asyncio.wait(self._running)


def slack_client(settings: Settings) -> AsyncWebClient:
    """The client of Slack's Web API, which tries again after outages and rate limits."""
    return AsyncWebClient(
        token=settings.slack_bot_token.get_secret_value() if settings.slack_bot_token else None,
        base_url=settings.slack_api_url,
        timeout=TIMEOUT_SECONDS,
        retry_handlers=[
            AsyncConnectionErrorRetryHandler(max_retry_count=1),
            AsyncRateLimitErrorRetryHandler(max_retry_count=1),
            AsyncServerErrorRetryHandler(max_retry_count=1),
        ],
    )


def build_bot(context: BotContext) -> Bot:
    """The bot with every module of `bot/listeners/` registered on it."""
    bot = Bot(context)
    bot.middleware(context.access.gate)
    for module in pkgutil.iter_modules(listeners.__path__):
        importlib.import_module(f"{listeners.__name__}.{module.name}").register(bot, context)
    return bot


def add_routes(app: web.Application, bot: Bot) -> None:
    """Put `POST /slack/events` into the application: events, clicks, forms and commands.

    Without a signing secret nobody could tell who sends, so there is no such address then.
    """
    if bot.verifier is not None:
        app.router.add_post("/slack/events", _Door(bot, bot.verifier).receive)


class _Door:
    def __init__(self, bot: Bot, verifier: SignatureVerifier) -> None:
        self._bot = bot
        self._verifier = verifier

    async def receive(self, request: web.Request) -> web.Response:
        """Answer one request.

        413 if it is too big, 401 if Slack did not sign it just now, 400 if it is no request
        of Slack's at all.
        """
        raw = await _read(request)
        try:
            body = raw.decode()
            if not self._signed(body, request):
                return _refused(HTTPStatus.UNAUTHORIZED, "bad signature")
            told = AsyncBoltRequest(
                body=body, query=request.query_string, headers={**request.headers}
            )
        except (ValueError, AttributeError):
            return _refused(HTTPStatus.BAD_REQUEST, "malformed body")
        if not told.body:
            return _refused(HTTPStatus.BAD_REQUEST, "empty body")
        return await to_aiohttp_response(await self._bot.async_dispatch(told))

    def _signed(self, body: str, request: web.Request) -> bool:
        try:
            return self._verifier.is_valid_request(body, dict(request.headers))
        except TypeError:  # Python compares no signature that has letters beyond ASCII
            return False


def _refused(status: HTTPStatus, error: str) -> web.Response:
    return web.json_response({"error": error}, status=status)


async def _read(request: web.Request) -> bytes:
    raw = bytearray()
    async for chunk in request.content.iter_any():
        raw += chunk
        if len(raw) > BODY_MAX:
            raise web.HTTPRequestEntityTooLarge(max_size=BODY_MAX, actual_size=len(raw))
    return bytes(raw)


async def socket_mode(bot: Bot, settings: Settings) -> AsyncSocketModeHandler:
    """The handler for SLACK_APP_TOKEN; open it with `connect_async`, close with `close_async`."""
    if settings.slack_app_token is None:
        raise ValueError("Socket Mode needs SLACK_APP_TOKEN.")
    return AsyncSocketModeHandler(bot, settings.slack_app_token.get_secret_value())
