"""Recruits: who brought whom into the program, as an application says it or an operator sets it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from domain import affiliates, effects, live
from domain.attribution import person_key
from domain.audit import Actor, record
from domain.errors import ConflictError, InvalidError, NotFoundError
from domain.statuses import Status
from domain.texts import keepable
from storage import affiliates as affiliate_rows
from storage import applications, links, two_tier
from storage.affiliates import Affiliate
from storage.applications import Application
from storage.locks import take_turn

SHOWN_MAX: Final = 100
"""Recruits that a page lists; the totals are of all."""

REF_MAX: Final = 64
_REF: Final = re.compile(rf"[A-Za-z0-9_-]{{1,{REF_MAX}}}")


def is_ref(text: str) -> bool:
    """Whether this could stand in a recruit link."""
    return _REF.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Named:
    """Whom an application names as its recruiter. `problem` says why that does not count, if so."""

    ref: str
    recruiter: Affiliate | None
    problem: str = ""


async def named(session: AsyncSession, application: Application) -> Named | None:
    """Whom an application names, as things stand; None where it names nobody."""
    ref = application.recruited_by
    if not ref:
        return None
    link = await links.by_ref(session, ref) or await links.by_ref(session, ref.upper())
    if link is not None:
        recruiter = await affiliate_rows.get(session, link.affiliate_user_id)
    else:
        try:
            recruiter = await affiliates.look_up(session, ref)
        except NotFoundError:
            recruiter = None
    if recruiter is None:
        return Named(ref, None, f"“{ref}” is nobody's link or code.")
    if recruiter.status != Status.APPROVED:
        return Named(ref, recruiter, f"{recruiter.promo_code} is {recruiter.status}.")
    if link is not None and link.suspended:
        return Named(ref, recruiter, f"The link of {recruiter.promo_code} is suspended.")
    same = application.clerk_user_id and application.clerk_user_id == recruiter.clerk_user_id
    if same or person_key(application.email) == person_key(recruiter.email):
        return Named(ref, recruiter, f"{recruiter.promo_code} is the applicant's own.")
    return Named(ref, recruiter)


async def recruiter_of(session: AsyncSession, affiliate_id: UUID) -> Affiliate | None:
    """Who recruited an affiliate, if anybody did."""
    recruiter_id = await two_tier.recruiter_of(session, affiliate_id)
    return await affiliate_rows.get(session, recruiter_id) if recruiter_id else None


async def set_recruiter(
    session: AsyncSession, affiliate_id: UUID, name: str, actor: Actor
) -> Affiliate | None:
    """Say by hand who recruited an affiliate, by code or public id; an empty name is nobody.

    Counts for commissions from then on; what was promised before stays with whom it was promised
    to. Raises `InvalidError` for somebody who cannot be it, `ConflictError` if it is so already.
    """
    await take_turn(session, "recruiters")  # two at once could close a circle
    affiliate = await affiliate_rows.get(session, affiliate_id)
    if affiliate is None:
        raise NotFoundError("There is no such affiliate.")
    before = await recruiter_of(session, affiliate_id)
    after = await _recruiter(session, affiliate, name.strip()) if name.strip() else None
    if (before and before.id) == (after and after.id):
        by = f"recruited by {after.promo_code}" if after else "recruited by nobody"
        raise ConflictError(f"{affiliate.promo_code} is {by} already.")
    link = await links.of_affiliate(session, affiliate_id)
    if link is None:
        raise ConflictError(f"{affiliate.promo_code} has no link that a recruiter can be noted at.")
    link.recruited_by_affiliate_id = after.id if after else None
    session.add(link)
    await session.flush()
    detail = {
        "recruiter": after.promo_code if after else "",
        "before": before.promo_code if before else "",
    }
    await record(session, actor, "affiliate.recruiter_set", f"affiliate:{affiliate.id}", **detail)
    for one in (before, after):
        if one is not None:
            await live.touch(session, one.id)
    application = await applications.by_email_key(session, affiliate.email_key)
    if application is not None:
        await effects.show_application(session, application.id)
    return after


async def _recruiter(session: AsyncSession, affiliate: Affiliate, name: str) -> Affiliate:
    """The affiliate of this name, if they can be the recruiter of this one."""
    try:
        found = await affiliates.look_up(session, name)
    except NotFoundError as error:
        sentence = f"“{keepable(name)}” is nobody's code. Type the promo code of an affiliate."
        raise InvalidError(sentence, {"recruiter": sentence}) from error
    sentence = ""
    if _is_same_person(found, affiliate):
        sentence = "Nobody recruits themselves."
    elif found.status == Status.TERMINATED:
        sentence = f"{found.promo_code} is terminated and earns nothing any more."
    elif await _leads_to(session, found.id, affiliate.id):
        sentence = (
            f"{found.promo_code} was recruited by {affiliate.promo_code}, or by somebody whom they "
            "recruited: that would be a circle."
        )
    if sentence:
        raise InvalidError(sentence, {"recruiter": sentence})
    return found


def _is_same_person(one: Affiliate, other: Affiliate) -> bool:
    """The same affiliate, mailbox, user of the product, or account that is paid."""
    return (
        one.id == other.id
        or person_key(one.email) == person_key(other.email)
        or bool(one.clerk_user_id and one.clerk_user_id == other.clerk_user_id)
        or bool(one.payout_destination and one.payout_destination == other.payout_destination)
    )


async def _leads_to(session: AsyncSession, start: UUID, wanted: UUID) -> bool:
    """Whether somebody was recruited by another, over however many in between."""
    seen, one = set[UUID](), await two_tier.recruiter_of(session, start)
    while one is not None and one not in seen:
        if one == wanted:
            return True
        seen.add(one)
        one = await two_tier.recruiter_of(session, one)
    return False


@dataclass(frozen=True, slots=True)
class Recruit:
    """A recruit as their recruiter may know them; `earned` is minor units by currency.

    `counts` says whether their sales still earn the recruiter anything.
    """

    initials: str
    joined_at: datetime
    earned: dict[str, int]
    counts: bool


@dataclass(frozen=True, slots=True)
class Recruiting:
    """What an affiliate has from recruiting. Money is minor units by currency, over all recruits.

    `recruits` are the last to join, `count` how many there are.
    """

    ref: str
    recruits: Sequence[Recruit]
    count: int
    earned: dict[str, int]


async def recruiting(session: AsyncSession, affiliate: Affiliate) -> Recruiting:
    """Whom an affiliate recruited, and what they earned from each."""
    link = await links.of_affiliate(session, affiliate.id)
    found = await two_tier.recruits(session, affiliate.id, SHOWN_MAX)
    earned = await two_tier.earned_from(session, affiliate.id)
    total: dict[str, int] = {}
    of_each: dict[UUID, dict[str, int]] = {}
    for (recruit, currency), cents in earned.items():
        total[currency] = total.get(currency, 0) + cents
        of_each.setdefault(recruit, {})[currency] = cents
    gone = of_each.keys() - {one.id for one in found}
    count = await two_tier.count_recruits(session, affiliate.id)
    # Whose recruiter is somebody else by now is listed for what they brought before.
    others = (
        [] if count > SHOWN_MAX else list((await affiliate_rows.by_ids(session, gone)).values())
    )
    return Recruiting(
        ref=link.ref if link else affiliate.promo_code,
        recruits=[
            Recruit(
                initials(one), one.approved_at, of_each.get(one.id, {}), counts=one.id not in gone
            )
            for one in (*found, *others)
        ],
        count=count,
        earned=total,
    )


def initials(affiliate: Affiliate) -> str:
    """Such as `J. O.`: the first letters of the first two words of a name."""
    name = affiliate.display_name or affiliate.legal_name or affiliate.email
    letters = [word[0].upper() for word in re.findall(r"\w+", name)[:2]]
    return " ".join(f"{letter}." for letter in letters) or "?"
