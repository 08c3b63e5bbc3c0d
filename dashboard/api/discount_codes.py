"""`/api/admin/discount-codes`: codes made, changed, listed and put away; what was redeemed."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Annotated, Any, Final

from aiohttp import hdrs

from dashboard.api.code_views import (
    ALL,
    Batch,
    BatchTerms,
    CodeChanges,
    CodeList,
    CodeStats,
    CodeTerms,
    CodeView,
    Discounts,
    Named,
    RedemptionList,
    RedemptionPaging,
    RedemptionView,
    Wanted,
)
from dashboard.api.contract import CONFLICT, Answer, Call, operation
from dashboard.api.idempotency import once, writing
from dashboard.api.operators import Operator, operator
from dashboard.api.taking import Described
from domain import discount_codes
from domain.errors import InvalidError
from storage import codes, redemptions
from storage.codes import ACTIVE, ARCHIVED, EXPIRED, PAUSED, DiscountCode
from storage.redemptions import Redemption

_TAG: Final = "Discount codes"
_OWNER, _OWNER_COLUMN = "affiliate", "affiliate_user_id"


@operation("List discount codes", tag=_TAG, who=operator("codes:read"))
async def index(call: Call[Operator], query: Wanted) -> CodeList:
    """The newest first, and how the codes of the program do altogether.

    Archived ones are left out unless `status` asks for them: `archived`, or `all`. `q` is a part
    of the word or of the description.
    """
    async with call.db.read() as session:
        found = await codes.page(
            session,
            before=query.before,
            limit=query.to_fetch,
            status="" if query.status == ALL else query.status,
            without="" if query.status else ARCHIVED,
            text=query.q.strip(),
            batch=query.batch,
        )
        counts = await codes.count_by_status(session)
        uses, given = await redemptions.totals(session)
    rows, cursor = query.cut(found)
    return CodeList(
        data=[_shown(row) for row in rows],
        next_cursor=cursor,
        stats=CodeStats(
            total=sum(counts.values()),
            active=counts.get(ACTIVE, 0),
            paused=counts.get(PAUSED, 0),
            expired=counts.get(EXPIRED, 0),
            archived=counts.get(ARCHIVED, 0),
            redemptions=uses,
            discounts=[
                Discounts(currency=currency, given_cents=off, refunded_cents=back)
                for currency, (off, back) in sorted(given.items())
            ],
        ),
    )


@operation(
    "Make a discount code",
    tag=_TAG,
    who=operator("codes:write"),
    status=HTTPStatus.CREATED,
    problems=(CONFLICT,),
    key="optional",
    headers={hdrs.LOCATION: "Where the code is."},
)
@once
async def create(
    call: Call[Operator], body: Annotated[dict[str, Any], Described(CodeTerms)]
) -> Answer[CodeView]:
    """Make a code; the payment provider has it shortly after. 422 names each field to mend."""
    with _as_sent(body) as terms:
        async with writing(call) as write:
            made = _shown(await discount_codes.create(write.session, terms, call.caller.actor))
            location = {str(hdrs.LOCATION): f"{call.request.rel_url.path}/{made.id}"}
            return write.told(made, HTTPStatus.CREATED, location)


@operation(
    "Make many discount codes",
    tag=_TAG,
    who=operator("codes:write"),
    status=HTTPStatus.CREATED,
    problems=(CONFLICT,),
    key="optional",
)
@once
async def create_batch(
    call: Call[Operator], body: Annotated[dict[str, Any], Described(BatchTerms)]
) -> Answer[Batch]:
    """Make `count` codes that begin with `prefix` and have the same terms; all or none."""
    given = dict(body)
    prefix, count = given.pop("prefix", None), given.pop("count", None)
    wrong: dict[str, str] = {}
    if not isinstance(prefix, str):
        wrong["prefix"] = "Say with what the codes begin, such as NEWS."
    if not isinstance(count, int) or isinstance(count, bool):
        wrong["count"] = "Say how many, as a whole number."
    if "code" in given:
        wrong["code"] = "The words are made here, from the prefix."
    if wrong or not isinstance(prefix, str) or not isinstance(count, int):
        raise InvalidError("These codes cannot be made.", wrong)
    with _as_sent(given) as terms:
        async with writing(call) as write:
            made = await discount_codes.create_many(
                write.session, terms, prefix, count, call.caller.actor
            )
            data = [_shown(code) for code in made]
            return write.told(Batch(batch=made[0].batch, data=data), HTTPStatus.CREATED)


@operation("Show a discount code", tag=_TAG, who=operator("codes:read"))
async def show(call: Call[Operator], path: Named) -> CodeView:
    """Its terms, and what it took off so far."""
    async with call.db.read() as session:
        return _shown(await discount_codes.by_name(session, path.id))


@operation(
    "Change a discount code",
    tag=_TAG,
    who=operator("codes:write"),
    problems=(CONFLICT,),
    key="optional",
)
@once
async def change(
    call: Call[Operator],
    path: Named,
    body: Annotated[dict[str, Any], Described(CodeChanges, partial=True)],
) -> Answer[CodeView]:
    """Change the fields that are named, all of them or none; `status` is one of them."""
    given = dict(body)
    status = given.pop("status", None)
    if status is not None and not isinstance(status, str):
        raise InvalidError("This code cannot be saved.", {"status": "Use text."})
    with _as_sent(given) as changes:
        async with writing(call) as write:
            code = await discount_codes.by_name(write.session, path.id)
            after = await discount_codes.change(
                write.session, code.id, changes, call.caller.actor, status
            )
            return write.told(_shown(after))


@operation(
    "Archive a discount code",
    tag=_TAG,
    who=operator("codes:write"),
    problems=(CONFLICT,),
    key="optional",
)
@once
async def archive(call: Call[Operator], path: Named) -> Answer[CodeView]:
    """Put a code away, and answer with it. Doing it again changes nothing."""
    async with writing(call) as write:
        code = await discount_codes.by_name(write.session, path.id)
        after = await discount_codes.change(write.session, code.id, {}, call.caller.actor, ARCHIVED)
        return write.told(_shown(after))


@operation("Retry a discount code", tag=_TAG, who=operator("codes:write"), key="optional")
@once
async def retry(call: Call[Operator], path: Named) -> Answer[CodeView]:
    """Bring the payment provider to it once more, after `stripe_problem` said why it would not."""
    async with writing(call) as write:
        code = await discount_codes.by_name(write.session, path.id)
        return write.told(
            _shown(await discount_codes.retry(write.session, code.id, call.caller.actor))
        )


@operation("List the redemptions of a discount code", tag=_TAG, who=operator("codes:read"))
async def show_redemptions(
    call: Call[Operator], path: Named, query: RedemptionPaging
) -> RedemptionList:
    """What a code took off which invoice, the last heard of first; renewals are among them."""
    async with call.db.read() as session:
        code = await discount_codes.by_name(session, path.id)
        found = await redemptions.page(session, code.id, before=query.before, limit=query.to_fetch)
    rows, cursor = query.cut(found)
    return RedemptionList(data=[_redemption(row) for row in rows], next_cursor=cursor)


@contextmanager
def _as_sent(given: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The terms in a body, where the affiliate may go by the name of the column.

    What is wrong with them is told by the name that was sent.
    """
    terms = dict(given)
    if _OWNER_COLUMN not in terms:
        yield terms
        return
    if _OWNER in terms:
        sentence = f"Send this or {_OWNER}, not both."
        raise InvalidError("This code cannot be saved.", {_OWNER_COLUMN: sentence})
    terms[_OWNER] = terms.pop(_OWNER_COLUMN)
    try:
        yield terms
    except InvalidError as error:
        fields = {
            _OWNER_COLUMN if name == _OWNER else name: said for name, said in error.fields.items()
        }
        raise InvalidError(str(error), fields) from None


