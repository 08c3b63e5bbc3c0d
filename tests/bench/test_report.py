"""What a measurement comes to is told as it is, also where it is not what we owe."""

from bench.figures import Figure
from bench.report import chart


def _figure(share: float | None, *, owed: float = 2, at_most: bool = False) -> Figure:
    return Figure(
        work="Work <of> ours", ours="1", floor="2", share=share, owed=owed, at_most=at_most
    )


def test_a_promise_is_kept_on_its_right_side_only() -> None:
    """At least and at most, on the mark and beside it; what was not measured is neither."""
    assert [_figure(share).is_met for share in (1.99, 2, 2.01)] == [False, True, True]
    at_most = [_figure(share, at_most=True).is_met for share in (1.99, 2, 2.01)]
    assert at_most == [True, True, False]
    assert _figure(None).is_met is None


def test_the_chart_has_a_bar_for_each_that_was_measured() -> None:
    """One without a share, or without a promise, has none; words of work are no markup."""
    drawn = chart([_figure(1), _figure(4), _figure(None), _figure(1, owed=0)])
    assert drawn.count("<rect") == 2
    assert "Work &lt;of&gt; ours" in drawn
    assert 'width="65"' in drawn
    assert 'width="260"' in drawn
