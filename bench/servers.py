"""The servers that are measured, each a process of its own that says its port when it is ready."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, Final

import stripe
import uvloop
from aiohttp import web
from sqlmodel import select

import bot.app
import clock
import dashboard.public.links
import desk
import door
import webhooks.app
from bench import stand_in
from bench.requests import REFS, STRIPE_SECRET
from dashboard.clicks import Clicks
from dashboard.context import DashboardContext
from health import Metrics
from settings import Settings
from storage import migrate
from storage.affiliates import Affiliate
from storage.codes import DiscountCode
from storage.db import Database
from storage.inbox import InboxEvent
from storage.links import ReferralLink
from webhooks.app import BODY_MAX
from webhooks.inbox import Inbox
from webhooks.router import HandlerContext
from webhooks.routers import ROUTERS

Make = Callable[[], Coroutine[Any, Any, web.Application]]


async def bare() -> web.Application:
    """The floor: reads the body and answers; a redirect where one is asked for."""

    async def ok(request: web.Request) -> web.Response:
        await request.read()
        return web.json_response({"status": "received"})

    async def moved(_request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "https://product.example/"})

    app = web.Application(client_max_size=BODY_MAX)
    app.router.add_post("/webhooks/stripe", ok)
    app.router.add_get("/r/{ref}", moved)
    return app


class _Intake(Inbox):
    """Takes in and acknowledges; what it stored is handled by nobody meanwhile."""

    async def start(self) -> None:
        self._writer.start()

    async def stop(self) -> None:
        await self._writer.close()


async def product() -> web.Application:
    """The doors for webhooks and clicks, with all that each request goes through."""
    settings = _settings()
    db = Database(settings.database_url)
    await migrate.upgrade(db)
    await _add_links(db)
    watch = door.watch(Metrics(), settings.trusted_proxies)
    app = web.Application(client_max_size=BODY_MAX, middlewares=[watch])
    app.on_response_prepare.append(door.headers(secure=False))
    inbox, clicks = _Intake(db, HandlerContext(settings, None), ROUTERS), Clicks(db, settings)
    webhooks.app.add_routes(app, inbox, settings)
    context = DashboardContext(db, settings, None, None, clicks, None)
    dashboard.public.links.add_routes(app, context)
    slack = None
    if settings.slack_bot_token is not None:
        client = bot.app.slack_client(settings)
        slack = bot.app.build_bot(bot.app.BotContext(db, settings, client, None, None))
        bot.app.add_routes(app, slack)

    async def running(_app: web.Application) -> AsyncIterator[None]:
        await inbox.start()
        clicks.start()
        yield
        await inbox.stop()
        await clicks.close()
        if slack is not None:
            await slack.drain()
        await db.close()

    app.cleanup_ctx.append(running)
    return app


async def ledger() -> web.Application:
    """The door for webhooks, and the worker that settles what they are about."""
    settings = _settings()
    db = Database(settings.database_url)
    await migrate.upgrade(db)
    await _add_links(db)
    services = desk.services_for(settings, db)
    inbox = Inbox(db, HandlerContext(settings, services.stripe), ROUTERS)
    watch = door.watch(Metrics(), settings.trusted_proxies)
    app = web.Application(client_max_size=BODY_MAX, middlewares=[watch])
    webhooks.app.add_routes(app, inbox, settings)

    async def running(_app: web.Application) -> AsyncIterator[None]:
        await inbox.start()
        yield
        await inbox.stop()
        await services.close()
        await db.close()

    app.cleanup_ctx.append(running)
    return app


def _settings() -> Settings:
    return Settings(
        _env_file=None,
        secret_key="a-secret-key-of-more-than-32-characters",  # noqa: S106 - of the bench alone
        product_url="https://product.example",
        stripe_api_key="sk_test_bench",
        stripe_webhook_secret=STRIPE_SECRET,
    )


async def pages() -> web.Application:
    """Every door of the server, and nothing that works behind them meanwhile."""
    settings = Settings(
        _env_file=None,
        secret_key="a-secret-key-of-more-than-32-characters",  # noqa: S106 - of the bench alone
        product_url="https://product.example",
    )
    made = desk.Desk(settings)
    await migrate.upgrade(made.db)
    app = made.app()
    app.cleanup_ctx.clear()
    return app


async def natural() -> web.Application:
    """What one would write first: the library's own parser, a session and a commit an event."""
    secret, db = STRIPE_SECRET, Database(Settings(_env_file=None).database_url)
    await migrate.upgrade(db)

    async def receive(request: web.Request) -> web.Response:
        body = await request.read()
        header = request.headers["Stripe-Signature"]
        event = stripe.Webhook.construct_event(body, header, secret)
        async with db.transaction() as session:
            session.add(
                InboxEvent(
                    source="stripe",
                    external_id=event.id,
                    kind=event.type,
                    payload=body,
                    request_id="",
                    received_at=clock.now(),
                    next_attempt_at=clock.now(),
                )
            )
        return web.json_response({"status": "received"})

    app = web.Application(client_max_size=BODY_MAX)
    app.router.add_post("/webhooks/stripe", receive)
    return app


async def _add_links(db: Database) -> None:
    async with db.transaction() as session:
        if (await session.exec(select(ReferralLink).limit(1))).first():
            return
        for number in range(REFS):
            owner = Affiliate(
                reference=f"aff_{number}",
                status="approved",
                email=f"{number}@example.com",
                email_key=f"{number}@example.com",
                promo_code=f"REF{number}",
            )
            session.add(owner)
            await session.flush()
            session.add(ReferralLink(affiliate_user_id=owner.id, ref=f"REF{number}"))
            session.add(
                DiscountCode(code=f"REF{number}", discount_value=30, affiliate_user_id=owner.id)
            )


SERVERS: Final[dict[str, Make]] = {
    "bare": bare,
    "product": product,
    "ledger": ledger,
    "stripe": stand_in.stripe,
    "slack": stand_in.slack,
    "pages": pages,
    "natural": natural,
}


async def _serve(make: Make) -> None:
    runner = web.AppRunner(await make(), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
    await site.start()
    host = runner.addresses[0]
    print(host[1], flush=True)  # noqa: T201 - whoever started it reads the port
    await asyncio.Event().wait()


def main() -> None:
    """`python -m bench.servers NAME`, on the database that DATABASE_URL names."""
    uvloop.run(_serve(SERVERS[sys.argv[1]]))


if __name__ == "__main__":
    main()
