"""Discount codes: what operators make, change, pause, expire and archive.

A code's row is what is wanted. The payment provider is brought to it by an effect, whatever it
has now, and a code that it refuses says so in `stripe_problem`.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import affiliates, codes, effects
from domain.audit import SYSTEM, Actor, record, record_each
from domain.code_terms import REPEATING, Terms, changes_between, invalid, read, require, terms_of
from domain.errors import ConflictError, NotFoundError
from domain.program import Program, load
from domain.statuses import Status
from domain.texts import keepable
from storage import affiliates as affiliate_rows
from storage import codes as rows
from storage.codes import (
    ACTIVE,
    ARCHIVED,
    EXPIRED,
    FIXED_AMOUNT,
    PAUSED,
    PERCENTAGE,
    DiscountCode,
)
from storage.ids import new_id

MOST_AT_ONCE: Final = 200
"""Codes made by one command: each is two calls to the payment provider."""

PACE: Final = timedelta(milliseconds=100)
"""Codes made at once reach the provider one by one, so that nobody else has to wait for all."""


async def create(session: AsyncSession, given: Mapping[str, Any], actor: Actor) -> DiscountCode:
    """Make a code. Raises `InvalidError` that names every field to mend."""
    settings = await load(session)
    terms = read(given)
    require(terms, settings, expires_after=clock.now())
    await codes.require_good(session, terms.code, settings, campaign=True)
    code = _new(terms, settings, await _affiliate(session, terms.affiliate), actor)
    await _changed(session, code, "created", actor, terms=_as_filled_in(terms))
    return code


async def create_many(
    session: AsyncSession, given: Mapping[str, Any], prefix: str, count: int, actor: Actor
) -> list[DiscountCode]:
    """Make `count` codes with the same terms: the prefix, a dash and six random characters.

    They share a `batch`. All or none. Raises `InvalidError`.
    """
    if not 1 <= count <= MOST_AT_ONCE:
        raise invalid({"count": f"From 1 to {MOST_AT_ONCE} codes can be made at once."})
    settings = await load(session)
    longest = codes.CAMPAIGN_LENGTH - codes.RANDOM_LETTERS - 1
    if problem := codes.problem_with(prefix, settings, campaign=True):
        raise invalid({"prefix": problem})
    if len(prefix) > longest:
        raise invalid({"prefix": f"Use at most {longest} characters."})
    terms, batch, now = read({**given, "code": prefix}), new_id(), clock.now()
    require(terms, settings, expires_after=now)
    owner = await _affiliate(session, terms.affiliate)
    made = []
    for word in await codes.free_words(session, prefix, count):
        one = terms.model_copy(update={"code": word})
        made.append(_new(one, settings, owner, actor))
        made[-1].batch = batch
    # Written together: Slack waits three seconds for all of them.
    session.add_all(made)
    await session.flush()
    due = {code.id: now + place * PACE for place, code in enumerate(made)}
    await effects.update_promotion_codes(session, due)
    await effects.show_code_batch(session, batch)
    said = _as_filled_in(terms)
    details = {
        f"code:{each.id}": {"code": each.code, "terms": said | {"code": each.code}} for each in made
    }
    await record_each(session, actor, "code.created", details)
    return made


async def edit(
    session: AsyncSession, code_id: UUID, changes: Mapping[str, Any], actor: Actor
) -> DiscountCode:
    """Change the terms that are named. An expired code comes back with a later expiry.

    Raises `InvalidError`, `ConflictError` for an archived code, `NotFoundError`.
    """
    await _hold_new_owner(session, changes)
    code = await _locked(session, code_id)
    if code.status == ARCHIVED:
        raise ConflictError(f"{code.code} is archived. Activate it first.")
    settings = await load(session)
    before = terms_of(code)
    given = before.model_dump() | dict(changes)
    if "duration" in changes and changes["duration"] != REPEATING:
        given |= {"duration_months": changes.get("duration_months")}
    if changes.get("discount_type") == PERCENTAGE and "currency" not in changes:
        given |= {"currency": ""}
    after = read(given)
    if after.code != before.code:
        sentence = "Customers know the code by this word: make a new code instead."
        raise invalid({"code": sentence})
    moved = after.expires_at != before.expires_at
    require(after, settings, expires_after=clock.now() if moved else None)
    used = code.prior_uses + code.total_uses
    if after.max_uses is not None and after.max_uses < used:
        raise invalid({"max_uses": f"It was used {used} times already."})
    _fill(code, after, settings, await _affiliate(session, after.affiliate))
    if code.status == EXPIRED and moved:
        code.status = ACTIVE
    changed = changes_between(before, terms_of(code))
    if not changed:
        return code
    await _changed(session, code, "edited", actor, changes=changed)
    return code


async def change(
    session: AsyncSession,
    code_id: UUID,
    changes: Mapping[str, Any],
    actor: Actor,
    status: str | None = None,
) -> DiscountCode:
    """Change terms and status together, all or nothing; what is so already stays as it is.

    With a status, an archived code can be changed as it is taken out of the archive.
    Raises `InvalidError`, `ConflictError`, `NotFoundError`.
    """
    if status is not None and status not in _STEPS:
        raise invalid({"status": f"Use one of {', '.join(_STEPS)}."})
    await _hold_new_owner(session, changes)
    code = await _locked(session, code_id)
    if code.status == ARCHIVED and status in {ACTIVE, PAUSED}:
        code = await _step(session, code_id, PAUSED, {ARCHIVED}, actor)
    if changes:
        code = await edit(session, code_id, changes, actor)
    if status is not None and status != code.status:
        code = await _STEPS[status](session, code_id, actor)
    return code


async def pause(session: AsyncSession, code_id: UUID, actor: Actor) -> DiscountCode:
    """Stop a code from being redeemed; discounts that run already go on."""
    return await _step(session, code_id, PAUSED, {ACTIVE}, actor)


async def archive(session: AsyncSession, code_id: UUID, actor: Actor) -> DiscountCode:
    """Put a code away: it is not redeemed, and lists leave it out. Activating brings it back."""
    return await _step(session, code_id, ARCHIVED, {ACTIVE, PAUSED, EXPIRED}, actor)


async def activate(session: AsyncSession, code_id: UUID, actor: Actor) -> DiscountCode:
    """Let a code be redeemed again, also one that was archived.

    Raises `ConflictError` where it would not work: it has expired, or its affiliate is not in
    the program.
    """
    code = await _locked(session, code_id)
    if code.expires_at is not None and code.expires_at <= clock.now():
        raise ConflictError(f"{code.code} has expired. Give it a later expiry.")
    if code.affiliate_user_id is not None:
        owner = await affiliate_rows.get(session, code.affiliate_user_id)
        if owner is not None and owner.status != Status.APPROVED:
            raise ConflictError(f"The affiliate of {code.code} is {owner.status}.")
    return await _step(session, code_id, ACTIVE, {PAUSED, EXPIRED, ARCHIVED}, actor)


_STEPS: Final = {ACTIVE: activate, PAUSED: pause, ARCHIVED: archive}


async def retry(session: AsyncSession, code_id: UUID, actor: Actor) -> DiscountCode:
    """Bring the payment provider to a code once more, after it refused to be."""
    code = await _locked(session, code_id)
    await _changed(session, code, "retried", actor, problem=code.stripe_problem)
    return code


async def expire_due(session: AsyncSession) -> int:
    """Mark the codes whose time is over; returns how many there were."""
    due = await rows.expiring(session, clock.now())
    for code in due:
        code.status = EXPIRED
        await _changed(session, code, "expired", SYSTEM)
    return len(due)


async def by_name(session: AsyncSession, name: str) -> DiscountCode:
    """The code of an id or a word, in any letter case. Raises `NotFoundError`."""
    name = keepable(name).strip()
    try:
        found = await rows.get(session, UUID(name))
    except ValueError:
        found = await rows.by_code(session, name.upper())
    if found is None:
        raise NotFoundError(f"There is no code {name[:100]}.")
    return found


def _new(terms: Terms, settings: Program, owner: UUID | None, actor: Actor) -> DiscountCode:
    """A row that says these terms."""
    code = DiscountCode(
        code=terms.code,
        discount_value=terms.discount_value,
        created_by=actor.name or actor.id,
    )
    _fill(code, terms, settings, owner)
    return code


def _as_filled_in(terms: Terms) -> dict[str, Any]:
    """Terms for the audit log."""
    return terms.model_dump(mode="json", exclude_defaults=True)


def _fill(code: DiscountCode, terms: Terms, settings: Program, owner: UUID | None) -> None:
    """Write terms onto a row."""
    values = terms.model_dump(exclude={"affiliate", "currency"})
    for name, value in values.items():
        setattr(code, name, value)
    code.currency = (
        (terms.currency or settings.currency) if terms.discount_type == FIXED_AMOUNT else ""
    )
    code.affiliate_user_id = owner


async def _affiliate(session: AsyncSession, name: str | None) -> UUID | None:
    if not name:
        return None
    try:
        return (await affiliates.look_up(session, name)).id
    except NotFoundError as error:
        raise invalid({"affiliate": str(error)}) from None


async def _hold_new_owner(session: AsyncSession, changes: Mapping[str, Any]) -> None:
    """Hold the affiliate whose a code becomes: whoever locks both takes the affiliate first."""
    name = changes.get("affiliate")
    owner = await _affiliate(session, name) if isinstance(name, str) else None
    if owner is not None:
        await affiliate_rows.hold(session, owner)


async def _locked(session: AsyncSession, code_id: UUID) -> DiscountCode:
    code = await rows.get(session, code_id, lock=True)
    if code is None:
        raise NotFoundError("There is no such code.")
    return code


async def _step(
    session: AsyncSession, code_id: UUID, to: str, allowed: set[str], actor: Actor
) -> DiscountCode:
    code = await _locked(session, code_id)
    if code.status == to:
        raise ConflictError(f"{code.code} is {to} already.")
    if code.status not in allowed:
        raise ConflictError(f"{code.code} is {code.status}: it cannot be {to}.")
    before, code.status = code.status, to
    await _changed(session, code, to, actor, before=before)
    return code


async def _changed(
    session: AsyncSession,
    code: DiscountCode,
    action: str,
    actor: Actor,
    **detail: Any,
) -> None:
    """Keep a code as it is now; the payment provider follows."""
    code.updated_at = clock.now()
    session.add(code)
    await session.flush()
    await effects.update_promotion_code(session, code.id)
    await record(session, actor, f"code.{action}", f"code:{code.id}", code=code.code, **detail)
