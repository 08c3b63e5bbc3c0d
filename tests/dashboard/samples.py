"""One filled-in view of every page, as its handler would hand it to the template."""

from datetime import UTC, datetime
from typing import Any

from dashboard.api.docs_view import view_of
from domain.checklists import Item
from domain.earnings import Amount

HOSTILE = "<script>alert('x')</script>\" autofocus onfocus=alert(1) 🎉 مرحبا"
MOMENT = datetime(2026, 11, 21, 6, 40, tzinfo=UTC)

EVERY_PAGE: dict[str, Any] = {
    "product_name": "PropMine",
    "product_url": "https://propmine.example",
    "support_email": "partners@propmine.example",
    "static_version": "a1b2c3",
    "csrf": "csrf-of-this-session",
    "signed_in_as": None,
    "nav": [],
    "notice": None,
    "banner": None,
    "frame": "base.html",
    "home": "/affiliate",
}
SIGNED_IN = {"signed_in_as": "mia@example.com"}
PROGRAM = {
    "offer_percent": 30,
    "commission_rate_bp": 2000,
    "commission_base": "net",
    "max_cycles": 2,
    "payout_threshold_cents": 2500,
    "currency": "usd",
    "hold_days": 30,
    "review_days": 2,
    "auto_payout": True,
}
BLANK: dict[str, Any] = {"values": {}, "errors": {}}
CHOICES = {
    "platforms": [("youtube", "YouTube"), ("other", "Something else")],
    "methods": [("content", "Content and reviews"), ("video", "Video")],
    "terms": [("terms_disclosure", "I will say that I earn."), ("terms_agree", "I agree.")],
    "terms_url": "https://propmine.example/terms",
    "recruiter": "ANNA20",
}
WRONG = {
    "values": {
        "legal_name": HOSTILE,
        "email": "mia@",
        "platform": "youtube",
        "methods": ["video"],
        "audience_focus": HOSTILE,
        "terms_agree": "yes",
    },
    "errors": {
        "email": "Enter a whole email address.",
        "platform": "Choose a platform.",
        "methods": "Choose at least one way.",
        "audience_focus": HOSTILE,
        "terms_disclosure": "Agree to say that you earn.",
    },
}
APPLICATION = {
    "legal_name": HOSTILE,
    "display_name": HOSTILE,
    "email": "mia@example.com",
    "platform": "YouTube",
    "platform_link": "javascript:alert(1)",
    "audience_size": "12,000",
    "audience_focus": HOSTILE,
    "methods": ["Video"],
    "requested_code": "MIA30",
    "submitted_at": MOMENT,
    "other": [(HOSTILE, HOSTILE)],
}


def dollars(cents: int) -> dict[str, Any]:
    """An amount as the views carry it."""
    return {"cents": cents, "currency": "usd"}


