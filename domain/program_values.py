"""What the program's settings are made of: their types, their checks and long defaults."""

import re
from collections.abc import Mapping
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from domain.errors import InvalidError
from domain.links import place_of, safe_target
from domain.texts import keepable

BLANKS = frozenset({"product", "code", "offer", "link"})
"""What `{…}` may stand for in the disclosure and the promo copy."""

_ANYWHERE = "https://product.invalid"
_BRACED = re.compile(r"\{(\w+)\}")
_HOSTLIKE = re.compile(r"[a-z0-9][a-z0-9.-]{1,251}[a-z0-9]")


def fillable(text: str) -> str:
    """A text in which every `{word}` is one that `fill_in` knows: a slip would be published."""
    if unknown := set(_BRACED.findall(text)) - BLANKS:
        known = ", ".join(f"{{{name}}}" for name in sorted(BLANKS))
        raise ValueError(f"{{{min(unknown)}}} cannot be filled in; use {known}")
    return text


def _site(text: str) -> str:
    """A host, or what a host may hold: anything shorter would be found in many."""
    if not _HOSTLIKE.fullmatch(text.lower()):
        raise ValueError("use a host such as retailmenot.com, or a word that a host may hold")
    return text.lower()


Text = Annotated[str, AfterValidator(keepable)]
Word = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(keepable)
]
Words = tuple[Word, ...]
Site = Annotated[Word, AfterValidator(_site)]
Copy = Annotated[Word, AfterValidator(fillable)]

FIELD_LABELS: dict[str, Words] = {
    "email": ("email", "e-mail"),
    "legal_name": ("legal name", "full name", "your name"),
    "display_name": ("display", "creator name", "channel name", "brand name"),
    "audience_size": (
        "audience size",
        "followers",
        "subscribers",
        "how many people",
        "how big",
        "how large",
    ),
    "audience_focus": ("audience focus", "audience", "niche", "focus"),
    "requested_code": ("promo code", "discount code", "requested code", "preferred code"),
    "promotion_methods": ("promotion method", "how will you promote", "how do you plan", "promote"),
    "platform_url": ("link", "url", "website", "profile"),
    "platform": ("main platform", "platform", "main channel"),
    "recruited_by": ("recruiter", "recruited by", "invited by", "referred by"),
    "terms": ("agree", "accept", "terms", "understand", "confirm", "i will", "disclos"),
}
"""For each field of an application, words in the label of the answer that holds it.

Fields choose their answers in this order.
"""


class Plan(BaseModel):
    """Something that customers subscribe to.

    `stripe_price` is its price's id at the payment provider; without one, the price is known by
    its lookup key or by how often it recurs, which then has to be the slug.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    slug: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40)
    name: Word = Field(max_length=80)
    stripe_price: str = Field(default="", pattern=r"^[A-Za-z0-9_]*$", max_length=255)


PLANS = (
    Plan(slug="monthly", name="Monthly"),
    Plan(slug="3-month", name="3 months"),
    Plan(slug="6-month", name="6 months"),
    Plan(slug="yearly", name="Yearly"),
)


def _zone(name: str) -> str:
    """A time zone of the IANA database."""
    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError, OSError):
        raise ValueError("use a time zone such as Europe/Berlin or America/New_York") from None


def _host(text: str) -> str:
    """A host of the product as links are compared with it."""
    if place := place_of(text.strip()):
        return place
    raise ValueError("write a host like docs.example.com, with its port if that is not 443")


def _path(text: str) -> str:
    """A path that links may lead to, whatever the product's address is."""
    try:
        target = safe_target(text, _ANYWHERE)
    except InvalidError as error:
        raise ValueError(str(error)) from None
    return target.removeprefix(_ANYWHERE)


class CommonPage(BaseModel):
    """A page of the product that affiliates often link to. `path` begins with a slash."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Word = Field(max_length=60)
    path: Annotated[str, Field(max_length=500), AfterValidator(_path)]


COMMON_PAGES = (
    CommonPage(name="Home", path="/"),
    CommonPage(name="Pricing", path="/pricing"),
    CommonPage(name="Features", path="/features"),
    CommonPage(name="Blog", path="/blog"),
)

ZoneName = Annotated[str, AfterValidator(_zone)]
Host = Annotated[str, AfterValidator(_host)]

BASES = {"net": "net collected revenue after fees", "gross": "collected revenue before fees"}
"""What a commission is a share of, in the words of the promise."""

COUPON_SITES = (
    *("coupon", "promocode", "promo-code", "discountcode", "voucher", "cashback"),
    *("capitaloneshopping.com", "cuponation.com", "dealabs.com", "dealspotr.com"),
    *("dontpayfull.com", "groupon.com", "hotukdeals.com", "joinhoney.com", "knoji.com"),
    *("mydealz.de", "offers.com", "pepper.com", "rakuten.com", "retailmenot.com"),
    *("simplycodes.com", "slickdeals.net", "wethrift.com"),
)
"""Where codes are collected: a host with all that is below it, or a word in a host."""

DISCLOSURE_WORDS = (
    *("affiliate", "commission", "sponsored", "#ad", "paid partnership", "paid promotion"),
    *("partner link", "advertisement", "advertising", "anzeige", "werbung", "provision"),
    *("afiliado", "affilié", "publicité", "publicidad", "we may earn", "i may earn", "i earn"),
)
"""One of these on a page says that its author earns from it."""


def fill_in(text: str, words: Mapping[str, str]) -> str:
    """Ready-made words with `{product}`, `{code}`, `{offer}` and `{link}` put in.

    Other braces stay as they are, and what is put in is not looked at again.
    """
    return _BRACED.sub(lambda found: words[found[1]] if found[1] in BLANKS else found[0], text)
