"""The mails of the first weeks, from the texts in force."""

from typing import Any
from uuid import UUID

from domain import drips
from domain.drip_texts import fill, fill_blocks, parse
from domain.drip_words import SAMPLE_FIGURES, Site, first_week, sample_words, words_of
from domain.statuses import Status
from outbox.letters.registry import Asked, letter
from storage import affiliates
from storage.worker import GiveUpError


@letter(drips.MAIL)
async def of_step(asked: Asked) -> dict[str, Any] | None:
    """A step's text, filled in; none for who was paused or terminated meanwhile."""
    step = await drips.view(asked.session, asked.about["step"])
    site = Site(asked.server.product_name, asked.server.public_url)
    if "test" in asked.about:
        words, figures = sample_words(asked.program, site), SAMPLE_FIGURES
    else:
        affiliate = await affiliates.get(asked.session, UUID(asked.about["affiliate"]))
        if affiliate is None:
            raise GiveUpError("The affiliate that this mail is about is gone.")
        if affiliate.status != Status.APPROVED:
            return None
        words = await words_of(asked.session, affiliate, asked.program, site)
        figures = await first_week(asked.session, affiliate)
    subject = fill(step.text.subject, words)
    return {
        "subject": f"Test: {subject}" if "test" in asked.about else subject,
        "title": subject,
        "preheader": fill(step.text.preheader, words),
        "blocks": fill_blocks(parse(step.text.body), words),
        "figures": figures.lines(asked.program.currency),
        "is_quiet": figures.is_quiet,
    }
