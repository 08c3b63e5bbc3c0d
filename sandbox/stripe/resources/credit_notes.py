from typing import ClassVar

from stripe import params as shapes

from sandbox.stripe.resources.base import Resource


class CreditNotes(Resource):
    """Credit notes: what was taken off an invoice after it had been issued."""

    kind = "credit_note"
    path = "credit_notes"
    prefix = "cn"
    retrieves = shapes.CreditNoteRetrieveParams
    lists = shapes.CreditNoteListParams
    links: ClassVar[frozenset[str]] = frozenset({"customer", "invoice"})
