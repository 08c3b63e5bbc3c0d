"""The card of a tax form: whole, whatever was typed, and never with more than the last four."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cards.taxes import Line, tax_form_card, taxes_card
from domain.taxes import Standing, View, standing_of
from sandbox.slack.blocks import check_blocks
from storage.affiliates import Affiliate
from storage.taxes import TaxForm
from tests.bot.cards.samples import TEXT
from tests.bot.cards.test_applications import buttons, seen

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LATER = datetime(2999, 1, 1, tzinfo=UTC)


def affiliate(name: str = "Jared Bets") -> Affiliate:
    """Somebody."""
    return Affiliate(
        reference="aff_JARED30",
        status="approved",
        email="jared@example.com",
        email_key="jared@example.com",
        display_name=name,
        promo_code="JARED30",
    )


def view(name: str = "Jared Bets", *, rate_bp: int = 0, withholds: bool = False, **of: Any) -> View:
    """A form as it stands."""
    who = affiliate(name)
    given_fields: dict[str, Any] = {
        "form_type": "w8ben",
        "legal_name": "Jared Example",
        "classification": "individual",
        "tax_id_type": "foreign",
        "tax_id_last4": "1809",
        "address_country": "DE",
        "citizenship": "DE",
        "submitted_at": NOON,
        "expires_at": LATER,
    }
    form = TaxForm(affiliate_user_id=who.id, **(given_fields | of))
    return View(form, who, standing_of(form), withholds, rate_bp)


@pytest.mark.parametrize(
    ("shown", "pressable"),
    [
        (view(), ["Verify", "Send back"]),
        (view(verified=True, verified_at=NOON), ["Send back"]),
        (view(returned_at=NOON, return_reason="No."), []),
        (view(is_current=False), []),
        (view(expires_at=NOON), ["Send back"]),
        (view(rate_bp=2400), ["Verify", "Send back", "Withhold"]),
        (view(rate_bp=2400, withholds=True), ["Verify", "Send back", "Stop withholding"]),
    ],
)
def test_the_buttons_are_the_steps_that_make_sense(shown: View, pressable: list[str]) -> None:
    """None on a form that does not count."""
    _, blocks = tax_form_card(shown)
    assert list(buttons(blocks)) == pressable
    assert not check_blocks(blocks)
    assert "tax number of DE …1809" in seen(blocks)


@given(name=TEXT, typed=TEXT, reason=TEXT, sent_back=st.booleans())
def test_any_text_fits(name: str, typed: str, reason: str, *, sent_back: bool) -> None:
    """In every field that somebody types."""
    typed_in = ("legal_name", "business_name", "signed_name", "address_city")
    texts: dict[str, Any] = dict.fromkeys(typed_in, typed)
    treaty = {"country": "DE", "article": typed, "rate": "5", "reason": typed}
    back: dict[str, Any] = (
        {"returned_at": NOON, "return_reason": reason or "x"} if sent_back else {}
    )
    shown = view(name, treaty=treaty, told_to_withhold=True, **texts, **back)
    assert not check_blocks(tax_form_card(shown)[1])
    lines = [Line(shown.affiliate, shown.standing)] * 12
    assert not check_blocks(taxes_card("Tax forms", lines, 99)[1])


def test_an_empty_list_says_so() -> None:
    """And one with somebody without a form has no button."""
    text, blocks = taxes_card("Tax forms", [], 0)
    assert text == "Tax forms: nobody."
    assert not check_blocks(blocks)
    _, blocks = taxes_card("Tax forms", [Line(affiliate(), Standing("missing"))], 1)
    assert "tax form missing" in seen(blocks)
    assert not list(buttons(blocks))
