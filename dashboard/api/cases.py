"""`/api/admin/cases`: violations of the rules, and what operators decide about them."""

from http import HTTPStatus
from typing import Annotated, Any, ClassVar, Final, Literal
from uuid import UUID

from pydantic import Field

from dashboard.api.contract import CONFLICT, Answer, Call, operation
from dashboard.api.idempotency import once, writing
from dashboard.api.moments import Moment
from dashboard.api.operators import Operator, operator
from dashboard.api.paging import NextCursor, Paging
from dashboard.api.taking import Taken, Told
from domain import affiliates, compliance, compliance_cases
from domain.compliance import NOTE_MAX
from domain.compliance_cases import Decision as Verdict
from domain.compliance_cases import View
from domain.errors import InvalidError, NotFoundError
from domain.texts import REASON_MAX
from storage import compliance as rows
from storage.compliance import Case, Violation

_TAG: Final = "Cases"


class Named(Taken):
    """A case, by its id."""

    missing: ClassVar[str] = "There is no such case."

    id: UUID


class Wanted(Paging):
    """Which cases: those that wait for a decision, or all."""

    status: Literal["open", "all"] = "open"


class Decision(Taken):
    """What to do, and why: the reason is mailed unless it is dismissed.

    `may_bid` allows the affiliate ads on the brand's name from now on.
    """

    refused: ClassVar[str] = "This case cannot be decided so."

    decision: Literal["warned", "suspended", "terminated", "dismissed"]
    reason: Annotated[str, Field(max_length=REASON_MAX)]
    may_bid: bool = False


class Seen(Taken):
    """What somebody saw: of whom (id, public id or promo code), what it is, and the evidence."""

    refused: ClassVar[str] = "This violation cannot be added."

    affiliate: Annotated[str, Field(max_length=100)]
    kind: Literal[
        "spam",
        "misleading_claims",
        "brand_bidding",
        "missing_disclosure",
        "cookie_stuffing",
        "forced_clicks",
        "other",
    ]
    note: Annotated[str, Field(max_length=NOTE_MAX)]
    url: Annotated[str, Field(max_length=300)] = ""


class ViolationView(Told):
    """A rule that was broken, or seems to be; `times` counts reports of it."""

    id: UUID
    kind: str
    source: str
    status: str
    note: str
    evidence: dict[str, Any]
    times: int
    created_by: str
    created_at: Moment


class AnswerView(Told):
    """What the affiliate answered."""

    id: UUID
    text: str
    created_at: Moment


class CaseRow(Told):
    """An affiliate's violations since the last decision; `decision` is empty until somebody does.

    `seen_at` is when the affiliate said that they have read it.
    """

    id: UUID
    affiliate_id: UUID
    decision: Literal["", "warned", "suspended", "terminated", "dismissed"]
    reason: str
    decided_by: str
    decided_at: Moment | None
    seen_at: Moment | None
    opened_at: Moment


class CaseView(CaseRow):
    """A case with all that it gathers."""

    promo_code: str
    affiliate_status: str
    violations: list[ViolationView]
    answers: list[AnswerView]


class CaseList(Told):
    """A page of cases."""

    data: list[CaseRow]
    next_cursor: NextCursor


@operation("List cases", tag=_TAG, who=operator("cases:read"))
async def index(call: Call[Operator], query: Wanted) -> CaseList:
    """Cases of violations, the last first."""
    async with call.db.read() as session:
        found = await rows.page(
            session,
            before=query.before,
            limit=query.to_fetch,
            only_open=query.status == "open",
        )
    shown, cursor = query.cut(found)
    return CaseList(data=[CaseRow(**_fields(each)) for each in shown], next_cursor=cursor)


@operation("Show a case", tag=_TAG, who=operator("cases:read"))
async def show(call: Call[Operator], path: Named) -> CaseView:
    """What was found with its evidence, and what the affiliate answered."""
    async with call.db.read() as session:
        return _shown(await compliance_cases.view(session, path.id))


@operation(
    "Add a violation",
    tag=_TAG,
    who=operator("cases:write"),
    status=HTTPStatus.CREATED,
    key="optional",
)
@once
async def add(call: Call[Operator], body: Seen) -> Answer[CaseView]:
    """Put what was seen into the affiliate's open case; its card shows what can be decided."""
    async with writing(call) as write:
        session = write.session
        try:
            about = await affiliates.look_up(session, body.affiliate)
        except NotFoundError as error:
            raise InvalidError(Seen.refused, {"affiliate": str(error)}) from error
        actor = call.caller.actor
        found = await compliance.add_by_hand(
            session, about.id, body.kind, body.note, actor, url=body.url
        )
        view = await compliance_cases.view(session, found.case_id)
        return write.told(_shown(view), HTTPStatus.CREATED)


@operation(
    "Decide a case", tag=_TAG, who=operator("cases:write"), problems=(CONFLICT,), key="optional"
)
@once
async def decide(call: Call[Operator], path: Named, body: Decision) -> Answer[CaseView]:
    """Warn, suspend or terminate the affiliate, or dismiss the case. 409 if somebody was faster."""
    async with writing(call) as write:
        view = await compliance_cases.decide(
            write.session,
            path.id,
            Verdict(body.decision),
            body.reason,
            call.caller.actor,
            may_bid=body.may_bid,
        )
        return write.told(_shown(view))


def _shown(view: View) -> CaseView:
    return CaseView(
        **_fields(view.case),
        promo_code=view.affiliate.promo_code,
        affiliate_status=view.affiliate.status,
        violations=[_violation(each) for each in view.violations],
        answers=[
            AnswerView(id=each.id, text=each.text, created_at=each.created_at)
            for each in view.answers
        ],
    )


def _violation(found: Violation) -> ViolationView:
    return ViolationView(**{name: getattr(found, name) for name in ViolationView.model_fields})


def _fields(case: Case) -> dict[str, Any]:
    return {
        "affiliate_id": case.affiliate_user_id,
        **{name: getattr(case, name) for name in CaseRow.model_fields if name != "affiliate_id"},
    }
