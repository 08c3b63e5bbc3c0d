"""The link maker, its QR codes, and the links that an affiliate keeps."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from dashboard import qr
from domain import program
from storage import affiliates
from storage.db import Database
from storage.ids import new_id
from storage.rollups import EarningRollup, Rollup
from tests.dashboard.desk import OPERATOR, Browser, Desk, Page, make_settings

HERE = "/affiliate/dashboard/links"
PUBLIC = "http://desk.example"
PRODUCT = "https://product.example.com"
EMAIL = "mia@example.com"


@pytest.fixture
async def desk(db: Database) -> AsyncIterator[Desk]:
    """A dashboard that knows the product's address, and Mia, on either database."""
    settings = make_settings(public_url=PUBLIC, product_url=PRODUCT)
    async with Desk(db, settings).running() as desk:
        await desk.approve(EMAIL)
        yield desk


@pytest.fixture
async def mia(desk: Desk) -> AsyncIterator[Browser]:
    """Mia's browser."""
    async with desk.browser() as browser:
        yield await desk.signed_in(browser, EMAIL)


def texts(page: Page, *ids: str) -> list[str]:
    """What stands in these elements, of which no tag is inside."""
    return [
        page.html.partition(f'id="{name}">')[2].partition("<")[0].replace("&amp;", "&")
        for name in ids
    ]


def links_of(page: Page) -> list[str]:
    """The tracked and the direct link."""
    return texts(page, "tracked-link", "direct-link")


async def keep(browser: Browser, name: str, query: str = "page=/pricing&src=news") -> Page:
    """Make a link and keep it."""
    return await browser.fill_in(f"{HERE}?{query}", HERE, name=name)


def forms_of(page: Page, act: str) -> list[str]:
    """The addresses of the forms that do this with a link."""
    return [action for action in page.forms if action.endswith(f"/{act}")]


async def test_it_is_for_approved_affiliates(desk: Desk) -> None:
    """Visitors sign in first."""
    async with desk.browser() as browser:
        for path in (HERE, f"{HERE}/qr.svg", f"{HERE}/performance", f"{HERE}/performance.csv"):
            assert (await browser.get(path)).url.path == "/affiliate/sign-in"


async def test_there_is_a_link_before_anything_is_chosen(mia: Browser) -> None:
    """To the product's home, and first steps where no link is kept yet."""
    page = await mia.get(HERE)
    assert links_of(page) == [f"{PUBLIC}/r/MIA30", f"{PRODUCT}/?ref=MIA30"]
    assert "No saved links yet" in page.words
    options = [given["value"] for tag, given in page.tags if tag == "option"]
    assert options[:5] == ["/", "/pricing", "/features", "/blog", "other"]


async def test_a_link_carries_page_tag_and_utm(mia: Browser) -> None:
    """In both its forms, by an ordinary form without any script."""
    page = await mia.get(f"{HERE}?page=/pricing&to=/ignored&src=You+Tube&utm=1")
    assert links_of(page) == [
        f"{PUBLIC}/r/MIA30?to=/pricing&src=you-tube&utm=1",
        (
            f"{PRODUCT}/pricing?ref=MIA30&src=you-tube&utm_source=propmine&utm_medium=affiliate"
            "&utm_campaign=MIA30&utm_content=you-tube"
        ),
    ]
    target = next(g["href"] for tag, g in page.tags if g.get("target") == "_blank")
    assert target == f"{PRODUCT}/pricing"
    boxes = [given for tag, given in page.tags if given.get("name") == "utm"]
    assert "checked" in boxes[0]


