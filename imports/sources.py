"""What there is to know of an earlier program's exports, and the forms of its files."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from domain.imports import State
from domain.statuses import Status

AFFILIATES, LINKS, CUSTOMERS, COMMISSIONS = "affiliates", "links", "customers", "commissions"

_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_OTHER: Final = re.compile(r"[^a-z0-9]+")


def column(name: str) -> str:
    """A column's name in one spelling: `Partner email`, `partnerEmail` and `partner_email`."""
    return _OTHER.sub("_", _CAMEL.sub("_", name).lower()).strip("_")


@dataclass(frozen=True, slots=True)
class Form:
    """The form of one sort of file. `columns` names, for each field, the columns that may hold it.

    A file has it if, for each of `needs`, it has a column of one of these fields. `telltale`
    columns are known of this program only.
    """

    noun: str
    columns: Mapping[str, tuple[str, ...]]
    needs: tuple[tuple[str, ...], ...]
    telltale: frozenset[str] = frozenset()

    def found(self, header: tuple[str, ...]) -> dict[str, int]:
        """Where each field stands in a file with these columns, by the first name that is there."""
        places = {name: place for place, name in reversed(list(enumerate(map(column, header))))}
        return {
            name: next(places[each] for each in spelled if each in places)
            for name, spelled in self.columns.items()
            if any(each in places for each in spelled)
        }

    def fits(self, header: tuple[str, ...]) -> bool:
        """Whether a file with these columns may have it."""
        found = self.found(header)
        return all(any(name in found for name in some) for some in self.needs)

    def score(self, header: tuple[str, ...]) -> tuple[int, int]:
        """How much speaks for it: telltale columns first, then all that are known."""
        names = set(map(column, header))
        return len(names & self.telltale), len(self.found(header))


@dataclass(frozen=True)
class Source:
    """An earlier program: its files, what its words mean, and how its links name an affiliate.

    `whole_is_minor` says what an amount counts that has no point, where the whole column has none;
    None where that is not known. `foreign_ids` are the customers' ids that are its own, and nobody
    else's, though they look like the payment provider's.
    """

    name: str
    title: str
    forms: tuple[Form, ...]
    affiliates: Mapping[str, Status | None]
    commissions: Mapping[str, State]
    held: frozenset[str] = frozenset()
    paying: frozenset[str] = frozenset()
    visitors: frozenset[str] = frozenset()
    parameter: str = "ref"
    whole_is_minor: bool | None = None
    no_money: Mapping[str, str] = field(default_factory=dict)


WHOSE: Final[dict[str, tuple[str, ...]]] = {
    "whose_id": ("affiliate_id", "partner_id", "promoter_id", "partnership_key", "partner_key"),
    "whose_email": (
        "affiliate_email",
        "affiliate_email_address",
        "partner_email",
        "promoter_email",
        "partnership_email",
    ),
    "whose_ref": (
        "affiliate_token",
        "link_token",
        "referral_code",
        "promoter_ref_id",
        "ref_id",
        "ref_token",
        "partner_link",
        "link",
        "link_url",
    ),
}
"""The columns in which a row about something else may name its affiliate."""

NAMES: Final[dict[str, tuple[str, ...]]] = {
    "first_name": ("first_name", "firstname"),
    "last_name": ("last_name", "lastname"),
    "name": ("name", "full_name"),
    "company": ("company", "company_name"),
    "site": ("website", "website_url", "site"),
    "email": ("email", "email_address"),
}
