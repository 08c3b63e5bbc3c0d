"""What effects reach the outside with. A service that is not connected is None."""

from dataclasses import dataclass

from slack_sdk.web.async_client import AsyncWebClient

from integrations.clerk import Clerk
from integrations.mail import Mailer
from integrations.passivepost import PassivePost
from integrations.public_fetch import PublicFetch
from integrations.public_post import PublicPost
from integrations.stripe import StripeGateway
from settings import Settings
from storage.db import Database


@dataclass(frozen=True)
class Services:
    """The database and the clients of outside services."""

    db: Database
    settings: Settings
    slack: AsyncWebClient | None = None
    stripe: StripeGateway | None = None
    clerk: Clerk | None = None
    mailer: Mailer | None = None
    passivepost: PassivePost | None = None
    public_fetch: PublicFetch | None = None
    public_post: PublicPost | None = None

    async def close(self) -> None:
        """Close the connections of every client; Slack's opens one per call."""
        for client in (self.stripe, self.clerk, self.mailer, self.passivepost):
            if client is not None:
                await client.close()
