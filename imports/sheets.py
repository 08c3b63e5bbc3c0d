"""Rows of one file, read into our own words by the form that the file has."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from domain.emails import parse_email as checked_email
from domain.imports import (
    BroughtAffiliate,
    BroughtCommission,
    BroughtCustomer,
    BroughtLink,
    Item,
    Odd,
    Place,
    Skipped,
    State,
    Whose,
)
from domain.texts import keepable
from imports import amounts
from imports.sources import AFFILIATES, COMMISSIONS, CUSTOMERS, Form, Source
from imports.values import moment, refs, yes

parse_email = lru_cache(1 << 14)(checked_email)
"""Rows name the same affiliates again and again, and a look at an address takes its time."""

LONGEST: Final = 500
"""Letters of a cell; more is no name, address or number."""


@dataclass(frozen=True, slots=True)
class Options:
    """What an operator says of files that do not say it themselves.

    `currency` is for rows without one, `amounts` says what whole numbers count (`minor` or
    `major`), `dates` how 01/02/2026 is meant (`dmy` or `mdy`).
    """

    currency: str = ""
    amounts: str = ""
    dates: str = ""


@dataclass(frozen=True)
class Reader:
    """Reads the rows of one file. `whole_is_minor` says what amounts without a point count."""

    source: Source
    form: Form
    columns: Mapping[str, int]
    width: int
    options: Options
    whole_is_minor: bool

    def items(self, place: Place, row: Sequence[str]) -> Iterator[Item]:
        """What a row says; an `Odd` where it cannot be understood."""
        if len(row) != self.width:
            why = (
                f"It has {len(row)} fields, and the header {self.width}: a quote or a delimiter is "
                "missing, or the file was cut off."
            )
            yield Odd(place, why)
            return
        cells = {name: row[at].strip() for name, at in self.columns.items()}
        if any("\0" in cell or len(cell) > LONGEST for cell in cells.values()):
            yield Odd(place, f"A field holds what is no text, or more than {LONGEST} letters.")
            return
        cells = {name: keepable(cell) for name, cell in cells.items()}
        try:
            yield from self._read(place, cells)
        except ValueError as error:
            yield Odd(place, str(error))

    def _read(self, place: Place, cells: dict[str, str]) -> Iterator[Item]:
        if self.form.noun == AFFILIATES:
            yield self._affiliate(place, cells)
        elif self.form.noun == CUSTOMERS:
            yield self._customer(place, cells)
        elif self.form.noun == COMMISSIONS:
            yield from self._commission(place, cells)
        elif found := refs(cells["ref"]):
            yield from (BroughtLink(place, _whose(cells), ref) for ref in found)
        else:
            yield Skipped(place, "A link without a name.")

    def _affiliate(self, place: Place, cells: dict[str, str]) -> Item:
        email = parse_email(cells["email"])
        if email is None:
            raise ValueError(f"“{cells['email']}” is no mail address.")
        state = cells.get("state", "").lower()
        if state and state not in self.source.affiliates:
            raise ValueError(f"“{state}” is no status of an affiliate at {self.source.title}.")
        names = (cells.get("first_name", ""), cells.get("last_name", ""))
        return BroughtAffiliate(
            place,
            email=email,
            status=self.source.affiliates[state or "active"],
            state=state,
            id=cells.get("id", ""),
            name=" ".join(filter(None, names)) or cells.get("name", ""),
            display_name=cells.get("company", ""),
            site=cells.get("site", ""),
            code=next(iter(refs(cells.get("code", ""))), ""),
            promotion_code=cells.get("promotion_code", ""),
            refs=(*refs(cells.get("refs", "")), *refs(cells.get("key_refs", ""))),
            joined_at=moment(cells.get("at", ""), self.options.dates),
        )

    def _customer(self, place: Place, cells: dict[str, str]) -> Item:
        state = cells.get("state", "").lower()
        if state in self.source.visitors:
            return Skipped(place, f"Of customers, “{state}” is nobody who signed up.")
        found = self._person(place, cells, _whose(cells), paid=self._has_paid(cells, state))
        return found or Skipped(place, "A customer without an id or an address.")

    def _has_paid(self, cells: dict[str, str], state: str) -> bool:
        """Whether a customer ever paid: by their state, by what they spent; yes if nobody says."""
        spent = cells.get("spent")
        if spent is not None:
            return yes(spent) or any(digit in spent for digit in "123456789")
        return state in self.source.paying if state else True

    def _person(
        self, place: Place, cells: dict[str, str], whose: Whose, *, paid: bool
    ) -> BroughtCustomer | None:
        """Who a customer is; None where nothing tells."""
        known = dict.fromkeys(("customer", "user", "email"), "")
        for cell in (cells.get("customer", ""), cells.get("foreign", "")):
            # An id that the product chose: the payment provider's, an address, or its own.
            kind = "customer" if cell.startswith("cus_") else "email" if "@" in cell else "user"
            known[kind] = known[kind] or cell
        written = cells.get("customer_email" if "amount" in self.form.columns else "email", "")
        known["email"] = parse_email(written) or parse_email(known["email"]) or ""
        if not any(known.values()):
            return None
        return BroughtCustomer(
            place,
            whose,
            paid=paid,
            plan=cells.get("plan", ""),
            status=cells.get("state", "").lower() if "amount" not in self.form.columns else "",
            at=moment(cells.get("at", ""), self.options.dates),
            **known,
        )

    def _commission(self, place: Place, cells: dict[str, str]) -> Iterator[Item]:
        if unit := self.source.no_money.get(cells.get("unit", "").lower()):
            yield Skipped(place, f"{unit}.")
            return
        whose, state = _whose(cells), self._state(cells)
        currency = (cells.get("currency") or self.options.currency).lower()
        if not (currency.isascii() and currency.isalpha() and len(currency) == len("usd")):
            why = f"“{currency}” is no currency." if currency else "It has no currency."
            raise ValueError(f"{why} Say --currency usd, if that is what it is in.")
        exact = cells.get("amount_minor", "")
        amount = amounts.parse(
            exact or cells.get("amount", ""),
            currency,
            whole_is_minor=bool(exact) or self.whole_is_minor,
        )
        dates = self.options.dates
        yield BroughtCommission(
            place,
            whose,
            amount,
            currency,
            state,
            id=cells.get("id", ""),
            about=cells.get("about", ""),
            held=cells.get("state", "").lower() in self.source.held,
            at=moment(cells.get("at", ""), dates),
            free_at=moment(cells.get("free_at", ""), dates),
        )
        # A customer who was refunded stays theirs; one of a fraud or a duplicate is nobody's.
        if state is not State.VOID and (buyer := self._person(place, cells, whose, paid=True)):
            yield buyer

    def _state(self, cells: dict[str, str]) -> State:
        word = cells.get("state", "").lower()
        if word and word not in self.source.commissions:
            raise ValueError(f"“{word}” is no status of a commission at {self.source.title}.")
        if not word and "paid" not in cells:
            raise ValueError("It has no status.")
        state = self.source.commissions[word] if word else State.OWED
        paid = cells.get("paid", "")
        # A cell that names a payout or a day says yes, too.
        is_paid = yes(paid) or (len(paid) > len("false"))
        return State.PAID if state is State.OWED and is_paid else state


def _whose(cells: Mapping[str, str]) -> Whose:
    email = cells.get("whose_email", "")
    found = Whose(
        id=cells.get("whose_id", ""),
        email=parse_email(email) or "" if "@" in email else "",
        ref=next(iter(refs(cells.get("whose_ref", ""))), ""),
    )
    if not found.words:
        raise ValueError("It names no affiliate.")
    return found
