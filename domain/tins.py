"""Tax numbers: which kinds there are, and whether one can be real, by its format alone.

A format proves little, but it catches the slips and the numbers that are never issued. Each kind is
checked by its own module: the one that guesses the kind takes 000-00-0000 for a good number.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from stdnum.ar import cuit
from stdnum.at import tin as at_tin
from stdnum.au import abn, tfn
from stdnum.be import nn
from stdnum.be import vat as be_vat
from stdnum.br import cnpj, cpf
from stdnum.ca import bn, sin
from stdnum.ch import ssn as ch_ssn
from stdnum.ch import uid
from stdnum.de import idnr, stnr
from stdnum.dk import cpr, cvr
from stdnum.es import nif as es_nif
from stdnum.fi import hetu, ytunnus
from stdnum.fr import nif as fr_nif
from stdnum.fr import siren, siret
from stdnum.ie import pps
from stdnum.ie import vat as ie_vat
from stdnum.in_ import pan
from stdnum.it import codicefiscale, iva
from stdnum.mx import rfc
from stdnum.nl import bsn, btw
from stdnum.no import fodselsnummer
from stdnum.no import orgnr as no_orgnr
from stdnum.nz import ird
from stdnum.pl import nip, pesel
from stdnum.pt import nif as pt_nif
from stdnum.se import orgnr as se_orgnr
from stdnum.se import personnummer
from stdnum.us import ein, itin, ssn
from stdnum.za import tin as za_tin

SSN: Final = "ssn"
EIN: Final = "ein"
ITIN: Final = "itin"
FOREIGN: Final = "foreign"
NONE: Final = "none"
LABELS: Final = MappingProxyType(
    {
        SSN: "Social security number (SSN)",
        EIN: "Employer identification number (EIN)",
        ITIN: "Individual taxpayer identification number (ITIN)",
        FOREIGN: "Tax number of my own country",
        NONE: "None: my country issues none to me",
    }
)
LAST: Final = 4

_NINE: Final = re.compile(r"[0-9]{3}[- ]?[0-9]{2}[- ]?[0-9]{4}")
_EIN: Final = re.compile(r"[0-9]{2}[- ]?[0-9]{7}")
_ANY: Final = re.compile(r"[0-9A-Za-z](?:[0-9A-Za-z]|[-./ ](?=[0-9A-Za-z])){3,29}")
_BETWEEN: Final = re.compile(r"[-./ ]")

# Tax numbers that are well described. Elsewhere any number of a sensible length is taken: refusing
# somebody's real one would keep their money from them.
_COUNTRIES: Final[Mapping[str, tuple[Callable[[str], bool], ...]]] = MappingProxyType(
    {
        "AR": (cuit.is_valid,),
        "AT": (at_tin.is_valid,),
        "AU": (tfn.is_valid, abn.is_valid),
        "BE": (nn.is_valid, be_vat.is_valid),
        "BR": (cpf.is_valid, cnpj.is_valid),
        "CA": (sin.is_valid, bn.is_valid),
        "CH": (ch_ssn.is_valid, uid.is_valid),
        "DE": (idnr.is_valid, stnr.is_valid),
        "DK": (cpr.is_valid, cvr.is_valid),
        "ES": (es_nif.is_valid,),
        "FI": (hetu.is_valid, ytunnus.is_valid),
        "FR": (fr_nif.is_valid, siren.is_valid, siret.is_valid),
        "IE": (pps.is_valid, ie_vat.is_valid),
        "IN": (pan.is_valid,),
        "IT": (codicefiscale.is_valid, iva.is_valid),
        "MX": (rfc.is_valid,),
        "NL": (bsn.is_valid, btw.is_valid),
        "NO": (fodselsnummer.is_valid, no_orgnr.is_valid),
        "NZ": (ird.is_valid,),
        "PL": (pesel.is_valid, nip.is_valid),
        "PT": (pt_nif.is_valid,),
        "SE": (personnummer.is_valid, se_orgnr.is_valid),
        "ZA": (za_tin.is_valid,),
    }
)


@dataclass(frozen=True, slots=True)
class Tin:
    """A tax number without anything between its digits. It does not show itself in a log."""

    kind: str
    number: str = field(repr=False)

    @property
    def last4(self) -> str:
        """All of it that is ever shown; less of a short one, of which that would be too much."""
        return self.number[-min(LAST, len(self.number) // 2) :] if self.number else ""


def parse_tin(kind: str, text: str, country: str = "US") -> Tin:
    """The number that was typed, of one of the kinds in `LABELS`.

    Raises `ValueError` with a sentence that never holds the number itself.
    """
    typed = text.strip()
    if kind == NONE:
        return Tin(NONE, "")
    if not typed:
        raise ValueError("Type the number.")
    number = _BETWEEN.sub("", typed).upper()
    if problem := _PROBLEMS[kind](typed, number, country):
        raise ValueError(problem)
    return Tin(kind, number)


def masked(kind: str, last4: str, country: str = "US") -> str:
    """A number as it is shown: what kind it is, and how it ends."""
    if kind == NONE:
        return "none"
    shapes = {SSN: "SSN ***-**-", ITIN: "ITIN ***-**-", EIN: "EIN **-***"}
    return f"{shapes.get(kind, f'tax number of {country} …')}{last4}"


def written(kind: str, number: str) -> str:
    """A whole number as a tax form has it."""
    if kind in {SSN, ITIN}:
        return f"{number[:3]}-{number[3:5]}-{number[5:]}"
    return f"{number[:2]}-{number[2:]}" if kind == EIN else number


def _ssn_problem(typed: str, number: str, _country: str) -> str:
    if not _NINE.fullmatch(typed):
        return "A social security number has nine digits, like 123-45-6789."
    if number.startswith("9"):
        return "No social security number begins with 9. If yours does, it is an ITIN."
    if number.startswith(("000", "666")):
        return f"No social security number begins with {number[:3]}. Look at your card again."
    if not ssn.is_valid(number):
        return "This number was never given to anybody. Look at your card again."
    return ""


def _itin_problem(typed: str, number: str, _country: str) -> str:
    if not _NINE.fullmatch(typed):
        return "An ITIN has nine digits, like 912-70-1234."
    if not itin.is_valid(number):
        return "This is no ITIN: those begin with 9, and their fourth digit is 5 to 9."
    return ""


def _ein_problem(typed: str, number: str, _country: str) -> str:
    if not _EIN.fullmatch(typed):
        return "An employer identification number has nine digits, like 12-3456789."
    if len(set(number[2:])) == 1 or not ein.is_valid(number):
        return "The IRS gives no such employer number. Look at its letter again."
    return ""


def _foreign_problem(typed: str, number: str, country: str) -> str:
    if not _ANY.fullmatch(typed) or not any(each.isdigit() for each in number):
        return "A tax number has 4 to 30 digits and letters."
    if len(set(number)) == 1:
        return "This cannot be a tax number. Type yours."
    checks = _COUNTRIES.get(country, ())
    if checks and not any(is_valid(number) for is_valid in checks):
        return "This does not look like a tax number of that country. Look at it again."
    return ""


_PROBLEMS: Final[Mapping[str, Callable[[str, str, str], str]]] = MappingProxyType(
    {SSN: _ssn_problem, ITIN: _itin_problem, EIN: _ein_problem, FOREIGN: _foreign_problem}
)
