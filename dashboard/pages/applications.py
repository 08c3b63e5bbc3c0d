"""Applying with the built-in form. Who was here before is told to nobody but themselves."""

from http import HTTPStatus

import structlog
from aiohttp import web

from dashboard.context import CONTEXT, VISIT, Visit
from dashboard.forms import FORM, FormView
from dashboard.limits import APPLICATIONS_PER_CLIENT
from dashboard.pages import application_form
from dashboard.pages.network_partners import invitation_of
from dashboard.pages.two_tier import recruiter_of
from dashboard.rendering import render, see_other
from dashboard.standing import Standing, find_standing
from domain import applications, network_partners
from domain.audit import Actor
from domain.errors import NotFoundError
from domain.statuses import Status

_log = structlog.get_logger(__name__)


async def show(request: web.Request) -> web.Response:
    """The form: blank for a visitor, as last sent for who may still change it."""
    visit = request[VISIT]
    standing = await _standing(request)
    if standing.status not in {None, Status.PENDING}:
        return see_other("/affiliate")
    if standing.application is not None:
        form = application_form.filled_in(standing.application)
    else:
        form = application_form.blank(visit.session.email if visit.session else "")
    return _form_page(request, form)


async def submit(request: web.Request) -> web.Response:
    """Take in an application, or show the form again with what is wrong."""
    context, visit, posted = request.app[CONTEXT], request[VISIT], request[FORM]
    if visit.program.tally_form_url:
        raise NotFoundError("Applications are taken by another form: see the first page.")
    await request.app[CONTEXT].limits.spend(APPLICATIONS_PER_CLIENT, request.remote or "")
    if posted.get(application_form.TRAP):
        _log.info("application_trapped", client=request.remote)
        return _sent(visit)
    standing = await _standing(request)
    if standing.status not in {None, Status.PENDING}:
        return see_other("/affiliate")
    proven = visit.session.email if visit.session else ""
    form = application_form.read(posted, visit.program, proven)
    if form.errors:
        return _form_page(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    submission, fields = application_form.submission(form, visit.program, recruiter_of(request))
    actor = Actor(submission.external_id, "", "form")
    async with context.db.transaction() as session:
        application = await applications.submit(session, submission, fields, actor)
        if (invited := invitation_of(request)) is not None:
            await network_partners.applied(session, invited, application)
    return _sent(visit)


async def show_sent(request: web.Request) -> web.Response:
    """The same words for everybody, whatever was known of them before."""
    return render(request, "apply_sent.html", {"sign_in": FormView()})


def _sent(visit: Visit) -> web.Response:
    return see_other("/affiliate" if visit.session else "/affiliate/apply/sent")


async def _standing(request: web.Request) -> Standing:
    owner = request[VISIT].session
    return await find_standing(request, owner) if owner else Standing()


def _form_page(request: web.Request, form: FormView, *, status: int = 200) -> web.Response:
    view = application_form.page(request[VISIT].program, form, recruiter_of(request))
    return render(request, "apply.html", view, status=status)
