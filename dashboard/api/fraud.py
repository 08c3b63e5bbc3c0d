"""`/api/admin/fraud-reviews`: pauses for a fraud score, what operators decide, and appeals."""

from typing import Annotated, Any, ClassVar, Final, Literal
from uuid import UUID

from pydantic import Field

from dashboard.api.contract import CONFLICT, Answer, Call, operation
from dashboard.api.idempotency import once, writing
from dashboard.api.moments import Moment
from dashboard.api.operators import Operator, operator
from dashboard.api.paging import NextCursor, Paging
from dashboard.api.taking import Taken, Told
from domain import fraud_decisions
from domain.fraud_decisions import ANSWER_MAX, View
from domain.texts import REASON_MAX
from storage import fraud as rows
from storage.fraud import BANNED, RESTORED, FraudFlag

_TAG: Final = "Fraud reviews"


class Named(Taken):
    """A pause, by its id."""

    missing: ClassVar[str] = "There is no such pause."

    id: UUID


class NamedAppeal(Taken):
    """An appeal, by its id."""

    missing: ClassVar[str] = "There is no such appeal."

    id: UUID


class Wanted(Paging):
    """Which pauses: those that wait for a decision, or all."""

    status: Literal["open", "all"] = "open"


class Decision(Taken):
    """What to do, and why: the reason is mailed where somebody is banned."""

    refused: ClassVar[str] = "This cannot be decided so."

    decision: Literal["restored", "banned"]
    reason: Annotated[str, Field(max_length=REASON_MAX)]


class AppealAnswer(Taken):
    """The answer, which is mailed."""

    refused: ClassVar[str] = "This appeal cannot be answered so."

    answer: Annotated[str, Field(max_length=ANSWER_MAX)]


class AppealView(Told):
    """What an affiliate says to it."""

    id: UUID
    text: str
    answer: str
    answered_by: str
    answered_at: Moment | None
    created_at: Moment


class ReviewRow(Told):
    """A pause; `reasons` are those of the score, the weightiest first. Decided: by whom."""

    id: UUID
    affiliate_id: UUID
    score: int
    reasons: list[dict[str, Any]]
    by_hand: bool
    decision: Literal["", "restored", "banned"]
    reason: str
    decided_by: str
    decided_at: Moment | None
    flagged_at: Moment


class ReviewView(ReviewRow):
    """A pause with whom it is about and what they say."""

    promo_code: str
    affiliate_status: str
    appeals: list[AppealView]


class ReviewList(Told):
    """A page of pauses."""

    data: list[ReviewRow]
    next_cursor: NextCursor


@operation("List fraud reviews", tag=_TAG, who=operator("fraud:read"))
async def index(call: Call[Operator], query: Wanted) -> ReviewList:
    """Affiliates who were paused for their score, the last first."""
    async with call.db.read() as session:
        found = await rows.page(
            session,
            before=query.before,
            limit=query.to_fetch,
            only_open=query.status == "open",
        )
    shown, cursor = query.cut(found)
    return ReviewList(data=[ReviewRow(**_fields(each)) for each in shown], next_cursor=cursor)


@operation("Show a fraud review", tag=_TAG, who=operator("fraud:read"))
async def show(call: Call[Operator], path: Named) -> ReviewView:
    """The score's reasons with their evidence, and what the affiliate says to it."""
    async with call.db.read() as session:
        return _shown(await fraud_decisions.view(session, path.id))


@operation(
    "Decide a fraud review",
    tag=_TAG,
    who=operator("fraud:write"),
    problems=(CONFLICT,),
    key="optional",
)
@once
async def decide(call: Call[Operator], path: Named, body: Decision) -> Answer[ReviewView]:
    """Restore the affiliate, or ban them. 409 if somebody was faster."""
    decision = RESTORED if body.decision == "restored" else BANNED
    async with writing(call) as write:
        view = await fraud_decisions.decide(
            write.session, path.id, decision, body.reason, call.caller.actor
        )
        return write.told(_shown(view))


@operation(
    "Answer an appeal",
    tag=_TAG,
    who=operator("fraud:write"),
    problems=(CONFLICT,),
    key="optional",
)
@once
async def answer(call: Call[Operator], path: NamedAppeal, body: AppealAnswer) -> Answer[ReviewView]:
    """Answer what an affiliate says to a pause or a ban, by a mail."""
    async with writing(call) as write:
        view = await fraud_decisions.answer(write.session, path.id, body.answer, call.caller.actor)
        return write.told(_shown(view))


def _shown(view: View) -> ReviewView:
    return ReviewView(
        **_fields(view.flag),
        promo_code=view.affiliate.promo_code,
        affiliate_status=view.affiliate.status,
        appeals=[
            AppealView(**{name: getattr(each, name) for name in AppealView.model_fields})
            for each in view.appeals
        ],
    )


def _fields(flag: FraudFlag) -> dict[str, Any]:
    return {
        "affiliate_id": flag.affiliate_user_id,
        **{name: getattr(flag, name) for name in ReviewRow.model_fields if name != "affiliate_id"},
    }
