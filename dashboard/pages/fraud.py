"""`/affiliate/dashboard/review`: what was noticed about an affiliate who is paused, and appeals."""

from typing import Final

from aiohttp import web

from dashboard.context import CONTEXT, VISIT
from dashboard.forms import FORM, FormView
from dashboard.limits import ANSWERS_PER_AFFILIATE
from dashboard.navigation import menu
from dashboard.rendering import render, see_other
from dashboard.standing import Member, affiliates_only
from domain import fraud_decisions
from domain.errors import ConflictError, InvalidError
from domain.fraud_decisions import APPEAL_MAX
from domain.statuses import Status

HERE: Final = "/affiliate/dashboard/review"


def add_routes(pages: web.Application) -> None:
    """Add the page, for affiliates whatever their status is."""
    pages.router.add_get("/dashboard/review", affiliates_only(show))
    pages.router.add_post("/dashboard/review", affiliates_only(appeal))


async def show(request: web.Request, member: Member) -> web.Response:
    """What was noticed, and what was said about it."""
    return await _page(request, member, FormView())


async def appeal(request: web.Request, member: Member) -> web.Response:
    """Say what operators should know."""
    context, text = request.app[CONTEXT], request[FORM].get("appeal", "")
    form = FormView({"appeal": text})
    wait = await request.app[CONTEXT].limits.wait(
        ANSWERS_PER_AFFILIATE, f"appeal:{member.affiliate.id}"
    )
    if wait:
        form.errors["appeal"] = "You have tried a few times just now. Try again in an hour."
        return await _page(request, member, form, status=429)
    try:
        async with context.db.transaction() as session:
            await fraud_decisions.appeal(session, member.affiliate.id, text, member.actor)
    except InvalidError as error:
        form.errors |= error.fields
        return await _page(request, member, form, status=422)
    except ConflictError as error:
        form.errors["appeal"] = str(error)
        return await _page(request, member, form, status=409)
    return see_other(HERE)


async def _page(
    request: web.Request, member: Member, form: FormView, *, status: int = 200
) -> web.Response:
    affiliate = member.affiliate
    async with request.app[CONTEXT].db.read() as session:
        told = await fraud_decisions.told(session, affiliate.id)
    if told is None:
        return see_other("/affiliate")
    view = {
        "promo_code": affiliate.promo_code,
        "status": affiliate.status,
        "decision": told.flag.decision,
        "reason": told.flag.reason if told.flag.decision == "banned" else "",
        "since": told.flag.flagged_at,
        "decided_at": told.flag.decided_at,
        "noticed": told.noticed,
        "appeals": [
            {"at": one.created_at, "text": one.text, "answer": one.answer, "on": one.answered_at}
            for one in told.appeals
        ],
        "may_appeal": told.may_appeal and affiliate.status != Status.APPROVED,
        "form": form,
        "appeal_max": APPEAL_MAX,
        "nav": menu("/affiliate/dashboard") if affiliate.status == Status.APPROVED else [],
        "support_email": request[VISIT].program.support_email,
        "here": HERE,
    }
    return render(request, "review.html", view, status=status)
