"""One request, one effect: what Stripe promises for an `Idempotency-Key`.

The answer to the first request with a key is kept for a day and given again to every repetition.
Answers to requests that failed Stripe's checks before any work are not kept.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import clock
from sandbox.stripe.exchange import Exchange
from sandbox.stripe.objects import Json
from sandbox.stripe.refusals import RefusalError
from sandbox.stripe.state import State

_KEPT = 24 * 3600
_LONGEST = 255
_KIND = "idempotency_error"


def replay(account: State, exchange: Exchange) -> tuple[int, Json] | None:
    """Return the kept answer of an earlier request with this key, None for a new one.

    Raises `RefusalError` where the key was used for something else, or is being used right now.
    """
    key, path = exchange.key, exchange.path
    if key is None:
        return None
    if len(key) > _LONGEST:
        raise _refused(f"Idempotency keys can have at most {_LONGEST} characters.")
    if key in account.busy:
        raise RefusalError(
            "There is currently another in-progress request using this Idempotent Key.",
            status=409,
            kind=_KIND,
            code="idempotency_key_in_use",
        )
    kept = account.answers.get(key)
    if kept is None or clock.timestamp() - kept["at"] > _KEPT:
        return None
    advice = f"Try using a key other than '{key}' if you meant to execute a different request."
    if kept["path"] != path:
        raise _refused(
            "Keys for idempotent requests can only be used for the same endpoint they were first "
            f"used for ('{kept['path']}' vs '{path}'). {advice}"
        )
    if kept["params"] != exchange.params:
        raise _refused(
            "Keys for idempotent requests can only be used with the same parameters they were "
            f"first used with. {advice}"
        )
    exchange.headers |= {"Idempotent-Replayed": "true", "Original-Request": kept["request"]}
    return kept["status"], kept["body"]


@contextmanager
def busy(account: State, key: str | None) -> Iterator[None]:
    """Mark a key as being worked on, so that a second request meanwhile is refused."""
    if key is None:
        yield
        return
    account.busy.add(key)
    try:
        yield
    finally:
        account.busy.discard(key)


def keep(account: State, exchange: Exchange, status: int, body: Json) -> None:
    """Keep the answer for every repetition of the request, if it has a key."""
    if exchange.key is not None:
        account.answers[exchange.key] = {
            "at": clock.timestamp(),
            "path": exchange.path,
            "params": exchange.params,
            "status": status,
            "body": body,
            "request": exchange.id,
        }


def _refused(message: str) -> RefusalError:
    return RefusalError(message, kind=_KIND)
