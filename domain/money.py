"""Shares of amounts: integers in, integers out, rounded in one place."""

_WHOLE_BP = 10_000


def share(amount: int, rate_bp: int) -> int:
    """`rate_bp` basis points of `amount` minor units, rounded to the nearest unit.

    Exactly half a unit goes up, in the affiliate's favour. Neither may be negative.
    """
    if amount < 0 or rate_bp < 0:
        raise ValueError("a share is taken of what was collected, never of a debt")
    return (amount * rate_bp + _WHOLE_BP // 2) // _WHOLE_BP
