"""Looking for violations by itself: in recent clicks, and on the pages that affiliates named.

Whatever is found opens a case for operators, and does nothing else. Each rule asks for a least
number of clicks and of different visitors, so that one person, one office behind one address,
or an affiliate with few visitors is never found. docs/compliance.md lists the rules.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import disclosure
from domain.compliance import Finding, Kind, detect
from domain.disclosure import Reading
from domain.money import number
from domain.program import Program, load
from storage import affiliates, click_signs, codes, links
from storage import compliance as rows
from storage.affiliates import Affiliate
from storage.click_signs import Week
from storage.compliance import PageCheck

RECENT: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
WEEK_DAYS: Final = 7
AT_ONCE: Final = timedelta(seconds=10)
AFFILIATES: Final = 3
"""So many affiliates' links at once are nobody's choice."""
EXPECTED: Final = 6
"""At least so many sign-ups must have been expected of clicks that brought none."""
LEAST_VISITORS: Final = 5
FRAMED_PERCENT: Final = 20
BRAND_VISITORS: Final = 3


async def sweep(session: AsyncSession) -> None:
    """Look through recent clicks; every few minutes."""
    settings, now = await load(session), clock.now()
    found: dict[UUID, list[Finding]] = defaultdict(list)
    for look in (_many_at_once, _no_sign_ups, _framed, _burst, _brand):
        for owner, finding in await look(session, settings, now):
            found[owner].append(finding)
    # All before the first is told to the audit log, and in one order: so that neither two
    # processes nor whoever has an affiliate and wants the log wait for each other in a circle.
    for owner in sorted(found):
        await affiliates.hold(session, owner)
    for owner in sorted(found):
        for finding in found[owner]:
            await detect(session, owner, finding)


Found = list[tuple[UUID, Finding]]


async def _many_at_once(session: AsyncSession, settings: Program, now: datetime) -> Found:
    """Cookie stuffing: visitors on whom links of several affiliates were opened in seconds."""
    since = now - RECENT
    visitors = await click_signs.wanderers(session, since, AFFILIATES)
    if len(visitors) < settings.stuffing_min_visitors:
        return []
    of_visitor: dict[str, list[tuple[datetime, UUID]]] = defaultdict(list)
    for visitor, owner, at in await click_signs.of_visitors(session, visitors, since):
        of_visitor[visitor].append((at, owner))
    hit: dict[UUID, int] = defaultdict(int)
    for clicks in of_visitor.values():
        for owner in _at_once(clicks):
            hit[owner] += 1
    return [
        (
            owner,
            Finding(
                Kind.COOKIE_STUFFING,
                "visitors",
                facts=(
                    ("Visitors", number(count)),
                    (
                        "What happened",
                        f"links of {AFFILIATES} or more affiliates in {AT_ONCE.seconds} seconds",
                    ),
                    ("When", f"in the hour before {now:%Y-%m-%d %H:%M} UTC"),
                ),
                figures={"visitors": count},
            ),
        )
        for owner, count in hit.items()
        if count >= settings.stuffing_min_visitors
    ]


def _at_once(clicks: list[tuple[datetime, UUID]]) -> set[UUID]:
    """The affiliates whose links one visitor opened together with enough others."""
    together: set[UUID] = set()
    start = 0
    for end, (at, _) in enumerate(clicks):
        while at - clicks[start][0] > AT_ONCE:
            start += 1
        owners = {owner for _, owner in clicks[start : end + 1]}
        if len(owners) >= AFFILIATES:
            together |= owners
    return together


async def _no_sign_ups(session: AsyncSession, settings: Program, now: datetime) -> Found:
    """Cookie stuffing: many clicks of a week, and not one sign-up where several were expected."""
    weeks = await click_signs.by_affiliate(session, (now - WEEK_DAYS * DAY).date())
    return [
        (
            one.affiliate_id,
            Finding(
                Kind.COOKIE_STUFFING,
                "no sign-ups",
                facts=(
                    ("Clicks in a week", number(one.clicks)),
                    ("Sign-ups", "none"),
                    ("Expected, at the rate of the others", f"about {number(expected)}"),
                ),
                figures={"clicks": one.clicks, "expected": expected},
            ),
        )
        for one in weeks
        if one.clicks >= settings.stuffing_min_clicks
        and not one.signups
        and (expected := _expected(one.affiliate_id, one.clicks, weeks)) >= EXPECTED
    ]


def _expected(owner: UUID, clicks: int, weeks: Sequence[Week]) -> int:
    """How many sign-ups so many clicks would bring at the rate of all other affiliates."""
    others = [one for one in weeks if one.affiliate_id != owner]
    seen, signed = sum(one.clicks for one in others), sum(one.signups for one in others)
    return clicks * signed // seen if seen else 0


async def _framed(session: AsyncSession, settings: Program, now: datetime) -> Found:
    """Forced clicks: links that pages loaded in frames, or as pictures and the like."""
    found: Found = []
    since = now - DAY
    least = settings.forced_min_clicks
    for owner, count, visitors in await click_signs.not_as_pages(session, since, least):
        total = await click_signs.clicks_since(session, owner, since)
        if visitors < LEAST_VISITORS or count * 100 < total * FRAMED_PERCENT:
            continue
        facts = (
            ("Clicks without a click", f"{number(count)} of {number(total)} in 24 hours"),
            ("Visitors", number(visitors)),
            ("What happened", "a page loaded the link in a frame, or as a picture or script"),
        )
        figures = {"clicks": count, "of": total, "visitors": visitors}
        found.append((owner, Finding(Kind.FORCED_CLICKS, "frames", facts=facts, figures=figures)))
    return found


async def _burst(session: AsyncSession, settings: Program, now: datetime) -> Found:
    """Forced clicks: a burst that comes from nowhere and brings nobody, where some were due."""
    least = settings.burst_min_clicks
    bursts = await click_signs.without_referrer(session, now - RECENT, least)
    if not bursts:
        return []
    weeks = await click_signs.by_affiliate(session, (now - WEEK_DAYS * DAY).date())
    signed = {one.affiliate_id: one.signups for one in weeks}
    found: Found = []
    for owner, count in bursts:
        expected = _expected(owner, count, weeks)
        # A newsletter comes from nowhere, too: it brings people.
        if signed.get(owner, 0) or expected < EXPECTED:
            continue
        facts = (
            ("Clicks in an hour that come from no page", number(count)),
            ("Sign-ups in a week", "none"),
            ("Expected, at the rate of the others", f"about {number(expected)}"),
        )
        figures = {"clicks": count, "expected": expected}
        found.append((owner, Finding(Kind.FORCED_CLICKS, "burst", facts=facts, figures=figures)))
    return found


async def _brand(session: AsyncSession, settings: Program, now: datetime) -> Found:
    """Search ads on the brand's name, by affiliates who may not place any."""
    brand = [word.casefold() for word in settings.brand_words]
    if not brand:
        return []
    of_owner: dict[UUID, list[tuple[str, int, int]]] = defaultdict(list)
    for owner, keyword, count, visitors in await click_signs.paid(session, now - DAY):
        if any(word in keyword.casefold() for word in brand):
            of_owner[owner].append((keyword, count, visitors))
    allowed = {
        one.id for one in (await affiliates.by_ids(session, of_owner)).values() if one.may_bid
    }
    found: Found = []
    for owner, words in of_owner.items():
        count = sum(clicks for _, clicks, _ in words)
        visitors = max(visitors for _, _, visitors in words)
        if owner in allowed or count < settings.brand_min_clicks or visitors < BRAND_VISITORS:
            continue
        facts = (
            ("Clicks on search ads in 24 hours", number(count)),
            ("Keywords", ", ".join(keyword for keyword, _, _ in words[:5])),
        )
        figures = {"clicks": count, "visitors": visitors}
        found.append((owner, Finding(Kind.BRAND_BIDDING, "keywords", facts=facts, figures=figures)))
    return found


