"""The rules on the dashboard: agreed to, changed, broken, answered."""

from uuid import UUID

from dashboard.limits import ANSWERS_PER_AFFILIATE
from domain import affiliates, program
from domain.compliance_cases import Decision
from domain.statuses import Status
from storage import compliance as rows
from tests.builders import affiliate_now
from tests.compliance_builders import case_of, decide
from tests.dashboard.desk import OPERATOR, Browser, Desk

MIA = "mia@example.com"
HERE = "/affiliate/dashboard/rules"
TICKED = {"I agree.": True}


async def change(desk: Desk, *sentences: str) -> None:
    """Operators change the rules."""
    async with desk.db.transaction() as session:
        await program.update(session, {"terms": list(sentences)}, OPERATOR)


async def test_changed_rules_are_held_out_on_every_page_until_agreed_to(
    desk: Desk, browser: Browser
) -> None:
    """What is new is marked; nobody is kept from their money."""
    await change(desk, "I will wear a hat.", "I will be kind.")
    mia = await desk.approve(terms=TICKED)
    await desk.signed_in(browser, MIA)
    assert "Read and agree" not in (await browser.get("/affiliate/dashboard")).words
    await change(desk, "I will be kind.", "I will wear no hat.")

    for page in ("", "/earnings", "/payouts"):
        shown = await browser.get(f"/affiliate/dashboard{page}")
        assert shown.status == 200
        assert "The program's rules have changed." in shown.words
    shown = await browser.get(HERE)
    assert "<ins>I will wear no hat.</ins>" in shown.html
    assert "<del>I will wear a hat.</del>" in shown.html
    assert "<ins>I will be kind.</ins>" not in shown.html

    unticked = await browser.fill_in(HERE, HERE)
    assert (unticked.status, "Tick that you agree" in unticked.words) == (422, True)
    stale = await browser.fill_in(HERE, HERE, agree="yes", version="v1")
    assert stale.status == 409
    assert (await affiliate_now(desk.db, mia.id)).terms_version == "v2"
    assert (await browser.fill_in(HERE, HERE, agree="yes")).status == 303
    assert (await affiliate_now(desk.db, mia.id)).terms_version == "v3"
    assert "You have agreed to these." in (await browser.get(HERE)).words
    assert "Read and agree" not in (await browser.get("/affiliate/dashboard")).words


async def test_a_warning_is_shown_with_what_was_seen_and_can_be_answered(
    desk: Desk, browser: Browser
) -> None:
    """Not before it is decided; the answer goes below the operators' card."""
    mia = await desk.approve(terms=TICKED)
    await desk.signed_in(browser, MIA)
    case = await case_of(desk.db, mia)
    assert "Cookie stuffing" not in (await browser.get(HERE)).words
    await decide(desk.db, case, Decision.WARNED)
    assert "You have a warning" in (await browser.get("/affiliate/dashboard")).words
    shown = await browser.get(HERE)
    for part in ("Please stop that.", "Cookie stuffing", "Visitors"):
        assert part in shown.words
    action = f"{HERE}/{case}"
    assert (await browser.fill_in(HERE, action, answer=" ")).status == 422
    assert (await browser.fill_in(HERE, action, answer="It was a test page.")).status == 303
    assert "It was a test page." in (await browser.get(HERE)).words
    assert "You have a warning" not in (await browser.get("/affiliate/dashboard")).words
    notes = await desk.effects("note.case")
    assert [UUID(one["case"]) for one in notes] == [case]


async def test_answers_are_limited_and_lose_nothing_that_was_typed(
    desk: Desk, browser: Browser
) -> None:
    """The last one is shown again, to be sent later."""
    mia = await desk.approve(terms=TICKED)
    await desk.signed_in(browser, MIA)
    case = await case_of(desk.db, mia)
    await decide(desk.db, case, Decision.WARNED)
    action = f"{HERE}/{case}"
    for number in range(ANSWERS_PER_AFFILIATE.amount):
        assert (await browser.fill_in(HERE, action, answer=f"No {number}")).status == 303
    over = await browser.fill_in(HERE, action, answer="One more word")
    assert over.status == 429
    assert "One more word" in over.html
    async with desk.db.read() as session:
        assert len(await rows.answers_of(session, case)) == ANSWERS_PER_AFFILIATE.amount


async def test_who_is_suspended_can_still_read_and_answer(desk: Desk, browser: Browser) -> None:
    """From the page that says so; other pages stay closed."""
    mia = await desk.approve(terms=TICKED)
    await desk.signed_in(browser, MIA)
    case = await case_of(desk.db, mia)
    await decide(desk.db, case, Decision.SUSPENDED)
    shown = await browser.get("/affiliate")
    assert HERE in shown.html
    assert (await browser.fill_in(HERE, f"{HERE}/{case}", answer="Sorry.")).status == 303
    closed = await browser.get("/affiliate/dashboard/earnings", follow=False)
    assert closed.headers["Location"] == "/affiliate"
    async with desk.db.transaction() as session:
        await affiliates.change_status(session, mia.id, Status.APPROVED, "", OPERATOR)
    assert (await browser.get("/affiliate/dashboard/earnings")).status == 200


async def test_other_peoples_cases_are_not_there(desk: Desk, browser: Browser) -> None:
    """Neither to read nor to answer."""
    mia = await desk.approve(terms=TICKED)
    await desk.approve("ben@example.com", "BEN30", terms=TICKED)
    case = await case_of(desk.db, mia)
    await decide(desk.db, case, Decision.WARNED)
    await desk.signed_in(browser, "ben@example.com")
    shown = await browser.get(HERE)
    assert "Cookie stuffing" not in shown.words
    for name in (case, "nonsense"):
        csrf = (await browser.get(HERE)).forms["/affiliate/sign-out"]["csrf"]
        answer = await browser.post(f"{HERE}/{name}", {"csrf": csrf, "answer": "x"})
        assert answer.status == 404
