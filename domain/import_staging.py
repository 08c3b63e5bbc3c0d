"""Sorting out, before anything is compared with what is here: everything into the staging tables.

Affiliates are one row a person however often they are named. Customers whom only commissions name
come behind all others, so that the files of customers decide about who they are.
"""

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from domain.emails import email_key
from domain.imports import (
    BroughtAffiliate,
    BroughtCommission,
    BroughtCustomer,
    BroughtLink,
    Item,
    Odd,
    Place,
    Program,
    Skipped,
    Whose,
)
from storage.staging import AGAIN, LEFT_OUT, ODD, Staging

_AT_ONCE: Final = 5000
REF_MAX: Final = 100
"""A longer ref is nobody's: neither the tracker nor the redirect takes one."""


def fill(staging: Staging, program: Program) -> None:
    """Read everything into the staging tables."""
    filling = _Filling(staging, {n for n, s in enumerate(program.sheets) if s.noun != "customers"})
    for item in program.items():
        filling.take(item)
    filling.flush()
    staging.run(
        "INSERT INTO customers (file, line, customer, user, email, paid, plan, status, at,"
        " whose_id, whose_email, whose_ref) SELECT file, line, customer, user, email, paid, plan,"
        " status, at, whose_id, whose_email, whose_ref FROM buyers ORDER BY rowid"
    )
    staging.run("DELETE FROM buyers")
    staging.index()
    # Rows that are alike and have no id of their own are told apart by their order.
    staging.run(
        "UPDATE commissions SET id = commissions.id || ':' || alike.nth FROM (SELECT n,"
        " ROW_NUMBER() OVER (PARTITION BY id ORDER BY n) AS nth FROM commissions"
        " WHERE id LIKE 'row:%') AS alike WHERE alike.n = commissions.n"
    )


def written(moment: datetime | None) -> str:
    """A moment as it is staged."""
    return moment.isoformat() if moment else ""


def read(text: str) -> datetime | None:
    """The moment that is staged so."""
    return datetime.fromisoformat(text) if text else None


class _Filling:
    def __init__(self, staging: Staging, others: set[int]) -> None:
        self._staging = staging
        self._others = others
        self._waiting: dict[str, list[dict[str, Any]]] = {}
        self._take: dict[type, Callable[[Any], None]] = {
            BroughtAffiliate: self._affiliate,
            BroughtLink: self._link,
            BroughtCustomer: self._customer,
            BroughtCommission: self._commission,
            Odd: self._odd,
            Skipped: lambda item: self._note(item.place, "row", LEFT_OUT, item.why),
        }

    def take(self, item: Item) -> None:
        self._take[type(item)](item)

    def flush(self) -> None:
        for table, rows in self._waiting.items():
            self._staging.add(table, rows)
        self._waiting.clear()

    def _put(self, table: str, place: Place, **columns: Any) -> None:
        rows = self._waiting.setdefault(table, [])
        rows.append({"file": place.file, "line": place.line} | columns)
        if len(rows) >= _AT_ONCE:
            self._staging.add(table, self._waiting.pop(table))

    def _note(self, place: Place, what: str, fate: str, why: str) -> None:
        self._put("notes", place, what=what, fate=fate, why=why)

    def _odd(self, odd: Odd) -> None:
        self._note(odd.place, "the rest of the file" if odd.fatal else "row", ODD, odd.why)

    def _affiliate(self, item: BroughtAffiliate) -> None:
        key, status = email_key(item.email), item.status or ""
        known = self._staging.one("SELECT n, status, state FROM affiliates WHERE key = ?", [key])
        if known is None:
            self._staging.run(
                "INSERT INTO affiliates (file, line, id, email, key, status, state, name,"
                " display_name, site, code, promotion_code, coupon, user, terms_version, joined_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    *(item.place.file, item.place.line, item.id, item.email, key, status),
                    *(item.state, item.name, item.display_name, item.site, item.code.upper()),
                    *(item.promotion_code, item.coupon, item.user, item.terms_version),
                    written(item.joined_at),
                ],
            )
        elif known[1] != status:
            why = f"{item.email} stands here as “{item.state}” and further up as “{known[2]}”."
            return self._note(item.place, "affiliate", ODD, why)
        else:
            self._note(item.place, "affiliate", AGAIN, "Named further up, too.")
        if item.id:
            n = known[0] if known else self._staging.last
            self._staging.run("INSERT OR IGNORE INTO ids VALUES (?, ?)", [item.id, n])
        for ref in item.refs:
            self._link(BroughtLink(item.place, Whose(email=key), ref))
        return None

    def _link(self, item: BroughtLink) -> None:
        ref = item.ref.strip().upper()
        if len(ref) > REF_MAX or "/" in ref or not ref.isprintable():
            why = f"“{item.ref[:40]}” cannot stand in a link: it is too long, or has odd letters."
            return self._note(item.place, "link", ODD, why)
        return self._put("links", item.place, ref=ref, **_columns(item.whose))

    def _customer(self, item: BroughtCustomer) -> None:
        self._put(
            "buyers" if item.place.file in self._others else "customers",
            item.place,
            customer=item.customer,
            user=item.user,
            email=email_key(item.email),
            paid=item.paid,
            plan=item.plan,
            status=item.status,
            at=written(item.at),
            **_columns(item.whose),
        )

    def _commission(self, item: BroughtCommission) -> None:
        self._put(
            "commissions",
            item.place,
            id=item.id or _made_up(item),
            amount=item.amount,
            currency=item.currency,
            state=item.state.value,
            balance=item.balance,
            held=item.held,
            at=written(item.at),
            free_at=written(item.free_at),
            **_columns(item.whose),
        )


def _columns(whose: Whose) -> dict[str, str]:
    return {
        "whose_id": whose.id,
        "whose_email": email_key(whose.email),
        "whose_ref": whose.ref.strip().upper(),
    }


def _made_up(item: BroughtCommission) -> str:
    """An id for a row without one, the same each time that the row is read.

    What becomes of the commission is no part of it, so that a later file tells it of the same one.
    """
    said = (
        item.whose.words.casefold(),
        item.amount,
        item.currency,
        written(item.at),
        item.about,
    )
    return f"row:{sha256(repr(said).encode()).hexdigest()[:32]}"
