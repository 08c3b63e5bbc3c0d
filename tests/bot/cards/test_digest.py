"""The summary of a week: Slack takes it, whatever happened, with charts or without."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from bot.cards.charts import plainer
from bot.cards.digest import digest_card
from domain.digest import Digest, Figures, Week
from domain.stats import Course, Earner
from sandbox.slack.blocks import check_blocks
from tests.bot.cards.test_lists import affiliates, sound
from tests.bot.cards.test_stats import BY_CURRENCY

_COUNT = st.integers(0, 10**6)
_FIGURES = st.builds(
    Figures,
    sales=_COUNT,
    credited=_COUNT,
    kept=BY_CURRENCY,
    commissions=BY_CURRENCY,
    payouts=_COUNT,
    paid=BY_CURRENCY,
    new_affiliates=_COUNT,
    applications=_COUNT,
)
_DAYS = st.lists(_COUNT, min_size=7, max_size=7)
_DIGESTS = st.builds(
    Digest,
    week=st.builds(Week, st.sampled_from([date(2026, 11, 16), date(2026, 12, 28)])),
    running=st.booleans(),
    this=_FIGURES,
    before=_FIGURES,
    course=st.builds(Course, st.just([f"Mon {n}" for n in range(7)]), _DAYS, _DAYS),
    top=st.lists(st.builds(Earner, affiliates, _COUNT, BY_CURRENCY), max_size=5),
    owed=BY_CURRENCY,
    queue=_COUNT,
    payouts_open=_COUNT,
    leaks=_COUNT,
    cases=_COUNT,
    parked=_COUNT,
)


@given(digest=_DIGESTS)
def test_a_week_fits(digest: Digest) -> None:
    """Each figure stands beside that of the week before."""
    message = digest_card(digest)
    assert sound(message)
    assert not check_blocks(plainer(message[1]))
    assert f"Sales: {digest.this.sales}" in _words(message[1]).replace("  ", " ")


def _words(blocks: list[dict[str, object]]) -> str:
    found: list[str] = []

    def walk(piece: object) -> None:
        if isinstance(piece, dict):
            if isinstance(piece.get("text"), str):
                found.append(piece["text"])
            for value in piece.values():
                walk(value)
        elif isinstance(piece, list):
            for value in piece:
                walk(value)

    walk(blocks)
    return "".join(found)