async def test_any_page_of_the_product_will_do(desk: Desk, mia: Browser) -> None:
    """A path, an address, a further host of the product; what the program lists is offered."""
    async with desk.db.transaction() as session:
        changes: dict[str, Any] = {
            "product_hosts": ["docs.example.com"],
            "common_pages": [{"name": "Plans", "path": "/plans?all=1"}],
        }
        await program.update(session, changes, OPERATOR)
    for asked, target in (
        ("page=other&to=blog/x%3Fa=1%23b", f"{PRODUCT}/blog/x?a=1&ref=MIA30#b"),
        (f"page=other&to={PRODUCT}/y", f"{PRODUCT}/y?ref=MIA30"),
        ("to=https://docs.example.com/z", "https://docs.example.com/z?ref=MIA30"),
        ("page=/plans%3Fall=1", f"{PRODUCT}/plans?all=1&ref=MIA30"),
        ("page=/not-listed", f"{PRODUCT}/not-listed?ref=MIA30"),
    ):
        page = await mia.get(f"{HERE}?{asked}")
        assert links_of(page)[1] == target
    fields = [given for tag, given in page.tags if given.get("id") == "to"]
    assert fields[0]["value"] == "/not-listed"


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example/", "javascript:alert(1)"])
async def test_other_places_are_refused_beside_their_field(mia: Browser, to: str) -> None:
    """No link, a sentence, and what was typed is still there; neither kept nor drawn."""
    page = await mia.get(f"{HERE}?page=other&to={to}&src=x")
    assert page.status == 422
    field = next(given for tag, given in page.tags if given.get("id") == "to")
    assert (field["value"], field["aria-invalid"]) == (to, "true")
    assert "tracked-link" not in page.html
    assert (await mia.get(f"{HERE}/qr.svg?page=other&to={to}")).status == 404
    form = (await mia.get(HERE)).forms[HERE]
    page = await mia.post(HERE, form | {"page": "other", "to": to, "name": "X"})
    assert page.status == 422
    assert "No saved links yet" in page.words


async def test_without_a_product_there_is_nothing_to_link_to(db: Database) -> None:
    """The page says so instead of failing."""
    async with Desk(db, make_settings()).running() as desk, desk.browser() as browser:
        await desk.approve(EMAIL)
        page = await (await desk.signed_in(browser, EMAIL)).get(HERE)
        assert "address of the product is not known yet" in page.words


async def test_the_qr_code_holds_the_tracked_link(mia: Browser) -> None:
    """As a drawing and a picture, shown inline and kept as a file; each link has its own."""
    page = await mia.get(f"{HERE}?page=/pricing&src=news")
    shown = str(next(given["src"] for tag, given in page.tags if tag == "img"))
    link = links_of(page)[0]
    answer = await mia.client.get(shown)
    assert answer.content_type == "image/svg+xml"
    assert await answer.read() == qr.svg(link) != qr.svg(f"{link}x")
    assert "Content-Disposition" not in answer.headers
    kept = [str(given["href"]) for tag, given in page.tags if "download" in given]
    answers = [await mia.client.get(address) for address in kept]
    assert [a.headers["Content-Disposition"] for a in answers] == [
        f'attachment; filename="qr-news-pricing.{kind}"' for kind in ("svg", "png")
    ]
    assert await answers[1].read() == qr.png(link)
    assert (await answers[1].read()).startswith(b"\x89PNG")
    long = await mia.get(f"{HERE}?page=other&to=/{'a' * 700}")
    assert "too long for a QR code" in long.words
    assert (await mia.get(f"{HERE}/qr.png?page=other&to=/{'a' * 700}")).status == 404


async def test_a_link_is_kept_and_shows_what_it_brought(desk: Desk, mia: Browser) -> None:
    """From the rollup of its tag and page, and nobody else's."""
    assert (await keep(mia, "January <b>letter</b>")).status == 303
    me = await _affiliate(desk)
    today = datetime.now(UTC).date()
    async with desk.db.transaction() as session:
        for owner, value, clicks in ((me, "news /pricing", 41), (new_id(), "news /pricing", 100)):
            under: dict[str, Any] = {
                "affiliate_user_id": owner,
                "dimension": "link",
                "value": value,
                "day": today,
            }
            session.add(Rollup(**under, clicks=clicks, signups=7, conversions=3))
            session.add(EarningRollup(**under, currency="usd", amount=1671))
    page = await mia.get(HERE)
    assert "January &lt;b&gt;letter&lt;/b&gt;" in page.html
    words = " ".join(page.words.split())
    assert "Clicks41 Sign-ups7 Conversions3 Earnings$16.71" in words
    again = await mia.get(f"{HERE}?page=/pricing&src=news")
    assert "Saved as" in again.words


