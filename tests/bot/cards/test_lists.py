"""Lists, the App Home and the modals: whatever they are made of, Slack takes them."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cards.alerts import alert_card
from bot.cards.blocks import button
from bot.cards.code_list import list_blocks
from bot.cards.find import find_card, newest_line
from bot.cards.health import health_blocks, health_card
from bot.cards.help import unknown_card
from bot.cards.home import closed_view, home_view
from bot.cards.notices import notice
from bot.cards.queue import queue_blocks, queue_card
from bot.code_lists import CodeList
from bot.commands import Subcommands
from bot.errands import Errand
from bot.health import Health, Parked
from bot.modals import affiliates as affiliate_modals
from bot.modals import applications as application_modals
from bot.modals.frame import notice_modal
from bot.places import Place, Tab
from bot.promo_codes import AtStripe, CodeCheck
from domain.alerts import TITLES
from domain.application_checks import Check
from domain.applications import View
from domain.codes import Verdict
from domain.program import Program
from sandbox.slack.blocks import check_blocks, check_view
from storage.affiliates import Affiliate
from storage.alerts import Alert
from storage.applications import Application
from tests.bot.cards.samples import TEXT, code_lists

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
applications = st.builds(
    Application,
    legal_name=TEXT,
    display_name=TEXT,
    email=TEXT,
    email_key=st.none() | st.just("a@example.com"),
    platform=TEXT,
    platform_url=TEXT,
    requested_code=TEXT,
    submitted_at=st.just(NOON),
    submissions=st.integers(1, 9),
)
affiliates = st.builds(
    Affiliate,
    reference=st.just("aff_JARED30"),
    status=st.sampled_from(["approved", "paused", "terminated"]),
    email=TEXT,
    email_key=TEXT,
    legal_name=TEXT,
    display_name=TEXT,
    promo_code=st.just("JARED30"),
    status_reason=TEXT,
)
healths = st.builds(
    Health,
    parked=st.lists(
        st.builds(
            Parked,
            name=st.uuids().map(lambda found: f"effect:{found}"),
            what=st.text(min_size=1),
            error=TEXT,
            parked_at=st.none() | st.just(NOON),
        ),
        max_size=25,
    ),
    waiting=st.integers(0, 9),
    alerts=st.lists(
        st.builds(
            Alert,
            name=st.sampled_from(sorted(TITLES)).map(lambda kind: f"{kind}:x"),
            problem=TEXT,
            raised_at=st.just(NOON),
            cleared_at=st.none() | st.just(NOON),
        ),
        max_size=30,
    ),
    missing=st.lists(st.sampled_from(["Stripe", "Clerk"]), max_size=2),
)
checks = st.builds(
    CodeCheck,
    view=st.builds(
        View,
        application=applications,
        checks=st.lists(st.builds(Check, TEXT, st.booleans(), TEXT), min_size=1, max_size=6),
        code=st.just(Verdict("JARED30")),
        needs_attention=TEXT,
    ),
    program=st.just(Program()),
    verdict=st.builds(
        Verdict, code=TEXT, problem=TEXT, suggestion=st.sampled_from(["", "JARED30"])
    ),
    at_stripe=st.sampled_from(
        [AtStripe.ASKING, AtStripe.FREE, AtStripe.SILENT, AtStripe.NOT_CONNECTED]
    ),
)
ERRAND = Errand("01a1fd0f-ea6d-76f9-85a3-339e4e0c2c60", "https://hooks.slack.com/actions/T/1/x")


def sound(message: tuple[str, list[dict[str, Any]]]) -> bool:
    """Whether Slack takes this message, and reads nothing in it as markup."""
    text, blocks = message
    return (
        not check_blocks(blocks)
        and "mrkdwn" not in json.dumps(blocks)
        and 0 < len(text) <= 4000
        and not {"<", ">"} & set(text)
    )


@given(pending=st.lists(applications, max_size=30), more=st.integers(0, 500))
def test_the_queue_fits(pending: list[Application], more: int) -> None:
    """However long it is."""
    assert sound(queue_card(pending, len(pending) + more))


@given(
    text=TEXT,
    people=st.lists(affiliates, max_size=12),
    applied=st.lists(applications, max_size=12),
)
def test_what_was_found_fits(
    text: str, people: list[Affiliate], applied: list[Application]
) -> None:
    """Whatever was typed and found."""
    assert sound(find_card(text, people, applied))


@given(health=healths)
def test_health_fits(health: Health) -> None:
    """However much is stuck, and whatever the errors say."""
    assert sound(health_card(health))


@given(health=healths)
def test_alerts_fit(health: Health) -> None:
    """Raised or over, whatever a service or an address said."""
    assert all(sound(alert_card(alert)) for alert in health.alerts)


def test_health_names_what_is_alarming() -> None:
    """Not all is well while an alert is raised, though nothing has failed for good."""
    alert = Alert(name="service:Stripe", problem="Stripe hung up.", raised_at=NOON)
    text, blocks = health_card(Health([], 0, [], [alert]))
    assert text == "Nothing has failed for good, but not all is well."
    assert "A service does not answer" in json.dumps(blocks)
    assert "Stripe hung up." in json.dumps(blocks)
    assert '"white_check_mark"' not in json.dumps(blocks)


@given(text=TEXT)
def test_sentences_fit(text: str) -> None:
    """Notices and the answer to an unknown subcommand, whatever was typed."""
    known = Subcommands()
    known.add("queue", "What waits.", lambda _text: asyncio.sleep(0, notice("none")))
    assert sound(unknown_card(text, "queue", known.all()))
    assert not check_view(notice_modal(text), "modal")
    assert not check_view(closed_view(text), "home")
    shown, blocks = notice(text)
    assert not check_blocks(blocks)
    assert not {"<", ">"} & set(shown)


@settings(deadline=None)
@given(
    pending=st.lists(applications, max_size=25),
    people=st.lists(affiliates, max_size=12),
    health=healths,
    codes=code_lists(),
    news=TEXT,
)
def test_each_tab_of_the_home_fits(
    pending: list[Application],
    people: list[Affiliate],
    health: Health,
    codes: CodeList,
    news: str,
) -> None:
    """With a full queue, many failures, a page of codes that Stripe refuses, and wild news."""
    undo = button("Activate again", "code.activate", "7")
    tabs = {
        Tab.QUEUE: queue_blocks(pending, len(pending) + 900),
        Tab.AFFILIATES: [*map(newest_line, people), *find_card(news, people, pending)[1]],
        Tab.CODES: list_blocks(codes),
        Tab.HEALTH: health_blocks(health),
    }
    for tab, blocks in tabs.items():
        place = Place(tab, codes.looking, news[:100])
        view = home_view(place, {Tab.QUEUE: 1_000_000}, blocks, news, undo)
        assert not check_view(view, "home")
        assert Place.carried(view["private_metadata"]) == place


@settings(max_examples=30)
@given(check=checks, person=affiliates, reason=TEXT)
def test_modals_fit(check: CodeCheck, person: Affiliate, reason: str) -> None:
    """Every form about an application or an affiliate, whatever the applicant is called."""
    application = check.view.application
    views = [
        application_modals.review(check.view, ERRAND),
        application_modals.approval(check, ERRAND),
        application_modals.promo_code(check, ERRAND),
        application_modals.rejection(application, ERRAND, reason),
        application_modals.email(application, ERRAND),
        affiliate_modals.why(affiliate_modals.PAUSE, person, ERRAND, reason),
        affiliate_modals.why(affiliate_modals.BAN, person, ERRAND, reason),
    ]

    assert [check_view(view, "modal") for view in views] == [[]] * len(views)
