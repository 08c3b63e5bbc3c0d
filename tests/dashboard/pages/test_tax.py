"""The tax page: three questions, one form, and a number that is never shown again."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from http import HTTPStatus

import pytest

import clock
from domain.tax_choices import CERTIFICATIONS
from domain.tax_forms import certification_name
from domain.tax_secrets import read
from storage import taxes as rows
from storage.affiliates import Affiliate
from storage.db import Database
from storage.taxes import TaxForm
from tests.dashboard.desk import Browser, Desk, Page, make_settings
from tests.domain.test_tax_years import paid
from tests.payout_builders import earn
from tests.tax_builders import FINANCE, SSN, seal, send_back
from tests.tax_builders import send as send_form

HERE = "/affiliate/dashboard/tax"
W9_HERE = f"{HERE}?us=yes&holder=individual&country=US"
W8_HERE = f"{HERE}?us=no&holder=individual&country=DE"
BARE = SSN.replace("-", "")


@pytest.fixture
async def taxed(db: Database) -> AsyncIterator[Desk]:
    """A dashboard with tax forms on."""
    seal(db)
    async with Desk(db, make_settings()).running() as desk:
        yield desk


@pytest.fixture
async def mia(taxed: Desk) -> Affiliate:
    """An affiliate."""
    return await taxed.approve()


@pytest.fixture
async def browser(taxed: Desk, mia: Affiliate) -> AsyncIterator[Browser]:
    """Her browser."""
    async with taxed.browser() as browser:
        yield await taxed.signed_in(browser, mia.email)


def filled(**changes: str) -> dict[str, str]:
    """A W-9 of Mia's."""
    given = {
        "legal_name": "Mia Muster",
        "address_line1": "12 Main Street",
        "address_city": "San Francisco",
        "address_state": "ca",
        "address_zip": "94105",
        "address_country": "US",
        "tax_id_type": "ssn",
        "tax_id": SSN,
        "signed_name": "Mia Muster",
    }
    return given | {certification_name(text): "yes" for text in CERTIFICATIONS["w9"]} | changes


def sent(page: Page, **changes: str) -> list[tuple[str, str]]:
    """The page's form, filled in."""
    hidden = ("csrf", "us", "holder", "country", "after")
    given = {name: page.forms[HERE][name] for name in hidden}
    return list((given | filled(**changes)).items())


async def form_of(db: Database, affiliate: Affiliate) -> TaxForm | None:
    """The form that counts."""
    async with db.read() as session:
        return await rows.current(session, affiliate.id)


async def test_a_w9_is_filled_in_and_shown_shortened(
    taxed: Desk, mia: Affiliate, browser: Browser
) -> None:
    """The name is there already; the number is sealed with the address it was sent from."""
    page = await browser.get(W9_HERE)
    assert page.forms[HERE]["legal_name"] == "Mia Muster"
    answer = await browser.post(HERE, sent(page))
    assert answer.status == HTTPStatus.SEE_OTHER
    assert SSN not in answer.headers["Location"]
    form = await form_of(taxed.db, mia)
    assert form is not None
    assert (form.form_type, form.address_state) == ("w9", "CA")
    async with taxed.db.transaction() as session:
        secrets = await read(session, form, FINANCE, "A test")
    assert (secrets.tax_id, secrets.signed_from) == (BARE, "127.0.0.1")
    shown = await browser.get(f"{HERE}?done=yes")
    assert "SSN ***-**-4399" in shown.words
    assert "Submitted" in shown.words
    assert BARE not in shown.html.replace("-", "")


async def test_a_slip_keeps_everything_but_the_number(
    taxed: Desk, mia: Affiliate, browser: Browser
) -> None:
    """What was typed stays; the number has to be typed once more."""
    page = await browser.get(W9_HERE)
    again = await browser.post(HERE, sent(page, address_zip="9", tax_id="000-00-0000"))
    assert again.status == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "No social security number begins with 000" in again.words
    assert "A ZIP code looks like" in again.words
    assert again.forms[HERE]["address_city"] == "San Francisco"
    again = await browser.post(HERE, sent(page, address_zip="9"))
    assert again.forms[HERE]["tax_id"] == ""
    assert BARE not in again.html.replace("-", "")
    assert await form_of(taxed.db, mia) is None


