import secrets
from urllib.parse import urlsplit

from stripe import api_version
from stripe import params as shapes

from sandbox.stripe.objects import Json
from sandbox.stripe.refusals import RefusalError
from sandbox.stripe.resources.base import Resource


class WebhookEndpoints(Resource):
    """Webhook endpoints: where events are sent, and with which secret they are signed."""

    kind = "webhook_endpoint"
    path = "webhook_endpoints"
    prefix = "we"
    creates = shapes.WebhookEndpointCreateParams
    retrieves = shapes.WebhookEndpointRetrieveParams
    updates = shapes.WebhookEndpointUpdateParams
    lists = shapes.WebhookEndpointListParams
    deletes = shapes.WebhookEndpointDeleteParams

    def build(self, params: Json) -> Json:
        """Take an endpoint with an absolute address."""
        _check_url(params["url"])
        return {
            "api_version": params.get("api_version", api_version),
            "application": None,
            "description": params.get("description") or None,
            "enabled_events": params["enabled_events"],
            "status": "enabled",
            "url": params["url"],
        }

    def change(self, thing: Json, params: Json) -> None:
        """Apply an update; `disabled` is shown as a status."""
        if "url" in params:
            _check_url(params["url"])
        if "disabled" in params:
            thing["status"] = "disabled" if params.pop("disabled") else "enabled"
        super().change(thing, params)

    def _create(self, key: str, params: Json) -> Json:
        """The secret is told in this answer and never again."""
        made = super()._create(key, params)
        secret = self.account.secrets[made["id"]] = f"whsec_{secrets.token_urlsafe(24)}"
        return made | {"secret": secret}


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise RefusalError(
            "Invalid URL: An explicit scheme (such as https) must be provided.",
            code="url_invalid",
            param="url",
        )
