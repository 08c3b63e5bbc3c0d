"""No address of a visitor, a customer, a reporter or a signer is stored as it is."""

from datetime import timedelta
from http import HTTPStatus

import pytest
from cryptography.fernet import Fernet
from sqlmodel import func, select

import clock
from storage.clicks import Click
from storage.compliance import Report
from storage.db import Database
from storage.referrals import Referral
from storage.taxes import TaxForm
from tests.builders import join
from tests.dashboard.desk import Browser
from tests.dashboard.pages.test_tax import HERE, W9_HERE, sent
from tests.journeys.test_tax_secrecy import everything_in
from tests.waiting import until
from tests.whole import PRODUCT, running, whole_settings

FROM = "198.51.100.77"
FROM_6 = "2001:db8:77:1:abcd:ef01:2345:6789"
PIECES = (FROM.encode(), b"198.51.100.", FROM_6.encode(), b"2001:db8:77")
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"


async def counted(db: Database, table: type[Click | Report | Referral | TaxForm]) -> int:
    """How many rows a table has."""
    async with db.read() as session:
        return (await session.exec(select(func.count()).select_from(table))).one()


@pytest.mark.parametrize("address", [FROM, FROM_6])
async def test_an_address_is_found_nowhere(db: Database, address: str) -> None:
    """A click, a sign-up, a report, an application and a tax form, all from one address."""
    url = db.url.render_as_string(hide_password=False)
    key = Fernet.generate_key().decode()
    settings = whole_settings(url, trusted_proxies=["127.0.0.1"], tax_encryption_keys=[key])
    affiliate = await join(db)
    here = {"X-Forwarded-For": address, "User-Agent": FIREFOX}
    async with running(settings) as whole:
        browser = Browser(whole.client)  # type: ignore[arg-type]
        await browser.get("/r/JARED30", here, follow=False)
        signup = {"user_id": "user_7", "email": "ann@example.com", "ref": "JARED30", "ip": address}
        token = {"Authorization": f"Bearer {PRODUCT}", "Idempotency-Key": "one"}
        answer = await whole.call("POST", "/api/track/signup", headers=token | here, json=signup)
        assert answer.status == HTTPStatus.CREATED, answer.text
        form = (await browser.get("/report", here)).forms["/report"]
        said = {"named": "JARED30", "kind": "spam", "text": "A mail."}
        with clock.travel(clock.now() + timedelta(seconds=10)):
            await browser.post("/report", form | said, here)
        await whole.sign_in(affiliate.email)
        page = await browser.get(W9_HERE, here)
        await browser.post(HERE, sent(page), here)

        async def all_kept() -> bool:
            tables = (Click, Report, Referral, TaxForm)
            return all([await counted(whole.db, table) == 1 for table in tables])

        await until(all_kept)
    kept = await everything_in(db)
    for piece in PIECES:
        assert piece not in kept
