"""`/affiliate/dashboard/payouts`: what can be paid out, how, and what became of it."""

import re
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from dashboard.context import CONTEXT, VISIT, Notice
from dashboard.forms import FORM, FormView
from dashboard.rendering import render, see_other
from dashboard.standing import Member
from domain import payout_methods, payouts, tax_withholding, taxes
from domain.affiliates import Overview
from domain.errors import ConflictError, DomainError, InvalidError
from domain.money import money
from domain.payout_barriers import Claim, claim_of, first_barrier
from domain.program import Program
from storage import ledger
from storage import payouts as rows
from storage.affiliates import Affiliate
from storage.payouts import Payout

_CURRENCY: Final = re.compile(r"[a-z]{3}")
HERE: Final = "/affiliate/dashboard/payouts"
_DONE: Final = {
    "requested": "Your payout is requested. The amount is set aside, and a mail confirms it.",
    "method": "Saved. It counts from your next payout on.",
}


async def show(request: web.Request, member: Member) -> web.Response:
    """The balance and what is missing, the way to be paid, and every payout so far."""
    if sentence := _DONE.get(request.query.get("done", "")):
        request[VISIT].notice = Notice("success", sentence)
    return await _page(request, member, _chosen(member.affiliate))


async def confirm(request: web.Request, member: Member) -> web.Response:
    """One more step before a payout is asked for: how much, and where it goes."""
    currency = _currency(request.query.get("currency", ""), request[VISIT].program)
    async with request.app[CONTEXT].db.read() as session:
        claim = await claim_of(session, member.affiliate, currency)
        refusal = await first_barrier(session, claim)
        withheld = await tax_withholding.part_of(session, member.affiliate.id, claim.available)
    if refusal is not None:
        return await _refused(request, member, refusal)
    view = {
        "amount": claim.available,
        "withheld": withheld,
        "currency": currency,
        "method": payout_methods.label(member.affiliate.payout_method),
        "destination": member.affiliate.payout_destination,
    }
    return render(request, "payout_confirm.html", view)


async def ask(request: web.Request, member: Member) -> web.Response:
    """Ask for the payout that was confirmed."""
    currency = _currency(request[FORM].get("currency", ""), request[VISIT].program)
    try:
        async with request.app[CONTEXT].db.transaction() as session:
            await payouts.request(session, member.affiliate.id, member.actor, currency)
    except DomainError as refusal:
        return await _refused(request, member, refusal)
    return see_other(f"{HERE}?done=requested")


async def choose(request: web.Request, member: Member) -> web.Response:
    """Keep the way in which they want to be paid, or say what is wrong with it."""
    form = FormView({name: request[FORM].get(name, "") for name in ("method", "destination")})
    method, destination = form.values["method"], form.values["destination"]
    try:
        async with request.app[CONTEXT].db.transaction() as session:
            await payout_methods.choose(
                session, member.affiliate.id, method, destination, member.actor
            )
    except InvalidError as error:
        form.errors = error.fields
        return await _page(request, member, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return see_other(f"{HERE}?done=method")


def _currency(text: str, program: Program) -> str:
    """The currency asked for; the program's where none was, or something that is none."""
    return text if _CURRENCY.fullmatch(text) else program.currency


async def _refused(request: web.Request, member: Member, refusal: DomainError) -> web.Response:
    request[VISIT].notice = Notice("warning", str(refusal))
    conflict = isinstance(refusal, ConflictError)
    status = HTTPStatus.CONFLICT if conflict else HTTPStatus.UNPROCESSABLE_ENTITY
    return await _page(request, member, _chosen(member.affiliate), status=status)


def _chosen(affiliate: Affiliate) -> FormView:
    """The form as it was last saved; a Stripe account is nothing that they type."""
    if affiliate.payout_method == payouts.STRIPE:
        return FormView()
    return FormView(
        {"method": affiliate.payout_method, "destination": affiliate.payout_destination}
    )


async def _page(
    request: web.Request, member: Member, form: FormView, *, status: int = HTTPStatus.OK
) -> web.Response:
    affiliate = member.affiliate
    async with request.app[CONTEXT].db.read() as session:
        claims = await _claims(session, affiliate, request[VISIT].program)
        found = await rows.of_affiliate(session, affiliate.id)
        tax_refusal = await taxes.refusal(session, affiliate.id)
    by_stripe = affiliate.payout_method == payouts.STRIPE
    view = {
        "program": request[VISIT].program,
        "claims": [_claim(claim) for claim in claims],
        "payouts": [_payout(payout) for payout in found],
        "tax_refusal": str(tax_refusal or ""),
        "form": form,
        "methods": [
            (name, payout_methods.LABELS[name])
            for name in (payout_methods.PAYPAL, payout_methods.BANK)
        ],
        "stripe_account": affiliate.payout_destination if by_stripe else "",
        "method_chosen": bool(affiliate.payout_method),
    }
    return render(request, "payouts.html", view, status=status)


async def _claims(session: AsyncSession, affiliate: Affiliate, program: Program) -> list[Claim]:
    """The program's currency first, then every other in which there is anything."""
    others = await ledger.balances(session, affiliate.id, clock.now())
    currencies = [program.currency, *sorted(set(others) - {program.currency})]
    claims = [await claim_of(session, affiliate, currency) for currency in currencies]
    return [
        claim
        for claim in claims
        if claim.currency == program.currency
        or claim.available
        or claim.pending
        or claim.open_payout
    ]


def _claim(claim: Claim) -> dict[str, Any]:
    return {
        "currency": claim.currency,
        "available": claim.available,
        "pending": claim.pending,
        "minimum": claim.minimum,
        "missing": claim.missing,
        "open": under_way(claim),
        "label": f"Request payout of {money(claim.available, claim.currency)}",
        "href": f"{HERE}/request?currency={claim.currency}",
    }


async def live_view(_session: AsyncSession, seen: Overview, program: Program) -> dict[str, Any]:
    """What the overview says of the next payout, in the program's currency."""
    claim = seen.claim(program)
    return {
        "balance_cents": claim.available,
        "threshold_cents": claim.minimum,
        "currency": claim.currency,
        "open": under_way(claim),
        "hold_days": program.hold_days,
    }


def under_way(claim: Claim) -> dict[str, Any] | None:
    """The payout that is on its way, if one is: how much, and how far it has come."""
    payout = claim.open_payout
    if payout is None:
        return None
    return {"amount": payout.amount_cents, "approved": payout.status == rows.APPROVED}


def _payout(payout: Payout) -> dict[str, Any]:
    return {
        "number": payout.number,
        "amount": payout.amount_cents,
        "withheld": payout.withheld_cents,
        "currency": payout.currency,
        "status": payout.status,
        "requested_at": payout.requested_at,
        "paid_at": payout.paid_at,
        "method": payout_methods.label(payout.method),
        "reference": payout.reference,
        "reason": payout.reason if payout.status == rows.REJECTED else "",
    }
