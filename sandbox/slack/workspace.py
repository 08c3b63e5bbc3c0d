"""The Slack workspace of the sandbox and of the tests: one object with all of it."""

from collections.abc import Collection
from dataclasses import replace

from bot.manifest import Manifest, read_manifest
from sandbox.slack.commands import Commands
from sandbox.slack.delivery import ACK_SECONDS, EVENT_RETRIES, Delivery
from sandbox.slack.faults import Faults
from sandbox.store import Store

BOT_TOKEN = "xoxb-sandbox-bot-token"
APP_TOKEN = "xapp-sandbox-app-token"
SIGNING_SECRET = "sandbox-signing-secret"


class SlackWorkspace(Commands):
    """A workspace with one app installed in it.

    `events_url` is where the app listens, `public_url` where the workspace itself is mounted;
    both may be set later, when a test server has got its port. `manifest` is what the app may do
    (`manifest.yml` by default), and `scopes` overrides its scopes.

    Each class below adds one noun: `State`, `People`, `Messages`, `Tickets`, `Views`, `Files`,
    `Operators`,
    `Commands`.
    """

    def __init__(
        self,
        *,
        store: Store,
        events_url: str = "http://127.0.0.1:8080/slack/events",
        public_url: str = "http://127.0.0.1:8080/sandbox/slack",
        manifest: Manifest | None = None,
        scopes: Collection[str] | None = None,
        bot_token: str = BOT_TOKEN,
        app_token: str = APP_TOKEN,
        signing_secret: str = SIGNING_SECRET,
        ack_seconds: float = ACK_SECONDS,
        event_retries: tuple[float, ...] = EVENT_RETRIES,
    ) -> None:
        manifest = manifest or read_manifest()
        if scopes is not None:
            manifest = replace(manifest, scopes=frozenset(scopes))
        delivery = Delivery(events_url, signing_secret, ack_seconds, event_retries)
        super().__init__(store, public_url, delivery, manifest)
        self.bot_token = bot_token
        self.app_token = app_token
        self.signing_secret = signing_secret
        self.faults = Faults()
        self.fail_next = self.faults.fail_next
