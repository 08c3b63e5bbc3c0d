"""The composition: one object that holds every part, wired from the settings."""

from collections.abc import AsyncIterator
from functools import partial

import structlog
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

import bot.app
import dashboard.api.app
import dashboard.api.track
import dashboard.app
import dashboard.public.compliance
import dashboard.public.discount_codes
import dashboard.public.landing
import dashboard.public.links
import dashboard.public.pricing
import dashboard.public.privacy
import dashboard.public.scripts
import dashboard.public.unsubscribe
import door
import health
import webhooks.app
from dashboard.clicks import Clicks
from integrations.clerk import Clerk
from integrations.llm import Llm
from integrations.mail import Mailer
from integrations.passivepost import PassivePost
from integrations.public_fetch import PublicFetch
from integrations.public_post import PublicPost
from integrations.resend import Resend
from integrations.smtp import Smtp
from integrations.stripe import StripeGateway
from outbox.pump import Pump
from outbox.services import Services
from outbox.webhook_deliveries import WebhookPump
from scheduled.scheduler import Scheduler
from settings import Settings
from storage import migrate
from storage.db import Database
from storage.vault import Vault
from webhooks.app import BODY_MAX
from webhooks.inbox import Inbox
from webhooks.router import HandlerContext
from webhooks.routers import ROUTERS
from webhooks.stripe.adoption import existing_code

_log = structlog.get_logger("desk")


