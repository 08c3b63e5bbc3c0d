from datetime import UTC, datetime, timedelta, timezone

import pytest

import clock

CHRISTMAS = datetime(2026, 12, 25, 9, 30, tzinfo=UTC)


def test_a_held_clock_stands_still_and_goes_on_afterwards() -> None:
    """Inside the block every look gives the same moment; after it, time is real again."""
    before = clock.now()
    with clock.travel(CHRISTMAS):
        assert clock.now() == CHRISTMAS == clock.now()
        assert clock.timestamp() == CHRISTMAS.timestamp()
    assert timedelta(0) <= clock.now() - before < timedelta(minutes=1)


def test_travels_nest() -> None:
    """The inner journey ends where the outer one was."""
    with clock.travel(CHRISTMAS):
        with clock.travel(CHRISTMAS + timedelta(days=1)):
            assert clock.now().day == 26
        assert clock.now() == CHRISTMAS


def test_an_error_brings_the_clock_back() -> None:
    """A test that fails does not leave the next one in another year."""
    with pytest.raises(KeyError), clock.travel(CHRISTMAS):
        raise KeyError
    assert clock.now() != CHRISTMAS


def test_a_clock_that_runs_ahead_goes_on() -> None:
    """It moves like real time, so much later, until it is set right."""
    real = clock.now()
    clock.run_ahead(timedelta(days=30))
    try:
        assert timedelta(days=30) <= clock.now() - real < timedelta(days=30, minutes=1)
    finally:
        clock.run_ahead(timedelta(0))
    assert clock.now() - real < timedelta(minutes=1)


def test_the_present_is_told_in_utc() -> None:
    """Also when the journey was described in another zone."""
    tokyo = timezone(timedelta(hours=9))
    with clock.travel(datetime(2026, 12, 25, 18, 30, tzinfo=tokyo)):
        assert clock.now() == CHRISTMAS
        assert clock.now().utcoffset() == timedelta(0)
