"""Mails to applicants and affiliates, written from what is true when they leave."""

from pathlib import Path
from typing import Any
from uuid import UUID

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from domain import effects, program, subscriptions
from domain.erasure import DONE as ERASURE_DONE
from integrations.errors import TransportError
from integrations.mail import SENT_OTHERWISE, Mail
from outbox.letters.registry import Asked
from outbox.letters.writers import WRITERS
from outbox.registry import effect
from outbox.services import Services
from storage import outbox
from storage.outbox import Effect
from storage.worker import Job

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
)


@effect(effects.MAIL)
async def send_mail(job: Job[Effect], services: Services) -> None:
    """Send one mail. The effect's id is the idempotency key."""
    if services.mailer is None:
        return
    template, about = job.row.payload["template"], job.row.payload["context"]
    async with services.db.read() as session:
        settings = await program.load(session)
        asked = Asked(session, about, settings, services.settings)
        if not await _is_wanted(asked):
            return
        context = await WRITERS[template](asked)
    if context is None:
        return
    context |= every_mail(asked)
    mail = render(template, job.row.payload["to"], context)
    try:
        await services.mailer.send(mail, idempotency_key=str(job.row.id))
    except TransportError as error:
        # An attempt whose answer was lost got through, with words that were true then.
        if error.code != SENT_OTHERWISE or not job.row.tried_before:
            raise
    if template == ERASURE_DONE:
        async with job.transaction() as session:
            await outbox.overwrite(session, job.row.id, job.row.payload | {"to": ""})


async def _is_wanted(asked: Asked) -> bool:
    """Whether they still take the mails of this one's topic; one without a topic always goes."""
    topic = asked.about.get("topic", "")
    owner = asked.about.get("affiliate", "")
    return not topic or await subscriptions.wants(asked.session, UUID(owner), topic)


def every_mail(asked: Asked) -> dict[str, Any]:
    """What every template is filled with; a mail of a topic has its way to unsubscribe."""
    server, topic = asked.server, asked.about.get("topic", "")
    path = ""
    if topic:
        key, owner = server.secret_key.get_secret_value(), UUID(asked.about["affiliate"])
        path = subscriptions.unsubscribe_path(key, owner, topic)
    return {
        "product_name": server.product_name,
        "support_email": asked.program.support_email,
        "dashboard_url": f"{server.public_url}/affiliate",
        "unsubscribe_url": f"{server.public_url}{path}" if path else "",
    }


def render(template: str, to: str, context: dict[str, Any]) -> Mail:
    """Render a mail from `templates/{template}.txt` and `.html`.

    The first line of the text is its subject: `Subject: …`, then an empty line.
    """
    text = _TEMPLATES.get_template(f"{template}.txt").render(context)
    first, _, body = text.split("\n", 2)
    html = _TEMPLATES.get_template(f"{template}.html").render(context)
    reply_to, stop = context["support_email"] or None, context["unsubscribe_url"]
    headers = subscriptions.unsubscribe_headers(stop) if stop else {}
    subject = first.removeprefix("Subject: ")
    return Mail(to, subject, body, html, reply_to=reply_to, headers=headers)
