"""`/affiliate/dashboard/rules`: the rules, what has changed in them, and warnings to answer."""

from typing import Any
from uuid import UUID

from aiohttp import web

from dashboard.compliance import HERE
from dashboard.context import CONTEXT, VISIT
from dashboard.forms import FORM, FormView
from dashboard.limits import ANSWERS_PER_AFFILIATE
from dashboard.navigation import menu
from dashboard.rendering import render, see_other
from dashboard.standing import Member, affiliates_only
from domain import compliance_cases, terms
from domain.compliance_cases import ANSWER_MAX, Decision, Seen, View
from domain.errors import ConflictError, InvalidError, NotFoundError
from domain.statuses import Status


def add_routes(pages: web.Application) -> None:
    """Add the page, for affiliates whatever their status is."""
    pages.router.add_get("/dashboard/rules", affiliates_only(show))
    pages.router.add_post("/dashboard/rules", affiliates_only(agree))
    pages.router.add_post("/dashboard/rules/{id}", affiliates_only(answer))


async def show(request: web.Request, member: Member) -> web.Response:
    """The rules and the affiliate's cases."""
    return await _page(request, member, {})


async def agree(request: web.Request, member: Member) -> web.Response:
    """The affiliate agrees to the rules that they were shown."""
    context, program = request.app[CONTEXT], request[VISIT].program
    version = request[FORM].get("version", "")
    if not request[FORM].get("agree"):
        form = FormView({}, {"agree": "Tick that you agree to the rules."})
        return await _page(request, member, {"": form}, status=422)
    try:
        async with context.db.transaction() as session:
            await terms.agree(session, member.affiliate.id, version, program.rules, member.actor)
    except ConflictError as error:
        form = FormView({}, {"agree": str(error)})
        return await _page(request, member, {"": form}, status=409)
    return see_other(HERE)


async def answer(request: web.Request, member: Member) -> web.Response:
    """Say something to a case, or that it was read."""
    context, case_id = request.app[CONTEXT], _id(request)
    text = request[FORM].get("answer", "")
    if request[FORM].get("do") == "read":
        async with context.db.transaction() as session:
            await compliance_cases.mark_read(session, member.affiliate.id, case_id)
        return see_other(HERE)
    form = FormView({"answer": text})
    limits = request.app[CONTEXT].limits
    if text.strip() and await limits.wait(ANSWERS_PER_AFFILIATE, str(member.affiliate.id)):
        form.errors["answer"] = "You have answered a few times just now. Try again in an hour."
        return await _page(request, member, {str(case_id): form}, status=429)
    try:
        async with context.db.transaction() as session:
            await compliance_cases.answer(session, member.affiliate.id, case_id, text, member.actor)
    except InvalidError as error:
        form.errors |= error.fields
        return await _page(request, member, {str(case_id): form}, status=422)
    return see_other(f"{HERE}#case-{case_id}")


def _id(request: web.Request) -> UUID:
    try:
        return UUID(request.match_info["id"])
    except ValueError:
        raise NotFoundError("There is no such case.") from None


async def _page(
    request: web.Request, member: Member, forms: dict[str, FormView], *, status: int = 200
) -> web.Response:
    context, program = request.app[CONTEXT], request[VISIT].program
    affiliate = member.affiliate
    async with context.db.read() as session:
        days = program.terms_grace_days
        asked = await terms.asked(session, affiliate, program.rules, days)
        told = await compliance_cases.told(session, affiliate.id)
    # Where all of them would be, none is marked as new.
    fresh = asked.fresh if asked and len(asked.fresh) < len(program.terms) else ()
    view = {
        "rules": {
            "version": program.terms_version,
            "url": program.terms_url,
            "sentences": [(text, text in fresh) for text in program.terms],
            "gone": asked.gone if asked else (),
            "asked": asked is not None,
            "until": asked.until if asked else None,
            "agreed": affiliate.terms_version,
        },
        "own": forms.get("", FormView()),
        "nav": menu(HERE) if affiliate.status == Status.APPROVED else [],
        "status": affiliate.status,
        "cases": [_case(one, forms) for one in told],
        "answer_max": ANSWER_MAX,
        "here": HERE,
    }
    # What the banner says stands on this page in full.
    request[VISIT].banner = None
    return render(request, "rules.html", view, status=status)


def _case(view: View, forms: dict[str, FormView]) -> dict[str, Any]:
    case = view.case
    return {
        "id": str(case.id),
        "decision": case.decision,
        "reason": case.reason,
        "decided_at": case.decided_at,
        "unread": case.decision == Decision.WARNED and case.seen_at is None,
        "seen": [Seen.of(one) for one in view.violations],
        "answers": [(one.created_at, one.text) for one in view.answers],
        "form": forms.get(str(case.id), FormView()),
    }
