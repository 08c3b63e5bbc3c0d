"""A Stripe account without Stripe: it keeps state, refuses what Stripe refuses, sends events."""

from typing import Any

import clock
from sandbox.store import Store
from sandbox.stripe import catalogue
from sandbox.stripe.answers import Answers
from sandbox.stripe.courier import Courier
from sandbox.stripe.faults import Fault
from sandbox.stripe.objects import Json
from sandbox.stripe.registry import RESOURCES
from sandbox.stripe.state import State

_ENDPOINT = "we_sandbox"


class StripeAccount(State):
    """One account in test mode, stocked with a product and its plans.

    `webhook_url` is told of every event, signed with `webhook_secret`; None tells nobody until an
    endpoint is created over the API. Everything is kept in `store`.
    """

    def __init__(
        self,
        *,
        store: Store | None = None,
        api_key: str = "sk_test_sandbox",
        webhook_url: str | None = None,
        webhook_secret: str = "whsec_sandbox",  # noqa: S107 - public by design
    ) -> None:
        super().__init__(store=store or Store(), api_key=api_key)
        self.resources = {resource.kind: resource(self) for resource in RESOURCES}
        self.shown = Answers(self.objects, self.resources)
        self.courier = Courier(self)
        if not self.objects.has("account", self.id):
            catalogue.stock(self)
        if webhook_url is not None:
            self._listen(webhook_url, webhook_secret)
        self.store.save()

    def snapshot(self, thing: Json) -> Json:
        """Return an object as an answer without any expansion shows it."""
        return self.shown.render(thing)

    def fail_next(
        self,
        path_prefix: str = "/v1/",
        *,
        status: int = 503,
        times: int = 1,
        error: dict[str, Any] | None = None,
        retry_after: float | None = None,
        after_work: bool = False,
        delay: float = 0.0,
        method: str | None = None,
    ) -> None:
        """Let the next `times` requests under `path_prefix` fail; see `faults.Fault`."""
        self.faults.waiting.append(
            Fault(
                path_prefix=path_prefix,
                status=status,
                times=times,
                error=error,
                retry_after=retry_after,
                after_work=after_work,
                delay=delay,
                method=method,
            )
        )

    def _listen(self, url: str, secret: str) -> None:
        self.secrets[_ENDPOINT] = secret
        self.objects.add(
            {
                "id": _ENDPOINT,
                "object": "webhook_endpoint",
                "api_version": None,
                "application": None,
                "created": int(clock.timestamp()),
                "description": "The application under trial",
                "enabled_events": ["*"],
                "livemode": False,
                "metadata": {},
                "status": "enabled",
                "url": url,
            }
        )
