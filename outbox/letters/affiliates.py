"""Mails about being in the program."""

from typing import Any, Final
from uuid import UUID

from dashboard.format import cycles
from domain import commissions
from domain.money import money, percent
from domain.program_values import BASES
from domain.promo import promo_words
from outbox.letters.registry import Asked, letter
from storage import affiliates, links
from storage.worker import GiveUpError

TOUR: Final = (
    ("Overview", "your code, your link, what you earned, and a list for the first two weeks"),
    ("Links", "links to any page, each with a tag, and which of them brings people"),
    ("Resources and Posts", "pictures, texts, and drafts of posts in your own words"),
    ("Partner page", "one page about you and your code, to share as one address"),
    ("Payouts", "what can be paid out, and how you want to be paid"),
    ("Settings", "your time zone, and which mails you want"),
)
"""The pages of the dashboard, for somebody who has never seen it."""


@letter("application_approved", "affiliate_paused", "affiliate_restored", "affiliate_terminated")
async def of_affiliate(asked: Asked) -> dict[str, Any]:
    """The terms, the code, the link, and ready-made words."""
    settings, server = asked.program, asked.server
    affiliate_id = UUID(asked.about["affiliate"])
    affiliate = await affiliates.get(asked.session, affiliate_id)
    link = await links.of_affiliate(asked.session, affiliate_id)
    if affiliate is None or link is None:
        raise GiveUpError("The affiliate that this mail is about is gone.")
    url = f"{server.public_url}/r/{link.ref}"
    words = promo_words(settings, product=server.product_name, code=affiliate.promo_code, link=url)
    rate = await commissions.rate_of(asked.session, affiliate, settings)
    return {
        "name": affiliate.name,
        "reason": affiliate.status_reason,
        "promo_code": affiliate.promo_code,
        "referral_link": url,
        "customer_offer": f"{settings.offer_percent}% off the first purchase",
        "commission": f"{percent(rate)} of {BASES[settings.commission_base]}",
        "eligible_cycles": cycles(settings.max_cycles),
        "payout_threshold": money(settings.payout_threshold_cents, settings.currency),
        "disclosure": words.disclosure,
        "tour": TOUR,
        "promo_copy": [{"title": title, "text": text} for title, text in words.copy],
    }
