import pytest

from domain import affiliates, applications, program, recruits
from domain.errors import ConflictError, InvalidError
from domain.recruits import Named
from domain.statuses import Status
from storage import audit, links, two_tier
from storage.affiliates import Affiliate
from storage.db import Database
from tests.builders import RITA, apply, approve, facts, join, settle


async def anna(db: Database) -> Affiliate:
    """Somebody who recruits."""
    return await join(db, "ANNA20", email="anna@example.com", display_name="Anna Bo")


async def named(db: Database, **fields: str) -> Named | None:
    """Whom Jared's application names, as a reviewer sees it."""
    application = await apply(db, **fields)
    async with db.read() as session:
        return (await applications.view(session, application.id)).named


async def recruiter(db: Database, who: Affiliate) -> str:
    """The code of somebody's recruiter; empty where nobody is."""
    async with db.read() as session:
        found = await recruits.recruiter_of(session, who.id)
    return found.promo_code if found else ""


async def set_recruiter(db: Database, who: Affiliate, name: str) -> None:
    """Rita says who recruited somebody."""
    async with db.transaction() as session:
        await recruits.set_recruiter(session, who.id, name, RITA)


@pytest.mark.parametrize("ref", ["ANNA20", "anna20", "aff_ANNA20"])
async def test_an_approval_notes_who_recruited_the_affiliate(db: Database, ref: str) -> None:
    """The link's ref, in any letter case, or the public id."""
    await anna(db)
    application = await apply(db, recruited_by=ref)
    async with db.read() as session:
        before = await applications.view(session, application.id)
    assert before.named is not None
    assert (before.named.recruiter is not None, before.named.problem) == (True, "")
    jared = await approve(db, application.id)
    assert await recruiter(db, jared) == "ANNA20"
    async with db.read() as session:
        after = await applications.view(session, application.id)
    assert after.recruiter is not None
    assert after.recruiter.promo_code == "ANNA20"


@pytest.mark.parametrize("ref", ["NOBODY", "x" * 500, "\u202e<b>", "01a1ff4e-7000"])
async def test_an_unknown_recruiter_stops_no_application(db: Database, ref: str) -> None:
    """The reviewer is told, and the affiliate is let in as anybody."""
    await anna(db)
    told = await named(db, recruited_by=ref)
    assert told is not None
    assert (told.recruiter, "is nobody's" in told.problem) == (None, True)
    assert await recruiter(db, await join(db, recruited_by=ref)) == ""


async def test_a_paused_recruiter_counts_only_if_back_at_the_approval(db: Database) -> None:
    """What is true when Jared is approved decides."""
    who = await anna(db)
    async with db.transaction() as session:
        await affiliates.change_status(session, who.id, Status.PAUSED, "A look.", RITA)
    told = await named(db, recruited_by="ANNA20")
    assert told is not None
    assert told.problem == "ANNA20 is paused."
    application = await apply(db, email="cleo@example.com", recruited_by="ANNA20")
    assert await recruiter(db, await approve(db, application.id, "CLEO10")) == ""
    async with db.transaction() as session:
        await affiliates.change_status(session, who.id, Status.APPROVED, "", RITA)
    assert await recruiter(db, await join(db)) == "ANNA20"


async def test_a_suspended_link_recruits_nobody(db: Database) -> None:
    """As it sends no visitors either."""
    who = await anna(db)
    async with db.transaction() as session:
        link = await links.of_affiliate(session, who.id)
        assert link is not None
        link.suspended = True
        session.add(link)
    told = await named(db, recruited_by="ANNA20")
    assert told is not None
    assert told.problem == "The link of ANNA20 is suspended."


async def test_nobody_recruits_themselves(db: Database) -> None:
    """Neither by applying from another spelling of their address, nor by hand."""
    await anna(db)
    told = await named(db, email="Anna+two@example.com", recruited_by="ANNA20")
    assert told is not None
    assert told.problem == "ANNA20 is the applicant's own."
    again = await join(db, "ANNA21", email="Anna+two@example.com", recruited_by="ANNA20")
    assert await recruiter(db, again) == ""
    with pytest.raises(InvalidError, match="themselves"):
        await set_recruiter(db, again, "ANNA20")


