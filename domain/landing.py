"""Partner pages: what an affiliate may say on theirs, and where it stands."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import colors, effects
from domain.audit import Actor, record
from domain.claims import risky_words
from domain.errors import ConflictError, InvalidError, NotFoundError
from domain.program import Program
from domain.slugs import SLUG_LONGEST, slug_of, unusable
from domain.texts import keepable, require_reason
from storage import affiliates
from storage import landing as rows
from storage.affiliates import Affiliate
from storage.ids import new_id
from storage.landing import LandingPage
from storage.locks import take_turn

FORMER_SLUGS: Final = 10
COLOR: Final = "#0e5a45"
LONGEST: Final = {"name": 60, "headline": 120, "bio": 2000, "cta": 40}
"""The most characters of each text."""

NEWS_AFTER: Final = timedelta(minutes=10)
"""Changes within this time of a card are shown on it; later ones get a card of their own."""

_LABELS: Final = {"name": "name", "headline": "headline", "bio": "text", "cta": "button"}
_SUGGESTIONS: Final = 30


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo that is ready to be served; `digest` names it by its content."""

    digest: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Wish:
    """A page as its affiliate wants it. Texts are as typed; `photo` is a new one, if any."""

    slug: str
    name: str
    headline: str = ""
    bio: str = ""
    cta: str = ""
    color: str = COLOR
    active: bool = False
    photo: Photo | None = None
    drop_photo: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """A page as operators see it."""

    page: LandingPage
    affiliate: Affiliate


def draft(affiliate: Affiliate) -> LandingPage:
    """The page that an affiliate without one begins with; nothing is kept of it yet."""
    name = (affiliate.display_name or affiliate.legal_name)[: LONGEST["name"]]
    return LandingPage(
        affiliate_user_id=affiliate.id,
        slug=_good([slug_of(name), slug_of(affiliate.promo_code)]),
        name=name,
        theme_color=COLOR,
    )


async def of_affiliate(session: AsyncSession, affiliate: Affiliate) -> LandingPage:
    """An affiliate's page, or the draft that they begin with, at an address that is free."""
    page = await rows.of_affiliate(session, affiliate.id)
    if page is not None:
        return page
    begun = draft(affiliate)
    begun.slug = await _free_slug(session, begun.slug, affiliate, None)
    return begun


async def save(
    session: AsyncSession, affiliate_id: UUID, wish: Wish, program: Program, actor: Actor
) -> LandingPage:
    """Keep an affiliate's page as they want it, and tell operators of what the public sees new.

    Raises `InvalidError` with the fields that cannot be used. A page that was taken down is
    kept, and stays down.
    """
    await take_turn(session, f"landing:{affiliate_id}")
    slug = wish.slug.strip().lower()
    await take_turn(session, f"landing-slug:{slug}")
    affiliate = await affiliates.get(session, affiliate_id)
    if affiliate is None:
        raise NotFoundError("There is no such affiliate.")
    page = await rows.of_affiliate(session, affiliate_id, lock=True)
    said, wrong = _texts(wish, program)
    color = colors.parse(wish.color)
    if color is None:
        wrong["color"] = f"Write the color as six digits, like {COLOR}, or pick one."
    if problem := await _slug_problem(session, slug, affiliate, page):
        wrong["slug"] = problem
    if color is None or wrong:
        raise InvalidError("The page was not saved: some answers need another look.", wrong)
    was_active, before = (page.is_active, _fingerprint(page)) if page else (False, "")
    if page is None:
        page = LandingPage(affiliate_user_id=affiliate_id, slug=slug, name="", theme_color=color)
        session.add(page)
        await session.flush()
    elif page.slug != slug:
        await rows.leave_slug(session, page.id, page.slug, slug, FORMER_SLUGS)
    page.slug, page.theme_color, page.is_active = slug, color, wish.active
    page.name, page.headline, page.bio, page.custom_cta = said
    await _change_photo(session, page, wish)
    page.updated_at = clock.now()
    session.add(page)
    await _announce(session, page)
    action = "changed" if was_active == wish.active else "published" if wish.active else "hidden"
    await record(
        session,
        actor,
        f"landing.{action}",
        f"landing:{page.id}",
        slug=slug,
        texts=_fingerprint(page) != before,
    )
    return page


def _texts(wish: Wish, program: Program) -> tuple[tuple[str, str, str, str], dict[str, str]]:
    """Name, headline, text and button as they can be kept, and what is wrong with which."""
    name, headline, cta = (
        " ".join(keepable(text).split()) for text in (wish.name, wish.headline, wish.cta)
    )
    bio = keepable(wish.bio).replace("\r\n", "\n").strip()
    wrong = {} if name else {"name": "Type the name that your audience knows you by."}
    for field, text in (("name", name), ("headline", headline), ("bio", bio), ("cta", cta)):
        if len(text) > LONGEST[field]:
            wrong[field] = f"Keep the {_LABELS[field]} under {LONGEST[field]} characters."
        elif risky := risky_words(text, program):
            wrong[field] = (
                f"Leave out “{risky[0]}”: the terms rule out promises of results. Say what you "
                "use it for and like about it instead."
            )
    return (name, headline, bio, cta), wrong


