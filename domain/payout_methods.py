"""How affiliates want to be paid. A payout keeps the method that it was asked for with."""

import re
from types import MappingProxyType
from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from domain import effects
from domain.audit import SYSTEM, Actor, record
from domain.emails import parse_email
from domain.errors import InvalidError, NotFoundError
from domain.payouts import STRIPE
from domain.texts import keepable
from storage import affiliates
from storage.affiliates import Affiliate

PAYPAL: Final = "paypal"
BANK: Final = "bank"
LABELS: Final = MappingProxyType({PAYPAL: "PayPal", BANK: "Bank transfer", STRIPE: "Stripe"})
NOTE_MAX: Final = 300

# https://docs.stripe.com/api/accounts/object#account_object-id: `acct_` and letters and digits.
_ACCOUNT = re.compile(r"acct_[A-Za-z0-9]{4,64}")


def label(method: str) -> str:
    """What people call a method; an unknown or empty one is paid by hand."""
    return LABELS.get(method, "By hand")


async def choose(
    session: AsyncSession, affiliate_id: UUID, method: str, destination: str, actor: Actor
) -> Affiliate:
    """The affiliate's own choice: PayPal with its address, or a bank transfer with a note.

    Raises `InvalidError`, its fields `method` or `destination`, for what cannot be used.
    """
    text = keepable(destination).strip()
    if method == PAYPAL:
        text = parse_email(text) or ""
        if not text:
            raise _wrong("destination", "Enter the mail address of your PayPal account.")
    elif method == BANK:
        if not text or len(text) > NOTE_MAX:
            raise _wrong("destination", f"Say where to pay, in at most {NOTE_MAX} characters.")
    else:
        raise _wrong("method", "Choose how you want to be paid.")
    return await _keep(session, affiliate_id, method, text, actor)


async def connect(
    session: AsyncSession, affiliate_id: UUID, account: str, actor: Actor
) -> Affiliate:
    """An operator's entry: the connected account that transfers go to.

    Affiliates cannot type it themselves: a slip would pay somebody else at once. Raises
    `InvalidError` for what is no account id.
    """
    if not _ACCOUNT.fullmatch(account):
        raise _wrong("account", "The id of a connected Stripe account looks like acct_1A2b3C4d.")
    return await _keep(session, affiliate_id, STRIPE, account, actor)


async def note_standing(session: AsyncSession, account: str, *, payable: bool) -> None:
    """Note whether a connected account takes transfers; operators are told when that changed."""
    found = await affiliates.paid_to(session, account)
    affiliate = await affiliates.get(session, found.id, lock=True) if found else None
    if affiliate is None or payable == (affiliate.unpayable_account != account):
        return
    affiliate.unpayable_account = "" if payable else account
    session.add(affiliate)
    name = affiliate.promo_code
    await effects.tell_operators(
        session,
        f"{name} can be paid again: their account {account} may receive transfers now."
        if payable
        else f"{name} can not be paid: their account {account} may not receive transfers. They can "
        "mend that where they have the account.",
    )
    await record(
        session, SYSTEM, "affiliate.account_changed", f"affiliate:{affiliate.id}", payable=payable
    )


async def _keep(
    session: AsyncSession, affiliate_id: UUID, method: str, destination: str, actor: Actor
) -> Affiliate:
    affiliate = await affiliates.get(session, affiliate_id, lock=True)
    if affiliate is None:
        raise NotFoundError("There is no such affiliate.")
    affiliate.payout_method, affiliate.payout_destination = method, destination
    session.add(affiliate)
    subject = f"affiliate:{affiliate.id}"
    await record(session, actor, "affiliate.payout_method_set", subject, method=method)
    return affiliate


def _wrong(field: str, sentence: str) -> InvalidError:
    return InvalidError(sentence, {field: sentence})
