"""Applications as programs see them."""

from typing import Any
from uuid import UUID

from dashboard.api.moments import Moment
from dashboard.api.taking import Told
from domain.applications import View
from domain.statuses import Status
from storage.applications import Application


class ExtraAnswer(Told):
    """An answer to a question that no field of ours is for."""

    label: str
    text: str


class ApplicationRow(Told):
    """An application, as it was last sent."""

    id: UUID
    status: Status
    email: str
    legal_name: str
    display_name: str
    platform: str
    platform_url: str
    audience_size: str
    audience_focus: str
    promotion_methods: str
    requested_code: str
    chosen_code: str
    recruited_by: str
    terms: dict[str, bool]
    agreed_to_terms: bool
    terms_version: str
    extra: list[ExtraAnswer]
    submissions: int
    submitted_at: Moment
    decided_at: Moment | None
    decided_by: str
    decision_reason: str
    affiliate_id: UUID | None
    updated_at: Moment


class CheckView(Told):
    """A line of the checklist; not `good` is where to look closer."""

    title: str
    good: bool
    reason: str


class CodeView(Told):
    """What the rules say of the code that an approval would use."""

    code: str
    problem: str
    suggestion: str


class RecruiterView(Told):
    """Who brought them; `problem` says why that does not count, if so."""

    ref: str
    promo_code: str | None
    problem: str


class ApplicationView(ApplicationRow):
    """An application with what one needs to decide."""

    checks: list[CheckView]
    code: CodeView
    needs_attention: str
    recruiter: RecruiterView | None


def view_of(view: View) -> ApplicationView:
    """An application as a reviewer sees it."""
    named, recruiter = view.named, view.recruiter
    brought = None
    if recruiter is not None:
        brought = RecruiterView(
            ref=recruiter.promo_code, promo_code=recruiter.promo_code, problem=""
        )
    elif named is not None:
        code = named.recruiter.promo_code if named.recruiter else None
        brought = RecruiterView(ref=named.ref, promo_code=code, problem=named.problem)
    verdict = view.code
    return ApplicationView(
        **_fields(view.application),
        checks=[
            CheckView(title=each.title, good=each.good, reason=each.reason) for each in view.checks
        ],
        code=CodeView(code=verdict.code, problem=verdict.problem, suggestion=verdict.suggestion),
        needs_attention=view.needs_attention,
        recruiter=brought,
    )


def row_of(application: Application) -> ApplicationRow:
    """An application as lists show it."""
    return ApplicationRow(**_fields(application))


def _fields(application: Application) -> dict[str, Any]:
    return {name: getattr(application, name) for name in ApplicationRow.model_fields}
