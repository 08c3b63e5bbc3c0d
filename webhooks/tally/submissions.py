"""A form was sent: hand it to the domain as an application."""

from domain import applications, effects, program
from domain.answers import Answer, read_answers
from domain.applications import Submission
from domain.audit import Actor
from storage.inbox import InboxEvent
from storage.worker import Job
from webhooks.router import HandlerContext, Router
from webhooks.tally.answers import TallyAnswer
from webhooks.tally.parse import parse

FORM_RESPONSE = "FORM_RESPONSE"

router = Router("tally")


@router.on(FORM_RESPONSE)
async def form_response(job: Job[InboxEvent], _context: HandlerContext) -> None:
    """Take in the application. It becomes pending; a form never approves anybody."""
    sent = parse(job.row.payload)
    answers = as_answers(sent.answers)
    async with job.transaction() as session:
        fields = read_answers(answers, await program.load(session))
        await applications.submit(
            session,
            Submission("tally", sent.submission_id, answers),
            fields,
            Actor(sent.submission_id, "", "tally"),
        )
        await effects.report_intake(session)


def as_answers(answers: tuple[TallyAnswer, ...]) -> tuple[Answer, ...]:
    """Put Tally's answers into the domain's words.

    A lone checkbox arrives twice, as a question and as its only option; it is told once, by
    the sentence that stands beside the box.
    """
    lone = {answer.key for answer in answers if answer.checked is not None and not answer.part_of}
    return tuple(
        Answer(
            key=answer.key,
            label=_label(answer),
            text="" if answer.part_of else answer.text,
            checked=answer.checked,
            part_of=answer.part_of or "",
        )
        for answer in answers
        if answer.part_of not in lone
    )


def _label(answer: TallyAnswer) -> str:
    if answer.checked is not None and len(answer.options) == 1:
        sentence = answer.options[0]
        return sentence if len(sentence) > len(answer.label) else answer.label
    return answer.label
