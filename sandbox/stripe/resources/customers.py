import secrets
from typing import Any, ClassVar

from stripe import params as shapes

from sandbox.stripe.objects import Json
from sandbox.stripe.refusals import RefusalError
from sandbox.stripe.resources.base import Resource, page
from sandbox.stripe.state import State

_FIELDS = ("address", "description", "email", "name", "phone", "shipping")


class Customers(Resource):
    """Customers: who pays."""

    kind = "customer"
    path = "customers"
    prefix = "cus"
    creates = shapes.CustomerCreateParams
    retrieves = shapes.CustomerRetrieveParams
    updates = shapes.CustomerUpdateParams
    lists = shapes.CustomerListParams
    deletes = shapes.CustomerDeleteParams
    hidden: ClassVar[frozenset[str]] = frozenset({"sources", "subscriptions", "tax", "tax_ids"})

    def build(self, params: Json) -> Json:
        """Take a customer as given; only the form of the address is checked."""
        _check_email(params)
        return {name: params.get(name) or None for name in _FIELDS} | {
            "balance": params.get("balance", 0),
            "currency": None,
            "default_source": None,
            "delinquent": False,
            "discount": None,
            "invoice_prefix": secrets.token_hex(4).upper(),
            "invoice_settings": {
                "custom_fields": None,
                "default_payment_method": None,
                "footer": None,
                "rendering_options": None,
            },
            "next_invoice_sequence": 1,
            "preferred_locales": params.get("preferred_locales", []),
            "tax_exempt": params.get("tax_exempt", "none"),
            "test_clock": params.get("test_clock"),
        }

    def change(self, thing: Json, params: Json) -> None:
        """Apply an update; the form of an address is checked first."""
        _check_email(params)
        super().change(thing, params)

    def included(self, thing: Json, field: str) -> Any:
        """A customer knows their running subscriptions, on request; there are no other extras."""
        if field == "tax":
            return None
        running = [
            subscription
            for subscription in self.account.objects.naming("subscription", thing["id"])
            if subscription["status"] != "canceled"
        ]
        path = f"/v1/customers/{thing['id']}/{field}"
        return page(path, running if field == "subscriptions" else [])


def find_or_create(account: State, email: str, name: str | None, metadata: dict[str, str]) -> Json:
    """Return the customer with this e-mail address, a new one where there is none."""
    for customer in account.objects.newest_first("customer"):
        if customer["email"] == email:
            return customer
    params = {"email": email, "name": name, "metadata": metadata}
    customers = Customers(account)
    return customers.new(params, **customers.build(params))


def _check_email(params: Json) -> None:
    email = params.get("email")
    if email and ("@" not in email or any(letter.isspace() for letter in email)):
        raise RefusalError(f"Invalid email address: {email}", code="email_invalid", param="email")
