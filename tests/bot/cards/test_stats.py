"""Figures and sales on cards: whatever they are, Slack takes them, charts or not."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from bot.cards.charts import plainer
from bot.cards.sales import sales_card, why_card
from bot.cards.stats import report_card, stats_card
from domain.sales import Explanation
from domain.stats import Course, Earner, Overview, Owed, Period, Report
from sandbox.slack.blocks import check_blocks
from storage.affiliates import Affiliate
from storage.commissions import Commission
from storage.ids import new_id
from storage.sales import Sale
from tests.bot.cards.samples import TEXT
from tests.bot.cards.test_lists import affiliates, sound

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
CENTS = st.integers(-(10**12), 10**12)
BY_CURRENCY = st.dictionaries(st.sampled_from(["usd", "eur", "jpy", "kwd"]), CENTS)
COUNTS = st.lists(st.integers(0, 10**6), min_size=2, max_size=2)

overviews = st.builds(
    Overview,
    period=st.sampled_from(list(Period)),
    since=st.just(NOON),
    sales=st.integers(0, 10**6),
    credited=st.integers(0, 10**6),
    kept=BY_CURRENCY,
    kept_credited=BY_CURRENCY,
    commissions=BY_CURRENCY,
    new_affiliates=st.integers(0, 9),
    applications=st.integers(0, 9),
    top=st.lists(st.builds(Earner, affiliates, st.integers(0, 9), BY_CURRENCY), max_size=5),
    course=st.builds(Course, st.just(["Mon 16", "Tue 17"]), COUNTS, COUNTS),
)
owed = st.builds(
    Owed, affiliates, st.sampled_from(["usd", "jpy"]), *(st.integers(-(10**9), 10**9),) * 4
)
sales = st.builds(
    Sale,
    invoice_id=st.just("in_1"),
    customer_id=TEXT,
    currency=st.just("usd"),
    collected=st.integers(0, 10**9),
    fee=st.integers(0, 10**6),
    cycle=st.integers(0, 9),
    plan=TEXT,
    outcome=st.sampled_from(["credited", "nobody", "self_referral"]),
    trace=st.lists(st.fixed_dictionaries({"step": TEXT, "result": TEXT}), max_size=14),
    paid_at=st.just(NOON),
    facts_at=st.just(NOON),
)
commissions = st.builds(
    Commission,
    sale_id=st.just(new_id()),
    affiliate_user_id=st.just(new_id()),
    rate_bp=st.integers(0, 10000),
    base=st.sampled_from(["net", "gross"]),
    cycle=st.integers(1, 2),
    attributed_by=st.just("link"),
    amount_cents=st.integers(0, 10**9),
    currency=st.just("usd"),
    available_at=st.just(NOON),
)


@given(stats=overviews)
def test_figures_fit(stats: Overview) -> None:
    """As a chart and in plain words."""
    message = stats_card(stats)
    assert sound(message)
    assert not check_blocks(plainer(message[1]))


@given(totals=st.lists(owed, max_size=5), lines=st.lists(owed, max_size=30))
def test_the_report_fits(totals: list[Owed], lines: list[Owed]) -> None:
    """However many affiliates there are; one table at most, as Slack has it."""
    message = report_card(Report(totals or lines[:1], lines))
    assert sound(message)
    assert [block["type"] for block in message[1]].count("table") <= 1
    assert not check_blocks(plainer(message[1]))


@given(sale=sales, commission=st.none() | commissions, affiliate=st.none() | affiliates)
def test_why_fits(sale: Sale, commission: Commission | None, affiliate: Affiliate | None) -> None:
    """Whatever customers typed as their code."""
    assert sound(why_card(Explanation(sale, commission, affiliate)))


@given(found=st.lists(sales, max_size=12), affiliate=affiliates)
def test_the_last_sales_fit(found: list[Sale], affiliate: Affiliate) -> None:
    """However many there are."""
    assert sound(sales_card(affiliate, found))
