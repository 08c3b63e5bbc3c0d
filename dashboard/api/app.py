"""What programs read and write, mounted at `/api`."""

from typing import Final

from aiohttp import web

from dashboard.api import (
    affiliate_decisions,
    affiliates,
    applications,
    assets,
    cases,
    code_batches,
    contests,
    discount_codes,
    docs,
    drips,
    earnings,
    fraud,
    landing,
    leaderboard,
    leaks,
    milestones,
    networks,
    payout_batches,
    payouts,
    program,
    sales,
    tiers,
    webhook_deliveries,
    webhook_endpoints,
)
from dashboard.api.operators import operators_only
from dashboard.api.problems import answer_problems
from dashboard.api.streams import Streams
from dashboard.api.v1 import commissions as v1_commissions
from dashboard.api.v1 import earnings as v1_earnings
from dashboard.api.v1 import referrals as v1_referrals
from dashboard.api.v1 import stats as v1_stats
from dashboard.context import CONTEXT, DashboardContext

PREFIX: Final = "/api/admin"
MEMBERS: Final = "/api/affiliate"


def add_routes(app: web.Application, context: DashboardContext) -> None:
    """Add the admin API, for whoever holds ADMIN_API_TOKEN, and the affiliates' own."""
    _add_admin(app, context)
    _add_members(app, context)
    docs.add_routes(app, context)


def _add_admin(app: web.Application, context: DashboardContext) -> None:
    admin = web.Application(middlewares=[answer_problems, operators_only])
    admin[CONTEXT] = context
    admin.router.add_get("/program", program.show)
    admin.router.add_patch("/program", program.change)
    admin.router.add_get("/applications", applications.index)
    admin.router.add_get("/applications/{id}", applications.show)
    admin.router.add_patch("/applications/{id}", applications.change)
    admin.router.add_post("/applications/{id}/approve", applications.approve)
    admin.router.add_post("/applications/{id}/reject", applications.reject)
    admin.router.add_post("/applications/{id}/reopen", applications.reopen)
    admin.router.add_get("/affiliates", affiliates.index)
    admin.router.add_get("/affiliates/{id}", affiliates.show)
    admin.router.add_get("/affiliates/{id}/ledger", affiliates.show_ledger)
    admin.router.add_post("/affiliates/{id}/pause", affiliate_decisions.pause)
    admin.router.add_post("/affiliates/{id}/restore", affiliate_decisions.restore)
    admin.router.add_post("/affiliates/{id}/terminate", affiliate_decisions.terminate)
    admin.router.add_post("/affiliates/{id}/rate", affiliate_decisions.set_rate)
    admin.router.add_post("/affiliates/{id}/tier", affiliate_decisions.set_tier)
    admin.router.add_post("/affiliates/{id}/recruiter", affiliate_decisions.set_recruiter)
    admin.router.add_post("/affiliates/{id}/bidding", affiliate_decisions.allow_bidding)
    admin.router.add_get("/affiliates/{id}/landing-page", landing.show)
    admin.router.add_post("/affiliates/{id}/landing-page/take-down", landing.take_down)
    admin.router.add_post("/affiliates/{id}/landing-page/put-back", landing.put_back)
    admin.router.add_get("/onboarding-mails", drips.index)
    admin.router.add_get("/onboarding-mails/{name}", drips.show)
    admin.router.add_patch("/onboarding-mails/{name}", drips.change)
    admin.router.add_post("/onboarding-mails/{name}/reset", drips.reset)
    admin.router.add_post("/onboarding-mails/{name}/test", drips.send_test)
    _add_networks(admin)
    admin.router.add_get("/tiers", tiers.index)
    admin.router.add_post("/tiers", tiers.create)
    admin.router.add_get("/tiers/{id}", tiers.show)
    admin.router.add_patch("/tiers/{id}", tiers.change)
    admin.router.add_delete("/tiers/{id}", tiers.remove)
    admin.router.add_get("/fraud-reviews", fraud.index)
    admin.router.add_get("/fraud-reviews/{id}", fraud.show)
    admin.router.add_post("/fraud-reviews/{id}/decision", fraud.decide)
    admin.router.add_post("/fraud-appeals/{id}/answer", fraud.answer)
    admin.router.add_get("/cases", cases.index)
    admin.router.add_post("/cases/violations", cases.add)
    admin.router.add_get("/cases/{id}", cases.show)
    admin.router.add_post("/cases/{id}/decision", cases.decide)
    admin.router.add_get("/sales/{invoice_id}", sales.show)
    _add_codes(admin)
    _add_assets(admin)
    _add_contests(admin)
    _add_payouts(admin)
    _add_webhooks(admin)
    app.add_subapp(PREFIX, admin)


def _add_codes(admin: web.Application) -> None:
    admin.router.add_get("/discount-codes", discount_codes.index)
    admin.router.add_post("/discount-codes", discount_codes.create)
    admin.router.add_post("/discount-codes/batches", discount_codes.create_batch)
    admin.router.add_get("/discount-codes/{id}", discount_codes.show)
    admin.router.add_patch("/discount-codes/{id}", discount_codes.change)
    admin.router.add_delete("/discount-codes/{id}", discount_codes.archive)
    admin.router.add_get("/discount-codes/{id}/redemptions", discount_codes.show_redemptions)
    admin.router.add_post("/discount-codes/{id}/retry", discount_codes.retry)
    admin.router.add_post("/code-batches/{id}/retry", code_batches.retry)
    admin.router.add_get("/code-leaks", leaks.index)
    admin.router.add_get("/code-leaks/{id}", leaks.show)
    admin.router.add_post("/code-leaks/{id}/pause", leaks.pause)
    admin.router.add_post("/code-leaks/{id}/dismiss", leaks.dismiss)


