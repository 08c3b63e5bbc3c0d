"""Applying with the built-in form, from a first visit to the second thoughts."""

import asyncio
from itertools import pairwise
from typing import Any

import pytest
from sqlmodel import select

from domain import applications, program
from storage.applications import Application, ApplicationSubmission
from storage.db import Database
from tests.dashboard.desk import OPERATOR, Browser, Desk, Page, make_settings

MIA = "mia@example.com"
APPLY = "/affiliate/apply"
HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(1)> 🎉👩‍🚀 مرحبا'
GOOD: dict[str, Any] = {
    "legal_name": "Mia Muster",
    "display_name": "Mia Picks",
    "email": MIA,
    "platform": "youtube",
    "platform_link": "youtube.com/@mia",
    "audience_size": "12,000",
    "audience_focus": "Fantasy football\r\nand DFS",
    "methods": ["video", "mail"],
    "requested_code": "mia30",
}


def with_terms(page: Page) -> dict[str, Any]:
    """The form as the page brings it, filled in and every promise given."""
    boxes = [str(given["name"]) for tag, given in page.tags if given.get("value") == "yes"]
    assert len(boxes) == 5
    return page.forms[APPLY] | GOOD | dict.fromkeys(boxes, "yes")


async def send(browser: Browser, **changed: Any) -> Page:
    """Fill in the form on the first page and send it."""
    form = with_terms(await browser.get("/affiliate")) | changed
    return await browser.post(APPLY, [(k, v) for k, v in _each(form) if v is not None])


def _each(form: dict[str, Any]) -> list[tuple[str, Any]]:
    lists = {k: v if isinstance(v, list) else [v] for k, v in form.items()}
    return [(name, value) for name, values in lists.items() for value in values]


async def kept(desk: Desk) -> tuple[list[Application], list[ApplicationSubmission]]:
    """Everything that was kept."""
    async with desk.db.read() as session:
        found = (await session.exec(select(Application))).all()
        submissions = (await session.exec(select(ApplicationSubmission))).all()
    return list(found), list(submissions)


async def test_an_application_arrives_whole(db: Database) -> None:
    """Every answer is kept under its field, the operators see it, and a mail confirms it."""
    async with Desk(db, make_settings()).running() as desk, desk.browser() as browser:
        answer = await send(browser)
        assert answer.status == 303
        assert "Thank you, we have it" in (await browser.get(answer.headers["Location"])).words
        ((application,), (submission,)) = await kept(desk)
        assert application.status == "pending"
        assert application.email == MIA
        assert application.legal_name == "Mia Muster"
        assert application.display_name == "Mia Picks"
        assert application.platform == "YouTube"
        assert application.platform_url == "https://youtube.com/@mia"
        assert application.audience_size == "12,000"
        assert application.audience_focus == "Fantasy football\nand DFS"
        assert application.promotion_methods == "Videos, Mails to my subscribers"
        assert application.requested_code == "MIA30"
        assert application.agreed_to_terms
        assert len(application.terms) == 5
        assert submission.source == "form"
        said = {given["label"]: given["text"] for given in submission.answers}
        assert said["Legal name"] == "Mia Muster"
        assert said["Main platform"] == "YouTube"
        assert said["I will not use my own code or refer myself."] == "Yes"
        assert await desk.effects("card.application") == [{"application": str(application.id)}]
        assert [mail["to"] for mail in await desk.mails("application_received")] == [MIA]


async def test_a_double_click_applies_once(desk: Desk, browser: Browser) -> None:
    """The same form, sent again, changes nothing and answers the same."""
    form = _each(with_terms(await browser.get("/affiliate")))
    answers = [await browser.post(APPLY, form) for _ in range(3)]
    assert {answer.headers["Location"] for answer in answers} == {"/affiliate/apply/sent"}
    found, submissions = await kept(desk)
    assert len(found) == len(submissions) == 1
    assert len(await desk.effects("card.application")) == 1


async def test_clicks_at_the_same_instant_apply_once(db: Database) -> None:
    """Also on two connections of a database that takes them at once."""
    async with Desk(db, make_settings()).running() as desk, desk.browser() as browser:
        form = _each(with_terms(await browser.get("/affiliate")))
        answers = await asyncio.gather(*(browser.post(APPLY, form) for _ in range(5)))
        assert {answer.status for answer in answers} == {303}
        found, submissions = await kept(desk)
        assert len(found) == len(submissions) == 1
        assert len(await desk.mails("application_received")) == 1