async def judge_page(
    session: AsyncSession, affiliate_id: UUID, url: str, page: Reading | None, outcome: str
) -> None:
    """Note that an affiliate's page was looked at; a case if it promotes and does not disclose.

    `page` is None for a page that could not be read: then the `outcome` says why, and nothing
    is held against anybody.
    """
    affiliate = await affiliates.hold(session, affiliate_id)
    if affiliate is None:
        return
    settings = await load(session)
    if page is not None:
        seen = disclosure.look(page, await _words_of(session, affiliate), settings.disclosure_words)
        outcome = "promotes nothing" if not seen.promotes else "disclosed"
        if seen.promotes and not seen.disclosed:
            outcome = "no disclosure"
            facts = (("Page", url), ("Looked at", f"{clock.now():%Y-%m-%d %H:%M} UTC"))
            finding = Finding(
                Kind.MISSING_DISCLOSURE, "page", facts=facts, samples=(seen.promotes,)
            )
            await detect(session, affiliate_id, finding)
    check = await session.get(PageCheck, affiliate_id) or PageCheck(
        affiliate_user_id=affiliate_id, url=url, outcome=outcome
    )
    check.url, check.outcome, check.checked_at = url, outcome[:200], clock.now()
    session.add(check)


async def _words_of(session: AsyncSession, affiliate: Affiliate) -> list[str]:
    """The codes and refs by which an affiliate's page would promote."""
    link = await links.of_affiliate(session, affiliate.id)
    own = [one.code for one in await codes.of_affiliate(session, affiliate.id)]
    return list(dict.fromkeys([affiliate.promo_code, *own, *([link.ref] if link else [])]))


async def pages_due(session: AsyncSession, limit: int) -> list[tuple[UUID, str]]:
    """`(affiliate, address)` of pages to look at today; none where the check is switched off."""
    settings = await load(session)
    if not settings.disclosure_check:
        return []
    before = clock.now() - timedelta(hours=20)
    due = await rows.pages_due(session, "approved", before, limit)
    return [(one.id, one.platform_url) for one in due]
