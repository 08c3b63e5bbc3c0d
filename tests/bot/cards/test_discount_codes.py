"""Cards and forms of discount codes: Slack takes them whatever stands in them."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import clock
from bot.cards.code_batches import batch_card
from bot.cards.discount_codes import LISTED_MAX, CodeView, code_card, codes_card, terms_in_words
from bot.code_batches import Batch
from bot.code_drafts import Draft
from bot.errands import Errand
from bot.modals import discount_codes as modals
from domain import code_terms as rules
from domain.errors import InvalidError
from sandbox.slack.blocks import check_view
from storage.codes import DiscountCode
from tests.bot.cards.samples import PROGRAM, TEXT, batches, code_views, discount_codes
from tests.bot.cards.test_lists import ERRAND, sound


@settings(deadline=None)
@given(view=code_views(), sentence=TEXT)
def test_a_code_fits(view: CodeView, sentence: str) -> None:
    """Whatever its note says, and whatever Stripe holds against it."""
    assert sound(code_card(view, sentence))
    assert not check_view(modals.about(code_card(view), ERRAND), "modal")
    assert not check_view(modals.archive(view.code, ERRAND), "modal")
    assert not check_view(modals.copy(view.code), "modal")


def test_a_code_past_its_end_is_not_called_active() -> None:
    """Customers are refused from its moment on, also before the row says so."""
    ended = clock.now() - timedelta(minutes=1)
    code = DiscountCode(code="LAUNCH20", discount_value=20, expires_at=ended)
    headline, blocks = code_card(CodeView(code, PROGRAM, "", {}))
    assert headline == "LAUNCH20 is expired."
    assert "its time is over" in str(blocks)
    assert "code.pause" not in str(blocks)
    assert "code.edit" in str(blocks)


@settings(deadline=None, max_examples=40)
@given(codes=st.lists(discount_codes(), max_size=LISTED_MAX), text=TEXT, more=st.booleans())
def test_a_list_fits(codes: Sequence[DiscountCode], text: str, *, more: bool) -> None:
    """Also if Stripe refuses every code of it."""
    assert sound(codes_card(codes, {"active": 3}, "", text, more=more))


@settings(deadline=None, max_examples=40)
@given(batch=batches())
def test_a_batch_fits(batch: Batch) -> None:
    """However many are refused, and why."""
    assert sound(batch_card(batch))


drafts = st.builds(
    Draft,
    code=TEXT,
    discount_type=st.sampled_from(["percentage", "fixed_amount"]),
    discount_value=TEXT | st.sampled_from(["20", "20 %", "10.50", "1,000", "0"]),
    currency=TEXT | st.sampled_from(["", "usd", "JPY"]),
    duration=st.sampled_from(["once", "repeating", "forever"]),
    duration_months=TEXT | st.sampled_from(["", "3"]),
    max_uses=TEXT | st.sampled_from(["", "100"]),
    max_uses_per_user=TEXT | st.just("1"),
    min_plan=st.sampled_from(["any", "yearly", "gone"]),
    flags=st.frozensets(st.sampled_from(["stackable", "first_purchase_only"])),
    expires_at=st.none() | st.integers(1_700_000_000, 9_999_999_999),
    affiliate=TEXT,
    description=TEXT,
    prefix=TEXT,
    count=TEXT | st.just("50"),
)


@settings(deadline=None, max_examples=60)
@given(draft=drafts, errand=st.builds(Errand, st.just("x"), st.just("https://x"), TEXT))
def test_forms_fit(draft: Draft, errand: Errand) -> None:
    """Whatever was typed into them before they were drawn anew."""
    for form in (modals.create, modals.edit, modals.bulk):
        assert not check_view(form(draft, PROGRAM, errand), "modal")


@settings(deadline=None)
@given(draft=drafts)
def test_what_is_typed_is_read_or_complained_about(draft: Draft) -> None:
    """A slip names a field that the form has; it is never an error that nobody foresaw."""
    complaints: dict[str, str] = {}
    try:
        terms = rules.read(draft.given(PROGRAM))
    except InvalidError as error:
        complaints = error.fields
    assert complaints or terms.discount_value > 0


@settings(deadline=None)
@given(view=code_views())
def test_a_code_in_its_form_says_the_same(view: CodeView) -> None:
    """Opening `Edit` and saving it unchanged changes nothing."""
    terms = rules.terms_of(view.code.model_copy(update={"description": "Spring"}))
    given_again = Draft.of(terms, "").given(PROGRAM)

    assert rules.read(given_again) == terms


@pytest.mark.parametrize(
    ("draft", "sentence"),
    [
        (Draft(discount_value="20"), "20% off the first payment, once per customer."),
        (
            Draft(
                discount_type="fixed_amount",
                discount_value="10.5",
                duration="repeating",
                duration_months="3",
                max_uses="100",
                max_uses_per_user="2",
                min_plan="monthly",
                flags=frozenset({"stackable", "first_purchase_only"}),
            ),
            (
                "$10.50 off the payments of 3 months, twice per customer, for new customers only, "
                "from the plan Monthly upwards, also together with other codes, 100 times in all."
            ),
        ),
        (
            Draft(
                discount_type="fixed_amount",
                discount_value="500",
                currency="JPY",
                duration="forever",
            ),
            "¥500 off every payment, once per customer.",
        ),
    ],
)
def test_terms_are_summed_up_in_a_sentence(draft: Draft, sentence: str) -> None:
    """What an operator reads before sending the form."""
    terms = rules.read(draft.given(PROGRAM) | {"code": "LAUNCH20"})
    assert terms_in_words(terms, PROGRAM) == sentence


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (Draft(), "discount_value"),
        (Draft(discount_value="12.5"), "discount_value"),
        (Draft(discount_type="fixed_amount", discount_value="1,000"), "discount_value"),
        (
            Draft(discount_type="fixed_amount", discount_value="10.50", currency="jpy"),
            "discount_value",
        ),
        (Draft(discount_value="20", max_uses="many"), "max_uses"),
        (Draft(discount_value="20", max_uses_per_user=""), "max_uses_per_user"),
    ],
)
def test_what_is_no_number_is_complained_about(draft: Draft, field: str) -> None:
    """Instead of being guessed at."""
    with pytest.raises(InvalidError) as slip:
        draft.given(PROGRAM)
    assert set(slip.value.fields) == {field}
