"""Forms of Tally and users of Clerk, signed and wild: an application, a sign-up, or a reason."""

import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from hypothesis import strategies as st

import clock
from integrations.clerk import ClerkUser
from integrations.clerk_metadata import read_affiliate
from integrations.errors import TransportError
from sandbox.tally.form import TallyForm
from settings import Settings
from storage.inbox import Arrival
from tests.builders import join
from tests.fuzz.hunting import Trial
from tests.fuzz.intake import SECRET, Intake, at_door
from tests.fuzz.wild import bodies, changed, changes, one_of
from tests.fuzz.worlds import database, ledger, require, require_books
from tests.network_builders import add_network
from webhooks.clerk import users
from webhooks.router import HandlerContext

NAMESPACE: Final = "propmine"


def _forms() -> list[Any]:
    form = TallyForm("http://nowhere.example")
    whole = {
        "legal_name": "Jared Example",
        "display_name": "Jared Bets",
        "email": "jared@example.com",
        "platform": "YouTube",
        "link": "https://youtube.com/@jaredbets",
        "audience_size": "12,000 subscribers",
        "audience_focus": "Player props",
        "code": "JARED30",
        "methods": ["Videos", "Newsletter"],
        "terms": ["I will not use my own code"],
    }
    sent = [json.loads(form.payload(whole, {"ref": "JARED30"})), json.loads(form.payload({}))]
    rows = sent[0]["data"]["fields"]
    for kind in ("MATRIX", "RANKING", "FILE_UPLOAD", "SIGNATURE", "MULTI_SELECT", "NEW_KIND"):
        rows.append({**rows[3], "key": f"question_{kind}", "label": kind, "type": kind})
    return sent


@asynccontextmanager
async def tally(folder: Path) -> AsyncIterator[Trial]:
    """Forms that are sent; whatever is in them, nobody earns."""
    async with database(folder) as db:
        intake = Intake(db, HandlerContext(Settings(_env_file=None)))

        async def attempt(body: bytes) -> None:
            await intake.take(lambda: at_door("tally", {}, body))

        async def inspect() -> None:
            require(await ledger(db) == (0, 0), "A form has put something into the ledger.")

        yield Trial(bodies(_forms()), attempt, inspect)


def _users() -> list[Any]:
    touch = {
        "ref": "JARED30",
        "click_id": "0198c0de-1234-7abc-8def-123456789012",
        "src": "video",
        "landing_page": "/pricing?x=1",
        "at": "2026-11-01T12:00:00Z",
        "network_clicks": {"clickid": "abc"},
    }
    user = {
        "id": "user_1",
        "created_at": int(clock.timestamp() * 1000) - 1000,
        "primary_email_address_id": "idn_1",
        "email_addresses": [{"id": "idn_1", "email_address": "new@example.net"}],
        "unsafe_metadata": touch | {"first_touch": touch},
        "public_metadata": {users.INSIDE: touch},
    }
    return [
        {"type": "user.created", "object": "event", "data": user},
        {"type": "user.created", "object": "event", "data": {**user, "unsafe_metadata": {}}},
    ]


@asynccontextmanager
async def clerk(folder: Path) -> AsyncIterator[Trial]:
    """News of users; whatever they say of themselves, nobody earns by it."""
    async with database(folder) as db:
        await join(db)
        await add_network(db)
        intake = Intake(db, HandlerContext(Settings(_env_file=None)))

        async def attempt(given: tuple[bytes, str]) -> None:
            body, message = given
            await intake.take(lambda: _clerk_arrival(body, message))

        async def inspect() -> None:
            require(await ledger(db) == (0, 0), "A sign-up has put something into the ledger.")
            await require_books(db)

        messages = st.one_of(st.just("msg_1"), one_of(["m\udcff", "m" * 3000, "m\0", "é"]))
        yield Trial(st.tuples(bodies(_users()), messages), attempt, inspect)


def _clerk_arrival(body: bytes, message: str) -> Arrival:
    """What the door makes of a request that Clerk has signed."""
    moment = int(clock.timestamp())
    what = message.encode(errors="surrogatepass") + f".{moment}.".encode() + body
    mac = b64encode(hmac.digest(b64decode(SECRET), what, "sha256")).decode()
    headers = {
        "svix-id": message,
        "svix-timestamp": str(moment),
        "svix-signature": f"v1,{mac}",
    }
    return at_door("clerk", headers, body)


def kept_users() -> list[Any]:
    """Users as Clerk keeps them, with each name under which anything was ever kept."""
    entry = {
        "status": "approved",
        "affiliate_status": "pending",
        "promoCode": "JARED30",
        "promotion_code": "JARED30",
        "affiliateApprovedAt": "2026-11-01",
        "approved_at": "2026-11-01T12:00:00Z",
        "affiliateTermsVersion": "2026-01",
        "affiliateId": "aff_1",
        "stripeCouponId": "co_1",
        "stripePromotionCodeId": "promo_1",
        "accruedUnpaidBalance": "12.50",
        "unpaid_balance": 12.5,
    }
    user = {
        "id": "user_1",
        "first_name": "Jared",
        "last_name": "Example",
        "created_at": 1_760_000_000_000,
        "primary_email_address_id": "idn_1",
        "email_addresses": [
            {
                "id": "idn_1",
                "email_address": "jared@example.com",
                "verification": {"status": "verified"},
            }
        ],
        "public_metadata": {},
        "private_metadata": {
            NAMESPACE: {
                "affiliate": entry,
                "affiliateCodeUsed": "JARED30",
                "referralCode": "JARED30",
                "stripeCustomerId": "cus_1",
                "subscriptionStatus": "active",
                "subscriberActive": True,
                "billingPlan": "monthly",
            }
        },
    }
    return [user]


@asynccontextmanager
async def clerk_users(_folder: Path) -> AsyncIterator[Trial]:
    """What Clerk answers of a user, and what stands in the metadata."""

    async def attempt(raw: Any) -> None:
        try:
            user = ClerkUser.parse(raw)
        except TransportError as error:
            require(str(error), "refused without a word")
            return
        found = read_affiliate(user.private_metadata, NAMESPACE)
        if found is not None:
            texts = (found.status, found.promo_code, found.affiliate_id, found.terms_version)
            require(all(isinstance(one, str) for one in texts), f"no texts: {texts}")

    yield Trial(st.builds(changed, one_of(kept_users()), changes), attempt)
