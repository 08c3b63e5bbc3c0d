"""How affiliates want to be paid."""

import pytest

from domain import payout_methods
from domain.errors import InvalidError, NotFoundError
from storage import audit
from storage.affiliates import Affiliate
from storage.db import Database
from storage.ids import new_id
from tests.builders import RITA, affiliate_now, join
from tests.payout_builders import JARED, ask, earn


async def choose(db: Database, affiliate: Affiliate, method: str, destination: str) -> None:
    """Choose a method, as the affiliate."""
    async with db.transaction() as session:
        await payout_methods.choose(session, affiliate.id, method, destination, JARED)


@pytest.mark.parametrize(
    ("method", "typed", "kept"),
    [
        ("paypal", " Jared@Pay.example ", "Jared@pay.example"),
        ("bank", " IBAN DE00 1234, Jared Example ", "IBAN DE00 1234, Jared Example"),
    ],
)
async def test_a_choice_is_kept_and_logged(
    db: Database, method: str, typed: str, kept: str
) -> None:
    """The log names the method, and not the account."""
    jared = await join(db)
    await choose(db, jared, method, typed)
    now = await affiliate_now(db, jared.id)
    assert (now.payout_method, now.payout_destination) == (method, kept)
    async with db.read() as session:
        line = (await audit.of_subject(session, f"affiliate:{jared.id}"))[-1]
    assert (line.action, line.detail) == ("affiliate.payout_method_set", {"method": method})


@pytest.mark.parametrize(
    ("method", "typed", "field"),
    [
        ("paypal", "jared@", "destination"),
        ("paypal", "", "destination"),
        ("bank", "  ", "destination"),
        ("bank", "x" * 301, "destination"),
        ("stripe", "acct_1234", "method"),
        ("", "", "method"),
    ],
)
async def test_what_cannot_be_used_is_said_beside_its_field(
    db: Database, method: str, typed: str, field: str
) -> None:
    """Nothing is kept; a Stripe account is nothing that affiliates type."""
    jared = await join(db)
    with pytest.raises(InvalidError) as caught:
        await choose(db, jared, method, typed)
    assert set(caught.value.fields) == {field}
    assert (await affiliate_now(db, jared.id)).payout_method == ""


async def test_an_operator_connects_a_stripe_account(db: Database) -> None:
    """Only what looks like one is taken."""
    jared = await join(db)
    async with db.transaction() as session:
        with pytest.raises(InvalidError):
            await payout_methods.connect(session, jared.id, "tr_1234", RITA)
        await payout_methods.connect(session, jared.id, "acct_1A2b3C4d", RITA)
        with pytest.raises(NotFoundError):
            await payout_methods.connect(session, new_id(), "acct_1A2b3C4d", RITA)
    now = await affiliate_now(db, jared.id)
    assert (now.payout_method, now.payout_destination) == ("stripe", "acct_1A2b3C4d")


async def test_a_payout_under_way_keeps_its_destination(db: Database) -> None:
    """Changing one's mind counts from the next payout on: this one was approved as it stands."""
    jared = await join(db)
    await earn(db, jared.id, 5000)
    await choose(db, jared, "paypal", "jared@pay.example")
    payout = await ask(db, jared)
    await choose(db, jared, "paypal", "mallory@pay.example")
    assert payout.destination == "jared@pay.example"
