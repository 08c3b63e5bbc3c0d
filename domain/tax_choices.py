"""What can be chosen on each tax form, and what is certified on it, in plain words.

The forms are those of the IRS: W-9 for U.S. persons, W-8BEN for other people, W-8BEN-E for other
entities. Their own words: https://www.irs.gov/pub/irs-pdf/fw9.pdf, fw8ben.pdf and fw8bene.pdf.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

from domain import tins
from storage.taxes import W8BEN, W8BENE, W9

Choices: TypeAlias = Mapping[str, str]

TITLES: Final[Choices] = MappingProxyType({W9: "W-9", W8BEN: "W-8BEN", W8BENE: "W-8BEN-E"})
PERSON_CLASSES: Final[Choices] = MappingProxyType(
    {"individual": "Individual, sole proprietor or single-member LLC"}
)
US_CLASSES: Final[Choices] = MappingProxyType(
    {
        "c_corporation": "C corporation",
        "s_corporation": "S corporation",
        "partnership": "Partnership",
        "trust": "Trust or estate",
        "llc_c": "LLC, taxed as a C corporation",
        "llc_s": "LLC, taxed as an S corporation",
        "llc_p": "LLC, taxed as a partnership",
        "other": "Something else",
    }
)
ENTITY_CLASSES: Final[Choices] = MappingProxyType(
    {
        "corporation": "Corporation",
        "partnership": "Partnership",
        "simple_trust": "Simple trust",
        "grantor_trust": "Grantor trust",
        "complex_trust": "Complex trust",
        "estate": "Estate",
        "government": "Government or international organization",
        "tax_exempt": "Tax-exempt organization or private foundation",
    }
)
FATCA_STATUSES: Final[Choices] = MappingProxyType(
    {
        "active_nffe": "Active NFFE: a business that mostly earns by its work",
        "passive_nffe": "Passive NFFE: mostly earns interest, dividends or rents",
        "public_nffe": "Publicly traded NFFE, or affiliated with one",
        "nonprofit": "Nonprofit organization",
        "other": "Another status: we ask you about it",
    }
)
TIN_KINDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        W9: (tins.SSN, tins.EIN, tins.ITIN),
        W8BEN: (tins.FOREIGN, tins.ITIN, tins.SSN, tins.NONE),
        W8BENE: (tins.FOREIGN, tins.EIN, tins.NONE),
    }
)

TRUE_FORM: Final = (
    "Under penalties of perjury: I have looked at this form, and all that it says is true, "
    "correct and complete."
)
NO_WITHHOLDING: Final = (
    "I am not subject to backup withholding: I am exempt from it, or the IRS has not told me that "
    "I am, or it has told me that I no longer am."
)
_PERSON_IS_OWNER: Final = (
    "I am an individual and the beneficial owner of the income that this form is about, or I may "
    "sign for the one who is."
)
_NO_US_BUSINESS: Final = (
    "This income does not come from a trade or business in the United States, or a treaty keeps it "
    "free of tax there."
)
_IN_TREATY_COUNTRY: Final = (
    "Where a treaty is claimed: its country is where I live, within the meaning of the treaty."
)
_NEW_FORM: Final = "I will send a new form within 30 days if anything here is no longer correct."
CERTIFICATIONS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        W9: (
            TRUE_FORM,
            "The tax number on this form is my correct one.",
            NO_WITHHOLDING,
            "I am a U.S. citizen or another U.S. person.",
        ),
        W8BEN: (
            TRUE_FORM,
            _PERSON_IS_OWNER,
            "I am not a U.S. person.",
            _NO_US_BUSINESS,
            _IN_TREATY_COUNTRY,
            _NEW_FORM,
        ),
        W8BENE: (
            TRUE_FORM,
            "The entity on this form is the beneficial owner of the income that it is about.",
            "The entity on this form is not a U.S. person.",
            _NO_US_BUSINESS,
            "The status that is given for chapter 4 (FATCA) is the entity's own.",
            "I may sign for the entity.",
            _NEW_FORM,
        ),
    }
)
