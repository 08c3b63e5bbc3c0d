"""`/affiliate`: the same address for everybody, and a page for each state."""

from types import MappingProxyType
from typing import Final

from aiohttp import web

from dashboard.context import CONTEXT, VISIT
from dashboard.forms import FormView
from dashboard.pages import application_form
from dashboard.pages.two_tier import recruiter_of
from dashboard.rendering import render, see_other
from dashboard.standing import find_standing
from domain import fraud_decisions
from domain.statuses import Status
from storage.affiliates import Affiliate
from storage.applications import Application
from storage.fraud import RESTORED

_STOPPED: Final = MappingProxyType(
    {Status.PAUSED: "paused.html", Status.TERMINATED: "terminated.html"}
)


async def without_slash(_request: web.Request) -> web.Response:
    """One address for one page."""
    return see_other("/affiliate")


async def show(request: web.Request) -> web.Response:
    """The offer to a visitor; to somebody signed in, where they stand."""
    visit = request[VISIT]
    if visit.session is None:
        view = {
            **application_form.page(visit.program, application_form.blank(), recruiter_of(request)),
            "program": visit.program,
            "sign_in": FormView(),
        }
        return render(request, "affiliate.html", view)
    standing = await find_standing(request, visit.session)
    if standing.affiliate is not None:
        if standing.status is Status.APPROVED:
            return see_other("/affiliate/dashboard")
        return await _stopped(request, standing.affiliate)
    if standing.application is not None:
        if standing.status is Status.REJECTED:
            return _rejected(request, standing.application)
        return _submitted(request, standing.application)
    form = application_form.blank(visit.session.email)
    view = application_form.page(visit.program, form, recruiter_of(request))
    return render(request, "apply.html", view)


async def _stopped(request: web.Request, affiliate: Affiliate) -> web.Response:
    async with request.app[CONTEXT].db.read() as session:
        told = await fraud_decisions.told(session, affiliate.id)
    reviewed = told is not None and told.flag.decision != RESTORED
    view = {
        "reviewed": reviewed,
        "may_appeal": reviewed and told is not None and told.may_appeal,
        "promo_code": affiliate.promo_code,
        "reason": affiliate.status_reason,
        "since": affiliate.updated_at,
    }
    return render(request, _STOPPED[Status(affiliate.status)], view)


def _rejected(request: web.Request, application: Application) -> web.Response:
    view = {
        "display_name": application.display_name or application.legal_name,
        "reason": application.decision_reason,
        "decided_at": application.decided_at,
    }
    return render(request, "rejected.html", view)


def _submitted(request: web.Request, application: Application) -> web.Response:
    settings = request[VISIT].program
    shown = {
        "legal_name": application.legal_name,
        "display_name": application.display_name,
        "email": application.email,
        "platform": application.platform,
        "platform_link": application.platform_url,
        "audience_size": application.audience_size,
        "audience_focus": application.audience_focus,
        "methods": [application.promotion_methods] if application.promotion_methods else [],
        "requested_code": application.requested_code,
        "submitted_at": application.submitted_at,
        "other": [(extra["label"], extra["text"]) for extra in application.extra],
    }
    view = {
        "application": shown,
        "program": settings,
        "change_url": settings.tally_form_url or "/affiliate/apply",
    }
    return render(request, "submitted.html", view)
