"""Tax forms as people fill them in, and databases with keys to seal their numbers."""

from uuid import UUID

from cryptography.fernet import Fernet

from domain import taxes
from domain.audit import Actor
from domain.tax_choices import CERTIFICATIONS
from domain.tax_forms import Draft, certification_name, parse
from domain.tax_interview import Interview
from storage import taxes as rows
from storage.db import Database
from storage.taxes import TaxForm
from storage.vault import Vault
from tests.builders import RITA, SAM

AMERICAN = Interview(us=True, entity=False, country="US")
US_COMPANY = Interview(us=True, entity=True, country="US")
GERMAN = Interview(us=False, entity=False, country="DE")
GERMAN_COMPANY = Interview(us=False, entity=True, country="DE")
SSN = "536-90-4399"
OWNER = Actor("jared@example.com", "Jared Bets", "dashboard")
SIGNED_FROM = "203.0.113.77"
FINANCE, OTHER_FINANCE = RITA, SAM


def seal(db: Database, *keys: str) -> list[str]:
    """Turn tax forms on, with these keys or a new one; the keys."""
    used = list(keys) or [Fernet.generate_key().decode()]
    db.vault = Vault(used)
    return used


def typed(asked: Interview = AMERICAN, **changes: str) -> dict[str, str]:
    """A form filled in well; name fields to change them."""
    given = {
        "legal_name": "Jared Example",
        "address_line1": "12 Main Street",
        "address_city": "San Francisco",
        "address_state": "CA",
        "address_zip": "94105",
        "address_country": "US",
        "tax_id_type": "ssn",
        "tax_id": SSN,
        "signed_name": "Jared Example",
    }
    if asked.entity:
        given |= {
            "legal_name": "Example Media LLC",
            "classification": "llc_c" if asked.us else "corporation",
            "tax_id": "12-3456789",
            "signed_as": "Director",
        }
    if not asked.us:
        given |= {
            "address_line1": "Hauptstr. 5",
            "address_city": "Berlin",
            "address_state": "",
            "address_zip": "10115",
            "address_country": "DE",
            "citizenship": "DE",
            "tax_id_type": "foreign",
            "tax_id": "36 574 261 809",
            "date_of_birth": "1990-05-31",
            "fatca_status": "active_nffe",
        }
    given |= {certification_name(text): "yes" for text in CERTIFICATIONS[asked.form_type]}
    return given | changes


def draft(asked: Interview = AMERICAN, **changes: str) -> Draft:
    """The same, read."""
    return parse(asked, typed(asked, **changes))


async def send(
    db: Database, affiliate_id: UUID, asked: Interview = AMERICAN, **changes: str
) -> TaxForm:
    """Send a form, after whatever was sent before."""
    async with db.transaction() as session:
        before = await rows.current(session, affiliate_id)
        return await taxes.submit(
            session,
            affiliate_id,
            draft(asked, **changes),
            signed_from=SIGNED_FROM,
            after=before.version if before else 0,
            actor=OWNER,
        )


async def verify(db: Database, form: TaxForm) -> None:
    """Verify a form, as finance."""
    async with db.transaction() as session:
        await taxes.verify(session, form.id, FINANCE)


async def send_back(db: Database, form: TaxForm, reason: str = "The name does not fit.") -> None:
    """Send a form back, as finance."""
    async with db.transaction() as session:
        await taxes.send_back(session, form.id, reason, FINANCE)


async def standing(db: Database, affiliate_id: UUID) -> taxes.Standing:
    """Where an affiliate stands."""
    async with db.read() as session:
        return await taxes.standing(session, affiliate_id)