async def _affiliate(desk: Desk) -> UUID:
    async with desk.db.read() as session:
        found = await affiliates.by_email_key(session, EMAIL)
    assert found is not None
    return found.id


async def test_what_cannot_be_kept_says_why(mia: Browser) -> None:
    """No name; or a tag and page that another link has already. What was typed stays."""
    page = await keep(mia, " ")
    assert page.status == 422
    assert "Give the link a name" in page.words
    assert links_of(page)[0].endswith("?to=/pricing&src=news")
    await keep(mia, "First")
    form = (await mia.get(f"{HERE}?page=/blog")).forms[HERE]
    twin = form | {"page": "other", "to": "/pricing?x=1", "src": "NEWS", "name": "Second"}
    page = await mia.post(HERE, twin)
    assert page.status == 409
    assert "First" in page.words


async def test_a_kept_link_is_renamed_deleted_and_brought_back(mia: Browser) -> None:
    """Each by a form of its own; deleting offers to undo it."""
    await keep(mia, "First")
    page = await mia.get(HERE)
    rename, delete = forms_of(page, "rename")[0], forms_of(page, "delete")[0]
    page = await mia.fill_in(HERE, rename, name="Second")
    assert page.headers["Location"] == f"{HERE}?done=renamed#saved"
    page = await mia.fill_in(HERE, delete)
    page = await mia.get(page.headers["Location"])
    assert "Second” is deleted" in page.words
    assert "No saved links yet" in page.words
    page = await mia.post(forms_of(page, "restore")[0], page.forms[forms_of(page, "restore")[0]])
    page = await mia.get(page.headers["Location"])
    assert "The link is back" in page.words
    assert forms_of(page, "delete") == [delete]
    assert "is deleted" not in (await mia.get(f"{HERE}?deleted={new_id()}")).words


async def test_links_of_others_and_none_are_not_found(desk: Desk, mia: Browser) -> None:
    """Whatever is in the address, and without a token nothing happens at all."""
    await keep(mia, "Mine")
    delete = forms_of(await mia.get(HERE), "delete")[0]
    await desk.approve("eve@example.com", "EVE30")
    async with desk.browser() as browser:
        eve = await desk.signed_in(browser, "eve@example.com")
        token = (await eve.get(HERE)).forms[HERE]["csrf"]
        for address in (delete, f"{HERE}/{new_id()}/delete", f"{HERE}/x/delete"):
            assert (await eve.post(address, {"csrf": token})).status == 404
    assert (await mia.post(delete, {})).status == 419
    assert forms_of(await mia.get(HERE), "delete") == [delete]
    assert (await mia.get(f"{HERE}?deleted=x")).status == 404


async def test_a_link_that_leads_nowhere_any_more_says_so(desk: Desk, mia: Browser) -> None:
    """The program took its host off the list; it can still be deleted."""
    for hosts in (["docs.example.com"], []):
        async with desk.db.transaction() as session:
            await program.update(session, {"product_hosts": hosts}, OPERATOR)
        if hosts:
            await keep(mia, "Docs", "page=other&to=https://docs.example.com/z")
    page = await mia.get(HERE)
    assert "not part of PropMine any more" in page.words
    assert forms_of(page, "delete")


async def test_only_the_maker_may_ask_the_server_by_script(mia: Browser) -> None:
    """Its policy lets it reach us and nobody else."""
    policy = (await mia.get(HERE)).headers["Content-Security-Policy"]
    assert policy.endswith("; connect-src 'self'")
    assert policy.startswith("default-src 'none'")
