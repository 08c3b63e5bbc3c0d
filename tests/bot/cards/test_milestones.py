"""Milestones on cards and in forms: whatever they are made of, Slack takes them."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cards.milestones import milestones_card
from bot.errands import Errand
from bot.milestone_drafts import Draft
from bot.modals import milestones as modals
from domain.milestones import BONUS_MAX, MILESTONES_MAX, THRESHOLD_MAX, Mark
from domain.program import Program
from sandbox.slack.blocks import check_view
from storage.milestones import Milestone
from tests.bot.cards.samples import TEXT
from tests.bot.cards.test_lists import sound

milestones = st.builds(
    Milestone,
    name=TEXT.map(lambda text: text[:60]),
    referral_threshold=st.integers(1, THRESHOLD_MAX),
    bonus_amount_cents=st.integers(1, BONUS_MAX),
    description=TEXT.map(lambda text: text[:300]),
    is_active=st.booleans(),
    sort_order=st.integers(0, 999),
)
marks = st.builds(Mark, milestones, st.integers(0, 10**6), st.integers(0, 10**6))
ERRAND = Errand(
    "01a1fd0f-ea6d-76f9-85a3-339e4e0c2c60 0123456789abcdef",
    "https://hooks.slack.com/actions/T/1/x",
)


@settings(deadline=None, max_examples=30)
@given(found=st.lists(marks, max_size=MILESTONES_MAX), news=TEXT)
def test_the_card_fits(found: list[Mark], news: str) -> None:
    """As many milestones as there can be."""
    assert sound(milestones_card(found, Program(), news))


@settings(deadline=None, max_examples=30)
@given(mark=marks)
def test_the_forms_fit(mark: Mark) -> None:
    """Every form, and the question what it costs, with the form's own words behind it."""
    draft = Draft.of(mark.milestone, Program())
    wish = draft.given(Program())
    asks = Errand(f"{ERRAND.subject}\n{draft.packed()}", ERRAND.answer_to)
    views = [
        modals.create(draft, Program(), ERRAND),
        modals.edit(draft, Program(), ERRAND),
        modals.confirm(wish, mark.due, Program(), asks),
        modals.delete(mark, ERRAND),
    ]
    assert [check_view(view, "modal") for view in views] == [[]] * len(views)


@given(mark=marks)
def test_a_form_left_as_it_is_changes_nothing(mark: Mark) -> None:
    """What is shown reads as what it was, to the yen; also after the question."""
    yen, it = Program(currency="jpy"), mark.milestone
    draft = Draft.unpacked(Draft.of(it, yen).packed())
    wish = draft.given(yen)
    assert (wish.referral_threshold, wish.bonus_amount_cents, wish.sort_order) == (
        it.referral_threshold,
        it.bonus_amount_cents,
        it.sort_order,
    )
    assert (wish.name, wish.description, wish.is_active) == (it.name, it.description, it.is_active)


def test_what_saving_costs_is_said() -> None:
    """For one and for many."""
    wish = Draft(name="Ten", referral_threshold="10", bonus_amount_cents="50").given(Program())
    many = str(modals.confirm(wish, 23, Program(), ERRAND))
    assert "23 affiliates have reached that already" in many
    assert "They get $50.00 each, $1,150.00 in all, within five minutes" in many
    one = str(modals.confirm(wish, 1, Program(), ERRAND))
    assert "1 affiliate has reached that already. They get $50.00 within" in one
    assert "in all" not in one
