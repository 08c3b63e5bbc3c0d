"""`/affiliate/dashboard/settings`: where an affiliate lives, and what they want to be sent."""

from http import HTTPStatus
from typing import Final

from aiohttp import web

from dashboard.context import CONTEXT, VISIT, Notice
from dashboard.forms import FORM, FormView
from dashboard.rendering import render, see_other
from dashboard.standing import Member
from domain import preferences
from domain.errors import InvalidError
from domain.preferences import Preferences
from domain.subscriptions import TOPICS
from domain.zones import zone_names
from storage import subscriptions

HERE: Final = "/affiliate/dashboard/settings"
OPT_IN: Final = "opt_in"
"""The program lets affiliates be named on the leaderboard, if they want it."""


async def show(request: web.Request, member: Member) -> web.Response:
    """The choices as they are."""
    if request.query.get("done") == "saved":
        request[VISIT].notice = Notice("success", "Saved.")
    affiliate = member.affiliate
    async with request.app[CONTEXT].db.read() as session:
        refused = await subscriptions.refused(session, affiliate.id)
    form = FormView(
        {
            "time_zone": affiliate.time_zone,
            "shows_name": ["yes"] if affiliate.shows_name else [],
            "mails": [topic for topic in TOPICS if topic not in refused],
        }
    )
    return _page(request, member, form)


async def save(request: web.Request, member: Member) -> web.Response:
    """Keep the choices, or say what is wrong with them."""
    sent = request[FORM]
    form = FormView(
        {
            "time_zone": sent.get("time_zone", ""),
            "shows_name": sent.getall("shows_name", []),
            "mails": sent.getall("mails", []),
        }
    )
    asked = request[VISIT].program.leaderboard_privacy == OPT_IN
    shows_name = bool(form.values["shows_name"]) if asked else member.affiliate.shows_name
    wish = Preferences(form.values["time_zone"], shows_name, frozenset(form.values["mails"]))
    try:
        async with request.app[CONTEXT].db.transaction() as session:
            await preferences.save(session, member.affiliate.id, wish, member.actor)
    except InvalidError as error:
        form.errors = error.fields
        return _page(request, member, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return see_other(f"{HERE}?done=saved")


def _page(
    request: web.Request, member: Member, form: FormView, *, status: int = HTTPStatus.OK
) -> web.Response:
    view = {
        "form": form,
        "zones": zone_names(),
        "usual_zone": request[VISIT].program.time_zone,
        "asks_name": request[VISIT].program.leaderboard_privacy == OPT_IN,
        "name": member.affiliate.name,
        "topics": [(topic, f"{title}. {about}") for topic, (title, about) in TOPICS.items()],
    }
    return render(request, "preferences.html", view, status=status)
