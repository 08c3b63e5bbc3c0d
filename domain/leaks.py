"""Leak watch: discount codes that are suddenly used much, or that coupon sites hand out.

A code is compared with itself only: the uses of the last 24 hours with those of up to four weeks
before. Of somebody's way here only what led to a paid use counts, since anybody can claim to come
from anywhere.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import discount_codes, effects
from domain.audit import Actor, record
from domain.errors import ConflictError, NotFoundError
from domain.program import Program, load
from storage import affiliates, checkouts, codes, redemptions
from storage import leaks as rows
from storage.codes import ACTIVE, DiscountCode
from storage.leaks import FINE, PAUSED, Leak

DAY: Final = timedelta(days=1)
HISTORY_DAYS: Final = 28
LEAST_DAYS: Final = 3
"""A younger code has no history that it could jump against: all of its days are its launch."""
QUIET: Final = timedelta(days=7)
"""How long a code that was flagged is not flagged again."""
SHOWN_DAYS: Final = 14

_WWW = "www."


@dataclass(frozen=True, slots=True)
class Signs:
    """What speaks for a leak, as `storage.leaks.Leak` keeps it."""

    uses: int
    before_uses: int
    before_days: int
    jumped: bool
    sites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class View:
    """An alert and its code, with the uses of each 24 hours up to it, by when those ended.

    `affiliate` is the promo code of the code's affiliate, or empty.
    """

    leak: Leak
    code: DiscountCode
    days: Sequence[tuple[datetime, int]]
    affiliate: str


async def sweep(session: AsyncSession) -> None:
    """Look at every code that may have leaked."""
    settings, now = await load(session), clock.now()
    busy = await redemptions.used_often(session, now - DAY, settings.leak_min_uses)
    arrivals = await checkouts.referrers(session, now - QUIET)
    named = {code for code, hosts in arrivals.items() if coupon_sites(hosts, settings)}
    for code_id in sorted({*busy, *named}):
        await watch(session, code_id, settings)


async def watch(session: AsyncSession, code_id: UUID, settings: Program) -> None:
    """Flag a code if there are signs of a leak that nobody was told of, and tell operators."""
    if not await _news(session, code_id, settings):
        return
    # Others may be looking at it, too: who holds the row looks again.
    code = await codes.get(session, code_id, lock=True)
    signs = await _news(session, code_id, settings)
    if code is None or code.status != ACTIVE or signs is None:
        return
    leak = Leak(
        discount_code_id=code_id,
        uses=signs.uses,
        before_uses=signs.before_uses,
        before_days=signs.before_days,
        jumped=signs.jumped,
        sites=list(signs.sites),
    )
    code.leak_flagged_at = leak.flagged_at
    session.add(code)
    session.add(leak)
    await session.flush()
    await effects.show_leak(session, leak.id)
    if code.affiliate_user_id is not None:
        await effects.look_again(session, code.affiliate_user_id, "a leak")


async def pause(session: AsyncSession, leak_id: UUID, actor: Actor) -> DiscountCode:
    """Pause the code of an alert, unless it cannot be redeemed anyway.

    Raises `ConflictError` if the alert was decided, `NotFoundError`.
    """
    return await _decide(session, leak_id, PAUSED, actor)


async def dismiss(session: AsyncSession, leak_id: UUID, actor: Actor) -> DiscountCode:
    """Let the code of an alert go on; it is flagged again on much more, or on another site.

    Raises `ConflictError` if the alert was decided, `NotFoundError`.
    """
    return await _decide(session, leak_id, FINE, actor)


async def view(session: AsyncSession, leak_id: UUID) -> View:
    """What operators are shown of an alert. Raises `NotFoundError`."""
    leak = await rows.get(session, leak_id)
    code = None if leak is None else await codes.get(session, leak.discount_code_id)
    if leak is None or code is None:
        raise NotFoundError("There is no such alert.")
    moments = [leak.flagged_at - n * DAY for n in range(SHOWN_DAYS, -1, -1)]
    counts = await redemptions.uses_between(session, code.id, moments)
    owner = (
        await affiliates.get(session, code.affiliate_user_id) if code.affiliate_user_id else None
    )
    days = list(zip(moments[1:], counts, strict=True))
    return View(leak, code, days, owner.promo_code if owner else "")


def coupon_sites(hosts: Iterable[str], settings: Program) -> set[str]:
    """Those of some hosts that hand out codes, without a leading `www`."""
    bare = {host.lower().strip(".").removeprefix(_WWW) for host in hosts}
    return {host for host in bare if any(_is_of(host, site) for site in settings.coupon_sites)}


def _is_of(host: str, site: str) -> bool:
    if "." in site:
        return f".{host}".endswith(f".{site}")
    return site in host


async def _news(session: AsyncSession, code_id: UUID, settings: Program) -> Signs | None:
    """The signs of a leak, if operators do not know of them."""
    code = await codes.get(session, code_id)
    if code is None or code.status != ACTIVE:
        return None
    now = clock.now()
    earlier = await rows.of_code(session, code_id)
    if earlier and earlier[0].decision != FINE and earlier[0].flagged_at > now - QUIET:
        return None
    fine = [one for one in earlier if one.decision == FINE]
    since = max([now - QUIET, *(one.flagged_at for one in earlier[:1])])
    hosts = (await checkouts.referrers(session, since, code_id)).get(code_id, set())
    sites = coupon_sites(hosts, settings) - {site for one in fine for site in one.sites}
    uses, before_uses, before_days = await _figures(session, code, now)
    accepted = max((one.uses for one in fine if one.jumped), default=0)
    jumped = (
        uses >= max(settings.leak_min_uses, 2 * accepted)
        and before_days >= LEAST_DAYS
        and uses * before_days * 100 >= before_uses * settings.leak_factor
    )
    if not jumped and not sites:
        return None
    return Signs(uses, before_uses, before_days, jumped, tuple(sorted(sites)))


async def _figures(
    session: AsyncSession, code: DiscountCode, now: datetime
) -> tuple[int, int, int]:
    """The uses of the last 24 hours, those of whole days before, and how many days those were."""
    start = now - DAY
    days = max(0, min(HISTORY_DAYS, (start - code.created_at) // DAY))
    before, last = await redemptions.uses_between(
        session, code.id, (start - days * DAY, start, now)
    )
    return last, before, days


async def _decide(
    session: AsyncSession, leak_id: UUID, decision: str, actor: Actor
) -> DiscountCode:
    found = await rows.get(session, leak_id)
    # The code before the alert, as `watch` has it.
    code = await codes.get(session, found.discount_code_id, lock=True) if found else None
    leak = await rows.get(session, leak_id, lock=True)
    if leak is None or code is None:
        raise NotFoundError("There is no such alert.")
    if leak.decision:
        raise ConflictError(f"{leak.decided_by} was faster: see the card about {code.code}.")
    leak.decision, leak.decided_by, leak.decided_at = decision, actor.name or actor.id, clock.now()
    session.add(leak)
    if decision == PAUSED and code.status == ACTIVE:
        code = await discount_codes.pause(session, code.id, actor)
    await effects.show_leak(session, leak.id)
    subject = f"code:{code.id}"
    await record(session, actor, f"leak.{decision}", subject, code=code.code, leak=str(leak.id))
    return code
