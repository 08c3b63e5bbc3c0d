"""Partner pages: an affiliate's page for their audience, its photo, former addresses and views."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import LargeBinary
from sqlmodel import Field, SQLModel, col, delete, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from storage.ids import new_id
from storage.inserts import Insert, Sums, Value


class LandingPage(SQLModel, table=True):
    """The page of one affiliate at `/partner/{slug}`.

    `photo` is the digest of its photo, empty without one. `theme_color` is `#rrggbb`. `card` is
    the subject of the latest card that operators have of it, and `announced` the fingerprint of
    what that one shows.
    """

    __tablename__ = "affiliate_landing_pages"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    affiliate_user_id: UUID = Field(foreign_key="affiliates.id", unique=True)
    slug: str = Field(unique=True)
    name: str
    headline: str = ""
    bio: str = ""
    photo: str = ""
    custom_cta: str = ""
    theme_color: str
    is_active: bool = False
    taken_down_at: datetime | None = None
    taken_down_by: str = ""
    taken_down_reason: str = ""
    card: UUID | None = None
    announced: str = ""
    announced_at: datetime | None = None
    created_at: datetime = Field(default_factory=clock.now)
    updated_at: datetime = Field(default_factory=clock.now)


class LandingPhoto(SQLModel, table=True):
    """A photo as visitors get it: square WebP, encoded by us, found by its digest."""

    __tablename__ = "affiliate_landing_photos"

    landing_page_id: UUID = Field(primary_key=True, foreign_key="affiliate_landing_pages.id")
    digest: str
    content: bytes = Field(sa_type=LargeBinary)
    created_at: datetime = Field(default_factory=clock.now)


class FormerSlug(SQLModel, table=True):
    """An address that a page had before: it leads to the present one."""

    __tablename__ = "affiliate_landing_slugs"

    slug: str = Field(primary_key=True)
    landing_page_id: UUID = Field(foreign_key="affiliate_landing_pages.id", index=True)
    left_at: datetime = Field(default_factory=clock.now)


class LandingView(SQLModel, table=True):
    """The first look of one visitor at one page on one UTC day; `first_key` says all three.

    No foreign key, as with clicks: a view waits for nobody who decides about the page.
    """

    __tablename__ = "affiliate_landing_views"

    id: UUID = Field(primary_key=True)
    landing_page_id: UUID
    day: date
    bot: bool
    first_key: str = Field(unique=True)


class LandingViews(SQLModel, table=True):
    """How many different visitors, and bots, looked at a page on one UTC day."""

    __tablename__ = "affiliate_landing_view_rollups"

    landing_page_id: UUID = Field(primary_key=True)
    day: date = Field(primary_key=True)
    views: int = 0
    bots: int = 0


def _summed(rows: Sequence[Value]) -> list[Value]:
    sums: dict[tuple[UUID, date], list[int]] = {}
    for _, page, day, bot, _ in rows:
        if isinstance(page, UUID) and isinstance(day, date):
            sums.setdefault((page, day), [0, 0])[bool(bot)] += 1
    return [(*key, *counts) for key, counts in sorted(sums.items(), key=lambda one: str(one[0]))]


VIEW = Insert(
    topic="landing-views",
    table="affiliate_landing_views",
    columns={
        "id": "uuid",
        "landing_page_id": "uuid",
        "day": "date",
        "bot": "bool",
        "first_key": "text",
    },
    order="first_key",
    sums=(
        Sums(
            table="affiliate_landing_view_rollups",
            keys={"landing_page_id": "uuid", "day": "date"},
            counts={"views": "int", "bots": "int"},
            of=_summed,
        ),
    ),
)


def view_row(page_id: UUID, day: date, visitor: str, *, bot: bool) -> Value:
    """The values of `VIEW`, in its order."""
    return (new_id(), page_id, day, bot, f"{page_id.hex} {day.isoformat()} {visitor}")


async def get(session: AsyncSession, page_id: UUID, *, lock: bool = False) -> LandingPage | None:
    """One page; `lock` holds the row until the transaction ends."""
    return await session.get(LandingPage, page_id, with_for_update=lock, populate_existing=lock)


async def of_affiliate(
    session: AsyncSession, affiliate_id: UUID, *, lock: bool = False
) -> LandingPage | None:
    """An affiliate's page, if they ever saved one; `lock` holds the row."""
    query = select(LandingPage).where(LandingPage.affiliate_user_id == affiliate_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return (await session.exec(query)).one_or_none()


async def of_affiliates(session: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, LandingPage]:
    """The pages of these affiliates, by affiliate."""
    query = select(LandingPage).where(col(LandingPage.affiliate_user_id).in_(list(ids)))
    return {page.affiliate_user_id: page for page in await session.exec(query)}


async def by_slug(session: AsyncSession, slug: str) -> LandingPage | None:
    """The page at this address."""
    return (await session.exec(select(LandingPage).where(LandingPage.slug == slug))).one_or_none()


async def by_former_slug(session: AsyncSession, slug: str) -> LandingPage | None:
    """The page that had this address before."""
    former = await session.get(FormerSlug, slug)
    return await get(session, former.landing_page_id) if former else None


async def taken(
    session: AsyncSession, slugs: Sequence[str], *, by_others_than: UUID | None
) -> set[str]:
    """Which of these addresses lead, or led, to somebody else's page."""
    present = select(LandingPage.slug).where(col(LandingPage.slug).in_(slugs))
    former = select(FormerSlug.slug).where(col(FormerSlug.slug).in_(slugs))
    if by_others_than is not None:
        present = present.where(LandingPage.id != by_others_than)
        former = former.where(FormerSlug.landing_page_id != by_others_than)
    return set((await session.exec(present)).all()) | set((await session.exec(former)).all())


async def leave_slug(session: AsyncSession, page_id: UUID, old: str, new: str, keep: int) -> None:
    """Remember that a page moves from an address to another; the `keep` latest are remembered."""
    await session.exec(delete(FormerSlug).where(col(FormerSlug.slug) == new))
    session.add(FormerSlug(slug=old, landing_page_id=page_id))
    await session.flush()
    of_page = select(FormerSlug).where(FormerSlug.landing_page_id == page_id)
    newest = of_page.order_by(col(FormerSlug.left_at).desc(), col(FormerSlug.slug))
    for forgotten in (await session.exec(newest.offset(keep))).all():
        await session.delete(forgotten)


async def photo(session: AsyncSession, page_id: UUID) -> LandingPhoto | None:
    """The photo of a page."""
    return await session.get(LandingPhoto, page_id)


async def put_photo(session: AsyncSession, page_id: UUID, digest: str, content: bytes) -> None:
    """Keep a page's photo in place of the one before."""
    made = LandingPhoto(landing_page_id=page_id, digest=digest, content=content)
    await session.merge(made)


async def remove_photo(session: AsyncSession, page_id: UUID) -> None:
    """Forget a page's photo."""
    await session.exec(delete(LandingPhoto).where(col(LandingPhoto.landing_page_id) == page_id))


async def views(session: AsyncSession, page_id: UUID, since: date | None = None) -> int:
    """How often different people looked at a page, a day at a time; bots do not count."""
    query = select(func.coalesce(func.sum(LandingViews.views), 0)).where(
        LandingViews.landing_page_id == page_id
    )
    if since is not None:
        query = query.where(LandingViews.day >= since)
    return int((await session.exec(query)).one())
