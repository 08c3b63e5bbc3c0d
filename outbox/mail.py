"""Mails to applicants and affiliates, written from what is true when they leave."""

from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import UUID

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from sqlmodel.ext.asyncio.session import AsyncSession

from dashboard.format import cycles
from domain import commissions, effects, landing, program, program_values
from domain.money import money, percent
from domain.payout_methods import label
from domain.perks import perk_of
from domain.promo import promo_words
from domain.sessions import LINK_MINUTES, sign_in_token
from integrations.mail import Mail
from outbox.registry import effect
from outbox.services import Services
from settings import Settings
from storage import affiliates, applications, links, payouts, tiers
from storage.outbox import Effect
from storage.worker import GiveUpError, Job

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
)


@effect(effects.MAIL)
async def send_mail(job: Job[Effect], services: Services) -> None:
    """Send one mail. The effect's id is the idempotency key."""
    if services.mailer is None:
        return
    template, about = job.row.payload["template"], job.row.payload["context"]
    async with services.db.read() as session:
        settings = await program.load(session)
        context = await _context(session, about, settings, services.settings)
    context |= {
        "product_name": services.settings.product_name,
        "support_email": settings.support_email,
        "dashboard_url": f"{services.settings.public_url}/affiliate",
    }
    mail = render(template, job.row.payload["to"], context)
    await services.mailer.send(mail, idempotency_key=str(job.row.id))


def render(template: str, to: str, context: dict[str, Any]) -> Mail:
    """Render a mail from `templates/{template}.txt` and `.html`.

    The first line of the text is its subject: `Subject: …`, then an empty line.
    """
    text = _TEMPLATES.get_template(f"{template}.txt").render(context)
    first, _, body = text.split("\n", 2)
    html = _TEMPLATES.get_template(f"{template}.html").render(context)
    reply_to = context["support_email"] or None
    return Mail(to, first.removeprefix("Subject: "), body, html, reply_to=reply_to)


async def _context(
    session: AsyncSession, about: dict[str, str], settings: program.Program, server: Settings
) -> dict[str, Any]:
    if "tier" in about:
        return await _of_tier(session, about, settings)
    if "affiliate" in about:
        return await _of_affiliate(session, UUID(about["affiliate"]), settings, server)
    if "landing" in about:
        return await _of_landing(session, UUID(about["landing"]), server)
    if "payout" in about:
        return await _of_payout(session, UUID(about["payout"]), server)
    if "application" in about:
        return await _of_application(session, UUID(about["application"]), settings)
    token = sign_in_token(server.secret_key.get_secret_value(), UUID(about["link"]))
    url = f"{server.public_url}/affiliate/sign-in/{token}"
    return {"sign_in_url": url, "minutes": LINK_MINUTES}


async def _of_application(
    session: AsyncSession, application_id: UUID, settings: program.Program
) -> dict[str, Any]:
    application = await applications.get(session, application_id)
    if application is None:
        raise GiveUpError("The application that this mail is about is gone.")
    days = settings.review_days
    return {
        "name": application.name or application.email,
        "reason": application.decision_reason,
        "requested_code": application.requested_code,
        "review_time": f"{days} day{'s' * (days != 1)}" if days else "",
    }


async def _of_affiliate(
    session: AsyncSession, affiliate_id: UUID, settings: program.Program, server: Settings
) -> dict[str, Any]:
    affiliate = await affiliates.get(session, affiliate_id)
    link = await links.of_affiliate(session, affiliate_id)
    if affiliate is None or link is None:
        raise GiveUpError("The affiliate that this mail is about is gone.")
    url = f"{server.public_url}/r/{link.ref}"
    words = promo_words(settings, product=server.product_name, code=affiliate.promo_code, link=url)
    rate = await commissions.rate_of(session, affiliate, settings)
    return {
        "name": affiliate.display_name or affiliate.legal_name or affiliate.email,
        "reason": affiliate.status_reason,
        "promo_code": affiliate.promo_code,
        "referral_link": url,
        "customer_offer": f"{settings.offer_percent}% off the first purchase",
        "commission": f"{percent(rate)} of {program_values.BASES[settings.commission_base]}",
        "eligible_cycles": cycles(settings.max_cycles),
        "payout_threshold": money(settings.payout_threshold_cents, settings.currency),
        "disclosure": words.disclosure,
        "promo_copy": [{"title": title, "text": text} for title, text in words.copy],
    }


async def _of_tier(
    session: AsyncSession, about: dict[str, str], settings: program.Program
) -> dict[str, Any]:
    """The terms that are the tier's own; empty where they are somebody else's."""
    affiliate = await affiliates.get(session, UUID(about["affiliate"]))
    tier = await tiers.get(session, UUID(about["tier"]))
    if affiliate is None or tier is None:
        raise GiveUpError("The tier that this mail is about is gone.")
    own_rate = affiliate.rate_bp is None and tier.rate_bp is not None
    minimum = tier.min_payout_cents
    return {
        "name": affiliate.display_name or affiliate.legal_name or affiliate.email,
        "tier_name": tier.name,
        "rate": percent(tier.rate_bp or 0) if own_rate else "",
        "payout_minimum": "" if minimum is None else money(minimum, settings.currency),
        "perks": [asdict(perk_of(kept)) for kept in tier.perks],
    }


async def _of_landing(session: AsyncSession, page_id: UUID, server: Settings) -> dict[str, Any]:
    found = await landing.view(session, page_id)
    affiliate = found.affiliate
    return {
        "name": affiliate.display_name or affiliate.legal_name or affiliate.email,
        "reason": found.page.taken_down_reason,
        "page_url": f"{server.public_url}/partner/{found.page.slug}",
        "editor_url": f"{server.public_url}/affiliate/dashboard/landing",
    }


async def _of_payout(session: AsyncSession, payout_id: UUID, server: Settings) -> dict[str, Any]:
    payout = await payouts.get(session, payout_id)
    affiliate = await affiliates.get(session, payout.affiliate_user_id) if payout else None
    if payout is None or affiliate is None:
        raise GiveUpError("The payout that this mail is about is gone.")
    return {
        "name": affiliate.display_name or affiliate.legal_name or affiliate.email,
        "amount": money(payout.amount_cents, payout.currency),
        "number": payout.number,
        "method": label(payout.method) if payout.method != payouts.MANUAL else "",
        "destination": payout.destination,
        "reference": payout.reference,
        "reason": payout.reason,
        "payouts_url": f"{server.public_url}/affiliate/dashboard/payouts",
    }
