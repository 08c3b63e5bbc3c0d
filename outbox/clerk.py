"""The user directory: Clerk's private metadata of a person, kept in step with us."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import effects, program
from domain.payout_barriers import minimum_of
from integrations.clerk import Clerk, ClerkUser
from integrations.errors import TransportError
from outbox.registry import effect
from outbox.services import Services
from storage import affiliates, applications, codes, ledger
from storage.affiliates import Affiliate
from storage.applications import Application
from storage.codes import DiscountCode
from storage.outbox import Effect
from storage.worker import Job


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as we know them: as an applicant, as an affiliate, or both."""

    application: Application | None
    affiliate: Affiliate | None
    code: DiscountCode | None
    payout_minimum: int
    unpaid: int


@effect(effects.DIRECTORY)
async def update_directory(job: Job[Effect], services: Services) -> None:
    """Write the person's present state into their Clerk user, if they have one.

    Somebody who has none yet gets it when they first sign in here with Clerk.
    """
    if services.clerk is None:
        return
    key = job.row.payload["email_key"]
    async with services.db.read() as session:
        person = await person_of(session, key)
    user = await _find(services.clerk, person)
    if user is not None:
        patch = {services.settings.clerk_namespace: {"affiliate": metadata(person)}}
        await services.clerk.merge_private_metadata(user.id, patch)
    async with job.transaction() as session:
        if user is not None:
            await _remember(session, key, user.id)
        await effects.report_intake(session)


def metadata(person: Person) -> dict[str, Any]:
    """The `affiliate` object of the canonical schema, as a patch: None removes a key."""
    if person.affiliate is None:
        application = person.application
        if application is None:
            return {}
        submitted = {"applicationSubmittedAt": moment(application.submitted_at)}
        return {"status": application.status, **submitted}
    affiliate, code = person.affiliate, person.code
    patch: dict[str, Any] = {
        "status": affiliate.status,
        "promoCode": affiliate.promo_code,
        "affiliateApprovedAt": moment(affiliate.approved_at),
        "affiliateTermsVersion": affiliate.terms_version,
        "affiliateId": affiliate.reference,
        "payoutStatus": affiliate.payout_status,
        "payoutThreshold": _whole_units(person.payout_minimum),
        "accruedUnpaidBalance": _whole_units(person.unpaid),
        "applicationSubmittedAt": None,
    }
    if code is not None and code.stripe_promotion_code_id:
        patch["stripePromotionCodeId"] = code.stripe_promotion_code_id
        patch["stripeCouponId"] = code.stripe_coupon_id
    return patch


async def person_of(session: AsyncSession, key: str) -> Person:
    """Everything known of the owner of an address."""
    affiliate = await affiliates.by_email_key(session, key)
    settings = await program.load(session)
    code, unpaid, minimum = None, 0, settings.payout_threshold_cents
    if affiliate is not None:
        code = next(iter(await codes.of_affiliate(session, affiliate.id)), None)
        balances = await ledger.balances(session, affiliate.id, clock.now())
        unpaid = sum(balances.get(settings.currency, (0, 0)))
        minimum = await minimum_of(session, affiliate, settings)
    application = await applications.by_email_key(session, key)
    return Person(application, affiliate, code, minimum, unpaid)


async def _find(clerk: Clerk, person: Person) -> ClerkUser | None:
    known = person.affiliate or person.application
    if known is None:
        return None
    if known.clerk_user_id:
        try:
            return await clerk.get_user(known.clerk_user_id)
        except TransportError as error:
            if error.code != "resource_not_found":
                raise
    return await clerk.find_user_by_email(known.email)


async def _remember(session: AsyncSession, key: str, user_id: str) -> None:
    for row in (
        await applications.by_email_key(session, key, lock=True),
        await affiliates.by_email_key(session, key),
    ):
        if row is not None and row.clerk_user_id != user_id:
            row.clerk_user_id = user_id
            session.add(row)


def moment(at: datetime) -> str:
    """RFC 3339 with milliseconds and a Z, as the product's JavaScript writes it."""
    text = at.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _whole_units(cents: int) -> int | float:
    """Cents as the number of dollars that the schema has; for display, never read back."""
    return cents // 100 if cents % 100 == 0 else round(cents / 100, 2)
