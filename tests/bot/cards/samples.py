"""Made-up codes in every state, with any text in them."""

from datetime import UTC, datetime
from operator import mul
from uuid import UUID

from hypothesis import strategies as st

from bot.cards.discount_codes import STATUSES, CodeView
from bot.code_batches import Batch
from bot.code_lists import CodeList, Looking
from domain.program import Program
from domain.program_values import Plan
from storage.codes import DiscountCode

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
TEXT = st.builds(mul, st.text(max_size=20), st.sampled_from([1, 50]))
"""Short or long, in any script."""

PROGRAM = Program(plans=(Plan(slug="monthly", name="Monthly"), Plan(slug="yearly", name="Ye<a>r")))
_COUNTS = st.integers(0, 10**6)
_MOMENTS = st.none() | st.just(NOON)


@st.composite
def discount_codes(draw: st.DrawFn) -> DiscountCode:
    """Any code that the database could hold."""
    fixed = draw(st.booleans())
    duration = draw(st.sampled_from(["once", "repeating", "forever"]))
    return DiscountCode(
        id=draw(st.uuids()),
        code=draw(st.from_regex(r"[A-Z0-9]{3,40}", fullmatch=True)),
        description=draw(TEXT)[:500],
        discount_type="fixed_amount" if fixed else "percentage",
        discount_value=draw(st.integers(1, 99_999_999 if fixed else 100)),
        currency=draw(st.sampled_from(["usd", "jpy", "kwd"])) if fixed else "",
        duration=duration,
        duration_months=draw(st.integers(1, 60)) if duration == "repeating" else None,
        max_uses=draw(st.none() | st.integers(1, 10**6)),
        max_uses_per_user=draw(st.integers(1, 1000)),
        min_plan=draw(st.sampled_from([None, "yearly", "gone"])),
        stackable=draw(st.booleans()),
        first_purchase_only=draw(st.booleans()),
        expires_at=draw(_MOMENTS),
        stripe_promotion_code_id=draw(st.sampled_from(["", "promo_1"])),
        stripe_problem=draw(TEXT),
        status=draw(st.sampled_from(STATUSES)),
        prior_uses=draw(_COUNTS),
        total_uses=draw(_COUNTS),
        created_by=draw(TEXT),
        created_at=NOON,
    )


GIVEN = st.dictionaries(
    st.sampled_from(["usd", "eur", "jpy"]), st.tuples(st.integers(0, 10**12), _COUNTS)
)


def code_views() -> st.SearchStrategy[CodeView]:
    """Any code with what its card says beside."""
    affiliate = st.sampled_from(["", "JARED30"])
    return st.builds(CodeView, discount_codes(), st.just(PROGRAM), affiliate, GIVEN)


def code_lists() -> st.SearchStrategy[CodeList]:
    """Any page of codes that somebody looks at."""
    looking = st.builds(
        Looking,
        st.sampled_from(["", *STATUSES]),
        TEXT.map(lambda text: text[:100]),
        st.sampled_from(["", str(UUID(int=7))]),
    )
    counts = st.dictionaries(st.sampled_from(STATUSES), _COUNTS)
    codes = st.lists(discount_codes(), max_size=8)
    return st.builds(CodeList, looking, codes, st.booleans(), counts, _COUNTS, GIVEN)


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    """Codes that were made at once, some of them on their way, some refused."""
    made = draw(st.lists(discount_codes(), min_size=1, max_size=25))
    busy = frozenset(each.id for each in made if draw(st.booleans()))
    return Batch(UUID(int=9), made, busy, PROGRAM)
