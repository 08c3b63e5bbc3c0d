"""How a call to Stripe fails: one kind of error that tells "never" from "later"."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import aiohttp
import stripe

from integrations.calls import asking
from integrations.errors import TransportError
from integrations.http import retry_after

_OK: Final = 200
_BUSY: Final = 409
_OVERLOADED: Final = 429
_BROKEN: Final = 500
_LONGEST_MESSAGE: Final = 300


@contextmanager
def transport() -> Iterator[None]:
    """Let every way in which a call can fail leave as a `TransportError`.

    The library does not wrap what happens while the body is read, so aiohttp's errors count too.
    """
    with asking("Stripe") as asked:
        try:
            yield
        except stripe.APIConnectionError as error:
            raise TransportError("Stripe could not be reached.") from error
        except stripe.StripeError as error:
            asked.status = error.http_status or _BROKEN
            raise _translated(error) from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise TransportError("The connection to Stripe broke off.") from error
        asked.status = _OK


def _translated(error: stripe.StripeError) -> TransportError:
    """Translate one error. An answer that is no JSON comes from something before Stripe."""
    status = error.http_status or _BROKEN
    body = error.json_body if isinstance(error.json_body, dict) else None
    if body is None:
        return TransportError(f"Stripe answered {status} with something that is no JSON.")
    details = body.get("error")
    code = details.get("code") if isinstance(details, dict) else None
    message = (error.user_message or "no reason given")[:_LONGEST_MESSAGE]
    later = status in {_BUSY, _OVERLOADED} or status >= _BROKEN
    return TransportError(
        f"Stripe answered {status}: {message}",
        permanent=not later,
        retry_after=retry_after((error.headers or {}).get("Retry-After")) if later else None,
        code=code or error.code,
    )
