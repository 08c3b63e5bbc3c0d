"""What every mail owes its reader, in HTML and in plain text alike."""

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from domain.drip_texts import Block, Span, parse

TEMPLATES = Path(__file__).parents[2] / "outbox" / "templates"
JINJA = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
)
HOSTILE = "<script>alert('x')</script> & مرحبا 🎉"

EVERY_MAIL = {
    "product_name": "PropMine & Co",
    "support_email": "partners@propmine.example",
    "unsubscribe_url": "https://desk.example/unsubscribe/tips/abc-_=",
}
STATE = {"name": HOSTILE, "promo_code": "MIA30"}
TAX_FORM = {
    "name": HOSTILE,
    "form": "W-8BEN",
    "tax_url": "https://desk.example/affiliate/dashboard/tax",
}
ERASURE = {"asked_on": "21 November 2026", "privacy_url": "https://desk.example/privacy"}
PAYOUT = {
    "name": HOSTILE,
    "amount": "$1,250.00",
    "number": "3F2A91BC",
    "payouts_url": "https://desk.example/affiliate/dashboard/payouts",
}
PAID_TO = {"method": "PayPal", "destination": "mia@pay.example " + HOSTILE}
RULES = "https://desk.example/affiliate/dashboard/rules"
CASE = {
    "reason": "Please say that you earn. " + HOSTILE,
    "seen": [
        {"kind": "Missing disclosure", "text": "Seen at: https://mia.example\n" + HOSTILE},
        {"kind": "Spam", "text": ""},
    ],
    "rules_url": RULES,
}
MAILS: dict[str, dict[str, Any]] = {
    "network_invitation": {
        "name": HOSTILE,
        "network": "Wide Net & Co",
        "partner_id": "p-1",
        "invitation_url": "https://desk.example/affiliate/invited/abc-_=",
    },
    "affiliate_paused": {**STATE, "reason": "We are looking into a refund."},
    "affiliate_brought_over": {
        "name": "Adam Jones",
        "earlier": "Rewardful",
        "address": "adam@example.com",
        "promo_code": "ADAM20",
        "referral_link": "https://desk.example/r/ADAM20",
        "owed": ["$30.00", "€8.25"],
        "dashboard_url": "https://desk.example/affiliate",
    },
    "affiliate_restored": {**STATE, "dashboard_url": "https://desk.example/affiliate"},
    "affiliate_terminated": {**STATE, "reason": "Ads on our name."},
    "api_key_made": {
        "name": HOSTILE,
        "key_name": "My sheet " + HOSTILE,
        "prefix": "ad_live_3fA9kQ2z",
        "may_read": "stats, earnings",
        "keys_url": "https://desk.example/affiliate/dashboard/api-keys",
    },
    "application_approved": {
        **STATE,
        "customer_offer": "30% off first purchase",
        "commission": "20% of net collected revenue after fees",
        "eligible_cycles": "first two successful billing cycles",
        "payout_threshold": "$25.00",
        "disclosure": "I earn a commission if you subscribe.",
        "promo_copy": [
            {"title": "Short post", "text": "PropMine checks props.\nCode MIA30."},
            {"title": "Video description", "text": HOSTILE},
        ],
        "referral_link": "https://desk.example/r/MIA30",
        "tour": [["Overview", "your code"], ["Links", HOSTILE]],
        "dashboard_url": "https://desk.example/affiliate/dashboard",
    },
    "application_received": {
        "name": HOSTILE,
        "requested_code": "MIA30",
        "review_time": "two days",
        "dashboard_url": "https://desk.example/affiliate",
    },
    "application_rejected": {"name": HOSTILE, "reason": "Mostly coupon posts.\n" + HOSTILE},
    "monthly_statement": {
        "name": HOSTILE,
        "month": "November 2026",
        "accounts": [
            {
                "currency": "USD",
                "opening": "$0.00",
                "earned": "$57.00",
                "taken_back": "\N{MINUS SIGN}$5.57",
                "paid": "$30.40",
                "withheld": "$9.60",
                "closing": "$11.43",
            },
            {
                "currency": "JPY",
                "opening": "¥0",
                "earned": "¥578",
                "taken_back": "",
                "paid": "",
                "withheld": "",
                "closing": "¥578",
            },
        ],
        "statement_url": "https://desk.example/affiliate/dashboard/earnings/statement?month=2026-11",
    },
    "contest_started": {
        "name": HOSTILE,
        "contest_name": "Winter race " + HOSTILE,
        "description": HOSTILE,
        "prize": "$500.00 " + HOSTILE,
        "metric": "Most converted referrals",
        "ends": "30 November 2026 at 18:00 (Europe/Berlin)",
        "dashboard_url": "https://desk.example/affiliate",
    },
    "contest_announced": {
        "name": HOSTILE,
        "contest_name": "Winter race " + HOSTILE,
        "winner": "J.P. " + HOSTILE,
        "place": 2,
        "places": 9400,
        "brought": "7 referrals",
        "dashboard_url": "https://desk.example/affiliate",
    },
    "contest_won": {
        "name": HOSTILE,
        "contest_name": "Winter race " + HOSTILE,
        "prize": "A badge " + HOSTILE,
        "prize_money": "$500.00",
        "brought": "7 referrals",
        "dashboard_url": "https://desk.example/affiliate",
    },
    "contest_cancelled": {
        "name": HOSTILE,
        "contest_name": "Winter race " + HOSTILE,
        "reason": HOSTILE,
        "dashboard_url": "https://desk.example/affiliate",
    },
    "milestone_reached": {
        "name": HOSTILE,
        "milestone_name": "First ten " + HOSTILE,
        "description": HOSTILE,
        "referrals": 10,
        "bonus": "$50.00",
        "available": "21 December 2026",
        "dashboard_url": "https://desk.example/affiliate",
    },
    "drip": {
        "subject": HOSTILE,
        "title": HOSTILE,
        "preheader": "second line",
        "blocks": [
            *parse("# A heading\n\nHello **there**,\nsecond line\n\n- one\n- two"),
            *parse("1. first\n2. second\n\n> to copy\n> whole\n\n{figures}"),
            *parse("[Press me](https://desk.example/affiliate/dashboard)"),
            *parse("See [this](https://desk.example/a?b=1&c=2) and that."),
            Block("text", ((Span(HOSTILE), Span(HOSTILE, bold=True)),)),
        ],
        "figures": [["Clicks", "1,204"], ["Best source", HOSTILE]],
        "is_quiet": 0,
    },
    "fraud_answered": {
        "name": HOSTILE,
        "appeal": "It was my class. " + HOSTILE,
        "answer": "Thank you for writing.\n" + HOSTILE,
        "review_url": "https://desk.example/affiliate/dashboard/review",
    },
    "fraud_paused": {
        **STATE,
        "noticed": ["How people signed up through your link", HOSTILE],
        "review_url": "https://desk.example/affiliate/dashboard/review",
    },
    "landing_put_back": {"name": HOSTILE, "page_url": "https://desk.example/partner/mia"},
    "landing_taken_down": {
        "name": HOSTILE,
        "reason": "The headline promises too much. " + HOSTILE,
        "editor_url": "https://desk.example/affiliate/dashboard/landing",
    },
    "payout_failed": {**PAYOUT, **PAID_TO},
    "payout_paid": {**PAYOUT, **PAID_TO, "reference": HOSTILE},
    "payout_rejected": {**PAYOUT, "reason": "Refunds are coming.\n" + HOSTILE},
    "payout_requested": {**PAYOUT, **PAID_TO},
    "erasure_done": {**ERASURE, "tax_years": 4},
    "erasure_refused": {**ERASURE, "reason": "A dispute is not settled.\n" + HOSTILE},
    "tax_expiring": {**TAX_FORM, "last_day": "31 December 2029"},
    "tax_returned": {**TAX_FORM, "reason": "The name does not fit.\n" + HOSTILE},
    "tax_submitted": TAX_FORM,
    "tier_reached": {
        "name": HOSTILE,
        "tier_name": "Gold " + HOSTILE,
        "rate": "25%",
        "payout_minimum": "$10.00",
        "perks": [
            {"title": "Beta access", "description": HOSTILE, "link": ""},
            {"title": HOSTILE, "description": "", "link": "https://chat.example.com/?a=1&b=2"},
        ],
        "dashboard_url": "https://desk.example/affiliate",
    },
    "terms_changed": {
        "name": HOSTILE,
        "fresh": ["I will not bid on the brand's name. " + HOSTILE],
        "gone": ["I will wear a hat."],
        "until": "5 December 2026",
        "rules_url": RULES,
    },
    "violation_suspended": {**STATE, **CASE},
    "violation_terminated": {**STATE, **CASE},
    "violation_warned": {**STATE, **CASE},
    "sign_in": {"sign_in_url": "https://desk.example/affiliate/sign-in/a.b-c", "minutes": 15},
    "webhook_off": {
        "name": HOSTILE,
        "url": "https://hooks.mia.example/in?a=1&b=2",
        "why": "It answered 410: it is gone and wants no more.",
        "webhooks_url": "https://desk.example/affiliate/dashboard/webhooks",
    },
}


