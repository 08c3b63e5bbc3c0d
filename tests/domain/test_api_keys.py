"""Keys for affiliates' own programs: made, rotated in peace, revoked, and known by their hash."""

import asyncio
import re
from datetime import timedelta
from typing import Any

import pytest

import clock
from domain import affiliates, api_keys, erasure, tokens
from domain.api_keys import KIND, SCOPES, WORKING_MAX, Scope
from domain.audit import Actor
from domain.errors import ConflictError, InvalidError, NotAllowedError, NotFoundError
from domain.statuses import Status
from storage import api_keys as rows
from storage import audit
from storage.affiliates import Affiliate
from storage.api_keys import ApiKey
from storage.db import Database
from tests.builders import RITA, effects_asked_for, join


def own(affiliate: Affiliate) -> Actor:
    """The affiliate, on their dashboard."""
    return Actor(f"affiliate:{affiliate.id}", "", "dashboard")


async def make(
    db: Database, who: Affiliate, name: str = "My sheet", scopes: Any = ("stats:read",)
) -> tuple[ApiKey, str]:
    """Make a key."""
    async with db.transaction() as session:
        return await api_keys.make(session, who.id, name, scopes, own(who))


async def rotate(
    db: Database, who: Affiliate, key: ApiKey, grace: str = "24"
) -> tuple[ApiKey, str]:
    """Rotate a key."""
    async with db.transaction() as session:
        return await api_keys.rotate(session, who.id, key.id, grace, own(who))


async def revoke(db: Database, who: Affiliate, key: ApiKey) -> ApiKey:
    """Revoke a key."""
    async with db.transaction() as session:
        return await api_keys.revoke(session, who.id, key.id, own(who))


async def opens(db: Database, text: str) -> str:
    """Whose key this is, by their code; empty for nobody's."""
    async with db.read() as session:
        found = await api_keys.owner(session, text)
    return found[0].promo_code if found else ""


async def said(db: Database, who: Affiliate) -> list[str]:
    """What the audit log says of an affiliate's keys."""
    async with db.read() as session:
        lines = await audit.of_subject(session, f"affiliate:{who.id}")
    return [line.action for line in lines if line.action.startswith("api_key")]


async def test_a_key_is_its_owners_and_kept_as_a_hash(db: Database) -> None:
    """One double click marks it all; nothing that is stored opens anything."""
    jared = await join(db)
    made, text = await make(db, jared, "  My \n sheet\0", {"stats:read", "earnings:read"})
    assert re.fullmatch(r"ad_live_[A-Za-z0-9]{43}", text)
    assert text.startswith(made.api_key_prefix)
    assert len(made.api_key_prefix) == len(KIND) + 8
    assert (made.name, made.scopes) == ("My sheet\ufffd", ["stats:read", "earnings:read"])
    assert await opens(db, text) == "JARED30"
    asked = await effects_asked_for(db)
    async with db.read() as session:
        lines = await audit.of_subject(session, f"affiliate:{jared.id}")
    kept = f"{made.model_dump()} {[e.payload for e in asked]} {[line.detail for line in lines]}"
    assert text not in kept
    assert text.removeprefix(made.api_key_prefix) not in kept
    mail = next(e for e in asked if e.payload.get("template") == "api_key_made")
    assert (mail.payload["to"], mail.payload["context"]) == (
        "jared@example.com",
        {"api_key": str(made.id)},
    )
    assert await said(db, jared) == ["api_key.made"]


async def test_keys_are_known_among_others(db: Database) -> None:
    """Each opens its owner's, and a letter more, less or other opens nothing."""
    jared, anna = await join(db), await join(db, "ANNA30", email="anna@example.com")
    _, first = await make(db, jared)
    _, second = await make(db, anna)
    assert [await opens(db, text) for text in (first, second)] == ["JARED30", "ANNA30"]
    other = "a" if first[-1] != "a" else "b"
    for wrong in (
        "",
        KIND,
        first[:-1],
        first + "a",
        first[:-1] + other,
        first[:16] + second[16:],
        first.upper(),
        "adop_" + first[5:],
        "ä" * len(first),
        "\0" * len(first),
        KIND + "\udcff" * 43,
    ):
        assert await opens(db, wrong) == "", wrong