def _add_assets(admin: web.Application) -> None:
    admin.router.add_get("/assets", assets.index)
    admin.router.add_post("/assets", assets.create)
    admin.router.add_post("/asset-starters", assets.add_starters)
    admin.router.add_get("/assets/{id}", assets.show)
    admin.router.add_patch("/assets/{id}", assets.change)
    admin.router.add_post("/assets/{id}/publish", assets.publish)
    admin.router.add_post("/assets/{id}/archive", assets.archive)
    admin.router.add_get("/assets/{id}/versions", assets.versions)
    admin.router.add_post("/assets/{id}/restore", assets.restore)


def _add_contests(admin: web.Application) -> None:
    admin.router.add_get("/contests", contests.index)
    admin.router.add_post("/contests", contests.create)
    admin.router.add_get("/contests/{id}", contests.show)
    admin.router.add_patch("/contests/{id}", contests.change)
    admin.router.add_post("/contests/{id}/cancel", contests.cancel)
    admin.router.add_post("/contests/{id}/disqualify", contests.disqualify)
    admin.router.add_post("/contests/{id}/readmit", contests.readmit)
    admin.router.add_post("/contests/{id}/confirm", contests.confirm)
    admin.router.add_post("/contests/{id}/close", contests.close)


def _add_payouts(admin: web.Application) -> None:
    admin.router.add_get("/payouts", payouts.index)
    admin.router.add_get("/payouts/{id}", payouts.show)
    admin.router.add_post("/payouts/{id}/approve", payouts.approve)
    admin.router.add_post("/payouts/{id}/reject", payouts.reject)
    admin.router.add_post("/payouts/{id}/paid", payouts.mark_paid)
    admin.router.add_post("/affiliates/{id}/stripe-account", payouts.connect)
    admin.router.add_get("/payout-batches", payout_batches.index)
    admin.router.add_post("/payout-batches", payout_batches.create)
    admin.router.add_get("/payout-batches/{number}", payout_batches.show)
    admin.router.add_get("/payout-batches/{number}/file", payout_batches.take_file)
    admin.router.add_post("/payout-batches/{number}/paid", payout_batches.mark_paid)
    admin.router.add_post("/payout-batches/{number}/release", payout_batches.release)


def _add_webhooks(admin: web.Application) -> None:
    admin.router.add_get("/webhooks", webhook_endpoints.index)
    admin.router.add_post("/webhooks", webhook_endpoints.create)
    admin.router.add_get("/webhooks/{id}", webhook_endpoints.show)
    admin.router.add_patch("/webhooks/{id}", webhook_endpoints.change)
    admin.router.add_delete("/webhooks/{id}", webhook_endpoints.remove)
    admin.router.add_get("/webhooks/{id}/secret", webhook_endpoints.show_secret)
    admin.router.add_post("/webhooks/{id}/rotate", webhook_endpoints.rotate)
    admin.router.add_post("/webhooks/{id}/test", webhook_deliveries.test)
    admin.router.add_get("/webhooks/{id}/deliveries", webhook_deliveries.index)
    admin.router.add_post("/webhooks/{id}/replay", webhook_deliveries.replay_failed)
    admin.router.add_get("/webhook-deliveries/{id}", webhook_deliveries.show)
    admin.router.add_post("/webhook-deliveries/{id}/replay", webhook_deliveries.replay)


def _add_members(app: web.Application, context: DashboardContext) -> None:
    """Each handler here says itself who may use it."""
    members = web.Application(middlewares=[answer_problems])
    members[CONTEXT] = context
    members[earnings.STREAMS] = streams = Streams(context.db)
    members.cleanup_ctx.append(streams.running)
    members.on_shutdown.append(streams.close)
    members.router.add_get("/earnings/live", earnings.show)
    members.router.add_get("/leaderboard", leaderboard.show)
    members.router.add_get("/v1/stats", v1_stats.show)
    members.router.add_get("/v1/referrals", v1_referrals.index)
    members.router.add_get("/v1/commissions", v1_commissions.index)
    members.router.add_get("/v1/earnings", v1_earnings.index)
    members.router.add_get("/milestones", milestones.index)
    members.router.add_post("/milestones", milestones.create)
    members.router.add_get("/milestones/{id}", milestones.show)
    members.router.add_patch("/milestones/{id}", milestones.change)
    members.router.add_delete("/milestones/{id}", milestones.remove)
    app.add_subapp(MEMBERS, members)


def _add_networks(admin: web.Application) -> None:
    admin.router.add_get("/networks", networks.index)
    admin.router.add_post("/networks", networks.create)
    admin.router.add_get("/networks/{id}", networks.show)
    admin.router.add_patch("/networks/{id}", networks.change)
    admin.router.add_get("/networks/{id}/deliveries", networks.deliveries)
    admin.router.add_get("/networks/{id}/partners", networks.partners)
    admin.router.add_post("/networks/{id}/partners", networks.invite)
    admin.router.add_post("/networks/deliveries/{id}/again", networks.tell_again)
    admin.router.add_post("/networks/deliveries/{id}/by-hand", networks.done_by_hand)
