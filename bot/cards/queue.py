"""The queue: applications that wait for a decision, the longest waiting first."""

from collections.abc import Sequence

from bot.cards.applications import name_of
from bot.cards.blocks import (
    Json,
    Message,
    actions,
    button,
    header,
    rich,
    said,
    section,
    when,
    words,
)
from storage.applications import Application

SHOWN_MAX = 20


def queue_card(pending: Sequence[Application], total: int) -> Message:
    """The answer to `/affiliate queue`."""
    return waiting(total), [header("Applications"), *queue_blocks(pending, total)]


def waiting(total: int) -> str:
    """How many wait, in words."""
    if not total:
        return "No application waits for a decision."
    return f"{total} {'application waits' if total == 1 else 'applications wait'} for a decision."


def queue_blocks(pending: Sequence[Application], total: int) -> list[Json]:
    """How many wait, and a line with a `Review` button for the first of them."""
    blocks = [rich(section(said(waiting(total), bold=True)))]
    for application in pending[:SHOWN_MAX]:
        blocks += application_line(application)
    if total > SHOWN_MAX:
        blocks.append(rich(section(said(f"… and {total - SHOWN_MAX} more after these."))))
    return blocks


def application_line(application: Application) -> list[Json]:
    """One application in a list."""
    value = str(application.id)
    lacks = "" if application.email_key else " · lacks a mail address"
    about = section(
        words(name_of(application), 70, bold=True),
        said(" · "),
        words(application.platform or application.platform_url, 80),
        said(f" · {application.status}{lacks} · submitted "),
        when(application.submitted_at),
    )
    return [rich(about), actions(button("Review", "application.review", value))]
