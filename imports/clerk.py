"""Clerk: affiliates and customers who were kept in users' private metadata, by hand.

Affiliates stand below `<namespace>.affiliate`; customers name the code that brought them right
below the namespace. Both come under several names, and all that were ever in use are read.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from domain.attribution import METADATA_KEYS
from domain.errors import InvalidError
from domain.imports import (
    BroughtAffiliate,
    BroughtCommission,
    BroughtCustomer,
    Item,
    Odd,
    Place,
    Program,
    Sheet,
    State,
    Whose,
)
from domain.statuses import Status, parse_status
from domain.texts import keepable
from imports import amounts
from imports.sheets import Options
from integrations.clerk import ClerkUser
from integrations.clerk_metadata import read_affiliate
from integrations.errors import TransportError

_BALANCE: Final = (
    *("accruedUnpaidBalance", "accrued_unpaid_balance"),
    *("unpaidBalance", "unpaid_balance", "balance"),
)
_CUSTOMER: Final = ("stripeCustomerId", "stripe_customer_id", "customerId")
_STATUS: Final = ("subscriptionStatus", "subscription_status")
_PLAN: Final = ("billingPlan", "billing_plan", "plan")
_NEVER_PAID: Final = frozenset({"", "none", "free", "trialing", "trial", "incomplete", "lead"})
_THERE: Final = (Status.APPROVED, Status.PAUSED, Status.TERMINATED)


def read_files(paths: Sequence[Path], namespace: str, options: Options) -> Program:
    """Users from files: a JSON list as Clerk's API answers, or one user a line."""
    users: list[ClerkUser] = []
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeError) as error:
            raise InvalidError(f"{path.name} cannot be read as text: {error}.") from error
        users += _parsed(path, text)
    return read_users(users, namespace, options)


def _parsed(path: Path, text: str) -> Iterator[ClerkUser]:
    whole = text.lstrip().startswith("[")
    parts = [(1, text)] if whole else enumerate(text.splitlines(), start=1)
    for line, part in parts:
        if not part.strip():
            continue
        try:
            # Amounts as they are written: no float comes between.
            found = json.loads(part, parse_float=str)
            for raw in found if isinstance(found, list) else [found]:
                yield ClerkUser.parse(raw)
        except (ValueError, RecursionError, TransportError) as error:
            raise InvalidError(f"{path.name} line {line}: this is no user of Clerk's.") from error


def read_users(users: Sequence[ClerkUser], namespace: str, options: Options) -> Program:
    """What the users' metadata says of the program."""
    sheet = Sheet("Clerk", "users", f"{len(users):,} users, private_metadata.{namespace}")

    def items() -> Iterable[Item]:
        for number, user in enumerate(users, start=1):
            yield from _items(Place(0, number), user, namespace, options)

    return Program("clerk", "Clerk", (sheet,), items)


def _items(place: Place, user: ClerkUser, namespace: str, options: Options) -> Iterator[Item]:
    product = user.private_metadata.get(namespace)
    if not isinstance(product, Mapping):
        return
    email = user.emails[0] if user.emails else ""
    entry = read_affiliate(user.private_metadata, namespace)
    if entry is not None and (entry.status or entry.promo_code):
        if not email:
            yield Odd(place, f"{user.id} is an affiliate without a verified address.")
            return
        status = parse_status(entry.status) if entry.status else Status.APPROVED
        if status is None:
            yield Odd(place, f"{email} has the status “{entry.status[:40]}”, which is none.")
            return
        yield BroughtAffiliate(
            place,
            email=keepable(email),
            status=status if status in _THERE else None,
            state=entry.status,
            id=keepable(entry.affiliate_id or user.id),
            name=keepable(user.name),
            code=keepable(entry.promo_code),
            promotion_code=keepable(entry.stripe_promotion_code_id),
            coupon=keepable(entry.stripe_coupon_id),
            user=user.id,
            terms_version=keepable(entry.terms_version),
            joined_at=entry.approved_at,
        )
        raw = product.get("affiliate")
        if isinstance(raw, Mapping):
            yield from _balance(place, user, email, raw, options)
    code = _text(product, *METADATA_KEYS)
    if code:
        yield BroughtCustomer(
            place,
            Whose(ref=keepable(code)),
            customer=keepable(_text(product, *_CUSTOMER)),
            user=user.id,
            email=keepable(email),
            paid=_has_paid(product),
            plan=keepable(_text(product, *_PLAN)),
            status=keepable(_text(product, *_STATUS)),
            at=user.created_at,
        )


def _balance(
    place: Place, user: ClerkUser, email: str, entry: Mapping[str, Any], options: Options
) -> Iterator[Item]:
    """What is owed to an affiliate, as one commission, in the currency's own units."""
    written = next((str(entry[name]) for name in _BALANCE if entry.get(name) is not None), "")
    if not written.strip("0. "):
        return
    if not options.currency:
        yield Odd(place, f"{email} is owed {written[:40]}. Say in what, as in --currency usd.")
        return
    currency = options.currency.lower()
    minor = options.amounts == "minor"
    try:
        amount = amounts.parse(written, currency, whole_is_minor=minor)
    except ValueError as error:
        yield Odd(place, str(error))
        return
    whose = Whose(email=email)
    id_ = f"balance:{user.id}"
    yield BroughtCommission(place, whose, amount, currency, State.OWED, id=id_, balance=True)


def _has_paid(product: Mapping[str, Any]) -> bool:
    if product.get("subscriberActive") is True:
        return True
    return _text(product, *_STATUS).lower() not in _NEVER_PAID


def _text(entry: Mapping[str, Any], *names: str) -> str:
    found = (entry.get(name) for name in names)
    return next((value.strip() for value in found if isinstance(value, str) and value.strip()), "")
