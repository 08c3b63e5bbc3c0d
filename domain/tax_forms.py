"""Which tax form somebody needs, and whether theirs is filled in as it has to be."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Final

import clock
from domain import tins
from domain.countries import COUNTRIES
from domain.errors import InvalidError
from domain.tax_choices import (
    CERTIFICATIONS,
    FATCA_STATUSES,
    NO_WITHHOLDING,
)
from domain.tax_interview import UNITED_STATES, Interview
from domain.texts import keepable
from domain.tins import Tin, parse_tin
from storage.taxes import W8BEN, W8BENE

_STATES: Final = frozenset(
    re.findall(
        "[A-Z]{2}",
        "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH "
        "NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY AS GU MP PR VI AA AE AP",
    )
)
_ZIP: Final = re.compile(r"[0-9]{5}(-[0-9]{4})?")
_BOX: Final = re.compile(r"\bp\.?\s*o\.?\s*box\b", re.IGNORECASE)
_DIGITS_IN_A_NAME: Final = 6
_EARLIEST: Final = date(1900, 1, 1)
_TREATY_MOST: Final = 30
_OPTIONAL: Final = frozenset(
    {"business_name", "address_line2", "address_state", "address_zip", "treaty_reason"}
)
_LENGTHS: Final = MappingProxyType(
    {
        "legal_name": 120,
        "business_name": 120,
        "address_line1": 120,
        "address_line2": 120,
        "address_city": 80,
        "address_state": 60,
        "address_zip": 20,
        "signed_name": 120,
        "signed_as": 80,
        "treaty_article": 40,
        "treaty_reason": 300,
    }
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A form that is filled in as it has to be, before it is kept."""

    form_type: str
    legal_name: str
    business_name: str
    classification: str
    fatca_status: str
    tin: Tin
    address_line1: str
    address_line2: str
    address_city: str
    address_state: str
    address_zip: str
    address_country: str
    citizenship: str
    treaty: dict[str, str]
    told_to_withhold: bool
    certifications: tuple[str, ...]
    signed_name: str
    signed_as: str
    date_of_birth: str = field(repr=False, default="")


def certification_name(text: str) -> str:
    """A box's field name changes with its words: nobody agrees to what they did not see."""
    return f"certify_{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def parse(asked: Interview, given: Mapping[str, str]) -> Draft:
    """The form as it was typed. Raises `InvalidError`, its fields in the order of the page."""
    return _Reader(asked, given).draft()


