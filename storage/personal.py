"""Which rows belong to an affiliate, table by table: what an export reads and an erasure blanks."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, LargeBinary, Table
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.affiliates import Affiliate
from storage.api_keys import ApiKey
from storage.applications import Application, ApplicationSubmission
from storage.audit import AuditLine
from storage.checklists import ChecklistTick
from storage.clicks import Click
from storage.closings import LedgerClosing
from storage.codes import DiscountCode
from storage.commissions import Commission
from storage.compliance import Case, CaseAnswer, PageCheck, Violation
from storage.contests import Disqualification, FinalPlace
from storage.drips import DripLog
from storage.erasures import Erasure
from storage.fraud import FraudAppeal, FraudFlag, FraudScore, SelfReferral
from storage.imports import ImportedAffiliate, ImportedCommission
from storage.landing import FormerSlug, LandingPage, LandingPhoto, LandingViews
from storage.leaderboard import MonthEarning, MonthRollup
from storage.ledger import LedgerEntry
from storage.links import ReferralLink
from storage.milestones import MilestoneAward
from storage.network_partners import NetworkPartner
from storage.networks import NetworkCustomer
from storage.outbox import Effect
from storage.payouts import Payout
from storage.promo import PromoPost
from storage.referrals import Referral
from storage.rollups import EarningRollup, Rollup
from storage.saved_links import SavedLink
from storage.sessions import Session, SignInLink
from storage.statement_mails import StatementMail
from storage.subscriptions import Unsubscription
from storage.taxes import TaxForm, Withholding
from storage.terms import Consent
from storage.two_tier import SecondTierCommission
from storage.webhook_deliveries import WebhookAttempt, WebhookDelivery
from storage.webhook_endpoints import WebhookEndpoint

Owner = Callable[[Affiliate], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Part:
    """A table in which an affiliate has rows. `hidden` columns are not theirs to see.

    What is hidden says something of others: of customers and visitors, of who reported, of the
    operators who decided, or it is sealed.
    """

    name: str
    table: Any
    owner: Owner
    hidden: frozenset[str] = frozenset()

    @property
    def rows(self) -> Table:
        """The table itself."""
        found: Table = self.table.__table__
        return found

    @property
    def columns(self) -> list[str]:
        """What an export shows."""
        binary = (LargeBinary,)
        return [
            one.name
            for one in self.rows.columns
            if one.name not in self.hidden and not isinstance(one.type, binary)
        ]


def _own(table: Any) -> Owner:
    return lambda who: col(table.affiliate_user_id) == who.id


def applications_of(who: Affiliate) -> Any:
    """A query of their applications, by id."""
    return select(Application.id).where(
        or_(col(Application.affiliate_id) == who.id, col(Application.email_key) == who.email_key)
    )


def _pages(who: Affiliate) -> Any:
    return select(LandingPage.id).where(LandingPage.affiliate_user_id == who.id)


def violations_of(who: Affiliate) -> Any:
    """A query of what was seen against them, by id."""
    return select(Violation.id).where(Violation.affiliate_user_id == who.id)


def _deliveries(who: Affiliate) -> Any:
    theirs = select(WebhookEndpoint.id).where(WebhookEndpoint.affiliate_user_id == who.id)
    return or_(
        col(WebhookDelivery.affiliate_user_id) == who.id,
        col(WebhookDelivery.endpoint_id).in_(theirs),
    )


def _part(name: str, table: Any, owner: Owner | None = None, *hidden: str) -> Part:
    return Part(name, table, owner or _own(table), frozenset(hidden))


PARTS: Final = (
    _part("account", Affiliate, lambda who: col(Affiliate.id) == who.id, "approved_by"),
    _part(
        "applications",
        Application,
        lambda who: col(Application.id).in_(applications_of(who)),
        "decided_by",
    ),
    _part(
        "application_submissions",
        ApplicationSubmission,
        lambda who: col(ApplicationSubmission.application_id).in_(applications_of(who)),
    ),
    _part(
        "consents",
        Consent,
        lambda who: or_(
            col(Consent.affiliate_user_id) == who.id,
            col(Consent.application_id).in_(applications_of(who)),
        ),
    ),
    _part("links", ReferralLink),
    _part("saved_links", SavedLink),
    _part("api_keys", ApiKey, None, "api_key_hash"),
    _part("codes", DiscountCode, None, "created_by"),
    _part("clicks", Click, None, "visitor", "network", "first_key"),
    _part("sums_by_day", Rollup),
    _part("earnings_by_day", EarningRollup),
    _part("sums_by_month", MonthRollup),
    _part("earnings_by_month", MonthEarning),
    _part("referrals", Referral, None, "customer_id", "user_id", "email_key", "network"),
    _part(
        "refused_own_purchases",
        SelfReferral,
        lambda who: col(SelfReferral.affiliate_user_id) == who.id,
    ),
    _part(
        "network_referrals",
        NetworkCustomer,
        None,
        *("click_id", "customer_id", "user_id", "email_key"),
    ),
    _part("network_accounts", NetworkPartner, None, "invited_by"),
    _part("commissions", Commission),
    _part(
        "shares_of_recruits",
        SecondTierCommission,
        lambda who: col(SecondTierCommission.tier1_affiliate_id) == who.id,
        "tier2_affiliate_id",
    ),
    _part("milestone_awards", MilestoneAward),
    _part("contest_places", FinalPlace),
    _part("contest_disqualifications", Disqualification, None, "decided_by"),
    _part("ledger", LedgerEntry),
    _part("ledger_closings", LedgerClosing),
    _part("earlier_programs", ImportedAffiliate),
    _part("earlier_commissions", ImportedCommission),
    _part("payouts", Payout, None, "approvals", "decided_by"),
    _part("tax_forms", TaxForm, None, "tax_id_encrypted", "decided_by"),
    _part("tax_withholding", Withholding, None, "switched_by"),
    _part("cases", Case, None, "decided_by"),
    _part("violations", Violation, None, "decided_by", "created_by"),
    _part(
        "case_answers",
        CaseAnswer,
        lambda who: col(CaseAnswer.case_id).in_(
            select(Case.id).where(Case.affiliate_user_id == who.id)
        ),
    ),
    _part("page_checks", PageCheck),
    _part("fraud_scores", FraudScore, None, "reasons"),
    _part("fraud_flags", FraudFlag, None, "reasons", "decided_by"),
    _part(
        "fraud_appeals",
        FraudAppeal,
        lambda who: col(FraudAppeal.flag_id).in_(
            select(FraudFlag.id).where(FraudFlag.affiliate_user_id == who.id)
        ),
        "answered_by",
    ),
    _part("partner_page", LandingPage, None, "taken_down_by"),
    _part(
        "partner_page_photo",
        LandingPhoto,
        lambda who: col(LandingPhoto.landing_page_id).in_(_pages(who)),
    ),
    _part(
        "partner_page_former_addresses",
        FormerSlug,
        lambda who: col(FormerSlug.landing_page_id).in_(_pages(who)),
    ),
    _part(
        "partner_page_views",
        LandingViews,
        lambda who: col(LandingViews.landing_page_id).in_(_pages(who)),
    ),
    _part("posts", PromoPost),
    _part("checklist", ChecklistTick),
    _part("onboarding_mails", DripLog),
    _part("statement_mails", StatementMail),
    _part("refused_mails", Unsubscription),
    _part(
        "mails",
        Effect,
        lambda who: (col(Effect.kind) == "mail") & (Effect.payload["to"].as_string() == who.email),
        "request_id",
        "last_error",
        "lane",
        "claimed_until",
    ),
    _part("sessions", Session, lambda who: col(Session.email_key) == who.email_key, "token_hash"),
    _part("sign_in_links", SignInLink, lambda who: col(SignInLink.email) == who.email),
    _part(
        "webhook_attempts",
        WebhookAttempt,
        lambda who: col(WebhookAttempt.delivery_id).in_(
            select(WebhookDelivery.id).where(_deliveries(who))
        ),
        "answer",
        "problem",
    ),
    _part(
        "webhook_deliveries",
        WebhookDelivery,
        _deliveries,
        "body",
        "request_id",
        "last_error",
        "lane",
        "claimed_until",
    ),
    _part("webhook_endpoints", WebhookEndpoint, None, "salt", "former_salt", "created_by"),
    _part(
        "acts",
        AuditLine,
        lambda who: or_(
            col(AuditLine.subject) == f"affiliate:{who.id}",
            col(AuditLine.actor) == f"affiliate:{who.id}",
        ),
        "actor",
        "seal",
    ),
    _part("erasure_requests", Erasure, None, "decided_by", "open_key"),
)
"""Everything that is kept about an affiliate; a test looks for tables that are missing."""


async def rows_of(
    session: AsyncSession, part: Part, who: Affiliate
) -> AsyncIterator[dict[str, Any]]:
    """An affiliate's rows of a table, streamed, by the columns that are shown."""
    columns = [part.rows.c[name] for name in part.columns]
    query = select(*columns).where(part.owner(who)).order_by(*part.rows.primary_key)
    async for row in await session.stream(query.execution_options(yield_per=500)):
        yield dict(zip(part.columns, row, strict=True))
