"""What every listener of the bot works with."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cached_property

from slack_sdk.web.async_client import AsyncWebClient

from bot.access import Access
from domain.adoption import ExistingCode
from domain.program import Program
from integrations.stripe import StripeGateway
from settings import Settings
from storage.db import Database


@dataclass(frozen=True)
class BotContext:
    """The bot's connections. `stripe` is None while Stripe is not connected.

    `existing_code` tells a promotion code of Stripe's in the program's words; it raises
    `NotFoundError` and `TransportError`.
    """

    db: Database
    settings: Settings
    slack: AsyncWebClient
    stripe: StripeGateway | None
    existing_code: Callable[[str, Program], Awaitable[ExistingCode]] | None = None

    @cached_property
    def access(self) -> Access:
        """Who may act."""
        return Access(self.settings, self.slack)
