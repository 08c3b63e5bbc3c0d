import pytest

from dashboard.navigation import PAGES, RECRUITS, menu


@pytest.mark.parametrize(
    ("path", "current"),
    [
        *((href, label) for label, href in PAGES),
        *((f"{href}/below", label) for label, href in PAGES),
    ],
)
def test_the_open_page_is_marked(path: str, current: str) -> None:
    """Every page of the dashboard lists them all and marks one: itself, or the one it is below."""
    shown = menu(path)
    assert [item["label"] for item in shown] == [label for label, _ in PAGES]
    assert [item["label"] for item in shown if item["current"]] == [current]


@pytest.mark.parametrize("path", ["/affiliate", "/affiliate/sign-in", "/affiliate/dashboards"])
def test_outside_the_dashboard_there_is_no_menu(path: str) -> None:
    """Who has not been let in is not shown where they cannot go."""
    assert menu(path) == []


def test_recruiting_is_in_the_menu_while_it_pays() -> None:
    """Nobody is led to a link that brings nothing."""
    label, href = RECRUITS
    assert [item["label"] for item in menu(href, recruiting=True) if item["current"]] == [label]
    assert label not in [item["label"] for item in menu(PAGES[0][1])]
