"""The form in the browser: pick an applicant, change what you like, send, see the answer."""

from typing import Final

from aiohttp import web

from sandbox.pages import own_pages_only, render
from sandbox.tally.form import QUESTIONS, Answers, TallyForm
from sandbox.tally.personas import PERSONAS

FORM: Final = web.AppKey("tally_form", TallyForm)
RECRUITER: Final = "recruiter"
"""The form's one hidden field."""


def tally_app(form: TallyForm) -> web.Application:
    """The stand-in, to be mounted at `/sandbox/tally/`."""
    app = web.Application(middlewares=[own_pages_only])
    app[FORM] = form
    app.router.add_get("/", _form)
    app.router.add_post("/send", _send)
    app.router.add_post("/again", _again)
    return app


async def _form(request: web.Request) -> web.Response:
    chosen = request.query.get("persona", "")
    chosen = chosen if chosen in PERSONAS else next(iter(PERSONAS))
    context = {
        "personas": PERSONAS,
        "chosen": chosen,
        "questions": QUESTIONS,
        "answers": PERSONAS[chosen].answers,
        "recruiter": request.query.get(RECRUITER, ""),
    }
    return render(request, "tally.html", context)


async def _send(request: web.Request) -> web.Response:
    posted = await request.post()
    answers: Answers = {
        question.name: [str(value) for value in posted.getall(question.name, [])]
        if question.options
        else str(posted.get(question.name, "")).replace("\r\n", "\n")
        for question in QUESTIONS
    }
    try:
        hidden = {RECRUITER: str(posted.get(RECRUITER, ""))}
        body = request.app[FORM].payload(answers, hidden)
    except ValueError as error:
        raise web.HTTPBadRequest(text=str(error)) from error
    return await _deliver(request, body)


async def _again(request: web.Request) -> web.Response:
    """Send the latest event once more, as Tally does when it got no answer."""
    deliveries = request.app[FORM].deliveries
    if not deliveries:
        raise web.HTTPSeeOther("./")
    return await _deliver(request, deliveries[-1]["body"].encode())


async def _deliver(request: web.Request, body: bytes) -> web.Response:
    form = request.app[FORM]
    status, answer = await form.deliver(body)
    context = {
        "status": status,
        "taken": 200 <= status < 300,  # noqa: PLR2004 - what HTTP calls success
        "answer": answer,
        "url": form.webhook_url,
        "times": sum(
            sent["event_id"] == form.deliveries[-1]["event_id"] for sent in form.deliveries
        ),
    }
    return render(request, "tally_sent.html", context)