BOARD: dict[str, Any] = {
    "name": "referrals",
    "title": "Referrals",
    "period": "This month",
    "places": [
        {"rank": 1, "name": HOSTILE, "value": "1,200", "own": False},
        {"rank": 2, "name": "م.ع.", "value": "7", "own": True},
    ],
    "ranked": 9400,
    "rank": 2,
    "listed": True,
    "value": "7",
    "hint": HOSTILE,
}
CONTEST: dict[str, Any] = {
    "id": "0198",
    "name": HOSTILE,
    "about": HOSTILE,
    "stage": "active",
    "prize": HOSTILE,
    "metric": "Most converted referrals",
    "starts": MOMENT,
    "ends": MOMENT,
    "winner": HOSTILE,
    "won": False,
    "places": [{"rank": 1, "name": HOSTILE, "value": "7 referrals", "own": False}],
    "ranked": 9400,
    "rank": 9000,
    "value": "1 referral",
    "listed": False,
    "out": False,
    "counted": [HOSTILE],
}
LIVE: dict[str, dict[str, Any]] = {
    "contest": {
        "contests": [
            CONTEST,
            CONTEST | {"id": "0199", "stage": "upcoming", "about": ""},
            CONTEST | {"id": "0200", "stage": "ended", "out": True},
            CONTEST | {"id": "0201", "stage": "announced"},
            CONTEST | {"id": "0202", "stage": "announced", "won": True},
            CONTEST | {"id": "0203", "stage": "announced", "winner": "", "rank": None},
        ]
    },
    "checklist": {
        "items": [
            Item("share", 1, "Share your link", "With a click.", "links", done=True),
            Item("promote", 3, "Promote it", HOSTILE, "promo", done=False),
        ],
        "done": 1,
    },
    "leaderboard": {
        "boards": [
            BOARD,
            BOARD | {"name": "earnings", "title": "Earnings", "listed": False, "rank": 9000},
            BOARD | {"name": "conversion_rate", "title": "Rate", "places": [], "rank": None},
        ],
        "here": "/affiliate/dashboard/leaderboard",
    },
    "earnings": {
        "periods": [
            {
                "name": name,
                "title": title,
                "span": HOSTILE,
                "amounts": [Amount("usd", 1250, -2000), Amount("jpy", 800, 0)],
            }
            for name, title in (("today", "Today"), ("week", "This week"), ("month", "This month"))
        ],
        "zone": HOSTILE,
        "said": HOSTILE,
    },
    "milestones": {
        "converted": 12,
        "next": {
            "name": HOSTILE,
            "threshold": 50,
            "missing": 38,
            "bonus": 15000,
            "currency": "usd",
            "about": HOSTILE,
        },
        "reached": [
            {
                "name": HOSTILE,
                "threshold": threshold,
                "bonus": 5000,
                "currency": "usd",
                "available_at": held,
                "withdrawn": withdrawn,
            }
            for threshold, held, withdrawn in (
                (1, None, False),
                (5, MOMENT, False),
                (10, None, True),
            )
        ],
        "said": HOSTILE,
    },
    "payout": {
        "balance_cents": 1250,
        "threshold_cents": 2500,
        "currency": "usd",
        "open": None,
        "hold_days": 30,
    },
    "plans": {
        "columns": ["Plan", "Active", "Ended", "All"],
        "rows": [[HOSTILE, 5, 2, 7], ["Yearly", 2, 0, 2]],
        "totals": ["All plans", 7, 2, 9],
    },
    "numbers": {
        "referrals": 1400,
        "active": 9,
        "pending": [dollars(4180), {"cents": 700, "currency": "jpy"}],
        "available": [dollars(1250)],
        "paid": [dollars(9900)],
    },
    "tier": {
        "tier": {
            "name": HOSTILE,
            "rate_bp": 1250,
            "minimum": 1000,
            "currency": "usd",
            "converted": 12,
            "perks": [
                {"icon": "star", "title": HOSTILE, "about": HOSTILE, "link": ""},
                {"icon": "key", "title": "Chat", "about": "", "link": "https://chat.example.com"},
            ],
            "next": {
                "name": HOSTILE,
                "threshold": 25,
                "missing": 13,
                "rate_bp": 3000,
                "minimum": 500,
                "perks": [{"icon": "zap", "title": HOSTILE, "about": HOSTILE, "link": ""}],
            },
        },
    },
}
"""A view of each card that follows the news, by name; it stands on the dashboard, too."""
DASHBOARD: dict[str, Any] = {
    "now": MOMENT,
    "program": PROGRAM,
    "affiliate": {
        "display_name": HOSTILE,
        "email": "mia@example.com",
        "affiliate_id": "aff_MIA30",
        "status": "approved",
        "promo_code": "MIA30",
        "referral_link": "https://propmine.example/r/MIA30",
        "approved_at": MOMENT,
        "terms_version": "v1",
        "payout_status": "not_requested",
        "rate_bp": 1250,
    },
    "disclosure": "I earn a commission if you subscribe.",
    "promo_copy": [{"title": "Short post", "text": HOSTILE}],
    "sessions": [
        {"id": "s1", "label": "Chrome on macOS", "last_seen_at": MOMENT, "current": True},
        {"id": "s2", "label": HOSTILE, "last_seen_at": MOMENT, "current": False},
    ],
    **SIGNED_IN,
}
EARNING: dict[str, Any] = {
    "id": "e1",
    "amount": 277,
    "currency": "usd",
    "status": "on_hold",
    "available_at": MOMENT,
    "paid_at": MOMENT,
    "customer": HOSTILE,
    "plan": HOSTILE,
    "cycle": 1,
    "collected": 2900,
    "why": "Credited by your promo code.",
    "parts": [("Collected", 2900), ("Payment fee", -114)],
    "base": 2786,
    "cut": False,
    "fee_left_in": False,
    "rate_bp": 2000,
}
EARNINGS: dict[str, Any] = {
    "recruits": True,
    "earnings": [
        {**EARNING, "id": f"e{number}", "status": status, "cut": number == 1}
        for number, status in enumerate(
            ("on_hold", "available", "taken_back", "nothing", "no_commission")
        )
    ],
    "newest": "/affiliate/dashboard/earnings",
    "older": "/affiliate/dashboard/earnings?cursor=1",
    "statement": "/affiliate/dashboard/earnings/statement?month=2026-11",
    **SIGNED_IN,
}
STATEMENT: dict[str, Any] = {
    "month": "November 2026",
    "so_far": True,
    "accounts": [
        {
            "currency": "usd",
            "opening": -100,
            "closing": 457,
            "rows": [[HOSTILE, "2026-11-02", "2026-12-02", "$5.57", "$4.57"]],
        },
        {"currency": "jpy", "opening": 700, "closing": 700, "rows": []},
    ],
    "before": {"words": "October 2026", "href": "/affiliate/dashboard/earnings/statement"},
    "after": None,
    "csv": "/affiliate/dashboard/earnings/statement.csv?month=2026-11",
    "name": HOSTILE,
    "reference": "aff_MIA30",
    **SIGNED_IN,
}
CLAIM: dict[str, Any] = {
    "currency": "usd",
    "available": 4250,
    "pending": 900,
    "minimum": 2500,
    "missing": 0,
    "open": None,
    "label": "Request payout of $42.50",
    "href": "/affiliate/dashboard/payouts/request?currency=usd",
}
PAYOUT = {
    "number": "3F2A91BC",
    "amount": 5000,
    "withheld": 1200,
    "currency": "usd",
    "status": "paid",
    "requested_at": MOMENT,
    "paid_at": MOMENT,
    "method": "PayPal",
    "reference": HOSTILE,
    "reason": "",
}
PAYOUTS: dict[str, Any] = {
    "program": PROGRAM,
    "claims": [CLAIM, {**CLAIM, "currency": "jpy", "open": {"amount": 700, "approved": False}}],
    "payouts": [
        PAYOUT,
        {**PAYOUT, "status": "rejected", "paid_at": None, "reason": HOSTILE},
        {**PAYOUT, "status": "failed", "paid_at": None},
    ],
    "form": {
        "values": {"method": "bank", "destination": HOSTILE},
        "errors": {"destination": HOSTILE},
    },
    "methods": [("paypal", "PayPal"), ("bank", "Bank transfer")],
    "stripe_account": HOSTILE,
    "method_chosen": True,
    "tax_refusal": HOSTILE,
    **SIGNED_IN,
}
CONFIRMATION = {
    "amount": 5000,
    "withheld": 1200,
    "currency": "usd",
    "method": "PayPal",
    "destination": HOSTILE,
}
TAX_VERSION: dict[str, Any] = {
    "title": "W-8BEN",
    "version": 2,
    "name": HOSTILE,
    "business_name": HOSTILE,
    "tin": "tax number of DE …1809",
    "address": HOSTILE,
    "signed_name": HOSTILE,
    "submitted_at": MOMENT,
    "expires_at": MOMENT,
    "verified_at": None,
}
TAX: dict[str, Any] = {
    "is_on": True,
    "standing": {"status": "missing", "why": "returned", "reason": HOSTILE, "form": TAX_VERSION},
    "versions": [TAX_VERSION, TAX_VERSION],
    "form": {"values": {"country": "DE"}, "errors": {"us": HOSTILE}},
    "asking": True,
    "countries": [("DE", "Germany"), ("US", "United States")],
    "copies": [{"year": 2026, "href": "/affiliate/dashboard/tax/2026.pdf", "amount": "$2,400.00"}],
    **SIGNED_IN,
}
TAX_FORM: dict[str, Any] = {
    "form": {
        "values": {"legal_name": HOSTILE, "tax_id_type": "foreign", "treaty": "yes"},
        "errors": {"legal_name": HOSTILE, "tax_id": HOSTILE, "certify_1": HOSTILE},
    },
    "title": "W-8BEN-E",
    "about": HOSTILE,
    "us": False,
    "entity": True,
    "needs_birth": True,
    "countries": [("DE", "Germany")],
    "classes": [("corporation", "Corporation")],
    "statuses": [("active_nffe", "Active NFFE")],
    "tin_kinds": [("foreign", "Tax number of my own country"), ("none", "None")],
    "certifications": [("certify_1", HOSTILE, False), ("certify_2", "I am not subject.", True)],
    **SIGNED_IN,
}
STATE = {
    "promo_code": "MIA30",
    "reason": HOSTILE,
    "since": MOMENT,
    "reviewed": True,
    "may_appeal": True,
    **SIGNED_IN,
}
VISITOR = {"program": PROGRAM, **CHOICES, "form": BLANK, "sign_in": BLANK, "tally_url": None}

