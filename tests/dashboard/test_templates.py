"""What every page owes its reader, checked on the HTML that the templates produce."""

from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from dashboard.format import FILTERS
from dashboard.pages.live import LIVE_CARDS
from tests.dashboard.samples import (
    BLANK,
    DASHBOARD,
    EVERY_PAGE,
    HOSTILE,
    LIVE,
    PAGES,
    SIGNED_IN,
    VISITOR,
)

TEMPLATES = Path(__file__).parents[2] / "dashboard" / "templates"
PARTIALS = {
    *("apply_form", "base", "components", "customers", "icons", "leaderboard_list"),
    *("sign_in_form", "tiers"),
}
PLACES = {card.name: card.place for card in LIVE_CARDS}
JINJA = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
JINJA.filters.update(FILTERS)


def live_cards() -> Iterator[dict[str, Any]]:
    """Every card that follows the news, as the dashboard is handed them."""
    for name, view in LIVE.items():
        html = JINJA.get_template(f"live_{name}.html").render({**EVERY_PAGE, **view})
        yield {
            "name": name,
            "html": Markup(html),  # noqa: S704 - the template escapes
            "mark": "a1b2",
            "wide": True,
            "place": PLACES[name],
        }


class Page(HTMLParser):
    """A rendered page as its tags and its visible words."""

    def __init__(self, name: str, view: Mapping[str, Any]) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.html = JINJA.get_template(f"{name}.html").render(
            {**EVERY_PAGE, "live": list(live_cards()), **view}
        )
        self.feed(self.html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the element."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Keep the words."""
        self.words += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """Attributes of every such element, in order."""
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def ids(self) -> list[str]:
        """Every id, in order, repeated if the page repeats it."""
        return [str(attributes["id"]) for _, attributes in self.tags if "id" in attributes]


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest) -> Page:
    """Each page in turn, with its sample."""
    return Page(request.param, PAGES[request.param])


def test_every_page_is_looked_at() -> None:
    """A new template has to join the samples, or its promises go unchecked."""
    cards = {f"live_{name}" for name in LIVE}
    assert {file.stem for file in TEMPLATES.iterdir()} == set(PAGES) | PARTIALS | cards


def test_every_form_that_posts_carries_the_session_token(page: Page) -> None:
    """There are as many tokens as forms that post; only those that just ask have none."""
    asking = [form["action"] for form in page.all("form") if form["method"] != "post"]
    assert asking in (
        [],
        ["/affiliate/dashboard/links"],
        ["/affiliate/dashboard/resources"],
        ["/affiliate/dashboard/tax"],
    )
    forms = page.all("form")[len(asking) :]
    tokens = [field for field in page.all("input") if field.get("name") == "csrf"]
    assert [token["value"] for token in tokens] == ["csrf-of-this-session"] * len(forms)


def test_the_strict_policy_has_nothing_to_forbid(page: Page) -> None:
    """No inline style, script or handler, and nothing is loaded from another host."""
    for tag, attributes in page.tags:
        assert tag != "style"
        assert "style" not in attributes
        assert not any(name.startswith("on") for name in attributes)
        if tag == "script":
            assert str(attributes["src"]).startswith("/affiliate/static/")
        if tag in {"link", "img"} and attributes.get("rel") != "canonical":
            address = str(attributes.get("href") or attributes.get("src"))
            assert address.startswith(
                (
                    "/affiliate/static/",
                    "/affiliate/dashboard/landing/photo-",
                    "/affiliate/dashboard/links/qr.",
                    "/affiliate/dashboard/recruits/qr.",
                    "/affiliate/dashboard/resources/",
                    "/partner/",
                )
            )


def test_what_others_typed_stays_text(page: Page) -> None:
    """Hostile names, reasons and addresses never become elements, handlers or links."""
    assert "<script>alert" not in page.html
    links = [str(link["href"]) for link in page.all("a")]
    assert all(link.startswith(("#", "/", "https://", "mailto:")) for link in links)


def test_names_and_references_hold_together(page: Page) -> None:
    """Ids are unique; labels, descriptions, titles, copy buttons and anchors find their target."""
    ids = page.ids
    assert len(ids) == len(set(ids))
    for tag, attributes in page.tags:
        for name in ("for", "aria-labelledby", "aria-describedby", "data-copy"):
            for target in str(attributes.get(name) or "").split():
                assert target in ids, f"{tag} {name}={target}"
        if tag == "a" and str(attributes["href"]).startswith("#"):
            assert str(attributes["href"])[1:] in ids


def test_every_control_has_a_name(page: Page) -> None:
    """Each visible field has a label: by `for`, or by standing inside it as boxes do."""
    labelled = {label.get("for") for label in page.all("label")}
    for tag in ("input", "select", "textarea"):
        for control in page.all(tag):
            if control.get("type") not in {"hidden", "checkbox"}:
                assert control.get("id") in labelled


def test_every_page_has_one_heading_and_its_landmarks(page: Page) -> None:
    """One h1, one main that the skip link leads to, a header and a footer."""
    for tag in ("h1", "main", "header", "footer", "title"):
        assert len([name for name, _ in page.tags if name == tag]) >= 1, tag
    assert len(page.all("h1")) == 1
    assert len(page.all("main")) == 1
    assert page.all("a")[0]["href"] == "#main"


