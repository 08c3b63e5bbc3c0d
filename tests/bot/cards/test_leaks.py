"""The card of a code that may have leaked: why, in numbers, and what can be done about it."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cards.charts import plainer
from bot.cards.leaks import leak_card
from domain.leaks import View
from sandbox.slack.blocks import check_blocks
from storage.codes import DiscountCode
from storage.ids import new_id
from storage.leaks import Leak
from tests.bot.cards.test_applications import buttons, pressable, seen

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def view(*, status: str = "active", affiliate: str = "", **fields: Any) -> View:
    """A view of an alert with these fields."""
    code = DiscountCode(id=new_id(), code="LAUNCH20", discount_value=20, status=status)
    code.total_uses = 129
    given_fields: dict[str, Any] = {
        "uses": 42,
        "before_uses": 87,
        "before_days": 28,
        "jumped": True,
        "flagged_at": NOON,
        **fields,
    }
    leak = Leak(discount_code_id=code.id, **given_fields)
    days = [(NOON - n * timedelta(days=1), 42 if n == 0 else 3) for n in range(13, -1, -1)]
    return View(leak, code, days, affiliate)


def test_a_jump_is_told_in_numbers() -> None:
    """What it was, what is usual, how often in all, and whose it is."""
    text, blocks = leak_card(view(affiliate="JARED30"))
    for told in (
        "LAUNCH20 may have leaked",
        "It was used 42 times in 24 hours.",
        "In the 28 days before, it was used 87 times, about 3.1 a day.",
        "129 uses",
        "JARED30",
    ):
        assert told in seen(blocks)
    assert text == "LAUNCH20 may have leaked: 42 uses in 24 hours"
    assert not check_blocks(blocks)


@pytest.mark.parametrize(
    ("uses", "days", "told"),
    [
        (0, 28, "not used at all"),
        (1, 28, "used once, about 0 a day"),
        (28, 28, "used 28 times, about 1 a day"),
        (35, 10, "used 35 times, about 3.5 a day"),
        (28_000, 28, "used 28,000 times, about 1,000 a day"),
    ],
)
def test_the_usual_is_said_as_people_say_it(uses: int, days: int, told: str) -> None:
    """To one decimal place, and only where there is one."""
    assert told in seen(leak_card(view(before_uses=uses, before_days=days))[1])


def test_sites_are_named() -> None:
    """A few of them; a site alone says nothing of numbers."""
    sites = [f"coupons{n}.example" for n in range(7)]
    text, blocks = leak_card(view(jumped=False, sites=sites))
    assert "where codes are collected: coupons0.example, coupons1.example" in seen(blocks)
    assert "and 2 more." in seen(blocks)
    assert "24 hours" not in seen(blocks)
    assert text == "LAUNCH20 may have leaked: buyers from coupons0.example"


def test_the_days_are_a_chart_and_also_words() -> None:
    """Fourteen bars; where Slack knows no charts, fourteen lines."""
    _, blocks = leak_card(view())
    (chart,) = [one for one in blocks if one["type"] == "data_visualization"]
    points = chart["chart"]["series"][0]["data"]
    assert (len(points), points[-1]) == (14, {"label": "21 Nov", "value": 42})
    plain = plainer(blocks)
    assert "21 Nov: 42 uses" in seen(plain)
    assert not check_blocks(plain)


def test_two_buttons_until_somebody_decides() -> None:
    """They carry the alert; pausing asks first; afterwards it says who."""
    shown = view()
    _, blocks = leak_card(shown)
    assert buttons(blocks) == ["Pause code", "It is fine"]
    assert {one["value"] for one in pressable(blocks)} == {str(shown.leak.id)}
    assert "confirm" in pressable(blocks)[0]
    for decision, told in (("paused", "Paused by @rita"), ("fine", "Called fine by @rita")):
        _, blocks = leak_card(view(decision=decision, decided_by="@rita", decided_at=NOON))
        assert buttons(blocks) == []
        assert told in seen(blocks)
        assert not check_blocks(blocks)


def test_what_is_off_need_not_be_paused() -> None:
    """Somebody did it by another way."""
    assert buttons(leak_card(view(status="paused"))[1]) == ["It is fine"]


@given(
    sites=st.lists(st.text(max_size=300), max_size=8),
    by=st.text(max_size=300),
    decision=st.sampled_from(["", "paused", "fine"]),
    jumped=st.booleans(),
    uses=st.integers(min_value=0, max_value=10**9),
)
def test_slack_takes_every_card(
    *, sites: list[str], by: str, decision: str, jumped: bool, uses: int
) -> None:
    """Whatever stands in the fields, nothing breaks a limit and nothing is markup."""
    shown = view(
        sites=sites or ["x.example"], decided_by=by, decision=decision, jumped=jumped, uses=uses
    )
    text, blocks = leak_card(shown)
    assert not check_blocks(blocks)
    assert '"mrkdwn"' not in json.dumps(blocks)
    assert 0 < len(text) <= 4000
    assert not re.search("[<>]", text)