async def test_the_field_of_the_number_is_remembered_by_nobody(browser: Browser) -> None:
    """No autofill, no cache, and no address that another site could be told."""
    page = await browser.get(W9_HERE)
    (field,) = [
        about for name, about in page.tags if name == "input" and about.get("id") == "tax_id"
    ]
    assert field["autocomplete"] == "off"
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "same-origin"


async def test_the_interview_says_what_does_not_fit(browser: Browser) -> None:
    """Somebody in the United States who is no U.S. person."""
    page = await browser.get(f"{HERE}?us=no&holder=individual&country=US")
    assert page.status == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "is a U.S. person" in page.words
    elsewhere = await browser.get(W8_HERE)
    assert "W-8BEN" in elsewhere.words
    assert "Date of birth" in elsewhere.words
    company = await browser.get(f"{HERE}?us=no&holder=entity&country=DE")
    assert "Chapter 4 status" in company.words


async def test_a_form_sent_twice_is_kept_once(
    taxed: Desk, mia: Affiliate, browser: Browser
) -> None:
    """By a double click or "back": the second is told what is there."""
    page = await browser.get(W9_HERE)
    await browser.post(HERE, sent(page))
    again = await browser.post(HERE, sent(page))
    assert again.status == HTTPStatus.CONFLICT
    assert "sent already" in again.words
    form = await form_of(taxed.db, mia)
    assert form is not None
    assert form.version == 1


async def test_a_form_sent_back_says_why_and_asks_again(
    taxed: Desk, mia: Affiliate, browser: Browser
) -> None:
    """On this page, and on the one where they ask for money."""
    await earn(taxed.db, mia.id, 5000)
    payouts = await browser.get("/affiliate/dashboard/payouts")
    assert "we need your tax form" in payouts.words
    page = await browser.get(W9_HERE)
    await browser.post(HERE, sent(page))
    payouts = await browser.get("/affiliate/dashboard/payouts")
    assert "tax form" not in payouts.words
    form = await form_of(taxed.db, mia)
    assert form is not None
    await send_back(taxed.db, form, "The name is <b>not</b> the one at the IRS.")
    page = await browser.get(HERE)
    assert "The name is <b>not</b> the one at the IRS." in page.words
    assert "Are you a U.S. person?" in page.words
    refused = await browser.get("/affiliate/dashboard/payouts/request?currency=usd")
    assert refused.status == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "sent back" in refused.words


async def test_the_copy_of_a_past_year_is_there_for_its_owner(
    taxed: Desk, mia: Affiliate, browser: Browser
) -> None:
    """Once the year is over and the sum was reported; nobody else gets it."""
    await send_form(taxed.db, mia.id)
    year = clock.now().year
    await paid(taxed.db, mia, 250_000, at=clock.now())
    here = f"{HERE}/{year}.pdf"
    assert "Past years" not in (await browser.get(HERE)).words
    assert (await browser.get(here)).status == HTTPStatus.NOT_FOUND
    later = datetime(year + 1, 1, 2, tzinfo=UTC)
    with clock.travel(later):
        other = await taxed.approve("bob@example.com", "BOB30")
        for who, found in ((mia, True), (other, False)):
            await taxed.signed_in(browser, who.email)
            page = await browser.get(HERE)
            assert (f"1099-NEC of {year}: $2,500.00" in page.words) is found
            async with browser.client.get(here) as answer:
                assert (answer.status == HTTPStatus.OK) is found
                made = await answer.read()
            assert made.startswith(b"%PDF-") is found
            assert BARE.encode() not in made.replace(b"-", b"")


async def test_without_keys_there_is_nothing_to_fill_in(desk: Desk) -> None:
    """And no barrier."""
    mia = await desk.approve()
    await earn(desk.db, mia.id, 5000)
    async with desk.browser() as browser:
        await desk.signed_in(browser, mia.email)
        assert "nothing to fill in" in (await browser.get(HERE)).words
        assert "tax form" not in (await browser.get("/affiliate/dashboard/payouts")).words
        page = await browser.get("/affiliate/dashboard/payouts/request?currency=usd")
        assert page.status == HTTPStatus.OK