def test_a_page_is_light(page: Page) -> None:
    """With stylesheet and script, a page stays well under 100 kB."""
    assert len(page.html.encode()) < 40_000


def test_a_form_that_came_back_keeps_what_was_typed_and_says_what_is_wrong() -> None:
    """Values, choices and boxes are as they were; each error is linked and beside its field."""
    page = Page("apply", PAGES["apply"])
    fields = {field.get("id"): field for field in page.all("input")}
    assert fields["legal_name"]["value"] == HOSTILE
    assert fields["email"]["value"] == "mia@"
    assert fields["email"]["aria-invalid"] == "true"
    assert "email-error" in str(fields["email"]["aria-describedby"])
    assert "checked" in fields["terms_agree"]
    assert "checked" not in fields["terms_disclosure"]
    videos = [box for box in page.all("input") if box.get("value") == "video"]
    assert "checked" in videos[0]
    chosen = [option["value"] for option in page.all("option") if "selected" in option]
    assert chosen == ["youtube"]
    assert "5 answers need another look" in page.words
    errors = [link["href"] for link in page.all("a") if link["href"] == "#methods"]
    assert errors


def test_with_tally_the_visitor_is_sent_to_its_form() -> None:
    """A program with a Tally form shows a link to it, and no form of our own."""
    page = Page("affiliate", {**VISITOR, "tally_url": "https://tally.so/r/abc"})
    assert "https://tally.so/r/abc" in [link["href"] for link in page.all("a")]
    assert "/affiliate/apply" not in [form["action"] for form in page.all("form")]
    own = Page("affiliate", VISITOR)
    assert "/affiliate/apply" in [form["action"] for form in own.all("form")]


@pytest.mark.parametrize(
    ("balance", "words", "bar"),
    [
        (1250, "$12.50 of $25.00, $12.50 to go", "1250"),
        (2500, "The minimum of $25.00 is reached", "2500"),
        (9900, "The minimum of $25.00 is reached", "2500"),
        (-500, "\N{MINUS SIGN}$5.00 of $25.00, $30.00 to go", "0"),
    ],
)
def test_the_payout_bar_says_in_words_what_it_shows(balance: int, words: str, bar: str) -> None:
    """The bar never leaves its track, and the sentence under it gives the exact amounts."""
    page = Page("live_payout", {**LIVE["payout"], "balance_cents": balance})
    label = "Balance on the way to a payout"
    (found,) = [one for one in page.all("progress") if one["aria-label"] == label]
    assert (found["value"], found["max"]) == (bar, "2500")
    assert words in page.words


def test_an_affiliate_without_referrals_is_told_how_to_begin() -> None:
    """No empty table: a sentence and three first steps."""
    page = Page("live_plans", {"columns": [], "rows": [], "totals": None})
    assert "No referrals yet: share your code" in page.words
    assert not page.all("table")


def test_only_other_devices_can_be_signed_out_one_by_one() -> None:
    """This device leaves by the header; another by its own button; all of them by one."""
    page = Page("dashboard", DASHBOARD)
    scopes = [button["value"] for button in page.all("button") if button.get("name") == "scope"]
    assert scopes == ["this", "s2", "all"]


def test_the_sign_in_token_cannot_leave_its_path() -> None:
    """Whatever the token holds, the form posts below /affiliate/sign-in/."""
    page = Page("sign_in_confirm", {"email": "mia@example.com", "token": "a?b#c&d"})
    assert page.all("form")[0]["action"] == "/affiliate/sign-in/a%3Fb%23c%26d"


def test_the_menu_shows_only_where_there_is_somewhere_to_go() -> None:
    """One page needs no menu; several are listed, and the open one is marked."""
    overview = {"href": "/affiliate/dashboard", "label": "Overview", "current": True}
    links = {"href": "/affiliate/dashboard/links", "label": "Links", "current": False}
    assert not Page("dashboard", {**DASHBOARD, "nav": [overview]}).all("nav")
    page = Page("dashboard", {**DASHBOARD, "nav": [overview, links]})
    current = [link["href"] for link in page.all("a") if link.get("aria-current") == "page"]
    assert current == ["/affiliate/dashboard"]


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 413, 415, 419, 429, 500, 503])
def test_an_error_says_what_to_do(status: int) -> None:
    """Each status has its words, its number, and a way on."""
    view = {"status": status, "message": None, "retry_after": None, "request_id": "0198f3a2"}
    page = Page("error", view)
    assert f"Error {status}" in page.words
    assert "0198f3a2" in page.words
    assert "/affiliate" in [link["href"] for link in page.all("a")]


def test_a_notice_reaches_a_screen_reader() -> None:
    """Errors interrupt, everything else waits its turn."""
    for kind, role in (("error", "alert"), ("success", "status")):
        notice = {"kind": kind, "text": "Signed out."}
        page = Page("sign_in", {"sign_in": BLANK, "notice": notice})
        assert role in [div.get("role") for div in page.all("div")]
        assert "Signed out." in page.words


def test_a_signed_in_reader_can_always_leave() -> None:
    """Every state has the sign-out button, and nobody signed out sees it."""
    assert "/affiliate/sign-out" in [
        form["action"] for form in Page("paused", PAGES["paused"]).all("form")
    ]
    assert not Page("paused", {**PAGES["paused"], "signed_in_as": None}).all("form")
    assert SIGNED_IN["signed_in_as"] in Page("paused", PAGES["paused"]).words
