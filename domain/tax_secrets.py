"""What tax forms keep sealed: opened for a stated purpose, that written down; and sealed anew."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from domain import effects, texts
from domain.audit import Actor, record
from domain.errors import ConflictError, InvalidError
from storage import affiliates, taxes
from storage.affiliates import Affiliate
from storage.taxes import TaxForm
from storage.vault import LockedError, Vault, vault_of

PURPOSE_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Secrets:
    """What a form keeps sealed. It does not show itself in a log."""

    tax_id: str = field(repr=False)
    date_of_birth: str = field(repr=False)
    signed_from: str = field(repr=False)


def require_vault(session: AsyncSession) -> Vault:
    """The vault of a program that asks for tax forms. Raises `ConflictError` where none does."""
    vault = vault_of(session)
    if vault is None:
        raise ConflictError("Tax forms are off: TAX_ENCRYPTION_KEYS is not set.")
    return vault


async def read(session: AsyncSession, form: TaxForm, actor: Actor, purpose: str) -> Secrets:
    """Open what a form keeps sealed; who did so and what for is in the audit log.

    Raises `InvalidError` without a purpose, and `ConflictError` where no key opens it.
    """
    vault = require_vault(session)
    why = texts.keepable(purpose).strip()
    if not why or len(why) > PURPOSE_MAX:
        raise InvalidError(
            f"Say what for, in at most {PURPOSE_MAX} characters: it is written down."
        )
    try:
        secrets = vault.open(form.id, form.tax_id_encrypted)
    except LockedError:
        raise locked(await affiliates.get(session, form.affiliate_user_id)) from None
    subject = f"affiliate:{form.affiliate_user_id}"
    await record(session, actor, "tax.read", subject, version=form.version, why=why)
    return Secrets(secrets["tax_id"], secrets["date_of_birth"], secrets["signed_from"])


def locked(affiliate: Affiliate | None) -> ConflictError:
    """What is said of a form that no key opens."""
    whose = affiliate.promo_code if affiliate else "somebody who is gone"
    return ConflictError(
        f"The tax form of {whose} was sealed with a key that is not in TAX_ENCRYPTION_KEYS any "
        "more. Put that key back at the end of the list, or press Send back on the form's card, so "
        "that they send it again."
    )


async def unopened(session: AsyncSession) -> int:
    """How many forms no key here opens: all that are sealed, where there are no keys."""
    vault, stuck = vault_of(session), 0
    async for form_id, sealed in taxes.each_sealed(session):
        try:
            opened = vault is not None and vault.open(form_id, sealed)
        except LockedError:
            opened = False
        stuck += not opened
    return stuck


async def reseal(session: AsyncSession, ids: Sequence[UUID]) -> tuple[int, list[TaxForm]]:
    """Seal these forms with the first key: how many were not, and those that no key opens."""
    vault = require_vault(session)
    changed, stuck = 0, []
    for form in await taxes.some(session, ids):
        if vault.is_current(form.tax_id_encrypted):
            continue
        try:
            form.tax_id_encrypted = vault.seal_again(form.tax_id_encrypted)
        except LockedError:
            stuck.append(form)
            continue
        session.add(form)
        changed += 1
    return changed, stuck


async def tell_locked(session: AsyncSession, stuck: Sequence[TaxForm]) -> None:
    """Have finance ask for those again whose current form no key opens."""
    wanted = [form.affiliate_user_id for form in stuck if form.is_current]
    people = await affiliates.by_ids(session, wanted)
    if people:
        names = ", ".join(sorted(each.promo_code for each in people.values()))
        await effects.tell_operators(
            session,
            f"No key in TAX_ENCRYPTION_KEYS opens the tax forms of: {names}. Put the old key back, "
            "or press Send back on their cards (/affiliate taxes), so that they send them again.",
        )
