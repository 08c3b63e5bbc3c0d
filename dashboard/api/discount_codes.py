"""`/api/admin/discount-codes`: codes made, changed, listed and put away; what was redeemed."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Final

from aiohttp import hdrs, web

from dashboard.api.access import API
from dashboard.api.bodies import read_object
from dashboard.api.moments import rfc3339
from dashboard.api.paging import page_of
from dashboard.context import CONTEXT
from domain import discount_codes
from domain.errors import InvalidError
from domain.texts import keepable
from storage import codes, redemptions
from storage.codes import ACTIVE, ARCHIVED, EXPIRED, PAUSED, DiscountCode
from storage.redemptions import Redemption

ALL: Final = "all"
_STATUSES: Final = (ACTIVE, PAUSED, EXPIRED, ARCHIVED)
_OWNER, _OWNER_COLUMN = "affiliate", "affiliate_user_id"


async def index(request: web.Request) -> web.Response:
    """Codes, the newest first, and how the codes of the program do altogether.

    Archived ones are left out unless `status` asks for them: `archived`, or `all`. `q` is a part
    of the word or of the description.
    """
    page = page_of(request)
    status = request.query.get("status", "")
    if status not in {"", ALL, *_STATUSES}:
        known = ", ".join((*_STATUSES, ALL))
        raise InvalidError("This list cannot be shown.", {"status": f"Use one of {known}."})
    async with request.app[CONTEXT].db.read() as session:
        found = await codes.page(
            session,
            before=page.before,
            limit=page.to_fetch,
            status="" if status == ALL else status,
            without="" if status else ARCHIVED,
            text=keepable(request.query.get("q", "")).strip(),
        )
        counts = await codes.count_by_status(session)
        uses, given = await redemptions.totals(session)
    stats = {
        "total": sum(counts.values()),
        **{each: counts.get(each, 0) for each in _STATUSES},
        "redemptions": uses,
        "discounts": [
            {"currency": currency, "given_cents": off, "refunded_cents": back}
            for currency, (off, back) in sorted(given.items())
        ],
    }
    return page.answer(found, _shown, stats=stats)


async def create(request: web.Request) -> web.Response:
    """Make a code; the payment provider has it shortly after. 422 names each field to mend."""
    given = await read_object(request)
    with _as_sent(given) as terms:
        async with request.app[CONTEXT].db.transaction() as session:
            made = _shown(await discount_codes.create(session, terms, API))
    return web.json_response(
        made,
        status=HTTPStatus.CREATED,
        headers={hdrs.LOCATION: f"{request.rel_url.path}/{made['id']}"},
    )


async def create_batch(request: web.Request) -> web.Response:
    """Make `count` codes that begin with `prefix` and have the same terms; all or none."""
    given = await read_object(request)
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
        async with request.app[CONTEXT].db.transaction() as session:
            made = await discount_codes.create_many(session, terms, prefix, count, API)
            data = [_shown(code) for code in made]
    return web.json_response({"batch": data[0]["batch"], "data": data}, status=HTTPStatus.CREATED)


async def show(request: web.Request) -> web.Response:
    """One code, by id or by its word."""
    async with request.app[CONTEXT].db.read() as session:
        code = await discount_codes.by_name(session, request.match_info["id"])
        return web.json_response(_shown(code))


async def change(request: web.Request) -> web.Response:
    """Change the fields that are named, all of them or none; `status` is one of them."""
    given = await read_object(request)
    status = given.pop("status", None)
    if status is not None and not isinstance(status, str):
        raise InvalidError("This code cannot be saved.", {"status": "Use text."})
    with _as_sent(given) as changes:
        async with request.app[CONTEXT].db.transaction() as session:
            code = await discount_codes.by_name(session, request.match_info["id"])
            after = await discount_codes.change(session, code.id, changes, API, status)
            return web.json_response(_shown(after))


async def archive(request: web.Request) -> web.Response:
    """Put a code away, and answer with it. Doing it again changes nothing."""
    async with request.app[CONTEXT].db.transaction() as session:
        code = await discount_codes.by_name(session, request.match_info["id"])
        after = await discount_codes.change(session, code.id, {}, API, ARCHIVED)
        return web.json_response(_shown(after))


async def show_redemptions(request: web.Request) -> web.Response:
    """What a code took off which invoice, the last heard of first; renewals are among them."""
    page = page_of(request)
    async with request.app[CONTEXT].db.read() as session:
        code = await discount_codes.by_name(session, request.match_info["id"])
        found = await redemptions.page(session, code.id, before=page.before, limit=page.to_fetch)
    return page.answer(found, _redemption)


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


def _shown(code: DiscountCode) -> dict[str, Any]:
    return {
        "id": str(code.id),
        "code": code.code,
        "description": code.description,
        "status": code.status,
        "discount_type": code.discount_type,
        "discount_value": code.discount_value,
        "currency": code.currency or None,
        "duration": code.duration,
        "duration_months": code.duration_months,
        "max_uses": code.max_uses,
        "max_uses_per_user": code.max_uses_per_user,
        "min_plan": code.min_plan,
        "stackable": code.stackable,
        "first_purchase_only": code.first_purchase_only,
        "expires_at": rfc3339(code.expires_at) if code.expires_at else None,
        "affiliate_user_id": str(code.affiliate_user_id) if code.affiliate_user_id else None,
        "total_uses": code.total_uses,
        "prior_uses": code.prior_uses,
        "total_discount_cents": code.total_discount_cents,
        "stripe_coupon_id": code.stripe_coupon_id or None,
        "stripe_promotion_code_id": code.stripe_promotion_code_id or None,
        "stripe_problem": code.stripe_problem or None,
        "leak_flagged_at": rfc3339(code.leak_flagged_at) if code.leak_flagged_at else None,
        "batch": str(code.batch) if code.batch else None,
        "created_by": code.created_by,
        "created_at": rfc3339(code.created_at),
        "updated_at": rfc3339(code.updated_at),
    }


def _redemption(row: Redemption) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "user_id": row.user_id,
        "stripe_invoice_id": row.stripe_invoice_id,
        "subscription_id": row.subscription_id or None,
        "checkout_id": str(row.checkout_id) if row.checkout_id else None,
        "currency": row.currency,
        "discount_amount_cents": row.discount_amount_cents,
        "refunded_cents": row.refunded_cents,
        "renewal": row.renewal,
        "voided": row.voided,
        "redeemed_at": rfc3339(row.redeemed_at),
    }
