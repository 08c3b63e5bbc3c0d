"""What an earlier program had, in our own words: the form that every file of one is read into."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from domain.statuses import Status

BROUGHT: Final = "imported"
CORRECTED: Final = "import_corrected"
"""The reasons of ledger entries: what was owed there, and what turned out not to be any more."""

POSTED_FOR: Final = "import:"
"""How the `source` of such an entry begins, before the id of the brought-over commission."""


class State(StrEnum):
    """What became of a commission in the earlier program."""

    OWED = "owed"
    PAID = "paid"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was read: a file's number, in the order they were given, and its line."""

    file: int
    line: int


@dataclass(frozen=True, slots=True)
class Whose:
    """How a row names its affiliate: by the id they have there, an address, a ref, or several."""

    id: str = ""
    email: str = ""
    ref: str = ""

    @property
    def words(self) -> str:
        """The name that was given, for a person."""
        return self.email or self.id or self.ref


@dataclass(frozen=True, slots=True)
class BroughtAffiliate:
    """Somebody who promotes. `status` is None for who was never let in, or was turned away.

    `code` is what customers type at checkout, `promotion_code` and `coupon` are the payment
    provider's ids of it; empty where there are none. `refs` stand in their links. `state` is their
    status there, in its own word. `user` is their id in the user directory.
    """

    place: Place
    email: str
    status: Status | None
    state: str = ""
    id: str = ""
    name: str = ""
    display_name: str = ""
    site: str = ""
    code: str = ""
    promotion_code: str = ""
    coupon: str = ""
    user: str = ""
    terms_version: str = ""
    refs: tuple[str, ...] = ()
    joined_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BroughtLink:
    """One more link of an affiliate's."""

    place: Place
    whose: Whose
    ref: str


@dataclass(frozen=True, slots=True)
class BroughtCustomer:
    """Somebody whom an affiliate brought. `paid` says whether they ever paid anything.

    Known by at least one of `customer` (the payment provider's id), `user` (the product's) and
    `email`.
    """

    place: Place
    whose: Whose
    customer: str = ""
    user: str = ""
    email: str = ""
    paid: bool = False
    plan: str = ""
    status: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BroughtCommission:
    """What an affiliate earned there, in minor units of `currency` (lower case), signed.

    An empty `id` is made up from the rest of the row. A `balance` is all that is owed in one sum,
    at a place where this program shows its own afterwards. Without `free_at` an owed one is on hold
    for as long as commissions are here if it was still on hold there (`held`).
    """

    place: Place
    whose: Whose
    amount: int
    currency: str
    state: State
    id: str = ""
    about: str = ""
    balance: bool = False
    held: bool = False
    at: datetime | None = None
    free_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Odd:
    """A row that cannot be understood, and why, in a sentence. Nothing is taken over until it is.

    A fatal one ends its file: what comes after it cannot be told apart.
    """

    place: Place
    why: str
    fatal: bool = False


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that is left out on purpose, and why, in a sentence that other rows share."""

    place: Place
    why: str


Item = BroughtAffiliate | BroughtLink | BroughtCustomer | BroughtCommission | Odd | Skipped


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file as it was understood: its name, what it holds, and how it is written."""

    name: str
    noun: str
    written: str
    unused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Program:
    """An earlier program: `source` is its short name, `sheets` the files, in the order given.

    `items` reads them from the beginning each time that it is called. `parameter` is how its links
    name the affiliate, such as `via` in `?via=adam`.
    """

    source: str
    title: str
    sheets: tuple[Sheet, ...]
    items: Callable[[], Iterable[Item]]
    parameter: str = ""
