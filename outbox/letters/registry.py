"""Which function knows what a mail is about. A new mail is its two templates and a line here."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from domain.program import Program
from settings import Settings


@dataclass(frozen=True, slots=True)
class Asked:
    """A mail to be written: `about` holds ids and words, as the domain put them in the outbox."""

    session: AsyncSession
    about: Mapping[str, str]
    program: Program
    server: Settings


Writer = Callable[[Asked], Awaitable[dict[str, Any] | None]]

WRITERS: dict[str, Writer] = {}


def letter(*templates: str) -> Callable[[Writer], Writer]:
    """Have the function below say what these templates are filled with.

    It reads what is true when the mail leaves, and raises `GiveUpError` if what the mail is
    about is gone. None is for a mail that is best not sent any more.
    """

    def register(write: Writer) -> Writer:
        for template in templates:
            if template in WRITERS:
                raise ValueError(f"{template} is written already")
            WRITERS[template] = write
        return write

    return register
