"""Where the handlers of Stripe's events register; what nobody handles is kept and marked so."""

from webhooks.router import Router

router = Router("stripe")
