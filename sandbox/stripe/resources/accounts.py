from collections.abc import Iterator

from stripe import params as shapes

from sandbox.stripe.objects import Json
from sandbox.stripe.resources.base import Call, Resource


class Accounts(Resource):
    """The account itself, and the connected accounts of those who are paid."""

    kind = "account"
    path = "accounts"
    prefix = "acct"
    retrieves = shapes.AccountRetrieveParams

    def calls(self) -> Iterator[Call]:
        """An account is also found without an id: the one whose key is used."""
        yield from super().calls()
        yield Call("GET", "/v1/account", shapes.AccountRetrieveCurrentParams, self._own)

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
