"""What every handler may use, and where a request keeps what is known about it."""

from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from dashboard.clicks import Clicks
from dashboard.directory import Directory
from dashboard.limits import Limits, limits_for
from domain.program import Program
from integrations.clerk import Clerk
from integrations.llm import Llm
from integrations.stripe import StripeGateway
from settings import Settings
from storage.db import Database
from storage.sessions import Session


@dataclass(frozen=True)
class DashboardContext:
    """What the dashboard is given by whoever starts it. A service is None where it is off."""

    db: Database
    settings: Settings
    clerk: Clerk | None
    stripe: StripeGateway | None = None
    clicks: Clicks | None = None
    llm: Llm | None = None
    limits: Limits = field(init=False)

    def __post_init__(self) -> None:
        """Count limits where all servers see it."""
        object.__setattr__(self, "limits", limits_for(self.db, self.settings))

    @property
    def secure(self) -> bool:
        """Whether browsers reach us by HTTPS only."""
        return self.settings.public_url.startswith("https://")

    @property
    def secret_key(self) -> str:
        """What seals links and form tokens."""
        return self.settings.secret_key.get_secret_value()


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence above the page. `kind` is info, success, warning or error."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Banner(Notice):
    """A notice that leads to where something is to be done: `action` says what, at `href`."""

    action: str
    href: str


@dataclass(slots=True)
class Visit:
    """Who asks, and what their page needs to know whatever page it is.

    `anchor` is what their form tokens are bound to: the session, or a random cookie before
    there is one. `new_cookies` maps a cookie's noun to its value and lifetime in seconds
    (None: as long as the browser is open).
    """

    program: Program = field(default_factory=Program)
    session: Session | None = None
    anchor: str = ""
    notice: Notice | None = None
    banner: Banner | None = None
    new_cookies: dict[str, tuple[str, int | None]] = field(default_factory=dict)


CONTEXT: Final = web.AppKey("dashboard_context", DashboardContext)
DIRECTORY: Final = web.AppKey("dashboard_directory", Directory)
VISIT: Final = web.RequestKey("dashboard_visit", Visit)