async def test_two_keys_may_begin_alike(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is shown of a key is no name: each is told from the other by the rest."""
    jared, anna = await join(db), await join(db, "ANNA30", email="anna@example.com")
    texts = [f"{KIND}{'same' * 2}{letter * 35}" for letter in "ab"]
    fresh = iter(texts)
    monkeypatch.setattr(
        tokens,
        "make",
        lambda kind: tokens.Token(
            text := next(fresh), tokens.prefix_of(kind, text), tokens.hashed(text)
        ),
    )
    await make(db, jared)
    await make(db, anna)
    assert [await opens(db, text) for text in texts] == ["JARED30", "ANNA30"]


@pytest.mark.parametrize(
    ("name", "scopes", "field"),
    [
        (" ", ["stats:read"], "name"),
        ("x" * 61, ["stats:read"], "name"),
        ("A", [], "scopes"),
        ("A", ["stats:read", "payouts:write"], "scopes"),
    ],
)
async def test_mistakes_are_named(db: Database, name: str, scopes: list[str], field: str) -> None:
    """By field, and nothing is made."""
    jared = await join(db)
    with pytest.raises(InvalidError) as error:
        await make(db, jared, name, scopes)
    assert set(error.value.fields) == {field}
    assert await said(db, jared) == []


async def test_there_are_only_so_many(db: Database) -> None:
    """Also when two are made at once; revoking one makes room."""
    jared = await join(db)
    made = [await make(db, jared, f"Key {n}") for n in range(WORKING_MAX - 1)]
    both = await asyncio.gather(
        make(db, jared, "One"), make(db, jared, "Two"), return_exceptions=True
    )
    assert [type(one) for one in both if isinstance(one, Exception)] == [ConflictError]
    await revoke(db, jared, made[0][0])
    await make(db, jared, "Again")


async def test_a_rotated_key_works_until_its_time_is_over(db: Database) -> None:
    """The new one has its name and scopes and works at once; the old one can not be rotated."""
    jared = await join(db)
    before, old = await make(db, jared, "Sheet", ["stats:read", "earnings:read"])
    after, new = await rotate(db, jared, before)
    assert (after.name, after.scopes) == (before.name, before.scopes)
    assert new != old
    assert [await opens(db, text) for text in (old, new)] == ["JARED30", "JARED30"]
    with pytest.raises(ConflictError, match="rotated already"):
        await rotate(db, jared, before)
    now = clock.now()
    with clock.travel(now + timedelta(hours=23, minutes=59)):
        assert await opens(db, old) == "JARED30"
    with clock.travel(now + timedelta(hours=24, seconds=5)):
        assert [await opens(db, text) for text in (old, new)] == ["", "JARED30"]
    assert await said(db, jared) == ["api_key.made", "api_key.rotated"]
    mails = [e for e in await effects_asked_for(db) if e.payload.get("template") == "api_key_made"]
    assert len(mails) == 2


async def test_a_key_can_be_rotated_at_once(db: Database) -> None:
    """As after a leak: the old one opens nothing from then on."""
    jared = await join(db)
    before, old = await make(db, jared)
    _, new = await rotate(db, jared, before, "0")
    assert [await opens(db, text) for text in (old, new)] == ["", "JARED30"]
    with pytest.raises(InvalidError, match="stops working"):
        await rotate(db, jared, before, "1000000")


async def test_rotating_twice_at_once_leaves_one_new_key(db: Database) -> None:
    """The second press is told so."""
    jared = await join(db)
    before, _ = await make(db, jared)
    both = await asyncio.gather(
        rotate(db, jared, before), rotate(db, jared, before), return_exceptions=True
    )
    assert [type(one) for one in both if isinstance(one, Exception)] == [ConflictError]
    async with db.read() as session:
        assert len(await rows.of_affiliate(session, jared.id, 10)) == 2


async def test_a_revoked_key_opens_nothing(db: Database) -> None:
    """Doing it again changes nothing, and a key in its time of grace can be revoked, too."""
    jared = await join(db)
    before, old = await make(db, jared)
    after, new = await rotate(db, jared, before)
    await revoke(db, jared, before)
    await revoke(db, jared, before)
    assert [await opens(db, text) for text in (old, new)] == ["", "JARED30"]
    await revoke(db, jared, after)
    assert await opens(db, new) == ""
    with pytest.raises(ConflictError, match="does not work any more"):
        await rotate(db, jared, after)
    assert (await said(db, jared)).count("api_key.revoked") == 2


async def test_keys_of_others_are_not_there(db: Database) -> None:
    """Neither to rotate nor to revoke, and what is revoked stays with its owner."""
    jared, anna = await join(db), await join(db, "ANNA30", email="anna@example.com")
    key, text = await make(db, jared)
    with pytest.raises(NotFoundError):
        await rotate(db, anna, key)
    with pytest.raises(NotFoundError):
        await revoke(db, anna, key)
    assert await opens(db, text) == "JARED30"


async def test_keys_wait_for_their_owner(db: Database) -> None:
    """Who is paused makes none, but may revoke; the keys are still theirs afterwards."""
    jared = await join(db)
    key, _ = await make(db, jared)
    async with db.transaction() as session:
        await affiliates.change_status(session, jared.id, Status.PAUSED, "A look at refunds.", RITA)
    with pytest.raises(NotAllowedError):
        await make(db, jared)
    with pytest.raises(NotAllowedError):
        await rotate(db, jared, key)
    assert not (await revoke(db, jared, key)).is_active


async def test_use_is_noted_once_a_minute(db: Database) -> None:
    """So that a busy program does not make every read a write."""
    jared = await join(db)
    key, text = await make(db, jared)
    begin = clock.now()

    async def use(seconds: int) -> tuple[bool, Any]:
        with clock.travel(begin + timedelta(seconds=seconds)):
            async with db.read() as session:
                found = await api_keys.owner(session, text)
            assert found is not None
            was_noted = api_keys.is_noted(found[1], clock.now())
            async with db.transaction() as session:
                await api_keys.note_use(session, key.id)
        async with db.read() as session:
            now = await rows.get(session, jared.id, key.id)
        assert now is not None
        assert now.last_used_at is not None
        return was_noted, round((now.last_used_at - begin).total_seconds())

    assert await use(0) == (False, 0)
    assert await use(30) == (True, 0)
    assert await use(61) == (False, 61)
    assert await use(62) == (True, 61)


async def test_erasure_takes_the_keys_along(db: Database) -> None:
    """Names and times of them are somebody's, and nothing opens any more."""
    jared = await join(db)
    key, text = await make(db, jared)
    async with db.transaction() as session:
        asked = await erasure.ask(session, jared.id, own(jared), waives=True)
    async with db.read() as session:
        found = await erasure.traces(session, jared.id)
    async with db.transaction() as session:
        await erasure.erase(session, asked.id, found, RITA)
    assert await opens(db, text) == ""
    async with db.read() as session:
        assert await rows.get(session, jared.id, key.id) is None


def test_every_scope_is_told() -> None:
    """Whoever makes a key reads what each lets a program see."""
    assert list(SCOPES) == list(Scope)
