"""Mails to applicants and affiliates, written from what is true when they leave."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from domain import effects, program
from integrations.mail import Mail
from outbox.letters.registry import Asked
from outbox.letters.writers import WRITERS
from outbox.registry import effect
from outbox.services import Services
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
        context = await WRITERS[template](asked)
    context |= {
        "product_name": services.settings.product_name,
        "support_email": settings.support_email,
        "dashboard_url": f"{services.settings.public_url}/affiliate",
    }
    mail = render(template, job.row.payload["to"], context)
    await services.mailer.send(mail, idempotency_key=str(job.row.id))


def render(template: str, to: str, context: dict[str, Any]) -> Mail:
    """Render a mail from `templates/{template}.txt` and `.html`.

    The first line of the text is its subject: `Subject: …`, then an empty line.
    """
    text = _TEMPLATES.get_template(f"{template}.txt").render(context)
    first, _, body = text.split("\n", 2)
    html = _TEMPLATES.get_template(f"{template}.html").render(context)
    reply_to = context["support_email"] or None
    return Mail(to, first.removeprefix("Subject: "), body, html, reply_to=reply_to)