class _Reader:
    """Reads one form, and gathers what is wrong with it."""

    def __init__(self, asked: Interview, given: Mapping[str, str]) -> None:
        self._asked = asked
        self._given = given
        self._wrong: dict[str, str] = {}

    def draft(self) -> Draft:
        asked, form_type = self._asked, self._asked.form_type
        legal_name = self._name("legal_name", "Type the name on your tax return.")
        business_name = self._name("business_name", "")
        classification = self._classification()
        fatca = self._chosen("fatca_status", FATCA_STATUSES) if form_type == W8BENE else ""
        citizenship = UNITED_STATES if asked.us else self._citizenship()
        birth = self._birth() if form_type == W8BEN else ""
        address = self._address()
        tin = self._tin(address["address_country"])
        treaty = {} if asked.us else self._treaty(tin)
        told = asked.us and bool(self._given.get("told_to_withhold"))
        certified = self._certified(told_to_withhold=told)
        signed_name, signed_as = self._signature(legal_name)
        if self._wrong:
            raise InvalidError("This form needs another look.", self._wrong)
        return Draft(
            form_type=form_type,
            legal_name=legal_name,
            business_name=business_name,
            classification=classification,
            fatca_status=fatca,
            tin=tin,
            **address,
            citizenship=citizenship,
            treaty=treaty,
            told_to_withhold=told,
            certifications=certified,
            signed_name=signed_name,
            signed_as=signed_as,
            date_of_birth=birth,
        )

    def _text(self, name: str, missing: str = "Fill this in.") -> str:
        text = " ".join(keepable(self._given.get(name, "")).split())
        if not text and name not in _OPTIONAL:
            self._wrong[name] = missing
        if len(text) > _LENGTHS[name]:
            self._wrong[name] = f"Keep this under {_LENGTHS[name]} characters."
        return text

    def _name(self, name: str, missing: str) -> str:
        """A name, which is kept in clear: so no tax number may slip into it."""
        text = self._text(name, missing)
        if sum(each.isdigit() for each in text) >= _DIGITS_IN_A_NAME:
            self._wrong[name] = "This is the field for a name; the number has its own below."
        return text

    def _classification(self) -> str:
        """A person is an individual; nobody has to choose from one."""
        if not self._asked.entity:
            return "individual"
        return self._chosen("classification", self._asked.classes)

    def _chosen(self, name: str, options: Mapping[str, str]) -> str:
        value = self._given.get(name, "")
        if value not in options:
            self._wrong[name] = "Choose one."
        return value

    def _citizenship(self) -> str:
        country = self._chosen("citizenship", COUNTRIES)
        if country == UNITED_STATES:
            self._wrong["citizenship"] = (
                "Who is American is a U.S. person, wherever they live, and fills in a W-9: change "
                "the first answer."
            )
        return country

    def _birth(self) -> str:
        typed = self._given.get("date_of_birth", "").strip()
        try:
            born = date.fromisoformat(typed)
        except ValueError:
            self._wrong["date_of_birth"] = "Give the day you were born, like 1990-05-31."
            return ""
        if not _EARLIEST <= born < clock.now().date():
            self._wrong["date_of_birth"] = "Nobody who sends this form was born on that day."
        return born.isoformat()

    def _address(self) -> dict[str, str]:
        found = {
            "address_line1": self._text("address_line1", "Type the street and number."),
            "address_line2": self._text("address_line2"),
            "address_city": self._text("address_city", "Type the city or town."),
            "address_state": self._text("address_state"),
            "address_zip": self._text("address_zip"),
            "address_country": self._chosen("address_country", COUNTRIES),
        }
        if found["address_country"] == UNITED_STATES:
            found["address_state"] = found["address_state"].upper()
            if not self._asked.us:
                self._wrong["address_country"] = (
                    "This form asks for where you live, outside of the United States."
                )
            elif found["address_state"] not in _STATES:
                self._wrong["address_state"] = "Use the two letters of your state, like CA."
            elif not _ZIP.fullmatch(found["address_zip"]):
                self._wrong["address_zip"] = "A ZIP code looks like 94105 or 94105-1234."
        if not self._asked.us and _BOX.search(found["address_line1"]):
            self._wrong["address_line1"] = "This form takes no P.O. box: say where you live."
        return found

    def _tin(self, country: str) -> Tin:
        kinds = self._asked.tin_kinds
        kind = kinds[0] if len(kinds) == 1 else self._given.get("tax_id_type", "")
        if kind not in kinds:
            self._wrong["tax_id_type"] = "Choose which number you give."
            return Tin(tins.NONE, "")
        try:
            return parse_tin(kind, self._given.get("tax_id", ""), country)
        except ValueError as error:
            self._wrong["tax_id"] = str(error)
            return Tin(kind, "")

    def _treaty(self, tin: Tin) -> dict[str, str]:
        """The claim to a treaty, if there is one: it needs a tax number, an article and a rate."""
        if not self._given.get("treaty"):
            return {}
        article = self._text("treaty_article", "Name the article of the treaty, like 7(1).")
        rate = self._given.get("treaty_rate", "").strip()
        if not re.fullmatch(r"[0-9]{1,2}", rate) or int(rate) > _TREATY_MOST:
            self._wrong["treaty_rate"] = "The treaty's rate is a whole percentage from 0 to 30."
        if tin.kind == tins.NONE:
            self._wrong["tax_id_type"] = "Who claims a treaty has to give a tax number."
        reason = self._text("treaty_reason")
        country = self._given.get("address_country", "")
        return {"country": country, "article": article, "rate": rate, "reason": reason}

    def _certified(self, *, told_to_withhold: bool) -> tuple[str, ...]:
        asked = [
            text
            for text in CERTIFICATIONS[self._asked.form_type]
            if text != NO_WITHHOLDING or not told_to_withhold
        ]
        for text in asked:
            if not self._given.get(certification_name(text)):
                self._wrong[certification_name(text)] = f"Please confirm: {text}"
        return tuple(asked)

    def _signature(self, legal_name: str) -> tuple[str, str]:
        signed = self._name("signed_name", "Sign with your name.")
        if self._asked.entity:
            return signed, self._text("signed_as", "Say what you are there, like Director.")
        legible = bool(signed) and "legal_name" not in self._wrong
        if legible and not names_match(signed, legal_name):
            self._wrong["signed_name"] = (
                "Sign with the legal name above: at least its first and its last name."
            )
        return signed, ""


def names_match(signed: str, legal: str) -> bool:
    """Whether a signature is somebody's legal name: its first and last name, in any order.

    Letter case, accents and what stands between names do not matter.
    """
    has, wanted = _words(signed), _words(legal)
    if not has or not wanted:
        return False
    return {wanted[0], wanted[-1]} <= set(has) and set(has) <= set(wanted) | _initials(wanted)


def _initials(words: list[str]) -> set[str]:
    return {word[0] for word in words}


def _words(name: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", name.casefold())
    bare = "".join(each for each in plain if not unicodedata.combining(each))
    return re.findall(r"\w+", re.sub(r"['\N{RIGHT SINGLE QUOTATION MARK}.]", "", bare))
