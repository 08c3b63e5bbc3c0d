"""All stand-ins together: the outside world of the sandbox and of the tests."""

from pathlib import Path
from typing import Any

from aiohttp import web

from sandbox.calendar import Calendar
from sandbox.clerk.app import clerk_app
from sandbox.clerk.instance import ClerkInstance
from sandbox.mail.app import mail_app
from sandbox.mail.mailbox import Mailbox
from sandbox.model import Model
from sandbox.networks import SECRETS, Networks
from sandbox.pages import start_app
from sandbox.passivepost import PassivePost
from sandbox.product import TOKEN, Product
from sandbox.receiver import Receiver
from sandbox.slack.app import slack_app
from sandbox.slack.people import AFFILIATES, AMARA, MARIA
from sandbox.slack.workspace import SlackWorkspace
from sandbox.store import Store
from sandbox.stripe.account import StripeAccount
from sandbox.stripe.app import stripe_app
from sandbox.tally.app import tally_app
from sandbox.tally.form import TallyForm
from sandbox.tally.personas import PERSONAS

PRODUCT = "PropMine"
WEBHOOK_SECRET = "whsec_sandbox"


class StandIns:
    """Slack, Stripe, Clerk, a mail service and a Tally form, without any account.

    `url` is where they are mounted, `desk_url` where Affiliate Desk listens (the same server
    in the sandbox). They remember in `folder`, or in memory only.
    """

    def __init__(self, *, url: str, desk_url: str, folder: Path | None = None) -> None:
        def store(name: str) -> Store:
            return Store(folder / f"{name}.json" if folder else None)

        self._url = url
        self._desk_url = desk_url
        self.calendar = Calendar(store("calendar"))
        self.slack = SlackWorkspace(
            store=store("slack"),
            events_url=f"{desk_url}/slack/events",
            public_url=f"{url}/sandbox/slack",
        )
        self.stripe = StripeAccount(
            store=store("stripe"),
            url=f"{url}/sandbox/stripe",
            webhook_url=f"{desk_url}/webhooks/stripe",
            webhook_secret=WEBHOOK_SECRET,
        )
        self.clerk = ClerkInstance(store=store("clerk"), origin=desk_url)
        self.mail = Mailbox(store=store("mail"))
        self.model = Model()
        self.passivepost = PassivePost(store("passivepost"))
        self.networks = Networks(store("networks"))
        self.receiver = Receiver(store("receiver"))
        self.product = Product(self.clerk, self.stripe, desk_url)
        self.tally = TallyForm(f"{desk_url}/webhooks/tally", store=store("tally"))
        for persona in PERSONAS.values():
            email = str(persona.answers.get("email") or "")
            if email and not self.clerk.find(email):
                self.clerk.add_user(email)

    def mount(self, app: web.Application) -> None:
        """Put every stand-in under `/sandbox/` of an application."""
        app.add_subapp("/sandbox/slack/", slack_app(self.slack))
        app.add_subapp("/sandbox/stripe/", stripe_app(self.stripe))
        app.add_subapp("/sandbox/clerk/", clerk_app(self.clerk))
        app.add_subapp("/sandbox/mail/", mail_app(self.mail))
        app.add_subapp("/sandbox/model/", self.model.app())
        app.add_subapp("/sandbox/networks/", self.networks.app())
        app.add_subapp("/sandbox/passivepost/", self.passivepost.app())
        app.add_subapp("/sandbox/tally/", tally_app(self.tally))
        app.add_subapp("/sandbox/webhooks/", self.receiver.app())
        app.add_subapp("/sandbox/product/", self.product.app())
        app.add_subapp("/sandbox/", start_app(self.calendar))

    def forgive(self) -> None:
        """End all trouble that a test has ordered."""
        self.slack.faults.forgive()
        self.stripe.faults.waiting.clear()
        self.clerk.traffic.forgive()
        self.mail.traffic.forgive()
        self.model.traffic.forgive()
        self.passivepost.traffic.forgive()
        self.networks.traffic.forgive()
        self.receiver.mood = "well"

    def settings(self) -> dict[str, Any]:
        """The settings by which Affiliate Desk reaches the stand-ins, by field name."""
        return {
            "public_url": self._desk_url,
            "secret_key": "sandbox-secret-key-that-is-public",
            "product_name": PRODUCT,
            "product_url": f"{self._url}/sandbox/product",
            "slack_bot_token": self.slack.bot_token,
            "slack_signing_secret": self.slack.signing_secret,
            "slack_app_token": None,
            "slack_channel": AFFILIATES,
            "slack_api_url": f"{self._url}/sandbox/slack/api/",
            "slack_finance": frozenset({AMARA, MARIA}),
            "stripe_api_key": self.stripe.api_key,
            "stripe_webhook_secret": WEBHOOK_SECRET,
            "stripe_api_url": f"{self._url}/sandbox/stripe",
            "fetch_pages": False,
            "outgoing_networks": ("127.0.0.0/8", "::1/128"),
            "admin_api_token": "sandbox-admin-token-that-is-public",
            "product_api_token": TOKEN,
            "tally_signing_secret": self.tally.signing_secret,
            "tally_url_secret": "tally_url_sandbox",
            "clerk_secret_key": self.clerk.secret_key,
            "clerk_api_url": f"{self._url}/sandbox/clerk/v1",
            "clerk_jwt_key": self.clerk.jwt_key,
            "clerk_authorized_parties": (self.clerk.origin,),
            "resend_api_key": self.mail.api_key,
            "resend_api_url": f"{self._url}/sandbox/mail",
            "llm_api_url": f"{self._url}/sandbox/model/v1",
            "llm_api_key": self.model.api_key,
            "llm_model": "sandbox",
            "passivepost_api_url": f"{self._url}/sandbox/passivepost",
            "passivepost_api_key": self.passivepost.api_key,
            "network_secrets": SECRETS,
            "partnerstack_api_url": f"{self._url}/sandbox/networks/partnerstack",
            "partnerstack_links_url": f"{self._url}/sandbox/networks/partnerstack",
            "impact_api_url": f"{self._url}/sandbox/networks/impact",
            "awin_api_url": f"{self._url}/sandbox/networks/awin",
            "mail_from": f"{PRODUCT} Affiliates <affiliates@propmine.example.com>",
        }
