"""The three questions that choose a tax form."""

from dataclasses import dataclass
from typing import Final

from domain import tins
from domain.countries import COUNTRIES
from domain.errors import InvalidError
from domain.tax_choices import ENTITY_CLASSES, PERSON_CLASSES, TIN_KINDS, US_CLASSES, Choices
from storage.taxes import W8BEN, W8BENE, W9

UNITED_STATES: Final = "US"


@dataclass(frozen=True, slots=True)
class Interview:
    """The three answers that choose the form. `country` is where they live, or were founded."""

    us: bool
    entity: bool
    country: str

    @property
    def form_type(self) -> str:
        """The form that they need."""
        if self.us:
            return W9
        return W8BENE if self.entity else W8BEN

    @property
    def classes(self) -> Choices:
        """What they can be, on that form."""
        if not self.entity:
            return PERSON_CLASSES
        return US_CLASSES if self.us else ENTITY_CLASSES

    @property
    def tin_kinds(self) -> tuple[str, ...]:
        """The numbers that can be given on that form."""
        return (tins.EIN,) if self.us and self.entity else TIN_KINDS[self.form_type]


def interview(us: str, holder: str, country: str) -> Interview:
    """The answers as they were chosen. Raises `InvalidError`."""
    wrong = {}
    if us not in {"yes", "no"}:
        wrong["us"] = "Say whether you are a U.S. person."
    if holder not in {"individual", "entity"}:
        wrong["holder"] = "Say who is paid: you, or a company."
    if country not in COUNTRIES:
        wrong["country"] = "Choose your country."
    elif us == "no" and country == UNITED_STATES:
        wrong["country"] = (
            "Who lives in the United States is a U.S. person for this, nearly always. If you are "
            "not, choose the country whose taxes you pay, or ask us."
        )
    if wrong:
        raise InvalidError("We need all three answers.", wrong)
    return Interview(us == "yes", holder == "entity", country)
