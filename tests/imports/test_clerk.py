"""Affiliates and customers from the metadata of Clerk's users, under all names that were in use."""

import json
from pathlib import Path
from typing import Any

import pytest

import clock
from domain import affiliates
from domain.attribution import METADATA_KEYS
from domain.imports import BroughtAffiliate, BroughtCommission, BroughtCustomer, Item, Odd
from domain.statuses import Status
from imports import clerk
from imports.sheets import Options
from storage import codes, ledger, referrals
from storage.db import Database
from tests.builders import facts, join, settle
from tests.imports.bringing import CLI, bring


def user(n: int, metadata: dict[str, Any], email: str = "") -> dict[str, Any]:
    """A user as Clerk's API answers."""
    address = email or f"user{n}@example.com"
    return {
        "id": f"user_{n}",
        "first_name": "Mia",
        "last_name": "Example",
        "created_at": 1790812800000,
        "primary_email_address_id": "idn_1",
        "email_addresses": [
            {"id": "idn_1", "email_address": address, "verification": {"status": "verified"}}
        ],
        "private_metadata": {"propmine": metadata},
    }


MIA = {
    "status": "approved",
    "promoCode": "MIA30",
    "affiliateApprovedAt": "2026-06-11T00:00:00.000Z",
    "affiliateTermsVersion": "v1",
    "affiliateId": "aff_MIA30",
    "accruedUnpaidBalance": 12.5,
    "stripePromotionCodeId": "promo_1",
    "stripeCouponId": "coupon_1",
}


def items(folder: Path, *users: dict[str, Any], currency: str = "usd") -> list[Item]:
    """What users' metadata says."""
    path = folder / "users.json"
    path.write_text(json.dumps(users))
    return list(clerk.read_files([path], "propmine", Options(currency)).items())


def test_an_affiliate_by_the_canonical_names(tmp_path: Path) -> None:
    """With what is owed to them, to the cent."""
    affiliate, owed = items(tmp_path, user(1, {"affiliate": MIA}))
    assert isinstance(affiliate, BroughtAffiliate)
    assert (affiliate.email, affiliate.status, affiliate.code) == (
        "user1@example.com",
        Status.APPROVED,
        "MIA30",
    )
    assert (affiliate.promotion_code, affiliate.coupon) == ("promo_1", "coupon_1")
    assert isinstance(owed, BroughtCommission)
    assert (owed.amount, owed.currency) == (1250, "usd")


@pytest.mark.parametrize("word", ["approved", "active", "enabled", "live", "Active"])
@pytest.mark.parametrize("name", ["promoCode", "promo_code", "promotionCode", "code"])
def test_an_affiliate_by_other_names(tmp_path: Path, word: str, name: str) -> None:
    """Statuses and keys as people typed them."""
    (affiliate,) = items(
        tmp_path, user(1, {"affiliate": {"affiliate_status": word, name: "mia30"}})
    )
    assert isinstance(affiliate, BroughtAffiliate)
    assert (affiliate.status, affiliate.code) == (Status.APPROVED, "mia30")


@pytest.mark.parametrize("key", METADATA_KEYS)
def test_a_customer_by_every_name_of_the_code(tmp_path: Path, key: str) -> None:
    """Known by their user's id and address."""
    (buyer,) = items(tmp_path, user(2, {key: "MIA30", "subscriptionStatus": "active"}))
    assert isinstance(buyer, BroughtCustomer)
    assert (buyer.user, buyer.email, buyer.whose.ref) == ("user_2", "user2@example.com", "MIA30")
    assert buyer.paid


def test_what_is_odd(tmp_path: Path) -> None:
    """A status that is none, and money without a currency."""
    wrong = user(1, {"affiliate": MIA | {"status": "maybe"}})
    (odd,) = items(tmp_path, wrong)
    assert isinstance(odd, Odd)
    found = items(tmp_path, user(1, {"affiliate": MIA}), currency="")
    assert isinstance(found[1], Odd)
    assert "--currency usd" in found[1].why


async def test_they_are_at_home(db: Database, tmp_path: Path) -> None:
    """The codes that the payment provider has stay as they are, and twice changes nothing."""
    path = tmp_path / "users.json"
    lines = [
        user(1, {"affiliate": MIA}),
        user(2, {"affiliateCodeUsed": "mia30", "subscriberActive": True}, "Nora@example.net"),
        user(3, {"affiliate": {"status": "pending"}}),
    ]
    path.write_text("\n".join(json.dumps(each) for each in lines))
    for _ in range(2):
        await bring(db, clerk.read_files([path], "propmine", Options("usd")))
    async with db.transaction() as session:
        mia = await affiliates.look_up(session, "MIA30")
        code = await codes.by_code(session, "MIA30")
        assert code is not None
        assert (code.stripe_promotion_code_id, mia.clerk_user_id) == ("promo_1", "user_1")
        assert await ledger.balances(session, mia.id, clock.now()) == {"usd": (1250, 0)}
        nora = await referrals.of_person(session, "", "user_2", "")
    assert nora is not None
    assert (nora.affiliate_user_id, nora.first_sale) == (mia.id, True)


async def test_what_we_wrote_there_is_owed_once(db: Database, tmp_path: Path) -> None:
    """The directory shows the balance that is kept here; reading it back adds nothing to it."""
    jared = await join(db, email="user2@example.com")
    await settle(db, facts(1))
    path = tmp_path / "users.json"
    report = ""
    for shown in (12.5, 12, 512):
        lines = [
            user(1, {"affiliate": MIA | {"accruedUnpaidBalance": shown}}),
            user(2, {"affiliate": {"status": "approved", "promoCode": "JARED30", "balance": 5}}),
        ]
        path.write_text("\n".join(json.dumps(each) for each in lines))
        report = await bring(db, clerk.read_files([path], "propmine", Options("usd")))
    async with db.read() as session:
        mia = await affiliates.look_up(session, "MIA30")
        unpaid = await ledger.unpaid(session)
    assert unpaid == {mia.id: {"usd": 1250}, jared.id: {"usd": 557}}
    assert "2: What is owed to them is kept here; the balance there only shows it." in report


async def test_a_balance_of_somebody_who_was_only_taken_in(db: Database, tmp_path: Path) -> None:
    """Their code was known before; nothing was ever posted, so what stands there is of before."""
    entry = affiliates.DirectoryEntry(
        email="user1@example.com",
        status=Status.APPROVED,
        promo_code="MIA30",
        reference="aff_MIA30",
        user_id="user_1",
        approved_at=None,
        terms_version="v1",
        stripe_coupon_id="coupon_1",
        stripe_promotion_code_id="promo_1",
    )
    async with db.transaction() as session:
        mia = await affiliates.adopt(session, entry, CLI)
    assert mia is not None
    path = tmp_path / "users.json"
    path.write_text(json.dumps(user(1, {"affiliate": MIA})))
    for _ in range(2):
        await bring(db, clerk.read_files([path], "propmine", Options("usd")))
    async with db.read() as session:
        assert await ledger.unpaid(session) == {mia.id: {"usd": 1250}}
