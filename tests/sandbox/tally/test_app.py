"""The form as a person uses it."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from domain.answers import read_answers
from domain.program import Program
from sandbox.tally.app import tally_app
from sandbox.tally.form import QUESTIONS, TallyForm
from sandbox.tally.personas import PERSONAS
from webhooks.tally.parse import TallySubmission, parse
from webhooks.tally.submissions import as_answers

Browser = TestClient[web.Request, web.Application]


@pytest.fixture
def taken() -> list[TallySubmission]:
    """What the application received."""
    return []


@pytest.fixture
async def browser(taken: list[TallySubmission]) -> AsyncIterator[Browser]:
    """A browser at the form, where the sandbox mounts it, beside an application."""

    async def webhook(request: web.Request) -> web.Response:
        taken.append(parse(await request.read()))
        return web.Response(text="<b>noted</b>", status=200 if len(taken) < 3 else 503)

    app = web.Application()
    app.router.add_post("/hook", webhook)
    form = TallyForm("")
    app.add_subapp("/sandbox/tally/", tally_app(form))
    async with TestClient(TestServer(app)) as client:
        form.webhook_url = str(client.make_url("/hook"))
        yield client


@pytest.mark.parametrize("name", PERSONAS)
async def test_a_persona_fills_the_form(browser: Browser, name: str) -> None:
    """Every field has a label and the persona's answer, and nothing typed becomes HTML."""
    page = await (await browser.get(f"/sandbox/tally/?persona={name}")).text()
    for question in QUESTIONS:
        assert f'name="{question.name}"' in page
        if not question.options:
            assert f'<label for="{question.name}">' in page
    assert "<script>" not in page
    assert page.count(" checked>") == sum(
        len(PERSONAS[name].answers[box] or ()) for box in ("methods", "terms")
    )


async def test_sending_shows_the_answer_and_leads_to_slack(
    browser: Browser, taken: list[TallySubmission]
) -> None:
    """The form goes out as typed; the server's answer is shown as text beside a link to Slack."""
    answer = await browser.post(
        "/sandbox/tally/send",
        data=[
            ("legal_name", "Ann 😀"),
            ("platform", "YouTube"),
            ("methods", "Videos"),
            ("methods", "Podcast"),
            ("audience_focus", "One\r\nTwo"),
        ],
    )
    page = await answer.text()
    texts = [row.text for row in taken[0].answers if row.text and not row.part_of]
    assert texts == ["Ann 😀", "YouTube", "One\nTwo", "Videos, Podcast"]
    assert "&lt;b&gt;noted&lt;/b&gt;" in page
    assert 'href="/sandbox/slack/"' in page


async def test_the_same_event_can_be_sent_again(
    browser: Browser, taken: list[TallySubmission]
) -> None:
    """A retry carries the same event id; a refusal is shown as one."""
    await browser.post("/sandbox/tally/send", data={"legal_name": "Ann"})
    page = await (await browser.post("/sandbox/tally/again")).text()
    assert "sent 2 times" in page
    page = await (await browser.post("/sandbox/tally/again")).text()
    assert "was not taken" in page
    assert ">503<" in page
    assert len({submission.event_id for submission in taken}) == 1


async def test_nothing_to_repeat_leads_back(browser: Browser) -> None:
    """Asking for a repeat before anything was sent shows the form."""
    answer = await browser.post("/sandbox/tally/again")
    assert answer.url.path == "/sandbox/tally/"


async def test_a_doctored_option_is_refused(browser: Browser, taken: list[TallySubmission]) -> None:
    """An option that the form never offered is not sent on."""
    answer = await browser.post("/sandbox/tally/send", data={"platform": "Fax"})
    assert answer.status == 400
    assert taken == []


async def test_the_address_fills_the_hidden_field(
    browser: Browser, taken: list[TallySubmission]
) -> None:
    """A recruiter in the form's address arrives as Tally sends hidden fields, and is understood."""
    page = await (await browser.get("/sandbox/tally/?recruiter=ANNA20")).text()
    assert 'name="recruiter" value="ANNA20"' in page
    await browser.post(
        "/sandbox/tally/send", data={"email": "a@example.com", "recruiter": "ANNA20"}
    )
    (hidden,) = [one for one in taken[0].answers if one.type == "HIDDEN_FIELDS"]
    assert (hidden.label, hidden.text) == ("recruiter", "ANNA20")
    fields = read_answers(as_answers(taken[0].answers), Program())
    assert fields.recruited_by == "ANNA20"
    assert fields.extra == []