PRICING: dict[str, Any] = {
    "unfinished": True,
    "said": "",
    "form": {
        "values": {
            "email": HOSTILE,
            "code": HOSTILE,
            "ref": HOSTILE,
            "src": HOSTILE,
            "referrer": HOSTILE,
        },
        "errors": {"email": HOSTILE, "code": HOSTILE, "checkout": HOSTILE},
    },
    "plans": [
        {
            "slug": slug,
            "name": HOSTILE,
            "chosen": slug == "monthly",
            "price": "$29.00",
            "discount": discount,
            "total": "$23.20",
            "brief": "every month",
            "later": HOSTILE,
        }
        for slug, discount in (("monthly", "\N{MINUS SIGN}$5.80"), ("yearly", ""))
    ],
}
PARTNER: dict[str, Any] = {
    "page": {
        "name": HOSTILE,
        "headline": HOSTILE,
        "paragraphs": [HOSTILE, "Two"],
        "cta": HOSTILE,
        "color": "0e5a45",
        "photo": "/partner/mia/photo-0a1b.webp",
        "initials": "M",
        "code": "MIA30",
        "offer": HOSTILE,
        "disclosure": HOSTILE,
        "href": "https://propmine.example/r/MIA30?src=partner-page",
    },
    "canonical": "https://propmine.example/partner/mia",
    "image": {
        "url": "https://propmine.example/partner/mia/card-0a1b.png",
        "type": "image/png",
        "size": (1200, 630),
        "alt": HOSTILE,
    },
    "preview": False,
    "defaults": {"headline": HOSTILE, "cta": HOSTILE},
}
LANDING: dict[str, Any] = {
    "form": {
        "values": dict.fromkeys(("name", "headline", "bio", "cta", "slug"), HOSTILE),
        "errors": dict.fromkeys(("name", "bio", "photo", "slug"), HOSTILE),
    },
    "longest": {"name": 60, "headline": 120, "bio": 2000, "cta": 40},
    "prefix": "https://propmine.example/partner/",
    "url": "https://propmine.example/partner/mia",
    "published": True,
    "active": True,
    "taken_down": HOSTILE,
    "photo": "/affiliate/dashboard/landing/photo-0a1b.webp",
    "views": 1400,
    "views_lately": 12,
    "words_in": "#857a00",
    "defaults": {"headline": HOSTILE, "cta": HOSTILE},
    **SIGNED_IN,
}
COUNTS = {"clicks": 41, "repeats": 3, "bots": 2, "signups": 7, "conversions": 3}
SAVED_LINK: dict[str, Any] = {
    "id": "l1",
    "name": HOSTILE,
    "to": "/pricing",
    "tag": "news",
    "tracked": "https://desk.example/r/MIA30?to=/pricing&src=news",
    "open": "/affiliate/dashboard/links?page=other&to=/pricing&src=news",
    "counts": COUNTS,
    "earnings": {"usd": 1671, "jpy": 700},
}
LINKS: dict[str, Any] = {
    "form": {
        "values": {"page": "other", "to": HOSTILE, "src": HOSTILE, "utm": "1", "name": HOSTILE},
        "errors": {"to": HOSTILE, "name": HOSTILE},
    },
    "pages": [("/", HOSTILE), ("other", "Another page…")],
    "host": "product.example.com",
    "tags": ["news", HOSTILE],
    "link": {
        "tracked": "https://desk.example/r/MIA30?to=/pricing&src=news",
        "direct": "https://product.example.com/pricing?ref=MIA30&src=news",
        "target": "https://product.example.com/pricing",
        "place": "product.example.com",
        "path": "/pricing",
        "tag": "news",
        "to": "/pricing",
        "utm": True,
        "saved_as": None,
        "svg": "/affiliate/dashboard/links/qr.svg?page=other&to=/pricing",
        "png": "/affiliate/dashboard/links/qr.png?page=other&to=/pricing",
    },
    "saved": [SAVED_LINK, {**SAVED_LINK, "id": "l2", "tag": "", "tracked": None, "open": None}],
    "deleted": {"id": "l3", "name": HOSTILE},
    **SIGNED_IN,
}
PERFORMANCE: dict[str, Any] = {
    "spans": [{"words": "7 days", "href": "/affiliate/?span=7", "current": True}],
    "dimensions": [{"words": "Country", "href": "/affiliate/?by=country", "current": True}],
    "dimension": "country",
    "heading": "Country",
    "columns": [
        {"words": "Country", "href": "/affiliate/?sort=value", "sorted": None},
        {"words": "Clicks", "href": "/affiliate/?sort=clicks", "sorted": "descending"},
    ],
    "rows": [
        {"value": HOSTILE, "name": HOSTILE, "cells": ["1,400"]},
        {"value": "", "name": "Country not known", "cells": ["0"]},
    ],
    "more": 3,
    "total": {**{name: str(count) for name, count in COUNTS.items()}, "rate": "7%"}
    | {"earnings": "$16.71", "epc": "$0.41"},
    "strips": [
        {
            "name": "clicks",
            "words": "Clicks",
            "said": "Clicks: 41, most on 21 Nov 2026: 41",
            "highest": 41,
            "width": 10,
            "bars": [{"x": 0, "y": 0, "height": 100, "words": "21 Nov 2026: 41"}],
        },
        {
            "name": "signups",
            "words": "Sign-ups",
            "said": "Sign-ups: 0",
            "highest": 0,
            "width": 10,
            "bars": [],
        },
    ],
    "first": "15 Nov 2026",
    "last": "21 Nov 2026",
    "course": [["21 Nov 2026", "41", "7", "3"]],
    "csv": "/affiliate/dashboard/links/performance.csv?span=7",
    "tracked": True,
    **SIGNED_IN,
}
RESOURCE: dict[str, Any] = {
    "id": "r-1",
    "title": HOSTILE,
    "body": HOSTILE,
    "badge": "New",
    "copied": True,
    "url": "https://video.example/watch?v=1",
    "host": "video.example",
    "video": True,
    "file": {
        "name": "banner.png",
        "href": "/affiliate/dashboard/resources/r-1/banner.png?v=0a1b2c3d",
        "size": "12 kB",
        "picture": True,
    },
}
RESOURCES: dict[str, Any] = {
    "disclosure": HOSTILE,
    "groups": [
        {"type": "faq", "title": "FAQ", "items": [RESOURCE]},
        {
            "type": "banner",
            "title": "Banners",
            "items": [RESOURCE, RESOURCE | {"id": "r-2", "badge": "Updated", "copied": False}],
        },
    ],
    "filters": [("All", "/affiliate/dashboard/resources?q=a")],
    "here": "/affiliate/dashboard/resources?q=a",
    "type": "banner",
    "text": HOSTILE,
    "longest": 100,
    "total": 3,
    "found": 3,
    **SIGNED_IN,
}
POST: dict[str, Any] = {
    "id": "p1",
    "href": "/affiliate/dashboard/promo?post=p1#post",
    "channel": "Newsletter",
    "tone": "Friendly",
    "title": HOSTILE,
    "text": HOSTILE,
    "status": "failed",
    "at": MOMENT,
    "scheduled_at": MOMENT,
    "problem": HOSTILE,
}
PROMO: dict[str, Any] = {
    "form": {
        "values": {"channel": "x", "tone": HOSTILE, "about": HOSTILE, "title": HOSTILE}
        | {"text": HOSTILE, "when": HOSTILE},
        "errors": dict.fromkeys(("channel", "about", "title", "text", "when"), HOSTILE),
    },
    "channels": [("x", "X")],
    "manners": [("friendly", "Friendly")],
    "about_max": 300,
    "can_think": True,
    "post": POST
    | {
        "open": True,
        "by_model": True,
        "title_name": "Subject",
        "title_max": 100,
        "hint": HOSTILE,
        "findings": [
            {"rule": "Says that you earn", "problem": HOSTILE},
            {"rule": "Holds your link", "problem": ""},
        ],
        "good": True,
        "length": 1300,
        "limit": 280,
        "left": -1020,
        "share": "mailto:?subject=A&body=B",
        "service": True,
    },
    "posts": [
        {**POST, "id": status, "status": status}
        for status in ("draft", "scheduled", "published", "failed")
    ],
    "more": True,
    **SIGNED_IN,
}
RECRUITS = {
    "enabled": True,
    "link": "https://desk.example/affiliate/join/MIAPICKS30",
    "rate_bp": 500,
    "of_what": "what they earn",
    "days": 30,
    "count": 250,
    "shown": 100,
    "earned": [(123456, "usd"), (-900, "eur")],
    "recruits": [
        {"initials": "J. O.", "joined": "November 2026", "earned": [(2800, "usd")], "counts": True},
        {
            "initials": "Q.",
            "joined": "May 2026",
            "earned": [(0, "usd"), (9, "eur")],
            "counts": False,
        },
    ],
    **SIGNED_IN,
}
RULES: dict[str, Any] = {
    **SIGNED_IN,
    "banner": {"kind": "info", "text": HOSTILE, "action": "Read", "href": "/affiliate/x"},
    "rules": {
        "version": "v2",
        "url": "https://propmine.example/terms",
        "sentences": [("I agree.", False), (HOSTILE, True)],
        "gone": [HOSTILE],
        "asked": True,
        "until": MOMENT,
        "agreed": "v1",
    },
    "own": {"values": {}, "errors": {"agree": "Tick that you agree to the rules."}},
    "status": "approved",
    "cases": [
        {
            "id": f"0000000{number}",
            "decision": decision,
            "reason": HOSTILE,
            "decided_at": MOMENT,
            "unread": decision == "warned",
            "seen": [
                {
                    "kind": "Spam",
                    "violation": {"created_at": MOMENT},
                    "note": HOSTILE,
                    "facts": [(HOSTILE, HOSTILE)],
                    "samples": [HOSTILE],
                }
            ],
            "answers": [(MOMENT, HOSTILE)],
            "form": {"values": {"answer": HOSTILE}, "errors": {}},
        }
        for number, decision in enumerate(("warned", "suspended", "terminated"))
    ],
    "answer_max": 2000,
    "here": "/affiliate/dashboard/rules",
}
API_KEYS: dict[str, Any] = {
    "here": "/affiliate/dashboard/api-keys",
    "form": {"values": {"name": HOSTILE, "scopes": ["stats:read"]}, "errors": {"name": "Shorter."}},
    "fresh": {"name": HOSTILE, "text": f"ad_live_{'x' * 43}", "may_read": ["Stats"]},
    "keys": [
        {
            "id": f"0191-{state}",
            "name": HOSTILE,
            "prefix": "ad_live_3fA9kQ2z",
            "may_read": ["Stats", "Earnings"],
            "made_at": datetime(2026, 11, 1, tzinfo=UTC),
            "used_at": None if state == "works" else datetime(2026, 11, 2, tzinfo=UTC),
            "state": state,
            "ends_at": None if state == "works" else datetime(2026, 11, 3, tzinfo=UTC),
        }
        for state in ("works", "ending", "ended", "revoked")
    ],
    "scopes": [("stats:read", "Stats."), ("earnings:read", "Earnings.")],
    "address": "https://desk.example/api/affiliate/v1",
    "most": 100,
    **SIGNED_IN,
}

