"""The card of an application: who applies, what speaks for and against them, what was decided."""

from bot.cards.affiliates import standing, status_buttons
from bot.cards.blocks import (
    Json,
    Message,
    actions,
    address,
    bullets,
    button,
    clean,
    code,
    confirmation,
    divider,
    escaped,
    header,
    quote,
    rich,
    said,
    section,
    sign,
    when,
    words,
)
from bot.cards.two_tier import named_line, recruiter_line
from domain.applications import View
from domain.statuses import Status
from storage.applications import Application

ANSWERS_MAX = 8
LONG_TEXT = 600


def name_of(application: Application) -> str:
    """What to call the applicant; never empty."""
    names = (application.display_name, application.legal_name, application.email)
    return next((clean(name, 70) for name in names if clean(name)), "Somebody without a name")


def application_card(view: View) -> Message:
    """The card as it must look now: with buttons to decide while pending, afterwards with who did.

    Whatever the application holds, Slack takes the card.
    """
    application = view.application
    blocks = [header(name_of(application)), _state(application)]
    if application.status == Status.PENDING:
        named = [named_line(view.named)] if view.named else []
        blocks += [*_attention(view), facts(application), *named, *_answers(application)]
        blocks += [divider(), checklist(view), decision_buttons(view)]
        return f"{escaped(name_of(application))} applies to the affiliate program", blocks
    blocks += [*_outcome(view), facts(application), *_answers(application)]
    blocks += _later_buttons(view)
    decided = f"{application.status} by {application.decided_by}"
    return escaped(f"{name_of(application)}: {clean(decided, 120)}"), blocks


def _state(application: Application) -> Json:
    often = f" · submitted {application.submissions} times" if application.submissions > 1 else ""
    if application.status == Status.PENDING:
        return rich(
            section(
                said("Waiting for a decision", bold=True),
                said(" · submitted "),
                when(application.submitted_at),
                said(often or " "),
            )
        )
    decided = [said(" · "), when(application.decided_at)] if application.decided_at else []
    return rich(
        section(
            sign(good=application.status == Status.APPROVED),
            said(f" {application.status.capitalize()} by ", bold=True),
            words(application.decided_by, 80, bold=True),
            *decided,
            said(often or " "),
        )
    )


def _attention(view: View) -> list[Json]:
    if not view.needs_attention:
        return []
    return [rich(section(sign(good=False), said(" "), words(view.needs_attention, bold=True)))]


def _outcome(view: View) -> list[Json]:
    application = view.application
    if application.status == Status.REJECTED:
        reason = words(application.decision_reason, LONG_TEXT, lines=True)
        return [rich(section(said("Reason, as mailed:", bold=True)), quote(reason))]
    if view.affiliate is None:
        return []
    recruiter = [recruiter_line(view.recruiter)] if view.recruiter else []
    return [standing(view.affiliate), *recruiter]


def facts(application: Application) -> Json:
    """Everything that the form gave for a field of ours."""
    lines = [
        ("Name", words(application.legal_name)),
        ("Display name", words(application.display_name)),
        ("E-mail", words(application.email)),
        ("Platform", words(application.platform)),
        ("Link", address(application.platform_url)),
        ("Audience", words(application.audience_size)),
        ("Focus", words(application.audience_focus, LONG_TEXT)),
        ("Promotes by", words(application.promotion_methods, LONG_TEXT)),
        ("Requested code", code(application.requested_code)),
    ]
    lines.append(("Terms version", words(application.terms_version)))
    if application.status != Status.PENDING:
        lines.append(("Submitted", when(application.submitted_at)))
    elif application.chosen_code:
        lines.append(("Chosen code", code(application.chosen_code)))
    pieces = []
    for label, value in lines:
        pieces += [said(f"{label}: ", bold=True), value, said("\n")]
    return rich(section(*pieces[:-1]))


def _answers(application: Application) -> list[Json]:
    """What the form asked beyond our fields."""
    if not application.extra:
        return []
    parts = [section(said("Also said", bold=True))]
    for answer in application.extra[:ANSWERS_MAX]:
        parts.append(section(words(answer["label"], 150, bold=True)))
        parts.append(quote(words(answer["text"], LONG_TEXT, lines=True)))
    more = len(application.extra) - ANSWERS_MAX
    if more > 0:
        parts.append(section(said(f"… and {more} more answers, kept with the application.")))
    return [rich(*parts)]


def checklist(view: View) -> Json:
    """The review checklist, each line ticked or flagged with its reason."""
    lines = [
        section(
            sign(good=check.good),
            said(" "),
            words(check.title, bold=True),
            said(": "),
            words(check.reason, LONG_TEXT),
        )
        for check in view.checks
    ]
    return rich(section(said("Review checklist", bold=True)), bullets(*lines))


def decision_buttons(view: View) -> Json:
    """What a reviewer can do with a pending application."""
    value = str(view.application.id)
    approve = button("Approve", "application.approve", value, style="primary")
    email = button("Set e-mail", "application.email", value, style="primary")
    return actions(
        email if view.needs_attention else approve,
        button("Reject", "application.reject", value, style="danger"),
        button("Set promo code", "application.code", value),
    )


def _later_buttons(view: View) -> list[Json]:
    if view.affiliate is not None:
        return status_buttons(view.affiliate)
    if view.application.status != Status.REJECTED:
        return []
    question = confirmation(
        "Reopen this application?",
        "It waits for a decision again. No mail is sent.",
        "Reopen",
    )
    value = str(view.application.id)
    return [actions(button("Reopen", "application.reopen", value, confirm=question))]
