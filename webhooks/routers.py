"""The routers of every source, with their handlers loaded."""

from webhooks.stripe.router import router as stripe
from webhooks.tally.submissions import router as tally

ROUTERS = (stripe, tally)