class Desk:
    """Everything that runs. `app()` is the server; starting and stopping it does the rest."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.db = Database(settings.database_url, _vault(settings))
        self.services = services_for(settings, self.db)
        self.pump = Pump(self.services)
        self.webhook_pump = WebhookPump(self.services)
        self.inbox = Inbox(self.db, HandlerContext(settings, self.services.stripe), ROUTERS)
        self.clicks = Clicks(self.db, settings)
        self.llm = _llm(settings)
        self.scheduler = Scheduler(self.services)
        self.metrics = health.Metrics()
        self._up, self._leaving = False, False

    def send_away(self) -> None:
        """Call itself not ready from now on, and have connections end with their next answer."""
        self._up, self._leaving = False, True

    def app(self) -> web.Application:
        """The one aiohttp application: webhooks, bot, dashboard and health."""
        watch = door.watch(self.metrics, self.settings.trusted_proxies)
        app = web.Application(client_max_size=BODY_MAX, middlewares=[watch])
        secure = self.settings.public_url.startswith("https://")
        app.on_response_prepare.append(door.headers(secure=secure))
        app.on_response_prepare.append(self._end_connection)
        webhooks.app.add_routes(app, self.inbox, self.settings)
        pages = dashboard.app.DashboardContext(
            self.db,
            self.settings,
            self.services.clerk,
            self.services.stripe,
            self.clicks,
            self.llm,
        )
        dashboard.app.add_routes(app, pages)
        dashboard.api.app.add_routes(app, pages)
        dashboard.api.track.add_routes(app, pages)
        dashboard.public.compliance.add_routes(app, pages)
        dashboard.public.discount_codes.add_routes(app, pages)
        dashboard.public.landing.add_routes(app, pages)
        dashboard.public.links.add_routes(app, pages)
        dashboard.public.pricing.add_routes(app, pages)
        dashboard.public.privacy.add_routes(app, pages)
        dashboard.public.scripts.add_routes(app)
        dashboard.public.unsubscribe.add_routes(app, pages)
        health.add_routes(app, self.db, self.metrics, lambda: self._up)
        app.cleanup_ctx.append(self._run)
        if self.services.slack is not None:
            self._add_bot(app)
        return app

    def _add_bot(self, app: web.Application) -> None:
        client = bot.app.slack_client(self.settings)
        stripe = self.services.stripe
        existing = partial(existing_code, stripe) if stripe else None
        context = bot.app.BotContext(self.db, self.settings, client, stripe, existing)
        slack = bot.app.build_bot(context)
        bot.app.add_routes(app, slack)

        async def running(_app: web.Application) -> AsyncIterator[None]:
            token = self.settings.slack_app_token
            socket = await bot.app.socket_mode(slack, self.settings) if token else None
            if socket is not None:
                await socket.connect_async()  # type: ignore[no-untyped-call]
            yield
            if socket is not None:
                await socket.close_async()  # type: ignore[no-untyped-call]
            await slack.drain()

        app.cleanup_ctx.append(running)

    async def _run(self, _app: web.Application) -> AsyncIterator[None]:
        if self.settings.migrate_at_start:
            await migrate.upgrade(self.db)
        else:
            await migrate.require_fit(self.db)
        await self.inbox.start()
        self.clicks.start()
        await self.pump.start()
        await self.webhook_pump.start()
        self.scheduler.start()
        self._up = True
        _log.info("ready", url=self.settings.public_url)
        yield
        self._up = False
        self.scheduler.stop()
        # The order of the data's way: what was taken in is handled, what that asks for may wait.
        await self.inbox.stop()
        await self.clicks.close()
        await self.pump.stop()
        await self.webhook_pump.stop()
        await self.close()
        _log.info("stopped")

    async def _end_connection(self, _request: web.Request, response: web.StreamResponse) -> None:
        if self._leaving:
            response.force_close()

    async def close(self) -> None:
        """Close every connection."""
        await self.services.close()
        if self.llm is not None:
            await self.llm.close()
        await self.db.close()


def services_for(settings: Settings, db: Database) -> Services:
    """The clients of the services that the settings connect."""
    return Services(
        db,
        settings,
        _slack(settings),
        _stripe(settings),
        _clerk(settings),
        _mailer(settings),
        _passivepost(settings),
        _public_fetch(settings),
        public_post(settings),
    )


def _vault(settings: Settings) -> Vault | None:
    keys = [key.get_secret_value() for key in settings.tax_encryption_keys]
    return Vault(keys) if keys else None


def _public_fetch(settings: Settings) -> PublicFetch | None:
    return PublicFetch(f"AffiliateDesk (+{settings.public_url})") if settings.fetch_pages else None


def public_post(settings: Settings) -> PublicPost:
    """What sends webhooks, to the public and to the networks that the settings name."""
    agent = f"AffiliateDesk (+{settings.public_url})"
    return PublicPost(agent, networks=settings.outgoing_networks)


def _slack(settings: Settings) -> AsyncWebClient | None:
    """The client for effects, which repeats nothing by itself.

    The outbox tries again, and first looks whether the lost attempt got through.
    """
    token = settings.slack_bot_token
    if token is None:
        return None
    return AsyncWebClient(
        token.get_secret_value(), settings.slack_api_url, timeout=10, retry_handlers=[]
    )


def _stripe(settings: Settings) -> StripeGateway | None:
    key = settings.stripe_api_key
    if key is None:
        return None
    return StripeGateway(
        key.get_secret_value(),
        settings.stripe_api_url,
        reads_per_second=settings.stripe_reads_per_second,
    )


def _clerk(settings: Settings) -> Clerk | None:
    key = settings.clerk_secret_key
    return Clerk(key.get_secret_value(), settings.clerk_api_url) if key else None


def _mailer(settings: Settings) -> Mailer | None:
    if settings.resend_api_key:
        key = settings.resend_api_key.get_secret_value()
        return Resend(key, settings.mail_from, settings.resend_api_url)
    if settings.smtp_url:
        return Smtp(settings.smtp_url.get_secret_value(), settings.mail_from)
    return None


def _passivepost(settings: Settings) -> PassivePost | None:
    key = settings.passivepost_api_key
    return PassivePost(settings.passivepost_api_url, key.get_secret_value()) if key else None


def _llm(settings: Settings) -> Llm | None:
    key = settings.llm_api_key
    if key is None:
        return None
    return Llm(settings.llm_api_url, key.get_secret_value(), settings.llm_model)
