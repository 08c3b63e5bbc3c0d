"""The affiliate's side of the house, mounted at `/affiliate`."""

from typing import Final

from aiohttp import web

from dashboard import rendering, static_files
from dashboard.context import CONTEXT, DIRECTORY, DashboardContext
from dashboard.directory import Directory
from dashboard.pages import (
    affiliates,
    api_keys,
    applications,
    checklists,
    compliance,
    earnings,
    fraud,
    landing,
    leaderboard,
    links,
    live,
    network_partners,
    overview,
    payouts,
    preferences,
    privacy,
    promo,
    resources,
    sessions,
    sources,
    statements,
    tax,
    two_tier,
    webhook_endpoints,
)
from dashboard.photos import PHOTO_MAX
from dashboard.security import guard, own_forms_only
from dashboard.session import know_visitor
from dashboard.standing import affiliates_only, approved_only
from dashboard.uploads import UPLOAD_MAX

__all__ = ["DashboardContext", "add_routes"]

PREFIX: Final = "/affiliate"


def add_routes(app: web.Application, context: DashboardContext) -> None:
    """Add every page below `/affiliate` to the server's app.

    Raises `ValueError` without a secret key: links and forms could be forged.
    """
    if not context.secret_key:
        raise ValueError("SECRET_KEY is not set: sign-in links and forms could be forged.")
    pages = web.Application(middlewares=[guard, know_visitor, own_forms_only])
    pages[CONTEXT] = context
    pages[UPLOAD_MAX] = {landing.HERE: PHOTO_MAX}
    if context.clerk is not None:
        pages[DIRECTORY] = Directory(context.clerk, context.settings.clerk_namespace)
    rendering.set_up(pages)
    pages.router.add_get("", affiliates.show)
    pages.router.add_get("/", affiliates.without_slash)
    pages.router.add_get("/apply", applications.show)
    pages.router.add_post("/apply", applications.submit)
    pages.router.add_get("/apply/sent", applications.show_sent)
    pages.router.add_get("/join/{ref}", two_tier.join)
    pages.router.add_get("/invited/{token}", network_partners.open_invitation)
    pages.router.add_get("/sign-in", sessions.show)
    pages.router.add_post("/sign-in", sessions.ask)
    pages.router.add_get("/sign-in/{token}", sessions.confirm)
    pages.router.add_post("/sign-in/{token}", sessions.open_with_link)
    pages.router.add_post("/sign-out", sessions.end)
    _add_dashboard(pages)
    api_keys.add_routes(pages)
    webhook_endpoints.add_routes(pages)
    compliance.add_routes(pages)
    fraud.add_routes(pages)
    pages.router.add_get("/static/{name}", static_files.serve, name=static_files.ROUTE)
    app.add_subapp(PREFIX, pages)


def _add_dashboard(pages: web.Application) -> None:
    """What only approved affiliates see."""
    pages.router.add_get("/dashboard", approved_only(overview.show))
    pages.router.add_post("/dashboard/checklist", approved_only(checklists.dismiss))
    pages.router.add_get("/dashboard/earnings", approved_only(earnings.show))
    pages.router.add_get("/dashboard/earnings/statement", approved_only(statements.show))
    pages.router.add_get("/dashboard/earnings/statement.csv", approved_only(statements.download))
    pages.router.add_get("/dashboard/landing", approved_only(landing.show))
    pages.router.add_post("/dashboard/landing", approved_only(landing.save))
    pages.router.add_get("/dashboard/landing/preview", approved_only(landing.preview))
    pages.router.add_get(
        "/dashboard/landing/photo-{digest:[0-9a-f]+}.webp", approved_only(landing.photo)
    )
    pages.router.add_get("/dashboard/leaderboard", approved_only(leaderboard.show))
    pages.router.add_get("/dashboard/links", approved_only(links.show))
    pages.router.add_post("/dashboard/links", approved_only(links.save))
    pages.router.add_get(r"/dashboard/links/qr.{kind:svg|png}", approved_only(links.draw))
    pages.router.add_post("/dashboard/links/{id}/rename", approved_only(links.rename))
    pages.router.add_post("/dashboard/links/{id}/delete", approved_only(links.delete))
    pages.router.add_post("/dashboard/links/{id}/restore", approved_only(links.restore))
    pages.router.add_get("/dashboard/live-cards", approved_only(live.show))
    pages.router.add_get("/dashboard/links/performance", approved_only(sources.show))
    pages.router.add_get("/dashboard/links/performance.csv", approved_only(sources.download))
    pages.router.add_get("/dashboard/payouts", approved_only(payouts.show))
    pages.router.add_get("/dashboard/payouts/request", approved_only(payouts.confirm))
    pages.router.add_post("/dashboard/payouts/request", approved_only(payouts.ask))
    pages.router.add_post("/dashboard/payouts/method", approved_only(payouts.choose))
    pages.router.add_get("/dashboard/tax", approved_only(tax.show))
    pages.router.add_get(r"/dashboard/tax/{year:20\d\d}.pdf", approved_only(tax.download))
    pages.router.add_post("/dashboard/tax", approved_only(tax.send))
    pages.router.add_get("/dashboard/recruits", approved_only(two_tier.show))
    pages.router.add_get(r"/dashboard/recruits/qr.{kind:svg|png}", approved_only(two_tier.draw))
    pages.router.add_get("/dashboard/settings", approved_only(preferences.show))
    pages.router.add_post("/dashboard/settings", approved_only(preferences.save))
    pages.router.add_get("/dashboard/settings/data", affiliates_only(privacy.show))
    pages.router.add_post("/dashboard/settings/data/export", affiliates_only(privacy.export))
    pages.router.add_post("/dashboard/settings/data/erase", affiliates_only(privacy.ask))
    pages.router.add_post("/dashboard/settings/data/withdraw", affiliates_only(privacy.withdraw))
    pages.router.add_get("/dashboard/resources", approved_only(resources.show))
    pages.router.add_get("/dashboard/resources/{id}/{name}", approved_only(resources.download))
    pages.router.add_get("/dashboard/promo", approved_only(promo.show))
    pages.router.add_post("/dashboard/promo", approved_only(promo.generate))
    pages.router.add_post("/dashboard/promo/{id}", approved_only(promo.change))
