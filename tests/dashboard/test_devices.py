"""What User-Agents say of browsers and devices."""

import time

import pytest

from dashboard.devices import device_class, device_label, is_bot

_KIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
_MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"


@pytest.mark.parametrize(
    ("user_agent", "label"),
    [
        (f"{_MAC} {_KIT} Chrome/140.0.0.0 Safari/537.36", "Chrome on macOS"),
        (f"{_MAC} AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15", "Safari on macOS"),
        (f"{_MAC} {_KIT} Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on macOS"),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox on Linux",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) CriOS/140.0 Safari/604.1",
            "Chrome on iPhone",
        ),
        (f"Mozilla/5.0 (Linux; Android 15) {_KIT} Chrome/140.0 Safari/537.36", "Chrome on Android"),
        ("curl/8.0", "A browser"),
        ("", "A browser"),
    ],
)
def test_a_browser_is_called_what_its_owner_calls_it(user_agent: str, label: str) -> None:
    """By its own name and not by those it claims for compatibility."""
    assert device_label(user_agent) == label


def test_nothing_that_the_browser_sent_is_repeated() -> None:
    """The label is made of our words only."""
    assert device_label("<script>Chrome/1 Windows</script>") == "Chrome on Windows"


@pytest.mark.parametrize(
    ("user_agent", "kind"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/141.0 Safari/537.36", "desktop"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148", "mobile"),
        ("Mozilla/5.0 (Linux; Android 15; Pixel 9) Chrome/141.0 Mobile Safari/537.36", "mobile"),
        ("Mozilla/5.0 (Linux; Android 15; SM-X910) Chrome/141.0 Safari/537.36", "tablet"),
        ("Mozilla/5.0 (iPad; CPU OS 16_0 like Mac OS X) Mobile/15E148", "tablet"),
        ("PlayStation 5", "other"),
        ("", "other"),
    ],
)
def test_a_click_knows_what_kind_of_device_it_came_from(user_agent: str, kind: str) -> None:
    """One of four, so that nobody is recognised by it."""
    assert device_class(user_agent) == kind


def test_a_hostile_user_agent_is_read_at_once() -> None:
    """Whoever floods with long nonsense costs no more than anybody else."""
    begin = time.perf_counter()
    for n in range(200):
        assert not is_bot("A" * 8000 + str(n))
        assert device_class("Android" * 1000 + str(n)) == "tablet"
    assert time.perf_counter() - begin < 1
