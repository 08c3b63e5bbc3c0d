from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment

from dashboard import format as fmt


@pytest.mark.parametrize(
    ("minor", "currency", "shown"),
    [
        (1250, "usd", "$12.50"),
        (5, "USD", "$0.05"),
        (0, "usd", "$0.00"),
        (123456789, "usd", "$1,234,567.89"),
        (2500, "eur", "€25.00"),
        (1250, "jpy", "¥1,250"),
        (1250, "clp", "CLP\N{NO-BREAK SPACE}1,250"),
        (1250, "kwd", "KWD\N{NO-BREAK SPACE}1.250"),
        (5, "bhd", "BHD\N{NO-BREAK SPACE}0.005"),
        (1250, "chf", "CHF\N{NO-BREAK SPACE}12.50"),
        (50000, "isk", "ISK\N{NO-BREAK SPACE}500.00"),
    ],
)
def test_money_reads_as_its_currency_is_written(minor: int, currency: str, shown: str) -> None:
    """Currencies with no, two and three decimals each show the amount that was meant."""
    assert fmt.money(minor, currency) == shown


def test_a_debt_carries_its_minus_before_the_sign() -> None:
    """A clawed-back balance is seen as negative, also below one whole unit."""
    assert fmt.money(-1250, "usd") == "\N{MINUS SIGN}$12.50"
    assert fmt.money(-5, "usd") == "\N{MINUS SIGN}$0.05"
    assert fmt.money(-500, "jpy") == "\N{MINUS SIGN}¥500"


@given(st.integers(), st.sampled_from(["usd", "jpy", "kwd", "sek"]))
def test_no_cent_is_lost_however_large_the_amount(minor: int, currency: str) -> None:
    """The digits shown, read back, are the amount: nothing was rounded on the way."""
    shown = fmt.money(minor, currency)
    digits = int("".join(character for character in shown if character.isdigit()))
    assert digits == abs(minor)
    assert shown.startswith("\N{MINUS SIGN}") == (minor < 0)


@pytest.mark.parametrize(
    ("basis_points", "shown"),
    [
        (2000, "20%"),
        (1250, "12.5%"),
        (1275, "12.75%"),
        (1005, "10.05%"),
        (5, "0.05%"),
        (0, "0%"),
        (10000, "100%"),
        (-250, "\N{MINUS SIGN}2.5%"),
    ],
)
def test_a_rate_shows_no_idle_zeros(basis_points: int, shown: str) -> None:
    """Basis points read as the percentage that a person would write."""
    assert fmt.percent(basis_points) == shown


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (1, "first successful billing cycle"),
        (2, "first two successful billing cycles"),
        (12, "first twelve successful billing cycles"),
        (24, "first 24 successful billing cycles"),
        (None, "every successful billing cycle"),
    ],
)
def test_cycles_read_as_a_phrase(count: int | None, shown: str) -> None:
    """The number of paid cycles fits into a sentence, limited or not."""
    assert fmt.cycles(count) == shown


def test_a_moment_is_shown_in_utc_and_keeps_its_instant() -> None:
    """The element says the day and the minute in UTC, and carries the exact instant."""
    moment = datetime(2026, 11, 22, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    assert fmt.datetime(moment) == (
        '<time datetime="2026-11-21T23:30:00Z" data-show="datetime">'
        "21 November 2026 at 23:30 UTC</time>"
    )
    assert fmt.date(moment) == (
        '<time datetime="2026-11-21T23:30:00Z" data-show="date">21 November 2026</time>'
    )


def test_a_moment_without_a_zone_is_refused() -> None:
    """A naive datetime is a mistake that must not reach a reader as a wrong hour."""
    naive = datetime(2026, 11, 21, 9, 0, tzinfo=UTC).replace(tzinfo=None)
    for show in (fmt.date, fmt.datetime):
        with pytest.raises(ValueError, match="no time zone"):
            show(naive)


def test_every_filter_works_inside_an_escaping_template() -> None:
    """The `<time>` element survives autoescape, and the other filters stay plain text."""
    jinja = Environment(autoescape=True)
    jinja.filters.update(fmt.FILTERS)
    page = jinja.from_string(
        "{{ 1250|money('usd') }} {{ 2000|percent }} {{ 12400|number }} {{ 2|cycles }}"
        " {{ moment|date }} {{ moment|datetime }}"
    ).render(moment=datetime(2026, 11, 1, 9, 5, tzinfo=UTC))
    assert page == (
        "$12.50 20% 12,400 first two successful billing cycles"
        ' <time datetime="2026-11-01T09:05:00Z" data-show="date">1 November 2026</time>'
        ' <time datetime="2026-11-01T09:05:00Z" data-show="datetime">'
        "1 November 2026 at 09:05 UTC</time>"
    )
