"""Who is credited for a sale, and why: the decision, with every step written down."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from domain.emails import email_key
from domain.program import Program
from domain.statuses import Status
from domain.texts import keepable
from storage import affiliates, codes, imports, links, referrals, sales
from storage.affiliates import Affiliate
from storage.referrals import Referral

METADATA_KEYS = (
    "affiliateCodeUsed",
    "referralCode",
    "referredByCode",
    "signupAffiliateCode",
    "affiliatePromoCode",
    "signupPromoCode",
    "promoCode",
    "promotionCode",
    "stripePromotionCode",
    "stripeCouponName",
)
"""Keys of the customer's metadata that may hold a code, the first that does wins."""

USER_KEYS = ("clerkUserId", "clerk_user_id", "userId")
"""Keys of the customer's metadata that may hold the product's own id for them."""

_PLUS_TAG = re.compile(r"\+[^@]*(?=@)")


@dataclass(frozen=True, slots=True)
class Customer:
    """The buyer, as far as attribution looks. `card` is the fingerprint of the card that paid."""

    id: str
    email: str
    metadata: Mapping[str, Any]
    card: str = ""

    @property
    def user_id(self) -> str:
        """The product's own id for them; empty where it is not known."""
        ids = (str(self.metadata.get(key) or "").strip() for key in USER_KEYS)
        return next(filter(None, ids), "")


@dataclass(frozen=True, slots=True)
class Started:
    """A checkout of ours: the codes it was started with and the referral link that led there."""

    codes: tuple[str, ...]
    ref: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a sale offers to attribution. `codes` are what the customer typed at checkout.

    `started` is the checkout of ours by which they bought, where it was one.
    """

    customer: Customer
    codes: tuple[str, ...]
    paid_at: datetime
    started: Started | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The end of the attribution. `by` says how, `outcome` in one word, `trace` step by step.

    `refused` is who would have been credited, had nothing spoken against it.
    """

    affiliate: Affiliate | None
    by: str
    outcome: str
    trace: list[dict[str, str]]
    refused: Affiliate | None = None


async def decide(session: AsyncSession, evidence: Evidence, program: Program) -> Decision:
    """Attribute a sale. A referral that a first sale settled decides; else the program's order."""
    trace: list[dict[str, str]] = []
    referral = await referral_of(session, evidence.customer)
    affiliate, by = None, ""
    if referral is not None and referral.first_sale:
        affiliate = await affiliates.get(session, referral.affiliate_user_id)
        by = referral.attributed_by
        _note(trace, "referral", f"The customer's first sale was credited by {_spell(by)}.")
    else:
        for by in program.attribution_order:
            affiliate = await _LOOK[by](session, evidence, program, referral, trace)
            if affiliate is not None:
                break
    if affiliate is None:
        _note(trace, "end", "Nobody is credited: no code, metadata or link leads to an affiliate.")
        return Decision(None, "", "nobody", trace)
    refusal = await _refusal(session, affiliate, evidence, referral)
    if refusal is not None:
        outcome, sentence = refusal
        _note(trace, "end", sentence)
        return Decision(None, by, outcome, trace, affiliate)
    _note(trace, "end", f"{affiliate.promo_code} brought the customer, by {_spell(by)}.")
    return Decision(affiliate, by, "credited", trace)


async def referral_of(session: AsyncSession, customer: Customer) -> Referral | None:
    """Who brought a customer: by their own id, their user's, or the address they signed up with."""
    key = email_key(keepable(customer.email))
    return await referrals.of_person(session, customer.id, keepable(customer.user_id), key)


async def _by_promo_code(
    session: AsyncSession,
    evidence: Evidence,
    _program: Program,
    _referral: Referral | None,
    trace: list[dict[str, str]],
) -> Affiliate | None:
    if not evidence.codes:
        _note(trace, "promo_code", "No promotion code on the invoice.")
    sources = [("The invoice has", code) for code in evidence.codes]
    if evidence.started is not None:
        # Several codes are one coupon at the provider: the invoice does not name them.
        unnamed = [code for code in evidence.started.codes if code not in evidence.codes]
        sources += [("The checkout was started with", code) for code in unnamed]
    for where, code in sources:
        found = await _holder(session, code)
        whose = "belongs to an affiliate" if found else "belongs to no affiliate"
        _note(trace, "promo_code", f"{where} the code {code}, which {whose}.")
        if found is not None:
            return found
    return None


