"""How the stand-in says no: Stripe's error body, its status and its words."""

from typing import Any

INVALID = "invalid_request_error"


class RefusalError(Exception):
    """A request is turned down, with all that Stripe puts into the answer."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = INVALID,
        code: str | None = None,
        param: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error: dict[str, Any] = {"message": message, "type": kind}
        if code is not None:
            self.error |= {"code": code, "doc_url": _doc_url(code)}
        if param is not None:
            self.error["param"] = param


def missing(kind: str, given: str, param: str, *, status: int = 400) -> RefusalError:
    """Refuse an id that names nothing. Stripe answers 404 where the id stands in the path."""
    noun = kind.replace("_", " ")
    return RefusalError(
        f"No such {noun}: '{given}'", status=status, code="resource_missing", param=param
    )


def required(param: str) -> RefusalError:
    """Refuse a request that leaves out what the call needs."""
    return RefusalError(f"Missing required param: {param}.", code="parameter_missing", param=param)


def only_one_of(first: str, second: str) -> RefusalError:
    """Refuse two parameters that exclude each other."""
    return RefusalError(
        f"You may only specify one of these parameters: {first}, {second}.", param=first
    )


def _doc_url(code: str) -> str:
    return f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"
