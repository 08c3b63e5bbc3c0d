"""People who apply: one as everybody hopes for, and some as they really come."""

from dataclasses import dataclass
from typing import Final

from sandbox.tally.form import QUESTIONS, Answers

_TERMS: Final = QUESTIONS[-1].options


@dataclass(frozen=True)
class Persona:
    """A filled-in form, and what it is there to show."""

    title: str
    shows: str
    answers: Answers


PERSONAS: Final[dict[str, Persona]] = {
    "good": Persona(
        "A good one",
        "A real channel that fits, a code that can be used as it is.",
        {
            "legal_name": "Jared Okafor",
            "display_name": "Jared Breaks Down Props",
            "email": "jared@example.com",
            "platform": "YouTube",
            "link": "https://youtube.com/@jaredprops",
            "audience_size": "18,400 subscribers",
            "audience_focus": "Player props and fantasy basketball in the US. Two long videos a "
            "week on how lines move and how to read a model's projections.",
            "code": "JARED30",
            "methods": ("Videos", "Social posts", "Community"),
            "terms": _TERMS,
        },
    ),
    "coupon": Persona(
        "A coupon site",
        "The automatic checks flag what a reviewer should see.",
        {
            "legal_name": "Dealbarn LLC",
            "display_name": "DealBarn Coupons",
            "email": "partners@dealbarn.example.com",
            "platform": "Website",
            "link": "https://dealbarn.example.com/best-promo-codes",
            "audience_size": "2 million visits a month",
            "audience_focus": "Coupon codes, cashback and the best deals for every shop. "
            "Guaranteed profit for our readers!",
            "code": "DEALBARN",
            "methods": ("Newsletter", "Reviews and guides"),
            "terms": _TERMS[:2],
        },
    ),
    "generic": Persona(
        "Wants the code VIP",
        "The code is too general, so a better one is offered.",
        {
            "legal_name": "Maya Lindqvist",
            "display_name": "Sharp Maya",
            "email": "maya@example.com",
            "platform": "Podcast",
            "link": "https://pod.example.com/sharp-maya",
            "audience_size": "6,000 listeners an episode",
            "audience_focus": "Sports betting for beginners: bankroll, odds, and patience.",
            "code": "VIP",
            "methods": ("Podcast", "Newsletter"),
            "terms": _TERMS,
        },
    ),
    "letters": Persona(
        "Emoji, Arabic and HTML",
        "Whatever somebody types stays text: in Slack, in mail and on every page.",
        {
            "legal_name": "ليلى حداد <b>Layla</b> Haddad",
            "display_name": "🏀 <script>alert('hi')</script> *Layla* <!channel> & co 👩🏽‍🚀",
            "email": "layla@example.com",
            "platform": "TikTok",
            "link": "https://tiktok.com/@layla?a=1&b=<2>",
            "audience_size": "≈ ٤٥٠٠٠",
            "audience_focus": "كرة السلة والرهانات الخيالية\nFantasy basketball, in two languages.",
            "code": "LAYLA 🏀",
            "methods": ("Videos",),
            "terms": _TERMS,
        },
    ),
    "nobody": Persona(
        "Without an e-mail",
        "It is kept and shown as needing attention, since nobody could be told of a decision.",
        {
            "legal_name": "Sam Whitfield",
            "display_name": "Whit",
            "email": "",
            "platform": "X",
            "link": "https://x.com/whitpicks",
            "audience_size": "3,100 followers",
            "audience_focus": "Daily fantasy line-ups on Sundays.",
            "code": "WHIT",
            "methods": ("Social posts",),
            "terms": _TERMS,
        },
    ),
}
