"""The dashboard's menu. A new page of the dashboard is one line here."""

from typing import Any, Final

PAGES: Final = (
    ("Overview", "/affiliate/dashboard"),
    ("Links", "/affiliate/dashboard/links"),
    ("Partner page", "/affiliate/dashboard/landing"),
    ("Resources", "/affiliate/dashboard/resources"),
    ("Posts", "/affiliate/dashboard/promo"),
    ("Earnings", "/affiliate/dashboard/earnings"),
    ("Payouts", "/affiliate/dashboard/payouts"),
    ("Tax", "/affiliate/dashboard/tax"),
    ("Settings", "/affiliate/dashboard/settings"),
    ("API keys", "/affiliate/dashboard/api-keys"),
    ("Webhooks", "/affiliate/dashboard/webhooks"),
    ("Rules", "/affiliate/dashboard/rules"),
)


RECRUITS: Final = ("Recruit", "/affiliate/dashboard/recruits")
"""In the menu while recruiting pays, and behind the payouts."""


def menu(path: str, *, recruiting: bool = False) -> list[dict[str, Any]]:
    """The menu as the page at `path` shows it; empty outside the dashboard.

    A page below one of the menu's counts as that one.
    """
    pages = (*PAGES, RECRUITS) if recruiting else PAGES
    around = [href for _, href in pages if f"{path}/".startswith(f"{href}/")]
    if not around:
        return []
    here = max(around, key=len)
    return [{"label": label, "href": href, "current": href == here} for label, href in pages]