async def test_the_first_who_invited_somebody_stays(db: Database) -> None:
    """Sending the form again through another link changes nothing, unless the first was no good."""
    await anna(db)
    await join(db, "CLEO10", email="cleo@example.com")
    await apply(db, recruited_by="NOBODY")
    await apply(db, recruited_by="ANNA20")
    await apply(db, recruited_by="CLEO10")
    told = await named(db, recruited_by="")
    assert told is not None
    assert told.ref == "ANNA20"


async def test_an_affiliate_cannot_be_recruited_again_by_applying(db: Database) -> None:
    """A second application of theirs is only kept beside the first."""
    await anna(db)
    jared = await join(db)
    await apply(db, recruited_by="ANNA20")
    assert await recruiter(db, jared) == ""


async def test_an_operator_sets_changes_and_removes_a_recruiter(db: Database) -> None:
    """Each is in the audit log with what it was before, and counts from then on only."""
    async with db.transaction() as session:
        await program.update(session, {"two_tier_enabled": True}, RITA)
    who, jared = await anna(db), await join(db)
    cleo = await join(db, "CLEO10", email="cleo@example.com")
    await set_recruiter(db, jared, " anna20 ")
    await settle(db, facts(1))
    await set_recruiter(db, jared, "CLEO10")
    await settle(db, facts(2))
    await set_recruiter(db, jared, "")
    with pytest.raises(ConflictError, match="recruited by nobody already"):
        await set_recruiter(db, jared, "")
    async with db.read() as session:
        lines = await audit.of_subject(session, f"affiliate:{jared.id}")
        earned = await two_tier.totals(session)
    changes = [
        (line.detail["before"], line.detail["recruiter"])
        for line in lines
        if line.action == "affiliate.recruiter_set"
    ]
    assert sorted(changes) == [("", "ANNA20"), ("ANNA20", "CLEO10"), ("CLEO10", "")]
    assert earned == {(who.id, "usd"): 28, (cleo.id, "usd"): 28}


async def test_recruiting_never_goes_in_a_circle(db: Database) -> None:
    """Neither of two, nor of three."""
    who = await anna(db)
    jared = await join(db, recruited_by="ANNA20")
    cleo = await join(db, "CLEO10", email="cleo@example.com", recruited_by="JARED30")
    for last in (jared, cleo):
        with pytest.raises(InvalidError, match="circle"):
            await set_recruiter(db, who, last.promo_code)
    assert await recruiter(db, who) == ""


@pytest.mark.parametrize(
    ("name", "sentence"), [("NOBODY", "nobody's code"), ("JARED30", "themselves")]
)
async def test_a_recruiter_has_to_be_another_affiliate(
    db: Database, name: str, sentence: str
) -> None:
    """The form says what is wrong, at its field."""
    jared = await join(db)
    with pytest.raises(InvalidError, match=sentence) as refused:
        await set_recruiter(db, jared, name)
    assert list(refused.value.fields) == ["recruiter"]


async def test_a_recruiter_sees_what_each_recruit_brought_and_no_names(db: Database) -> None:
    """Also of a recruit who is somebody else's by now."""
    async with db.transaction() as session:
        await program.update(session, {"two_tier_enabled": True}, RITA)
    who = await anna(db)
    jared = await join(db, recruited_by="ANNA20")
    await join(db, "CLEO10", email="cleo@example.com", display_name="cleo", recruited_by="ANNA20")
    await settle(db, facts(1))
    async with db.read() as session:
        seen = await recruits.recruiting(session, who)
    assert (seen.ref, seen.count, seen.earned) == ("ANNA20", 2, {"usd": 28})
    assert [(one.initials, one.earned, one.counts) for one in seen.recruits] == [
        ("C.", {}, True),
        ("J. B.", {"usd": 28}, True),
    ]
    await set_recruiter(db, jared, "")
    async with db.read() as session:
        seen = await recruits.recruiting(session, who)
    assert (seen.count, seen.earned) == (1, {"usd": 28})
    assert [(one.initials, one.counts) for one in seen.recruits] == [("C.", True), ("J. B.", False)]
