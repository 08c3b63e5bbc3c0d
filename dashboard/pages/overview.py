"""`/affiliate/dashboard`: what an approved affiliate comes for."""

from typing import Any, Final
from urllib.parse import quote

from aiohttp import web

import clock
from dashboard.context import CONTEXT, VISIT
from dashboard.pages.live import live_fragments
from dashboard.rendering import render
from dashboard.security import CSP
from dashboard.standing import Member
from domain.affiliates import Overview, overview
from domain.program import Program
from domain.promo import promo_words
from settings import Settings
from storage import sessions
from storage.sessions import Session

_LIVE: Final = f"{CSP}; connect-src 'self'"


async def show(request: web.Request, member: Member) -> web.Response:
    """The promo code, the money on its way, who came through it."""
    context, visit = request.app[CONTEXT], request[VISIT]
    async with context.db.read() as session:
        seen = await overview(session, member.affiliate, visit.program)
        devices = await sessions.of_person(session, member.session.email_key)
        live = await live_fragments(request, session, seen)
    view = {
        "program": visit.program,
        "live": live,
        "now": clock.now(),
        **_account(seen, visit.program, context.settings),
        "sessions": [_device(device, member.session) for device in devices],
    }
    page = render(request, "dashboard.html", view)
    page.headers["Content-Security-Policy"] = _LIVE
    return page


def _account(seen: Overview, program: Program, settings: Settings) -> dict[str, Any]:
    affiliate = seen.affiliate
    link = f"{settings.public_url}/r/{quote(seen.link_ref, safe='')}"
    words = promo_words(
        program, product=settings.product_name, code=affiliate.promo_code, link=link
    )
    return {
        "affiliate": {
            "display_name": affiliate.display_name or affiliate.legal_name or affiliate.email,
            "email": affiliate.email,
            "affiliate_id": affiliate.reference,
            "status": affiliate.status,
            "promo_code": affiliate.promo_code,
            "referral_link": link,
            "approved_at": affiliate.approved_at,
            "terms_version": affiliate.terms_version,
            "payout_status": affiliate.payout_status,
            "rate_bp": seen.rate_bp,
        },
        "disclosure": words.disclosure,
        "promo_copy": [{"title": title, "text": text} for title, text in words.copy],
    }


def _device(device: Session, current: Session) -> dict[str, Any]:
    return {
        "id": str(device.id),
        "label": device.label,
        "last_seen_at": device.last_seen_at,
        "current": device.id == current.id,
    }