def _render(name: str, kind: str, view: dict[str, Any]) -> str:
    return JINJA.get_template(f"{name}.{kind}").render({**EVERY_MAIL, **view})


def _words(value: object) -> list[str]:
    if isinstance(value, dict):
        return [word for inner in value.values() for word in _words(inner)]
    if isinstance(value, Block):
        spans = [span for line in value.lines for span in line]
        return [span.text for span in spans if span.text != "{figures}"]
    if isinstance(value, list):
        return [word for inner in value for word in _words(inner)]
    return [str(value)]


def test_every_mail_has_its_plain_text_twin_and_is_looked_at() -> None:
    """A template without a twin, or without a sample here, would go unchecked."""
    for kind in ("html", "txt"):
        names = {file.stem for file in TEMPLATES.glob(f"*.{kind}")}
        assert names == {*MAILS, "mail_base"}


@pytest.mark.parametrize("name", MAILS)
def test_everything_told_is_told_in_both(name: str) -> None:
    """Each value that a mail is about stands in the HTML and in the text, whole."""
    html = unescape(_render(name, "html", MAILS[name]))
    text = _render(name, "txt", MAILS[name])
    for word in _words({**EVERY_MAIL, **MAILS[name]}):
        assert word in html
        assert word in text


@pytest.mark.parametrize("name", MAILS)
def test_the_text_begins_with_its_subject(name: str) -> None:
    """The first line is the subject, a blank line follows, and nothing is left unfilled."""
    text = _render(name, "txt", MAILS[name])
    first, blank, body = text.split("\n", 2)
    assert re.fullmatch(r"Subject: \S.{5,}\S", first)
    assert blank == ""
    assert body[0].strip()
    assert "\n\n\n" not in text