def _shown(code: DiscountCode) -> CodeView:
    return CodeView(
        id=code.id,
        code=code.code,
        description=code.description,
        status=code.status,
        discount_type=code.discount_type,
        discount_value=code.discount_value,
        currency=code.currency or None,
        duration=code.duration,
        duration_months=code.duration_months,
        max_uses=code.max_uses,
        max_uses_per_user=code.max_uses_per_user,
        min_plan=code.min_plan,
        stackable=code.stackable,
        first_purchase_only=code.first_purchase_only,
        expires_at=code.expires_at,
        affiliate_user_id=code.affiliate_user_id,
        total_uses=code.total_uses,
        prior_uses=code.prior_uses,
        total_discount_cents=code.total_discount_cents,
        stripe_coupon_id=code.stripe_coupon_id or None,
        stripe_promotion_code_id=code.stripe_promotion_code_id or None,
        stripe_problem=code.stripe_problem or None,
        leak_flagged_at=code.leak_flagged_at,
        batch=code.batch,
        created_by=code.created_by,
        created_at=code.created_at,
        updated_at=code.updated_at,
    )


def _redemption(row: Redemption) -> RedemptionView:
    return RedemptionView(
        id=row.id,
        user_id=row.user_id,
        stripe_invoice_id=row.stripe_invoice_id,
        subscription_id=row.subscription_id or None,
        checkout_id=row.checkout_id,
        currency=row.currency,
        discount_amount_cents=row.discount_amount_cents,
        refunded_cents=row.refunded_cents,
        renewal=row.renewal,
        voided=row.voided,
        redeemed_at=row.redeemed_at,
    )
