"""What the failure of an outside service means for a row of work: later, or a person."""

from collections.abc import Iterator
from contextlib import contextmanager

from integrations.errors import TransportError
from storage.worker import GiveUpError, TryLaterError


@contextmanager
def outlasted() -> Iterator[None]:
    """Have a row wait for a service that is away, and park it where waiting can not help."""
    try:
        yield
    except TransportError as error:
        if error.permanent:
            raise GiveUpError(str(error)) from error
        raise TryLaterError(str(error), error.retry_after) from error
