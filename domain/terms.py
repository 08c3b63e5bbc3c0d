"""The rules that affiliates agree to: versions of them, and who agreed to which."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import effects
from domain.audit import Actor, record
from domain.errors import ConflictError, InvalidError
from domain.statuses import Status
from storage import affiliates
from storage import terms as rows
from storage.affiliates import Affiliate
from storage.terms import Consent, TermsVersion

WORD_MAX: Final = 40
TOLD_AT_ONCE: Final = 100
_NUMBERED: Final = re.compile(r"(.*?)(\d{1,9})")


@dataclass(frozen=True, slots=True)
class Terms:
    """Rules under a word. `url` is where they stand in full, or empty."""

    version: str
    sentences: tuple[str, ...]
    url: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What an affiliate has to agree to, and until when before payouts wait.

    `fresh` are the sentences that were not among what they agreed to last, `gone` those of then
    that are no longer there. `until` is None while nothing waits for them.
    """

    terms: Terms
    fresh: tuple[str, ...]
    gone: tuple[str, ...]
    until: datetime | None


async def publish(
    session: AsyncSession, before: Terms, after: Terms, since: datetime | None, actor: Actor
) -> Terms:
    """Keep changed rules as a version; returns them under the word that they got.

    Who changes the sentences and keeps the word gets the next word: `v1` becomes `v2`. `since`
    is when the earlier ones came into force, if that is known. Raises `InvalidError` for a word
    that stood for other sentences.
    """
    if await rows.get(session, before.version) is None:
        session.add(_row(before, since, ""))
        await session.flush()
    version = after.version
    if version == before.version:
        version = await _next_word(session, version)
    elif known := await rows.get(session, version):
        if (tuple(known.sentences), known.url) != (after.sentences, after.url):
            sentence = f"{version} stood for other terms before: choose another word."
            raise InvalidError(sentence, {"terms_version": sentence})
        # The same rules again: they are in force from now on.
        known.published_at, known.published_by = clock.now(), actor.name or actor.id
        session.add(known)
        return after
    settled = Terms(version, after.sentences, after.url)
    session.add(_row(settled, clock.now(), actor.name or actor.id))
    await session.flush()
    return settled


def _row(terms: Terms, at: datetime | None, by: str) -> TermsVersion:
    return TermsVersion(
        version=terms.version,
        sentences=list(terms.sentences),
        url=terms.url,
        published_at=at,
        published_by=by,
    )


async def _next_word(session: AsyncSession, version: str) -> str:
    """The next free word after a version: one number on, or a second one."""
    counted = _NUMBERED.fullmatch(version)
    stem, number = (counted[1], int(counted[2])) if counted else (f"{version}-", 1)
    while True:
        number += 1
        word = f"{stem[: WORD_MAX - len(str(number))]}{number}"
        if await rows.get(session, word) is None:
            return word


async def agreed_at_application(
    session: AsyncSession, application_id: UUID, version: str, ticked: Sequence[str], origin: str
) -> None:
    """Keep what an applicant agreed to, unless it is what they agreed to last."""
    last = await rows.latest_of_application(session, application_id)
    if last is not None and (last.version, last.sentences) == (version, list(ticked)):
        return
    session.add(
        Consent(
            application_id=application_id, version=version, sentences=list(ticked), origin=origin
        )
    )


async def asked(
    session: AsyncSession, affiliate: Affiliate, terms: Terms, grace_days: int
) -> Asked | None:
    """What an affiliate has to agree to; None if they did.

    Somebody who has agreed to nothing that we know of is shown everything as new.
    """
    if affiliate.terms_version == terms.version:
        return None
    consents = await rows.of_affiliate(session, affiliate.id)
    known = await rows.get(session, affiliate.terms_version) if affiliate.terms_version else None
    # An application's own form may word the same rules differently: then the version decides.
    last = tuple(known.sentences) if known else tuple(consents[0].sentences) if consents else ()
    row = await rows.get(session, terms.version)
    until = None
    if row is not None and row.published_at is not None:
        until = max(row.published_at, affiliate.created_at) + timedelta(days=grace_days)
    return Asked(
        terms,
        tuple(one for one in terms.sentences if one not in last),
        tuple(one for one in last if one not in terms.sentences),
        until,
    )


async def agree(
    session: AsyncSession, affiliate_id: UUID, version: str, terms: Terms, actor: Actor
) -> None:
    """An affiliate agrees to the rules in force, of which they saw `version`.

    Raises `ConflictError` if these were changed since they saw them. Agreeing twice is no error.
    """
    affiliate = await affiliates.hold(session, affiliate_id)
    if affiliate is None or version != terms.version:
        raise ConflictError("The rules were changed a moment ago: read them once more.")
    if affiliate.terms_version == version:
        return
    affiliate.terms_version = version
    affiliate.updated_at = clock.now()
    session.add(affiliate)
    session.add(
        Consent(
            affiliate_user_id=affiliate.id,
            version=version,
            sentences=list(terms.sentences),
            origin=actor.origin,
        )
    )
    await effects.update_directory(session, affiliate.email_key)
    await record(session, actor, "terms.agreed", f"affiliate:{affiliate.id}", version=version)


async def tell_of_change(session: AsyncSession, version: str) -> int:
    """Mail affiliates who have not agreed to the version in force, each once; how many.

    A few at a time: it is looked at every few minutes. Nobody is told of rules that never changed.
    """
    row = await rows.get(session, version)
    if row is None or row.published_at is None:
        return 0
    due = await rows.untold(session, Status.APPROVED, version, TOLD_AT_ONCE)
    for affiliate in due:
        affiliate.terms_told = version
        session.add(affiliate)
        if affiliate.approved_at < row.published_at:
            await effects.send_mail(
                session,
                "terms_changed",
                affiliate.email,
                affiliate=str(affiliate.id),
                terms=version,
            )
    return len(due)