ENDPOINT: dict[str, Any] = {
    "id": "0191",
    "url": "https://hooks.mia.example/" + "long-" * 40,
    "description": HOSTILE,
    "events": ["A payout was paid."],
    "on": True,
    "off_because": "",
    "failing_since": datetime(2026, 11, 2, tzinfo=UTC),
    "former_until": datetime(2026, 11, 3, tzinfo=UTC),
    "made_at": datetime(2026, 11, 1, tzinfo=UTC),
}
WEBHOOK: dict[str, Any] = {
    "here": "/affiliate/dashboard/webhooks",
    "endpoint": ENDPOINT,
    "secret": "whsec_" + "A" * 43 + "=",
    "sent": [
        {
            "id": f"0191-{attempts}",
            "event": "commission.changed",
            "happened_at": datetime(2026, 11, 2, tzinfo=UTC),
            "tone": tone,
            "state": state,
            "attempts": attempts,
            "said": "It answered 500. (120 ms)",
            "answer": HOSTILE,
            "again": tone != "wait",
        }
        for state, tone, attempts in (
            ("Delivered", "good", 1),
            ("Failed", "bad", 10),
            ("On its way", "wait", 0),
        )
    ],
    "most": 50,
    "days": 7,
    **SIGNED_IN,
}

PAGES: dict[str, dict[str, Any]] = {
    "webhooks": {
        "here": "/affiliate/dashboard/webhooks",
        "form": {"values": {"url": HOSTILE}, "errors": {"url": "Type a whole address."}},
        "endpoints": [ENDPOINT, {**ENDPOINT, "id": "0192", "on": False, "events": []}],
        "kinds": [("payout.paid", "A payout was paid (payout.paid)")],
        "most": 5,
        **SIGNED_IN,
    },
    "webhook": WEBHOOK,
    "webhook_remove": {
        "here": "/affiliate/dashboard/webhooks",
        "endpoint": ENDPOINT,
        **SIGNED_IN,
    },
    "affiliate": VISITOR,
    "apply": {**CHOICES, "form": WRONG, "tally_url": ""},
    "apply_sent": {"sign_in": BLANK},
    "dashboard": DASHBOARD,
    "earnings": EARNINGS,
    "error": {"status": 429, "message": HOSTILE, "retry_after": 1, "request_id": "0198"},
    "landing": LANDING,
    "leaderboard": {
        "board": BOARD,
        "spans": [{"words": "This month", "href": "/affiliate/x?period=month", "current": True}],
        "metrics": [{"words": "Referrals", "href": "/affiliate/x?metric=x", "current": False}],
        "by_name": True,
        "shows_name": False,
        **SIGNED_IN,
    },
    "partner": PARTNER,
    "partner_gone": {"message": HOSTILE},
    "links": LINKS,
    "paused": STATE,
    "api_keys": API_KEYS,
    "api_key_confirm": {
        "here": "/affiliate/dashboard/api-keys",
        "deed": "rotate",
        "key": API_KEYS["keys"][0],
        "form": {"values": {"grace": "24"}, "errors": {"grace": "Choose one."}},
        "graces": [("0", "At once"), ("24", "In 24 hours")],
        **SIGNED_IN,
    },
    "payout_confirm": {**CONFIRMATION, **SIGNED_IN},
    "payouts": PAYOUTS,
    "recruits": RECRUITS,
    "performance": PERFORMANCE,
    "pricing": PRICING,
    "pricing_closed": {"why": "down", "again": "/pricing?code=A%22B"},
    "pricing_continue": {"url": "https://pay.example/c/1"},
    "pricing_thanks": {
        "confirmed": True,
        "plan": HOSTILE,
        "price": "$29.00",
        "discounts": [(HOSTILE, "\N{MINUS SIGN}$5.80")],
        "total": "$23.20",
    },
    "preferences": {
        **SIGNED_IN,
        "form": {
            "values": {"time_zone": "Asia/Tokyo", "shows_name": ["yes"], "mails": ["tips"]},
            "errors": {"time_zone": "Choose a time zone from the list."},
        },
        "zones": ["Asia/Tokyo", "America/Argentina/Buenos_Aires"],
        "usual_zone": "UTC",
        "asks_name": True,
        "name": HOSTILE,
        "topics": [("tips", "Tips."), ("contests", "Contests.")],
    },
    "api": view_of(
        {
            "info": {"title": HOSTILE, "description": f"`code` {HOSTILE}\n\nMore."},
            "servers": [{"url": "https://desk.example"}],
            "tags": [{"name": "Things"}],
            "paths": {
                "/api/things/{id}": {
                    "patch": {
                        "operationId": "changeAThing",
                        "summary": "Change a thing",
                        "description": HOSTILE,
                        "tags": ["Things"],
                        "security": [{"token": ["things:write"]}],
                        "parameters": [
                            {
                                "name": "id",
                                "in": "path",
                                "required": True,
                                "schema": {"type": "string", "format": "uuid"},
                            }
                        ],
                        "requestBody": {
                            "content": {
                                "application/json": {
                                    "schema": {"$ref": "#/components/schemas/Thing"}
                                }
                            }
                        },
                        "responses": {
                            "200": {
                                "description": "OK",
                                "content": {
                                    "application/json": {
                                        "schema": {"$ref": "#/components/schemas/Thing"}
                                    }
                                },
                            },
                            "404": {"$ref": "#/components/responses/NotFound"},
                        },
                    }
                }
            },
            "webhooks": {},
            "components": {
                "securitySchemes": {"token": {"type": "http", "description": HOSTILE}},
                "responses": {"NotFound": {"description": HOSTILE}},
                "schemas": {
                    "Thing": {
                        "description": HOSTILE,
                        "required": ["name"],
                        "properties": {
                            "name": {"type": "string", "maxLength": 5, "description": HOSTILE},
                            "kind": {"enum": ["big", HOSTILE]},
                            "counts": {"type": "array", "items": {"type": "integer"}},
                        },
                    }
                },
            },
        }
    ),
    "privacy": {
        "sections": [("If you are an affiliate", [(HOSTILE, "To pay you.", "400 days.")])],
        "rights": ["You get everything."],
    },
    "privacy_own": {
        **SIGNED_IN,
        "form": {
            "values": {"typed": HOSTILE, "waives": ["yes"]},
            "errors": {"typed": "Type ERASE to confirm.", "waives": "$50.00 are owed to you."},
        },
        "waiting": None,
        "refused": HOSTILE,
        "open_payout": "",
        "owed": "$50.00",
        "tax_years": 4,
        "word": "ERASE",
    },
    "unsubscribe": {
        "topic": "Tips for the first weeks",
        "about": HOSTILE,
        "path": "/unsubscribe/tips/token",
        "wanted": True,
        "news": "",
    },
    "report": {
        "form": {
            "values": {"named": HOSTILE, "kind": "spam", "text": HOSTILE},
            "errors": {"text": "Say what happened.", "email": "Type a whole mail address."},
        },
        "kinds": [("spam", "Spam"), ("other", "Something else")],
        "opened": "1.abc",
        "longest": {"named": 300, "text": 2000, "url": 500},
    },
    "report_sent": {},
    "resources": RESOURCES,
    "review": {
        **STATE,
        "status": "terminated",
        "decision": "banned",
        "decided_at": MOMENT,
        "noticed": ["How people signed up through your link", HOSTILE],
        "appeals": [
            {"at": MOMENT, "text": HOSTILE, "answer": HOSTILE, "on": MOMENT},
            {"at": MOMENT, "text": HOSTILE, "answer": "", "on": None},
        ],
        "form": {"values": {"appeal": HOSTILE}, "errors": {"appeal": "Write something."}},
        "appeal_max": 2000,
        "here": "/affiliate/dashboard/review",
    },
    "rules": RULES,
    "promo": PROMO,
    "rejected": {"display_name": HOSTILE, "reason": HOSTILE, "decided_at": MOMENT, **SIGNED_IN},
    "sign_in": {"sign_in": {"values": {"email": HOSTILE}, "errors": {"email": HOSTILE}}},
    "sign_in_confirm": {"email": HOSTILE, "token": "a/b.c"},
    "sign_in_expired": {"minutes": 15, "sign_in": BLANK},
    "sign_in_sent": {"email": HOSTILE, "minutes": 15},
    "statement": STATEMENT,
    "submitted": {
        "application": APPLICATION,
        "program": PROGRAM,
        "change_url": "/affiliate/apply",
        **SIGNED_IN,
    },
    "tax": TAX,
    "tax_form": TAX_FORM,
    "terminated": STATE,
}
