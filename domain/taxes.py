"""Tax forms: sent, looked at by finance, sent back, expired; and who may read what is sealed.

A form is never edited: each time it is sent it is a new version, and only the newest counts. The
number is sealed before it is kept, opened for a stated purpose only, and that is written down.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import effects, program, texts
from domain.audit import Actor, record
from domain.errors import ConflictError, DomainError, InvalidError, NotFoundError
from domain.statuses import Status
from domain.tax_choices import TITLES
from domain.tax_forms import Draft
from domain.tax_secrets import require_vault
from storage import affiliates, taxes
from storage.affiliates import Affiliate
from storage.taxes import W9, TaxForm
from storage.vault import vault_of

MISSING: Final = "missing"
SUBMITTED: Final = "submitted"
VERIFIED: Final = "verified"
RETURNED: Final = "returned"
EXPIRED: Final = "expired"
TOLD_BEFORE: Final = timedelta(days=60)
TOLD_A_DAY: Final = 500
"""A day's mails: a fraction of a second, for which nobody else can write."""
_TOLD: Final = (Status.APPROVED, Status.PAUSED)
_YEARS: Final = 3


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an affiliate stands with their tax form.

    `status` is missing, submitted or verified, as every list shows it; `why` says of a missing one
    that it was `returned` or that it `expired`.
    """

    status: str
    form: TaxForm | None = None
    why: str = ""

    @property
    def words(self) -> str:
        """The status, with what a missing form is missing for."""
        if self.form is None:
            return self.status
        title = TITLES[self.form.form_type]
        if self.why == RETURNED:
            return f"{MISSING} ({title} sent back)"
        if self.why == EXPIRED:
            return f"{MISSING} ({title} expired)"
        return f"{self.status} ({title})"


@dataclass(frozen=True, slots=True)
class View:
    """A form as finance decides on it; nothing in it is secret."""

    form: TaxForm
    affiliate: Affiliate
    standing: Standing
    withholds: bool
    rate_bp: int


def standing_of(form: TaxForm | None) -> Standing:
    """Where somebody with this current form stands, now."""
    if form is None:
        return Standing(MISSING)
    if form.returned_at is not None:
        return Standing(MISSING, form, RETURNED)
    if form.expires_at is not None and form.expires_at <= clock.now():
        return Standing(MISSING, form, EXPIRED)
    return Standing(VERIFIED if form.verified else SUBMITTED, form)


async def standing(session: AsyncSession, affiliate_id: UUID) -> Standing:
    """Where an affiliate stands, now."""
    return standing_of(await taxes.current(session, affiliate_id))


async def standings(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Standing]:
    """Where each of these affiliates stands, now."""
    forms = await taxes.current_of(session, ids)
    return {each: standing_of(forms.get(each)) for each in ids}


async def counts(session: AsyncSession) -> dict[str, int] | None:
    """How many approved affiliates stand where; None where forms are off."""
    if vault_of(session) is None:
        return None
    found = await taxes.count_standing(session, Status.APPROVED, clock.now())
    return dict(zip((MISSING, SUBMITTED, VERIFIED), found, strict=True))


async def refusal(session: AsyncSession, affiliate_id: UUID) -> DomainError | None:
    """Why an affiliate can not be paid for want of a tax form, to themselves; None if they can."""
    if vault_of(session) is None:
        return None
    found = await standing(session, affiliate_id)
    if found.why == RETURNED:
        return InvalidError(
            "Your tax form was sent back: see why on the Tax page, and send it again. Then you can "
            "be paid."
        )
    if found.why == EXPIRED:
        return InvalidError("Your tax form has expired. Send a new one on the Tax page.")
    if found.status == MISSING:
        return InvalidError("Before your first payout we need your tax form: see the Tax page.")
    needed = (await program.load(session)).tax_form_needed
    if needed == VERIFIED and found.status != VERIFIED:
        return InvalidError(
            "Your tax form is still being looked at. You can ask for a payout after that."
        )
    return None


def expiry(form_type: str, signed_at: datetime) -> datetime | None:
    """The first moment at which a form does not count any more: none for a W-9.

    A W-8 is good until the end of the third calendar year after the one it was signed in.
    """
    if form_type == W9:
        return None
    return datetime(signed_at.year + _YEARS + 1, 1, 1, tzinfo=UTC)


async def submit(
    session: AsyncSession,
    affiliate_id: UUID,
    draft: Draft,
    *,
    signed_from: str,
    after: int,
    actor: Actor,
) -> TaxForm:
    """Keep a form as the one that counts from now on.

    `after` is the version that its sender saw (0 for none), so that one form sent twice is kept
    once: raises `ConflictError` where there is a newer one.
    """
    vault = require_vault(session)
    affiliate = await own_affiliate(session, affiliate_id)
    before = await taxes.current(session, affiliate.id)
    latest = before.version if before else 0
    if after != latest:
        raise ConflictError("This form was sent already: this page shows it.")
    if before is not None:
        before.is_current, before.updated_at = False, clock.now()
        session.add(before)
        await session.flush()
    form = _form(affiliate, draft, latest + 1)
    form.tax_id_encrypted = vault.seal(
        form.id,
        {
            "tax_id": draft.tin.number,
            "date_of_birth": draft.date_of_birth,
            "signed_from": signed_from,
        },
    )
    session.add(form)
    await session.flush()
    detail = {"form": form.form_type, "version": form.version}
    await effects.show_tax_form(session, form.id)
    if before is not None:
        # Its card loses its buttons: only the newest form can be decided on.
        await effects.show_tax_form(session, before.id)
    await effects.send_mail(session, "tax_submitted", affiliate.email, tax_form=str(form.id))
    await record(session, actor, "tax.submitted", f"affiliate:{affiliate.id}", **detail)
    return form


def _form(affiliate: Affiliate, draft: Draft, version: int) -> TaxForm:
    now = clock.now()
    return TaxForm(
        affiliate_user_id=affiliate.id,
        version=version,
        form_type=draft.form_type,
        legal_name=draft.legal_name,
        business_name=draft.business_name,
        classification=draft.classification,
        fatca_status=draft.fatca_status,
        tax_id_type=draft.tin.kind,
        tax_id_last4=draft.tin.last4,
        address_line1=draft.address_line1,
        address_line2=draft.address_line2,
        address_city=draft.address_city,
        address_state=draft.address_state,
        address_zip=draft.address_zip,
        address_country=draft.address_country,
        citizenship=draft.citizenship,
        treaty=draft.treaty,
        told_to_withhold=draft.told_to_withhold,
        certifications=list(draft.certifications),
        signed_name=draft.signed_name,
        signed_as=draft.signed_as,
        submitted_at=now,
        expires_at=expiry(draft.form_type, now),
    )


async def verify(session: AsyncSession, form_id: UUID, actor: Actor) -> View:
    """Note that finance found a form good. Raises `ConflictError` if it does not count any more."""
    form, affiliate = await _open(session, form_id)
    if form.verified:
        raise ConflictError(f"This form is verified already, by {form.decided_by}.")
    form.verified, form.verified_at = True, clock.now()
    await _decided(session, form, affiliate, "verified", actor)
    return await view(session, form_id)


async def send_back(session: AsyncSession, form_id: UUID, reason: str, actor: Actor) -> View:
    """Ask for a form again, with a reason that is mailed; also for one that was verified.

    Raises `InvalidError` without a reason, `ConflictError` if it does not count any more.
    """
    form, affiliate = await _open(session, form_id)
    form.return_reason = texts.require_reason(reason)
    form.verified, form.returned_at = False, clock.now()
    await effects.send_mail(session, "tax_returned", affiliate.email, tax_form=str(form.id))
    await _decided(session, form, affiliate, "returned", actor, reason=form.return_reason)
    return await view(session, form_id)


async def _decided(
    session: AsyncSession,
    form: TaxForm,
    affiliate: Affiliate,
    action: str,
    actor: Actor,
    **detail: str,
) -> None:
    form.decided_by, form.updated_at = actor.name or actor.id, clock.now()
    session.add(form)
    await session.flush()
    await effects.show_tax_form(session, form.id)
    subject = f"affiliate:{affiliate.id}"
    await record(session, actor, f"tax.{action}", subject, version=form.version, **detail)


async def view(session: AsyncSession, form_id: UUID) -> View:
    """A form with what is known around it. Raises `NotFoundError`."""
    form = await taxes.get(session, form_id)
    affiliate = await affiliates.get(session, form.affiliate_user_id) if form else None
    if form is None or affiliate is None:
        raise NotFoundError("There is no such tax form.")
    return View(
        form,
        affiliate,
        standing_of(form),
        await taxes.withholding_of(session, affiliate.id) is not None,
        (await program.load(session)).backup_withholding_bp,
    )


async def tell_expiring(session: AsyncSession) -> None:
    """Mail those whose form expires in less than 60 days, once for each form.

    `TOLD_A_DAY` of them at most, the others on the days after: all forms of a year expire at one
    moment. Who has left is asked for nothing.
    """
    now = clock.now()
    due = await taxes.expiring(session, now + TOLD_BEFORE, now, _TOLD, TOLD_A_DAY)
    for form, affiliate in due:
        form.expiry_told_at = now
        session.add(form)
        await effects.send_mail(session, "tax_expiring", affiliate.email, tax_form=str(form.id))
    await session.flush()


async def own_affiliate(session: AsyncSession, affiliate_id: UUID) -> Affiliate:
    """Whose form it is, ours until the transaction ends: forms change under that lock only."""
    affiliate = await affiliates.get(session, affiliate_id, lock=True)
    if affiliate is None:
        raise NotFoundError("There is no such affiliate.")
    return affiliate


async def _open(session: AsyncSession, form_id: UUID) -> tuple[TaxForm, Affiliate]:
    """A form that can be decided on. Raises `NotFoundError`, `ConflictError`."""
    known = await taxes.get(session, form_id)
    if known is None:
        raise NotFoundError("There is no such tax form.")
    affiliate = await own_affiliate(session, known.affiliate_user_id)
    form = await taxes.current(session, affiliate.id)
    if form is None or form.id != form_id:
        raise ConflictError("They have sent a newer form since: decide on that one.")
    if form.returned_at is not None:
        raise ConflictError(f"This form was sent back already, by {form.decided_by}.")
    return form, affiliate
