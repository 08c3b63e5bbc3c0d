from collections.abc import Iterator

from stripe import params as shapes

import clock
from sandbox.stripe.objects import Json, new_id
from sandbox.stripe.resources.base import Call, Resource, merged


class Accounts(Resource):
    """The account itself, and the connected accounts of those who are paid."""

    kind = "account"
    path = "accounts"
    prefix = "acct"
    creates = shapes.AccountCreateParams
    retrieves = shapes.AccountRetrieveParams
    lists = shapes.AccountListParams
    announced = False

    def calls(self) -> Iterator[Call]:
        """An account is also found without an id: the one whose key is used."""
        yield from super().calls()
        yield Call("GET", "/v1/account", shapes.AccountRetrieveCurrentParams, self._own)

    def build(self, params: Json) -> Json:
        """Connect an account; in test mode it gets what it asks for at once."""
        asked = params.get("capabilities", {})
        granted = {name: "active" for name, wish in asked.items() if wish.get("requested")}
        return own_account("", "", 0) | {
            "id": new_id(self.prefix, 16),
            "business_type": params.get("business_type"),
            "capabilities": granted,
            "charges_enabled": "card_payments" in granted,
            "country": params.get("country", "US"),
            "created": int(clock.timestamp()),
            "email": params.get("email"),
            "metadata": merged({}, params.get("metadata", {})),
            "type": params.get("type", "express"),
        }

    def matches(self, thing: Json, params: Json) -> bool:
        """Only connected accounts are listed."""
        return thing["id"] != self.account.id and super().matches(thing, params)

    def _own(self, _key: str, _params: Json) -> Json:
        return self.account.objects.get("account", self.account.id)


def own_account(key: str, name: str, created: int) -> Json:
    """Build the account that everything belongs to."""
    return {
        "id": key,
        "object": "account",
        "business_profile": {"mcc": None, "name": name, "support_email": None, "url": None},
        "business_type": "company",
        "capabilities": {"card_payments": "active", "transfers": "active"},
        "charges_enabled": True,
        "country": "US",
        "created": created,
        "default_currency": "usd",
        "details_submitted": True,
        "email": "owner@example.com",
        "metadata": {},
        "payouts_enabled": True,
        "settings": {"dashboard": {"display_name": name, "timezone": "Etc/UTC"}},
        "type": "standard",
    }
