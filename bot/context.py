"""What every listener of the bot works with."""

from dataclasses import dataclass

from slack_sdk.web.async_client import AsyncWebClient

from integrations.stripe import StripeGateway
from settings import Settings
from storage.db import Database


@dataclass(frozen=True)
class BotContext:
    """The bot's connections. `stripe` is None while Stripe is not connected."""

    db: Database
    settings: Settings
    slack: AsyncWebClient
    stripe: StripeGateway | None
