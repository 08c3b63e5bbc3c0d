"""`doctor`: looks at every part, live, and says what to do about what is wrong."""

import argparse
from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from bot.manifest import read_manifest
from commands.arguments import Commands, on_database
from desk import Desk
from domain.audit import Actor
from integrations import slack
from integrations.errors import TransportError
from storage import schema, work
from storage.inbox import InboxEvent
from storage.outbox import Effect
from storage.schema import Standing


class Health(StrEnum):
    """How a part is; the value is the word that is printed."""

    GOOD = "ok"
    OFF = "off"
    BAD = "FAIL"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the diagnosis."""

    part: str
    health: Health
    text: str


class _Pingable(Protocol):
    async def ping(self) -> None:
        """Prove that the service answers."""


def add(commands: Commands) -> None:
    """Have the command line know it."""
    found = commands.add_parser("doctor", help="check every integration and say what to do")
    found.set_defaults(run=on_database(_run, migrates=False))


async def _run(desk: Desk, _arguments: argparse.Namespace, _actor: Actor) -> int:
    is_well = True
    async for finding in examine(desk):
        print(f"{finding.health:>4}  {finding.part:<9} {finding.text}")
        is_well = is_well and finding.health != Health.BAD
    return 0 if is_well else 1


async def examine(desk: Desk) -> AsyncIterator[Finding]:
    """Examine the database and each integration, one after the other."""
    yield await _database(desk)
    yield _product(desk)
    yield await _slack(desk)
    yield await _stripe(desk)
    yield _tally(desk)
    yield await _ping("Clerk", desk.services.clerk, "CLERK_SECRET_KEY")
    yield _taxes(desk)
    yield await _ping("Mail", desk.services.mailer, "RESEND_API_KEY or SMTP_URL, and MAIL_FROM")


async def _database(desk: Desk) -> Finding:
    kind = "SQLite" if desk.db.is_sqlite else "PostgreSQL"
    try:
        found = await schema.standing_of(desk.db)
        if found is Standing.BEHIND:
            return Finding("Database", Health.BAD, f"{kind}: run `affiliate-desk migrate`.")
        if found is Standing.TOO_NEW:
            return Finding("Database", Health.BAD, f"{kind}: {found.value}.")
        async with desk.db.read() as session:
            parked = sum([await work.count_parked(session, t) for t in (InboxEvent, Effect)])
    except (SQLAlchemyError, OSError) as error:
        return Finding("Database", Health.BAD, f"{kind} does not answer: {error}")
    waiting = f", {parked} parked: see /affiliate health" if parked else ""
    return Finding("Database", Health.GOOD, f"{kind}, in shape{waiting}.")


def _product(desk: Desk) -> Finding:
    if desk.settings.product_url:
        return Finding(
            "Product", Health.GOOD, f"Referral links lead to {desk.settings.product_url}"
        )
    return Finding("Product", Health.BAD, "Set PRODUCT_URL: referral links lead nowhere.")


async def _slack(desk: Desk) -> Finding:
    client, settings = desk.services.slack, desk.settings
    if client is None:
        return Finding("Slack", Health.OFF, "Set SLACK_BOT_TOKEN, SLACK_SIGNING_SECRET, …")
    try:
        team = await slack.call(client, "auth.test")
        scopes = await slack.scopes(client)
        channel = await slack.channel_id(client, settings.slack_channel)
        info = await slack.read(client, "conversations.info", channel=channel)
    except TransportError as error:
        return Finding("Slack", Health.BAD, str(error))
    missing = read_manifest().scopes - scopes
    if missing:
        listed = ", ".join(sorted(missing))
        text = f"The app lacks the scopes {listed}: update it from manifest.yml and reinstall it."
        return Finding("Slack", Health.BAD, text)
    if not info["channel"].get("is_member"):
        text = f"The bot is not in #{info['channel']['name']}: type /invite there."
        return Finding("Slack", Health.BAD, text)
    way = "Socket Mode" if settings.slack_app_token else f"{settings.public_url}/slack/events"
    text = f"{team['team']}, #{info['channel']['name']}, by {way}."
    return Finding("Slack", Health.GOOD, text)


async def _stripe(desk: Desk) -> Finding:
    if desk.services.stripe is None:
        return Finding("Stripe", Health.OFF, "Set STRIPE_API_KEY and STRIPE_WEBHOOK_SECRET.")
    try:
        account = await desk.services.stripe.account()
        products = await desk.services.stripe.list_products()
    except TransportError as error:
        return Finding("Stripe", Health.BAD, str(error))
    mode = "live" if account.livemode else "test"
    text = f"{account.name or account.id}, {mode} mode, {len(products)} products."
    return Finding("Stripe", Health.GOOD, text)


def _tally(desk: Desk) -> Finding:
    settings = desk.settings
    if settings.tally_signing_secret:
        text = f"Webhook address: {settings.public_url}/webhooks/tally"
        return Finding("Tally", Health.GOOD, text)
    if settings.tally_url_secret:
        text = (
            f"Webhook address: {settings.public_url}/internal/affiliate/tally-webhook?secret=…; "
            "TALLY_SIGNING_SECRET would be safer."
        )
        return Finding("Tally", Health.GOOD, text)
    return Finding("Tally", Health.OFF, "Applications come by the form at /affiliate.")


def _taxes(desk: Desk) -> Finding:
    vault = desk.db.vault
    if vault is None:
        text = "Set TAX_ENCRYPTION_KEYS to ask for tax forms: affiliate-desk tax new-key"
        return Finding("Tax", Health.OFF, text)
    others = f" {vault.size - 1} more open: affiliate-desk tax rotate." if vault.size > 1 else ""
    return Finding("Tax", Health.GOOD, f"Forms are on, and needed for payouts.{others}")


async def _ping(part: str, client: _Pingable | None, variables: str) -> Finding:
    if client is None:
        return Finding(part, Health.OFF, f"Set {variables}.")
    try:
        await client.ping()
    except TransportError as error:
        return Finding(part, Health.BAD, str(error))
    return Finding(part, Health.GOOD, "Answers, and knows our key.")
