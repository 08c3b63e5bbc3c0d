"""The bot as a whole: listeners on a Bolt app, and the two ways by which Slack reaches it."""

import importlib
import pkgutil
from http import HTTPStatus

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
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
from bot.access import Access
from bot.commands import Subcommands
from bot.context import BotContext
from settings import Settings
from storage.ids import new_id

__all__ = ["BotContext", "add_routes", "build_bot", "slack_client", "socket_mode"]

BODY_MAX = 1024 * 1024
TIMEOUT_SECONDS = 10


class Bot(AsyncApp):
    """A Bolt app that verifies at the door, and gives every request an id.

    The id is what log lines and effects carry. Bolt itself reads a body before it verifies
    it, so `add_routes` verifies first, with `verifier`; it is None without a signing secret.
    Listener modules add what can be typed after `/affiliate` to `subcommands`.
    """

    def __init__(self, context: BotContext) -> None:
        super().__init__(
            client=context.slack, name="affiliate-desk", request_verification_enabled=False
        )
        secret = context.settings.slack_signing_secret
        self.subcommands = Subcommands()
        self.verifier = SignatureVerifier(secret.get_secret_value()) if secret else None

    async def async_dispatch(self, req: AsyncBoltRequest) -> BoltResponse:
        """Handle one request from Slack, by HTTP or Socket Mode."""
        with logs.working_for(logs.request_id() or str(new_id())):
            return await super().async_dispatch(req)


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
    bot.middleware(Access(context.settings, context.slack).gate)
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
        """Answer one request: 413 if it is too big, 401 if Slack did not sign it just now."""
        raw = await _read(request)
        if not self._verifier.is_valid_request(raw, dict(request.headers)):
            return web.json_response({"error": "bad signature"}, status=HTTPStatus.UNAUTHORIZED)
        try:
            told = AsyncBoltRequest(
                body=raw.decode(), query=request.query_string, headers=dict(request.headers)
            )
        except (ValueError, AttributeError):
            return web.json_response({"error": "malformed body"}, status=HTTPStatus.BAD_REQUEST)
        return await to_aiohttp_response(await self._bot.async_dispatch(told))


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