async def _by_metadata(
    session: AsyncSession,
    evidence: Evidence,
    _program: Program,
    _referral: Referral | None,
    trace: list[dict[str, str]],
) -> Affiliate | None:
    for key in METADATA_KEYS:
        code = str(evidence.customer.metadata.get(key) or "").strip()
        if not code:
            continue
        found = await _holder(session, code)
        whose = "belongs to an affiliate" if found else "belongs to no affiliate"
        _note(trace, "metadata", f"The customer's {key} is {code}, which {whose}.")
        if found is not None:
            return found
    _note(trace, "metadata", "No affiliate's code in the customer's metadata.")
    return None


async def _by_link(
    session: AsyncSession,
    evidence: Evidence,
    program: Program,
    referral: Referral | None,
    trace: list[dict[str, str]],
) -> Affiliate | None:
    window = timedelta(days=program.attribution_window_days)
    if referral is None:
        _note(trace, "link", "The customer did not sign up through a referral link.")
    elif evidence.paid_at - referral.created_at > window:
        _note(trace, "link", f"The sign-up through a link is older than {window.days} days.")
    else:
        tag = f" with the tag {referral.source_tag}" if referral.source_tag else ""
        _note(trace, "link", f"The customer signed up through a referral link{tag}, in time.")
        return await affiliates.get(session, referral.affiliate_user_id)
    started = evidence.started
    if started is None or not started.ref:
        return None
    link = await links.by_ref(session, started.ref)
    sentence = f"The checkout was started through the referral link {started.ref}"
    if link is None:
        _note(trace, "link", f"{sentence}, which is nobody's.")
    elif link.suspended:
        _note(trace, "link", f"{sentence}, which is suspended.")
    elif evidence.paid_at - started.at > window:
        _note(trace, "link", f"{sentence}, more than {window.days} days before it was paid.")
    else:
        _note(trace, "link", f"{sentence}.")
        return await affiliates.get(session, link.affiliate_user_id)
    return None


_LOOK = {"promo_code": _by_promo_code, "metadata": _by_metadata, "link": _by_link}


async def _holder(session: AsyncSession, code: str) -> Affiliate | None:
    found = await codes.by_code(session, code.strip().upper())
    if found is None or found.affiliate_user_id is None:
        return None
    return await affiliates.get(session, found.affiliate_user_id)


async def _refusal(
    session: AsyncSession, affiliate: Affiliate, evidence: Evidence, referral: Referral | None
) -> tuple[str, str] | None:
    """Why this affiliate may not be credited: an outcome and a sentence."""
    until = await imports.settled_until(session, affiliate.id, referral.id if referral else None)
    if until is not None and evidence.paid_at < until:
        day = until.date().isoformat()
        return "settled_elsewhere", (
            f"{affiliate.promo_code} came here from an earlier program on {day}, which accounted "
            "for what was paid before."
        )
    if affiliate.status == Status.TERMINATED:
        return "terminated", f"{affiliate.promo_code} was terminated and earns nothing any more."
    if sentence := await own_purchase(session, affiliate, evidence.customer):
        return "self_referral", sentence
    return None


async def own_purchase(session: AsyncSession, affiliate: Affiliate, customer: Customer) -> str:
    """By what an affiliate is known as the buyer, as a sentence; empty if they are not."""
    code, own = affiliate.promo_code, person_key(affiliate.email)
    if own == person_key(customer.email):
        return f"{code} bought with their own address: self-referral."
    if customer.user_id and customer.user_id == affiliate.clerk_user_id:
        return f"{code} bought as the user that they are: self-referral."
    if customer.card and await sales.paid_with_card_by(session, customer.card, {own}):
        return f"The card is one that {code} paid with before: self-referral."
    return ""


def person_key(email: str) -> str:
    """One spelling for all that probably reach one mailbox, for suspicion only.

    Letter case and plus-tags are dropped, at Google dots too.
    """
    name, _, host = _PLUS_TAG.sub("", email.strip().casefold()).rpartition("@")
    if host in {"gmail.com", "googlemail.com"}:
        name, host = name.replace(".", ""), "gmail.com"
    return f"{name}@{host}" if name else ""


def _spell(by: str) -> str:
    return {"promo_code": "promo code", "metadata": "metadata", "link": "referral link"}.get(by, by)


def _note(trace: list[dict[str, str]], step: str, result: str) -> None:
    trace.append({"step": step, "result": result})
