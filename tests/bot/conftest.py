"""A desk with a real bot on it, a Slack workspace and a Stripe account at its other ends."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from bot.app import Bot, BotContext, add_routes, build_bot, slack_client
from bot.cards.applications import application_card
from domain import applications
from domain.answers import Answer, ApplicationFields
from domain.applications import Submission
from domain.audit import Actor
from integrations.stripe import StripeGateway
from sandbox.slack import SlackWorkspace, slack_app
from sandbox.slack.people import AFFILIATES, AMARA, MARIA
from sandbox.store import Store
from sandbox.stripe.account import StripeAccount
from sandbox.stripe.app import stripe_app
from settings import Settings
from storage.applications import Application
from storage.cards import Card
from storage.db import Database
from webhooks.stripe.adoption import existing_code

TALLY = Actor("form", "", "tally")

PATIENCE_S = 30


@dataclass
class Desk:
    """Both ends of a test: the workspace and account outside, the bot and database inside."""

    ws: SlackWorkspace
    account: StripeAccount
    bot: Bot
    context: BotContext
    url: str

    @property
    def db(self) -> Database:
        """The database."""
        return self.context.db

    async def apply(self, **given: Any) -> Application:
        """Take in an application; what is not given is a good applicant's."""
        fields = {
            "email": "jared@example.com",
            "legal_name": "Jared Cole",
            "display_name": "JaredPicks",
            "platform": "YouTube",
            "platform_url": "https://youtube.com/@jaredpicks",
            "audience_size": "48,000",
            "audience_focus": "MLB props and betting",
            "requested_code": "jared30",
            "promotion_methods": "A weekly video",
            "terms": {"I agree to the terms": True},
            **given,
        }
        submission = Submission("tally", str(fields["email"]), (Answer("q", "Name", "Jared"),))
        async with self.db.transaction() as session:
            return await applications.submit(
                session, submission, ApplicationFields(**fields), TALLY
            )

    async def post_card(self, application_id: UUID) -> str:
        """Post the card as the outbox would; returns its time stamp."""
        text, blocks = await self.card(application_id)
        posted = await self.context.slack.chat_postMessage(
            channel=AFFILIATES, text=text, blocks=blocks
        )
        ts = str(posted["ts"])
        async with self.db.transaction() as session:
            session.add(
                Card(kind="application", subject=application_id, channel=AFFILIATES, message=ts)
            )
        return ts

    async def card(self, application_id: UUID) -> tuple[str, list[dict[str, Any]]]:
        """The card as it must look now."""
        async with self.db.read() as session:
            return application_card(await applications.view(session, application_id))

    async def stored(self, application_id: UUID) -> Application:
        """The application as it stands."""
        async with self.db.read() as session:
            return (await applications.view(session, application_id)).application

    async def whispered(self, user: str, part: str) -> str:
        """Wait for an ephemeral message to this user that holds `part`, and return its text."""

        def found() -> str | None:
            said = [self.ws.text_of(m) for m in self.ws.ephemerals(AFFILIATES, user)]
            return next((text for text in said if part in text), None)

        return await self.ws.until(found)

    async def modal(self, user: str, part: str = "") -> dict[str, Any]:
        """Wait for a modal in front of this user whose text holds `part`."""

        def found() -> dict[str, Any] | None:
            view = self.ws.top_view(user)
            return view if view and part in self.ws.text_of(view) else None

        return await self.ws.until(found)


@pytest.fixture
async def desk(sqlite: Database) -> AsyncIterator[Desk]:
    """A desk on SQLite."""
    async for made in _desk(sqlite):
        yield made


@pytest.fixture
async def desk_on_both(db: Database) -> AsyncIterator[Desk]:
    """A desk on SQLite and PostgreSQL in turn."""
    async for made in _desk(db):
        yield made


@pytest.fixture
async def finance_desk(sqlite: Database) -> AsyncIterator[Desk]:
    """A desk where two people decide on payouts, one of them a reviewer beside."""
    async for made in _desk(sqlite, slack_finance=frozenset({AMARA, MARIA})):
        yield made


async def _desk(db: Database, **changed: Any) -> AsyncIterator[Desk]:
    # Slack's three seconds to answer are its own, and no matter of tests on a slow machine.
    ws = SlackWorkspace(store=Store(), event_retries=(0.0, 0.0, 0.0), ack_seconds=PATIENCE_S)
    account = StripeAccount()
    outer = web.Application()
    outer.add_subapp("/sandbox/slack/", slack_app(ws))
    outer.add_subapp("/sandbox/stripe/", stripe_app(account))
    outside = TestServer(outer)
    await outside.start_server()
    ws.public_url = str(outside.make_url("/sandbox/slack"))
    settings = Settings(
        _env_file=None,
        slack_bot_token=SecretStr(ws.bot_token),
        slack_signing_secret=SecretStr(ws.signing_secret),
        slack_channel=AFFILIATES,
        slack_api_url=f"{ws.public_url}/api/",
        stripe_api_key=SecretStr(account.api_key),
        stripe_webhook_secret=SecretStr("whsec_test"),
        **changed,
    )
    stripe = StripeGateway(account.api_key, str(outside.make_url("/sandbox/stripe/")), retries=0)
    existing = partial(existing_code, stripe)
    context = BotContext(db, settings, slack_client(settings), stripe, existing)
    bot = build_bot(context)
    for listener in bot._async_listeners:  # noqa: SLF001 - Bolt takes it only with events
        vars(listener)["ack_timeout"] = PATIENCE_S
    inner = web.Application()
    add_routes(inner, bot)
    inside = TestServer(inner)
    await inside.start_server()
    ws.delivery.events_url = str(inside.make_url("/slack/events"))
    yield Desk(ws, account, bot, context, ws.delivery.events_url)
    await bot.drain()
    await inside.close()
    await outside.close()
    await stripe.close()