async def _change_photo(session: AsyncSession, page: LandingPage, wish: Wish) -> None:
    if wish.photo is not None:
        await rows.put_photo(session, page.id, wish.photo.digest, wish.photo.content)
        page.photo = wish.photo.digest
    elif wish.drop_photo:
        await rows.remove_photo(session, page.id)
        page.photo = ""


async def _slug_problem(
    session: AsyncSession, slug: str, affiliate: Affiliate, page: LandingPage | None
) -> str:
    """Why a page cannot have an address, with one that it can have; empty if it can."""
    own = page.id if page else None
    problem = unusable(slug)
    if not problem and await rows.taken(session, [slug], by_others_than=own):
        problem = f"{slug} is taken already."
    if not problem:
        return ""
    free = await _free_slug(session, slug, affiliate, own)
    return f"{problem} {free} is free." if free else problem


async def _free_slug(
    session: AsyncSession, wanted: str, affiliate: Affiliate, own: UUID | None
) -> str:
    """An address near to the one wanted that nobody has."""
    code = slug_of(affiliate.promo_code)
    stems = [slug_of(wanted), slug_of(affiliate.display_name), code]
    near = [f"{stem[:30]}-{code}"[:SLUG_LONGEST].rstrip("-") for stem in stems[:1] if stem]
    first = next(filter(None, stems), "partner")
    counted = [f"{first[: SLUG_LONGEST - 3]}-{number}" for number in range(2, _SUGGESTIONS)]
    candidates = [slug for slug in (*stems, *near, *counted) if not unusable(slug)]
    gone = await rows.taken(session, candidates, by_others_than=own)
    return next((slug for slug in candidates if slug not in gone), "")


def _good(slugs: Sequence[str]) -> str:
    return next((slug for slug in slugs if not unusable(slug)), "")


def _fingerprint(page: LandingPage) -> str:
    """Of everything that operators have to know of: what visitors read and see."""
    shown = [page.name, page.headline, page.bio, page.custom_cta, page.photo]
    return hashlib.sha256(json.dumps(shown).encode()).hexdigest()


async def _announce(session: AsyncSession, page: LandingPage) -> None:
    """Bring operators' card up to date; what is new to the public gets a new card."""
    now, seen = clock.now(), _fingerprint(page)
    if page.is_active and page.announced != seen:
        before = page.card
        if page.announced_at is None or now - page.announced_at >= NEWS_AFTER:
            page.card, page.announced_at = new_id(), now
            if before is not None:
                await effects.show_landing(session, page.id, before)
        page.announced = seen
        session.add(page)
    if page.card is not None:
        await effects.show_landing(session, page.id, page.card)


async def take_down(session: AsyncSession, page_id: UUID, reason: str, actor: Actor) -> View:
    """Hide a page from the public, whatever its affiliate says; the reason is mailed.

    Raises `ConflictError` where it is down already, and `InvalidError` without a reason.
    """
    found = await _locked(session, page_id)
    page, reason = found.page, require_reason(reason)
    if page.taken_down_at is not None:
        raise ConflictError(f"It was taken down already, by {page.taken_down_by}.")
    page.taken_down_at = clock.now()
    page.taken_down_by, page.taken_down_reason = actor.name or actor.id, reason
    await _decided(session, found, "landing_taken_down")
    await record(session, actor, "landing.taken_down", f"landing:{page.id}", reason=reason)
    return found


async def put_back(session: AsyncSession, page_id: UUID, actor: Actor) -> View:
    """Let the public see a page again that was taken down. Raises `ConflictError` if it is not."""
    found = await _locked(session, page_id)
    page = found.page
    if page.taken_down_at is None:
        raise ConflictError("It was put back already.")
    page.taken_down_at, page.taken_down_by, page.taken_down_reason = None, "", ""
    await _decided(session, found, "landing_put_back")
    await record(session, actor, "landing.put_back", f"landing:{page.id}")
    return found


async def _decided(session: AsyncSession, found: View, mail: str) -> None:
    page = found.page
    session.add(page)
    if page.card is not None:
        await effects.show_landing(session, page.id, page.card)
    await effects.send_mail(session, mail, found.affiliate.email, landing=str(page.id))


async def _locked(session: AsyncSession, page_id: UUID) -> View:
    page = await rows.get(session, page_id, lock=True)
    affiliate = await affiliates.get(session, page.affiliate_user_id) if page else None
    if page is None or affiliate is None:
        raise NotFoundError("There is no such partner page.")
    return View(page, affiliate)


async def view(session: AsyncSession, page_id: UUID) -> View:
    """A page as operators see it. Raises `NotFoundError`."""
    page = await rows.get(session, page_id)
    affiliate = await affiliates.get(session, page.affiliate_user_id) if page else None
    if page is None or affiliate is None:
        raise NotFoundError("There is no such partner page.")
    return View(page, affiliate)
