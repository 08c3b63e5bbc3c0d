"""The review checklist: what can be seen automatically in an application, and why.

Each check is one function on the registry; a new one adds nothing else. They advise, and
decide nothing: a reviewer does.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from domain.codes import Verdict, better_code
from domain.program import Program
from storage.applications import Application

_SHORTENERS = {"bit.ly", "t.co", "tinyurl.com", "goo.gl", "ow.ly", "rb.gy", "is.gd", "cutt.ly"}


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the checklist. `good` is False where a reviewer should look closer."""

    title: str
    good: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Review:
    """What checks look at."""

    application: Application
    program: Program
    code: Verdict


_checks: list[tuple[str, Callable[[Review], tuple[bool, str]]]] = []


def check(
    title: str,
) -> Callable[[Callable[[Review], tuple[bool, str]]], Callable[[Review], tuple[bool, str]]]:
    """Put a function on the checklist; it answers whether all is well, and the reason."""

    def register(
        function: Callable[[Review], tuple[bool, str]],
    ) -> Callable[[Review], tuple[bool, str]]:
        _checks.append((title, function))
        return function

    return register


def run_checks(review: Review) -> list[Check]:
    """The whole checklist, in the order in which the functions stand below."""
    return [Check(title, *function(review)) for title, function in _checks]


@check("Audience can be verified")
def audience(review: Review) -> tuple[bool, str]:
    """A real page to look at, and a size to compare it with."""
    host = _host(review.application.platform_url)
    if "." not in host:
        return False, "No link to a page that could be looked at."
    if host in _SHORTENERS:
        return False, f"The link is shortened by {host}: see where it leads first."
    if not review.application.audience_size:
        return False, f"Link to {host}, but no audience size was given."
    return True, f"{review.application.audience_size} at {host}."


@check("Fits the product")
def fit(review: Review) -> tuple[bool, str]:
    """Words of the product's field in what the applicant says of their audience."""
    found = _found(review.program.fit_words, _said(review.application))
    if found:
        return True, f"Mentions {_listed(found)}."
    return False, f"None of the expected words appear ({_listed(review.program.fit_words[:4])} …)."


@check("No coupon site or spam signs")
def honest(review: Review) -> tuple[bool, str]:
    """Words of coupon sites, and of promises that nobody can keep."""
    said = _said(review.application)
    host = _host(review.application.platform_url)
    coupons = _begun(review.program.coupon_words, said) or _found(review.program.coupon_words, host)
    signs = {
        "a coupon or deal site": coupons,
        "a promise of profit": _begun(review.program.risky_words, said),
    }
    sounds = [f"{kind}: {_listed(words)}" for kind, words in signs.items() if words]
    if sounds:
        return False, f"Sounds like {'; and like '.join(sounds)}."
    return True, "No such words found."


@check("Terms accepted")
def terms(review: Review) -> tuple[bool, str]:
    """Every terms checkbox ticked."""
    boxes = review.application.terms
    missing = [label for label, ticked in boxes.items() if not ticked]
    if not boxes:
        return False, "The form had no terms checkboxes."
    if missing:
        return False, f"Not ticked: {'; '.join(missing)}."
    return True, f"All {len(boxes)} boxes are ticked."


@check("Code is brand-safe")
def code(review: Review) -> tuple[bool, str]:
    """The rules for codes."""
    if not review.code.code:
        return False, f"No code was asked for. {better_code(review.code.suggestion)}".strip()
    if review.code.problem:
        return False, review.code.advice
    return True, f"{review.code.code} can be used."


def _said(application: Application) -> str:
    told = (
        application.display_name,
        application.platform,
        application.platform_url,
        application.audience_size,
        application.audience_focus,
        application.promotion_methods,
        *(extra["text"] for extra in application.extra),
    )
    return " ".join(told).casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")


def _host(url: str) -> str:
    """The name of the site, without `www.`; empty where the text is no address of one."""
    try:
        host = urlsplit(url if "//" in url else f"//{url}").hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.")


def _found(words: Iterable[str], said: str) -> list[str]:
    """Words that appear anywhere: names like `jaredsports` hold them without a gap."""
    return [word for word in words if word.casefold() in said]


def _begun(words: Iterable[str], said: str) -> list[str]:
    """Words that one of the words said begins with: `deal` is in `deals`, not in `ideal`."""
    return [word for word in words if re.search(rf"(?<!\w){re.escape(word.casefold())}", said)]


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)
