"""The queue: applications that wait for a decision, the longest waiting first."""

from collections.abc import Sequence

import clock
from bot.cards.applications import name_of
from bot.cards.blocks import (
    Json,
    Message,
    button,
    clean,
    header,
    rich,
    row,
    said,
    section,
)
from domain.statuses import Status
from storage.applications import Application

SHOWN_MAX = 20


def queue_card(pending: Sequence[Application], total: int, others: Sequence[Json] = ()) -> Message:
    """The answer to `/affiliate queue`; `others` is what waits beside the applications."""
    return waiting(total), [header("Applications"), *queue_blocks(pending, total), *others]


def waiting(total: int) -> str:
    """How many wait, in words."""
    if not total:
        return "No application waits for a decision."
    return f"{total} {'application waits' if total == 1 else 'applications wait'} for a decision."


def queue_blocks(pending: Sequence[Application], total: int) -> list[Json]:
    """How many wait, and a line with a `Review` button for the first of them."""
    blocks = [rich(section(said(waiting(total), bold=True)))]
    blocks += [application_line(application) for application in pending[:SHOWN_MAX]]
    if total > SHOWN_MAX:
        blocks.append(rich(section(said(f"… and {total - SHOWN_MAX} more after these."))))
    return blocks


def application_line(application: Application) -> Json:
    """One application in a list, with a button that shows all of it."""
    about = [clean(application.platform, 80) or clean(application.platform_url, 80)]
    if application.status == Status.PENDING:
        about += [_waiting_since(application), "" if application.email_key else "no mail address"]
    else:
        about.append(application.status)
    if application.recruited_by:
        about.append(f"names {clean(application.recruited_by, 40)} as recruiter")
    review = button("Review", "application.review", str(application.id))
    return row(name_of(application), " · ".join(filter(None, about)), review)


def _waiting_since(application: Application) -> str:
    days = (clock.now() - application.submitted_at).days
    return "new" if days < 1 else f"waits for {days} {'day' if days == 1 else 'days'}"
