import pytest

from domain.statuses import Status, parse_status


@pytest.mark.parametrize("status", list(Status))
def test_our_own_words_are_read(status: Status) -> None:
    """Each status reads back, in any letter case and with spaces around it."""
    assert parse_status(f" {status.upper()} ") is status


@pytest.mark.parametrize("word", ["active", "enabled", "live", "Active", "LIVE"])
def test_aliases_mean_approved(word: str) -> None:
    """The product's dashboard treats these as approved too."""
    assert parse_status(word) is Status.APPROVED


@pytest.mark.parametrize("word", ["", "approve", "banned", "null", "approved!"])
def test_other_words_are_no_status(word: str) -> None:
    """Nobody is let in by a word that we do not know."""
    assert parse_status(word) is None