@pytest.mark.parametrize("name", MAILS)
def test_what_others_typed_is_never_markup(name: str) -> None:
    """Names and reasons are escaped in the HTML, and shown as they are in the text."""
    html = _render(name, "html", MAILS[name])
    assert "<script" not in html
    assert "PropMine &amp; Co" in html
    assert "PropMine & Co" in _render(name, "txt", MAILS[name])


@pytest.mark.parametrize("name", MAILS)
def test_a_mail_loads_nothing_and_tracks_nobody(name: str) -> None:
    """No image, no outside style; each link leads where the text says too."""
    html = _render(name, "html", MAILS[name])
    assert not re.search(r"<(img|link|iframe|script)|url\(|@import", html)
    text = _render(name, "txt", MAILS[name])
    for address in re.findall(r'href="([^"]+)"', html):
        assert unescape(address).removeprefix("mailto:") in text


@pytest.mark.parametrize("name", MAILS)
def test_a_mail_shows_its_point_in_the_list_of_mails(name: str) -> None:
    """A preview line comes before everything else, and the mail names its language."""
    html = _render(name, "html", MAILS[name])
    body = html[html.index("<body") :]
    assert body.index("display:none") < body.index("<h1")
    assert '<html lang="en">' in html


@pytest.mark.parametrize(
    "name",
    ["affiliate_paused", "affiliate_terminated", "application_rejected", "payout_rejected"],
)
def test_without_a_reason_no_reason_is_announced(name: str) -> None:
    """A decision without a written reason leaves no empty box behind."""
    for kind in ("html", "txt"):
        assert "Our reason" in _render(name, kind, MAILS[name])
        assert "Our reason" not in _render(name, kind, {**MAILS[name], "reason": ""})


def test_without_a_support_address_no_empty_line_asks_for_questions() -> None:
    """A program without a support address offers none."""
    for kind in ("html", "txt"):
        assert "Questions?" not in _render(
            "sign_in", kind, MAILS["sign_in"] | {"support_email": ""}
        )


def test_a_mail_of_no_topic_offers_no_way_out() -> None:
    """Mails about money and the account always come."""
    for kind in ("html", "txt"):
        shown = _render("sign_in", kind, MAILS["sign_in"] | {"unsubscribe_url": ""})
        assert "nsubscribe" not in shown


def test_a_quiet_first_week_is_told_kindly() -> None:
    """Nobody is shown a list of zeros."""
    for kind in ("html", "txt"):
        shown = _render("drip", kind, MAILS["drip"] | {"is_quiet": True})
        assert "Best source" not in shown
        assert "one post with your link is enough" in shown


def test_somebody_without_a_payout_method_is_asked_for_one() -> None:
    """A request without a method says what is missing, and announces no empty account."""
    for kind in ("html", "txt"):
        shown = _render("payout_requested", kind, {**PAYOUT, "method": "", "destination": ""})
        assert "how you want to be paid" in shown
        assert "Paid to" not in shown


def test_a_tier_without_terms_of_its_own_announces_none() -> None:
    """Neither a rate nor a minimum nor perks that nobody gets."""
    bare = {**MAILS["tier_reached"], "rate": "", "payout_minimum": "", "perks": []}
    for kind in ("html", "txt"):
        shown = _render("tier_reached", kind, bare)
        for part in ("You earn", "Payouts start", "perks"):
            assert part not in shown
        assert "\n\n\n" not in _render("tier_reached", "txt", bare)