async def test_going_back_to_mend_a_mistake_counts(desk: Desk, browser: Browser) -> None:
    """The page from before still carries its old id; what changed on it is not lost."""
    form = with_terms(await browser.get("/affiliate"))
    await browser.post(APPLY, _each(form))
    await browser.post(APPLY, _each(form | {"audience_size": "14,000"}))
    ((application,), submissions) = await kept(desk)
    assert application.audience_size == "14,000"
    assert len(submissions) == 2


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("legal_name", "", "Type your legal name."),
        ("legal_name", "x" * 201, "Keep this under 200 characters."),
        ("display_name", "   ", "Type the name your audience knows."),
        ("email", "mia@", "Type your mail address"),
        ("platform", "myspace", "Choose your main platform."),
        ("platform_link", "javascript:alert(1)", "Give a whole link"),
        ("platform_link", "my channel", "Give a whole link"),
        ("platform_link", "https://[", "Give a whole link"),
        ("audience_size", "", "Say roughly how many"),
        ("audience_focus", "", "Say what your audience is about."),
        ("methods", ["hypnosis"], "Choose at least one way"),
        ("requested_code", "FREE", "FREE is too generic"),
        ("requested_code", "MY CODE", "A code has no spaces."),
    ],
)
async def test_a_mistake_comes_back_with_its_reason(
    desk: Desk, browser: Browser, field: str, value: Any, sentence: str
) -> None:
    """One sentence, linked to its field; everything else is as it was typed; nothing is kept."""
    page = await send(browser, **{field: value})
    assert page.status == 422
    assert "One answer needs another look" in page.words
    assert page.words.count(sentence) == 2
    assert f"#{field}" in [given.get("href") for _, given in page.tags]
    others = {"legal_name", "email", "audience_size"} - {field}
    assert all(page.forms[APPLY][name] == GOOD[name] for name in others)
    boxes = [given for _, given in page.tags if given.get("value") == "yes"]
    assert all("checked" in box for box in boxes)
    assert await kept(desk) == ([], [])


async def test_each_promise_has_to_be_given(desk: Desk, browser: Browser) -> None:
    """Without ticking anything, every promise is asked for by its own words."""
    page = await browser.get("/affiliate")
    answer = await browser.post(APPLY, _each(page.forms[APPLY] | GOOD))
    assert answer.status == 422
    assert answer.words.count("Please agree:") == answer.words.count("Please tick this.") == 5
    assert "Please agree: I will not use my own code" in answer.words
    assert await kept(desk) == ([], [])


async def test_headings_go_down_a_step_at_a_time(desk: Desk, browser: Browser) -> None:
    """Who listens to the page finds their way by its headings, also after a mistake."""
    for page in (
        await browser.get("/affiliate"),
        await send(browser, email="nowhere"),
    ):
        levels = [int(tag[1]) for tag, _ in page.tags if tag in {"h1", "h2", "h3", "h4"}]
        assert levels[0] == 1
        assert all(lower <= upper + 1 for upper, lower in pairwise(levels)), levels


async def test_nobody_agrees_to_words_that_they_did_not_see(desk: Desk, browser: Browser) -> None:
    """When the terms change between reading and sending, the new ones are asked for."""
    form = with_terms(await browser.get("/affiliate"))
    async with desk.db.transaction() as session:
        await program.update(session, {"terms": ["I pay for the office party."]}, OPERATOR)
    answer = await browser.post(APPLY, _each(form))
    assert answer.status == 422
    assert "Please agree: I pay for the office party." in answer.words


async def test_hostile_text_stays_text(desk: Desk, browser: Browser) -> None:
    """In the form that comes back, and on the page that shows what was sent."""
    hostile = dict.fromkeys(("legal_name", "display_name", "audience_focus"), HOSTILE)
    back = await send(browser, **hostile, email=HOSTILE, audience_size=HOSTILE[:80])
    assert back.status == 422
    assert "<script>alert" not in back.html
    assert "<img" not in back.html
    assert back.forms[APPLY]["legal_name"] == HOSTILE
    assert (await send(browser, **hostile)).status == 303
    page = await (await desk.signed_in(browser, MIA)).get("/affiliate")
    assert "Thank you, " in page.words
    assert HOSTILE in page.words
    assert "<script>alert" not in page.html
    assert "<img" not in page.html


async def test_characters_that_no_database_takes_are_left_out(db: Database) -> None:
    """A NUL in an answer is no reason to lose the answer."""
    async with Desk(db, make_settings()).running() as desk, desk.browser() as browser:
        assert (await send(browser, legal_name="Mia\x00 \x1bMuster")).status == 303
        ((application,), _) = await kept(desk)
        assert application.legal_name == "Mia Muster"


