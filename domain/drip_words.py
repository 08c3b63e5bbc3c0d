"""What the blanks in the mails of the first weeks are filled with, for one affiliate."""

from dataclasses import dataclass, field
from datetime import UTC, timedelta
from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from domain import commissions
from domain.money import money, percent
from domain.program import Program
from domain.program_values import BASES
from domain.promo import promo_words
from storage import links, rollups
from storage.affiliates import Affiliate
from storage.rollups import ALL, TAG, Counts

WEEK: Final = 7
_NO_TAG: Final = "your link without a tag"


@dataclass(frozen=True, slots=True)
class Site:
    """What the mails say of this server: the product's name and the address of our pages."""

    product: str
    public_url: str


@dataclass(frozen=True, slots=True)
class Figures:
    """An affiliate's first seven days (UTC). Earnings are minor units by currency."""

    counts: Counts = field(default_factory=Counts)
    earnings: tuple[tuple[str, int], ...] = ()
    best: str = ""

    @property
    def is_quiet(self) -> bool:
        """Whether nothing has come yet."""
        counted = self.counts.clicks or self.counts.signups or self.counts.conversions
        return not counted and not any(amount for _, amount in self.earnings)

    def lines(self, currency: str) -> tuple[tuple[str, str], ...]:
        """Pairs of label and value; in `currency` where nothing was earned."""
        counts = self.counts
        earned = [money(cents, unit) for unit, cents in self.earnings if cents]
        pairs = [
            ("Clicks", f"{counts.clicks:,}"),
            ("Sign-ups", f"{counts.signups:,}"),
            ("Conversions", f"{counts.conversions:,}"),
            ("Earnings, with what is on hold", " and ".join(earned) or money(0, currency)),
        ]
        return (*pairs, ("Best source", self.best)) if self.best else tuple(pairs)


async def first_week(session: AsyncSession, affiliate: Affiliate) -> Figures:
    """The seven days from the approval on, whenever they are asked for."""
    first = affiliate.approved_at.astimezone(UTC).date()
    last = first + timedelta(days=WEEK - 1)
    one = affiliate.id
    together = await rollups.by_value(session, one, ALL, first, limit=1, until=last)
    earned = await rollups.earned_by_value(session, one, ALL, first, until=last)
    # By conversions and then by clicks, so the first is the best; bots alone are no source.
    tags = await rollups.by_value(session, one, TAG, first, limit=1, until=last)
    best = [tag for tag, counts in tags.items() if counts.clicks or counts.conversions]
    return Figures(
        together.get("", Counts()),
        tuple(earned.get("", {}).items()),
        (best[0] or _NO_TAG) if best else "",
    )


async def words_of(
    session: AsyncSession, affiliate: Affiliate, settings: Program, site: Site
) -> dict[str, str]:
    """What stands for each blank, for an affiliate."""
    link = await links.of_affiliate(session, affiliate.id)
    about = {
        "name": affiliate.name,
        "code": affiliate.promo_code,
        "link": f"{site.public_url}/r/{link.ref if link else affiliate.promo_code}",
    }
    return _words(settings, site, about, await commissions.rate_of(session, affiliate, settings))


def sample_words(settings: Program, site: Site) -> dict[str, str]:
    """The same for somebody made up, to look at a mail with."""
    about = {"name": "Alex Example", "code": "ALEX30", "link": f"{site.public_url}/r/ALEX30"}
    return _words(settings, site, about, settings.commission_rate_bp)


SAMPLE_FIGURES: Final = Figures(
    Counts(clicks=142, signups=9, conversions=3), (("usd", 1671),), "newsletter"
)
"""A week of somebody made up."""


def _words(settings: Program, site: Site, about: dict[str, str], rate: int) -> dict[str, str]:
    promo = promo_words(settings, product=site.product, code=about["code"], link=about["link"])
    home = f"{site.public_url}/affiliate/dashboard"
    return about | {
        "product": site.product,
        "offer": f"{settings.offer_percent}% off the first purchase",
        "commission": f"{percent(rate)} of {BASES[settings.commission_base]}",
        "disclosure": promo.disclosure,
        "dashboard": home,
        "links": f"{home}/links",
        "sources": f"{home}/links/performance",
        "landing": f"{home}/landing",
        "resources": f"{home}/resources",
        "posts": f"{home}/promo",
        "payouts": f"{home}/payouts",
    }
