"""Who recruited whom, in Slack: on the application's card, in `find`, and set by hand."""

from domain import program, recruits
from sandbox.slack.people import AFFILIATES, MARIA
from storage import audit
from tests.bot.conftest import Desk
from tests.builders import RITA, facts, join, settle


async def test_an_operator_sets_and_removes_a_recruiter(desk_on_both: Desk) -> None:
    """`find` shows who recruited whom, and its button changes it after a form."""
    desk = desk_on_both
    await join(desk.db, "ANNA20", email="anna@example.com", display_name="Anna Bo")
    jared = await join(desk.db)
    assert (await desk.ws.command(MARIA, "/affiliate", "find JARED30")).ok
    await desk.whispered(MARIA, "Found for")
    ts = str(desk.ws.ephemerals(AFFILIATES, MARIA)[-1]["ts"])

    assert (await desk.ws.click(MARIA, AFFILIATES, ts, "Recruiter")).ok
    view = await desk.modal(MARIA, "Set recruiter")
    assert "Two tiers are off" in str(view)
    refused = await desk.ws.submit(MARIA, view["id"], {"Recruiter": "NOBODY"})
    assert "nobody's code" in str(refused)
    assert (await desk.ws.submit(MARIA, view["id"], {"Recruiter": "anna20"})).ok
    await desk.whispered(MARIA, "JARED30 counts as recruited by ANNA20")

    async with desk.db.read() as session:
        found = await recruits.recruiter_of(session, jared.id)
        lines = await audit.of_subject(session, f"affiliate:{jared.id}")
    assert found is not None
    assert found.promo_code == "ANNA20"
    (line,) = [line for line in lines if line.action == "affiliate.recruiter_set"]
    assert line.actor == "U0MARIA (@maria)"

    assert (await desk.ws.command(MARIA, "/affiliate", "find ANNA20")).ok
    assert "Recruited 1: JARED30" in await desk.whispered(MARIA, "Recruited 1")
    assert (await desk.ws.command(MARIA, "/affiliate", "find JARED30")).ok
    assert "Recruited by ANNA20" in await desk.whispered(MARIA, "Recruited by")


async def test_why_names_the_share_of_the_recruiter(desk_on_both: Desk) -> None:
    """The explanation of a sale ends with who has a share in it."""
    desk = desk_on_both
    async with desk.db.transaction() as session:
        await program.update(session, {"two_tier_enabled": True}, RITA)
    await join(desk.db, "ANNA20", email="anna@example.com")
    await join(desk.db, recruited_by="ANNA20")
    await settle(desk.db, facts(1))
    assert (await desk.ws.command(MARIA, "/affiliate", "find in_1")).ok
    told = await desk.whispered(MARIA, "Why")
    assert "ANNA20 recruited them: 5% of the commission = $0.28" in told