async def test_a_program_that_fills_in_every_field_is_not_taken_in(
    desk: Desk, browser: Browser
) -> None:
    """It sees what everybody sees, and nothing is kept."""
    answer = await send(browser, homepage_2="https://spam.example")
    assert (answer.status, answer.headers["Location"]) == (303, "/affiliate/apply/sent")
    assert await kept(desk) == ([], [])


async def test_nobody_learns_who_applied(desk: Desk) -> None:
    """New, waiting, rejected or approved: a visitor gets the same answer."""
    await desk.apply("waiting@example.com")
    rejected = await desk.apply("rejected@example.com")
    async with desk.db.transaction() as session:
        await applications.reject(session, rejected.id, "No.", OPERATOR)
    await desk.approve("approved@example.com", "APPROVED1")
    answers = set()
    for who in ("new", "waiting", "rejected", "approved"):
        async with desk.browser() as browser:
            answer = await send(browser, email=f"{who}@example.com")
            page = await browser.get(answer.headers["Location"])
            answers.add((answer.status, answer.headers["Location"], page.words))
    assert len(answers) == 1
    found, _ = await kept(desk)
    assert {a.email.partition("@")[0]: a.status for a in found} == {
        "new": "pending",
        "waiting": "pending",
        "rejected": "rejected",
        "approved": "approved",
    }


async def test_who_is_signed_in_applies_as_themselves(desk: Desk, browser: Browser) -> None:
    """The proven address stands in the form, fixed, and goes before whatever is sent."""
    await desk.signed_in(browser, MIA)
    page = await browser.get("/affiliate")
    field = next(given for _, given in page.tags if given.get("id") == "email")
    assert field["value"] == MIA
    assert "readonly" in field
    answer = await send(browser, email="victim@example.com")
    assert answer.headers["Location"] == "/affiliate"
    ((application,), _) = await kept(desk)
    assert application.email == MIA
    assert "Your application is with us" in (await browser.get("/affiliate")).words


async def test_a_waiting_application_can_be_changed(desk: Desk, browser: Browser) -> None:
    """The form comes as it was sent, and what is sent again takes its place."""
    await send(browser)
    await desk.signed_in(browser, MIA)
    page = await browser.get(APPLY)
    form = page.forms[APPLY]
    assert form["legal_name"] == "Mia Muster"
    assert form["requested_code"] == "MIA30"
    chosen = {given["value"] for _, given in page.tags if "checked" in given or "selected" in given}
    assert chosen == {"youtube", "video", "mail"}
    assert "Fantasy football" in page.words
    again = with_terms(page) | {"requested_code": "MIAPICKS"}
    await browser.post(APPLY, _each(again))
    ((application,), _) = await kept(desk)
    assert application.requested_code == "MIAPICKS"
    assert application.submissions == 2


async def test_a_decided_application_cannot_be_sent_again(desk: Desk, browser: Browser) -> None:
    """Who is signed in is led to where they stand."""
    application = await desk.apply()
    await desk.signed_in(browser, MIA)
    form = with_terms(await browser.get(APPLY))
    async with desk.db.transaction() as session:
        await applications.reject(session, application.id, "Mostly coupons.", OPERATOR)
    for page in (await browser.post(APPLY, _each(form)), await browser.get(APPLY, follow=False)):
        assert (page.status, page.headers["Location"]) == (303, "/affiliate")
    assert len((await kept(desk))[1]) == 1


async def test_with_tally_there_is_no_form_of_ours(desk: Desk, browser: Browser) -> None:
    """Its link stands everywhere instead, and our form is not taken any more."""
    form = with_terms(await browser.get("/affiliate"))
    tally = "https://tally.so/r/abc"
    async with desk.db.transaction() as session:
        await program.update(session, {"tally_form_url": tally}, OPERATOR)
    assert (await browser.post(APPLY, _each(form))).status == 404
    for path in ("/affiliate", APPLY):
        page = await browser.get(path)
        assert tally in [given.get("href") for _, given in page.tags]
        assert APPLY not in page.forms
    await desk.signed_in(browser, MIA)
    assert f"give {MIA} as your email there" in (await browser.get("/affiliate")).words


async def test_applying_too_often_from_one_place_is_stopped(desk: Desk, browser: Browser) -> None:
    """The eleventh within an hour is refused and not kept."""
    for number in range(11):
        answer = await send(browser, email=f"person{number}@example.com")
    assert answer.status == 429
    assert len((await kept(desk))[0]) == 10
