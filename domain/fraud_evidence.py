"""What the rules of the fraud score look at, as plain facts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Person:
    """A referral. Texts are empty where nothing is known; `who` is masked.

    `network` is a keyed hash, `domain` that of their mail address.
    """

    who: str
    domain: str = ""
    network: str = ""
    country: str = ""
    signed_up_at: datetime | None = None
    converted_at: datetime | None = None
    canceled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Purchase:
    """A sale. `who` is masked, `customer` and `card` tell them apart."""

    who: str
    customer: str
    card: str = ""
    returned: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one affiliate's last months. `home` is their country, empty if unknown.

    `program_sales` and `program_returned` count the last sales of the others. `own` says how they
    tried to earn from themselves; `leaks`, `confirmed` and `suspected` name what was found.
    """

    now: datetime
    people: Sequence[Person] = ()
    purchases: Sequence[Purchase] = ()
    program_sales: int = 0
    program_returned: int = 0
    own: Sequence[str] = ()
    home: str = ""
    leaks: Sequence[str] = ()
    confirmed: Sequence[str] = ()
    suspected: Sequence[str] = ()
