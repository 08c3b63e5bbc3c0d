"""Rules by version: who agreed to which, who is asked again, and what waits until they do."""

from datetime import timedelta

import pytest
from sqlmodel import select

import clock
from domain import program, terms
from domain.errors import ConflictError, InvalidError, NotAllowedError
from domain.payout_barriers import claim_of, terms_agreed
from domain.program import Program
from storage import terms as rows
from storage.affiliates import Affiliate
from storage.db import Database
from storage.terms import Consent
from tests.builders import RITA, TERMS, affiliate_now, apply, join, mails_asked_for
from tests.landing_builders import JARED

NEW = ("I have read the affiliate terms and agree to them.", "I will wear no hat.")


async def change(db: Database, **changes: object) -> Program:
    """Operators change settings."""
    async with db.transaction() as session:
        return await program.update(session, dict(changes), RITA)


async def asked(db: Database, affiliate: Affiliate) -> terms.Asked | None:
    """What the affiliate is asked to agree to."""
    async with db.read() as session:
        settings = await program.load(session)
        days = settings.terms_grace_days
        return await terms.asked(session, affiliate, settings.rules, days)


async def agree(db: Database, affiliate: Affiliate, version: str) -> None:
    """They agree to what they saw under a version."""
    async with db.transaction() as session:
        settings = await program.load(session)
        await terms.agree(session, affiliate.id, version, settings.rules, JARED)


async def test_what_an_applicant_ticked_is_kept_and_becomes_their_affiliates(db: Database) -> None:
    """Version, sentences, and where; the same form again adds nothing."""
    await apply(db)
    await apply(db)
    jared = await join(db)
    async with db.read() as session:
        consents = await rows.of_affiliate(session, jared.id)
    assert [(one.version, one.sentences, one.origin) for one in consents] == [
        ("v1", list(TERMS), "tally")
    ]
    assert await asked(db, jared) is None


async def test_who_ticked_nothing_has_agreed_to_nothing(db: Database) -> None:
    """They may be let in all the same, and are asked on their dashboard; no payout waits."""
    jared = await join(db, terms={})
    assert jared.terms_version == ""
    open_ = await asked(db, jared)
    assert open_ is not None
    assert open_.until is None
    async with db.read() as session:
        assert (await session.exec(select(Consent))).all() == []
        assert await terms_agreed(session, await claim_of(session, jared, "usd")) is None


async def test_changed_sentences_are_a_new_version_though_the_word_was_kept(db: Database) -> None:
    """The earlier ones can still be read, and what is new is told from what is gone."""
    jared = await join(db)
    settings = await change(db, terms=NEW)
    assert settings.terms_version == "v2"
    async with db.read() as session:
        kept = {one.version: one for one in await rows.versions(session)}
    assert set(kept) == {"v1", "v2"}
    assert kept["v1"].sentences == list(Program().terms)
    assert (kept["v2"].sentences, kept["v2"].published_by) == (list(NEW), "@rita")
    open_ = await asked(db, jared)
    assert open_ is not None
    assert open_.fresh == (NEW[1],)
    assert set(open_.gone) == set(Program().terms) - set(NEW)


async def test_other_settings_publish_nothing(db: Database) -> None:
    """A rate is no rule."""
    settings = await change(db, hold_days=10, terms=list(Program().terms))
    assert settings.terms_version == "v1"
    async with db.read() as session:
        assert await rows.versions(session) == []


async def test_a_word_stands_for_one_text(db: Database) -> None:
    """An earlier word with other sentences is refused; with its own it is in force again."""
    await change(db, terms=NEW, terms_version="2027")
    with pytest.raises(InvalidError) as refused:
        await change(db, terms=["Something else."], terms_version="v1")
    assert "terms_version" in refused.value.fields
    back = await change(db, terms=list(Program().terms), terms_version="v1")
    assert back.terms_version == "v1"


@pytest.mark.parametrize(
    ("before", "after"), [("v9", "v10"), ("summer", "summer-2"), ("x" * 40, "x" * 39 + "2")]
)
async def test_the_next_word_follows_the_last(db: Database, before: str, after: str) -> None:
    """Counted on where it ends with a number."""
    await change(db, terms_version=before)
    assert (await change(db, terms=NEW)).terms_version == after


async def test_payouts_wait_after_the_days_of_grace_until_they_agree(db: Database) -> None:
    """Not before, and no longer than that; what they agreed to is kept."""
    jared = await join(db)
    await change(db, terms=NEW, terms_grace_days=10)
    now = clock.now()

    async def barred(days: int) -> bool:
        with clock.travel(now + timedelta(days=days)):
            async with db.read() as session:
                affiliate = await affiliate_now(db, jared.id)
                claim = await claim_of(session, affiliate, "usd")
                return isinstance(await terms_agreed(session, claim), NotAllowedError)

    assert not await barred(9)
    assert await barred(11)
    await agree(db, jared, "v2")
    await agree(db, jared, "v2")
    assert not await barred(11)
    async with db.read() as session:
        consents = await rows.of_affiliate(session, jared.id)
    assert [(one.version, one.origin) for one in consents] == [("v2", "dashboard"), ("v1", "tally")]
    assert (await affiliate_now(db, jared.id)).terms_version == "v2"


async def test_nobody_agrees_to_what_they_did_not_see(db: Database) -> None:
    """The rules changed while their page was open."""
    jared = await join(db)
    await change(db, terms=NEW)
    await change(db, terms=[*NEW, "And no scarf."])
    with pytest.raises(ConflictError):
        await agree(db, jared, "v2")
    assert (await affiliate_now(db, jared.id)).terms_version == "v1"


async def test_a_change_is_mailed_once_to_who_has_not_agreed(db: Database) -> None:
    """Whoever looks again finds nothing to do; rules that never changed are not told."""

    async def tell() -> int:
        async with db.transaction() as session:
            settings = await program.load(session)
            return await terms.tell_of_change(session, settings.terms_version)

    jared = await join(db)
    assert await tell() == 0
    await change(db, terms=NEW)
    assert [await tell(), await tell()] == [1, 0]
    mails = await mails_asked_for(db)
    assert mails.count(("terms_changed", jared.email)) == 1
