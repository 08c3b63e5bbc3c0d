"""The form delivers what Tally would, and our own webhook code takes it."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from sandbox.tally.form import NO_ANSWER, QUESTIONS, TallyForm
from sandbox.tally.personas import PERSONAS, Persona
from webhooks.tally.parse import parse
from webhooks.tally.verify import verify_signature


class Webhook:
    """An endpoint that keeps what it is sent."""

    def __init__(self) -> None:
        self.taken: list[tuple[bytes, str]] = []
        self.status = 200

    async def take(self, request: web.Request) -> web.Response:
        """Answer a delivery."""
        self.taken.append((await request.read(), request.headers["Tally-Signature"]))
        return web.Response(text="noted", status=self.status)


@pytest.fixture
def webhook() -> Webhook:
    """What the endpoint saw."""
    return Webhook()


@pytest.fixture
async def form(webhook: Webhook) -> AsyncIterator[TallyForm]:
    """A form that delivers to the endpoint."""
    app = web.Application()
    app.router.add_post("/hook", webhook.take)
    server = TestServer(app)
    await server.start_server()
    yield TallyForm(str(server.make_url("/hook")))
    await server.close()


@pytest.mark.parametrize("persona", PERSONAS.values(), ids=PERSONAS)
async def test_every_persona_arrives_signed_and_readable(
    form: TallyForm, webhook: Webhook, persona: Persona
) -> None:
    """What was typed is what the application reads, behind a signature that it accepts."""
    assert await form.submit(persona.answers) == (200, "noted")
    ((body, signature),) = webhook.taken
    verify_signature(body, signature, form.signing_secret)
    read = {answer.key: answer for answer in parse(body).answers}
    for question in QUESTIONS:
        typed = persona.answers[question.name]
        if question.options:
            expected = (typed,) if isinstance(typed, str) else typed
            assert read[question.key].chosen == expected
        else:
            assert read[question.key].text == (typed or "")


def test_checkboxes_have_a_row_per_option() -> None:
    """Beside the list of ids there is a true-or-false row for each term."""
    terms = QUESTIONS[-1]
    answers = {"terms": terms.options[:1]}
    rows = [
        answer
        for answer in parse(TallyForm("http://x.invalid").payload(answers)).answers
        if answer.part_of == terms.key
    ]
    assert [row.checked for row in rows] == [True, False, False, False, False]
    assert rows[0].label == f"{terms.label} ({terms.options[0]})"


def test_an_empty_form_is_all_nulls() -> None:
    """A question that is not answered is null, as at Tally."""
    questions = [
        answer for answer in parse(TallyForm("x").payload({})).answers if not answer.part_of
    ]
    assert len(questions) == len(QUESTIONS)
    assert all(answer.value is None and answer.text == "" for answer in questions)


def test_two_forms_are_two_events() -> None:
    """Event and submission ids are new each time."""
    first, second = (parse(TallyForm("x").payload({})) for _ in range(2))
    assert first.event_id != second.event_id
    assert first.submission_id != second.submission_id


async def test_the_same_body_can_be_delivered_again(form: TallyForm, webhook: Webhook) -> None:
    """A retry is the same event, byte for byte, and both attempts are on record."""
    body = form.payload({"email": "ann@example.com"})
    webhook.status = 503
    assert await form.deliver(body) == (503, "noted")
    webhook.status = 200
    assert await form.deliver(body) == (200, "noted")
    assert [raw for raw, _ in webhook.taken] == [body, body]
    assert [sent["status"] for sent in form.deliveries] == [503, 200]
    assert len({sent["event_id"] for sent in form.deliveries}) == 1


async def test_nobody_listening_is_no_answer(unused_tcp_port: int) -> None:
    """A server that is down is reported, not raised."""
    form = TallyForm(f"http://127.0.0.1:{unused_tcp_port}/")
    status, why = await form.submit({})
    assert status == NO_ANSWER
    assert why


@pytest.mark.parametrize("answers", [{"nam": "x"}, {"platform": "Fax"}, {"terms": ["All"]}])
def test_a_slip_in_a_test_is_noticed(answers: dict[str, str | list[str]]) -> None:
    """A question or option that the form does not have is an error, not an empty answer."""
    with pytest.raises(ValueError, match="has no"):
        TallyForm("x").payload(answers)
