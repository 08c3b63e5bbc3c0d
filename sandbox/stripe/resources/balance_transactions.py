from stripe import params as shapes

from sandbox.stripe.resources.base import Resource


class BalanceTransactions(Resource):
    """Balance transactions: every movement of the account's money, with Stripe's fee."""

    kind = "balance_transaction"
    path = "balance_transactions"
    prefix = "txn"
    retrieves = shapes.BalanceTransactionRetrieveParams
    lists = shapes.BalanceTransactionListParams
