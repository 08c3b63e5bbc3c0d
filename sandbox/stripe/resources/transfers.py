from typing import ClassVar

from stripe import params as shapes

from sandbox.stripe.money.payments import book
from sandbox.stripe.objects import Json, new_id
from sandbox.stripe.refusals import RefusalError
from sandbox.stripe.resources.base import Resource, page


class Transfers(Resource):
    """Transfers: money from the account's balance to a connected account."""

    kind = "transfer"
    path = "transfers"
    prefix = "tr"
    creates = shapes.TransferCreateParams
    retrieves = shapes.TransferRetrieveParams
    updates = shapes.TransferUpdateParams
    lists = shapes.TransferListParams
    links: ClassVar[frozenset[str]] = frozenset({"destination"})

    def build(self, params: Json) -> Json:
        """Check who is paid and that there is enough to pay with."""
        amount = params.get("amount", 0)
        if amount < 1:
            raise RefusalError(
                "Invalid positive integer", code="parameter_invalid_integer", param="amount"
            )
        objects = self.account.objects
        paid = objects.get("account", params["destination"], "destination")
        if paid["id"] == self.account.id:
            raise RefusalError("Cannot transfer to yourself.", param="destination")
        if paid["capabilities"].get("transfers") != "active":
            raise RefusalError(
                "Your destination account needs to have the `transfers` capability enabled.",
                code="insufficient_capabilities_for_transfer",
                param="destination",
            )
        currency = params["currency"].lower()
        if amount > self._balance(currency):
            raise RefusalError(
                "You have insufficient funds in your Stripe account.", code="balance_insufficient"
            )
        key = new_id(self.prefix)
        line = book(
            self.account,
            amount=-amount,
            fee=0,
            currency=currency,
            kind="transfer",
            source=key,
            category="transfer",
        )
        return {
            "id": key,
            "amount": amount,
            "amount_reversed": 0,
            "balance_transaction": line["id"],
            "currency": currency,
            "description": params.get("description"),
            "destination": paid["id"],
            "destination_payment": None,
            "reversals": page(f"/v1/transfers/{key}/reversals", []),
            "reversed": False,
            "source_transaction": params.get("source_transaction"),
            "source_type": "card",
            "transfer_group": params.get("transfer_group"),
        }

    def _balance(self, currency: str) -> int:
        return sum(
            line["net"]
            for line in self.account.objects.newest_first("balance_transaction")
            if line["currency"] == currency
        )
