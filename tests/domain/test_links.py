"""Links lead to the product and nowhere else, whatever is asked for."""

from urllib.parse import quote, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain import links
from domain.errors import InvalidError

HOME = "https://product.example.com"
HOSTS = ("docs.example.com", "app.example.com:8443", "bücher.example")


def target(to: str, home: str = HOME) -> str:
    """Where `to` leads."""
    return links.safe_target(to, home, HOSTS)


@pytest.mark.parametrize(
    ("to", "where"),
    [
        ("", "/"),
        ("/", "/"),
        ("/pricing", "/pricing"),
        ("pricing", "/pricing"),
        ("  /pricing ", "/pricing"),
        ("blog/a-review", "/blog/a-review"),
        ("/wiki/Special:Pages", "/wiki/Special:Pages"),
        ("/pricing?plan=yearly&x=a/b#compare", "/pricing?plan=yearly&x=a/b#compare"),
        ("?plan=yearly", "/?plan=yearly"),
        ("#faq", "/#faq"),
        (
            "/search?q=a%20b&next=https://else.example/",
            "/search?q=a%20b&next=https://else.example/",
        ),
        ("/größe/a b", "/gr%C3%B6%C3%9Fe/a%20b"),
        ("/100%", "/100%25"),
        ('/a"<script>', "/a%22%3Cscript%3E"),
        ("/a?x=\"'<>", "/a?x=%22'%3C%3E"),
        ("product.example.com", "/"),
        ("product.example.com/pricing", "/pricing"),
        ("PRODUCT.example.com:443/pricing", "/pricing"),
        ("https://product.example.com", "/"),
        ("hTTpS://Product.Example.COM:443/Pricing", "/Pricing"),
        ("http://product.example.com/pricing", "/pricing"),
        ("http://product.example.com:80?a=1", "/?a=1"),
        ("https://product.example.com:/x", "/x"),
        ("evil.example", "/evil.example"),
        ("/evil.example", "/evil.example"),
        ("／／evil.example", "/%EF%BC%8F%EF%BC%8Fevil.example"),  # noqa: RUF001
    ],
)
def test_what_is_a_page_of_the_product(to: str, where: str) -> None:
    """Paths and addresses, however they are typed; query and fragment stay."""
    assert target(to) == f"{HOME}{where}"


@pytest.mark.parametrize(
    ("to", "where"),
    [
        ("https://docs.example.com/start", "https://docs.example.com/start"),
        ("http://docs.example.com/start", "https://docs.example.com/start"),
        ("docs.example.com/start?a=1", "https://docs.example.com/start?a=1"),
        ("https://app.example.com:8443", "https://app.example.com:8443/"),
        ("https://BÜCHER.example/neu", "https://xn--bcher-kva.example/neu"),
        ("https://xn--bcher-kva.example/neu", "https://xn--bcher-kva.example/neu"),
    ],
)
def test_further_hosts_of_the_product(to: str, where: str) -> None:
    """As the program's settings name them."""
    assert target(to) == where


@pytest.mark.parametrize(
    "to",
    [
        "//evil.example",
        "///evil.example",
        "////evil.example/%2F..",
        "\\\\evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "/\\/evil.example",
        "/%5Cevil.example",
        "/%255Cevil.example",
        "/%2Fevil.example",
        "%2F%2Fevil.example",
        "%252F%252Fevil.example",
        "%25252F%25252Fevil.example",
        "/%" + "25" * 990,
        "/.//evil.example",
        "/..//evil.example",
        "/a/../b",
        "/%2e%2e/b",
        "/%252e%252e/b",
        "https://evil.example",
        "https:evil.example",
        "https:/evil.example",
        "https:\\\\evil.example",
        "https:///evil.example",
        "HTTPS://EVIL.EXAMPLE",
        "http://evil.example",
        "https%3A%2F%2Fevil.example",
        "https%253A%252F%252Fevil.example",
        "/https://evil.example",
        "https://product.example.com@evil.example",
        "https://product.example.com:443@evil.example",
        "https://product.example.com%40evil.example",
        "https://user@product.example.com",
        "https://user:pass@product.example.com/",
        "https://@product.example.com/",
        "https://product.example.com.evil.example",
        "https://evilproduct.example.com",
        "https://evil-product.example.com",
        "https://example.com",
        "https://a.product.example.com",
        "https://product.example.com.",
        "https://product.example.com%2eevil.example",
        "https://product.example.com%00.evil.example",
        "https://product.example.com\\@evil.example",
        "https://product.example.com\\.evil.example",
        "https://evil.example\\@product.example.com",
        "https://evil.example#@product.example.com",
        "https://evil.example?@product.example.com",
        "https://evil.example/@product.example.com",
        "https://product.example.com;evil.example",
        "https://product.example.com,evil.example",
        "https://product.example.com:8443/",
        "https://product.example.com:80/",
        "http://product.example.com:443/",
        "https://product.example.com:0/",
        "https://product.example.com:99999/",
        "https://product.example.com:４４３/",  # noqa: RUF001
        "https://product.example.com:443:443/",
        "https://product.example.com:-443/",
        "https://docs.example.com:8443/",
        "https://app.example.com/",
        "https://prоduct.example.com/",  # noqa: RUF001 - a Cyrillic o
        "https://product。evil.example/",
        "https://product.example.com／evil.example",  # noqa: RUF001
        "https://product.example.com／.evil.example",  # noqa: RUF001
        "https://[::1]/",
        "https://[product.example.com]/",
        "https://127.1/",
        "https://" + "a" * 300 + "/",
        "https://a..example.com/",
        "https:// product.example.com/",
        "https://product.example.com /",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "javascript://product.example.com/%0aalert(1)",
        "javascript%3Aalert(1)",
        "javascript%253Aalert(1)",
        "data:text/html,x",
        "vbscript:x",
        "mailto:a@b.example",
        "ftp://product.example.com/",
        "view-source:https://product.example.com/",
        "blob:https://product.example.com/",
        "java\tscript:alert(1)",
        "\tjavascript:alert(1)",
        "\t//evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "/%09/evil.example",
        "/a\r\nSet-Cookie: x=1",
        "/a%0d%0aSet-Cookie:%20x=1",
        "/a%250d%250aSet-Cookie:%20x=1",
        "/a?x=\r\nSet-Cookie: x=1",
        "/a\x00",
        "/a%00",
        "/a\ud800",
        "/a\u2028b",
        "https://prod\tuct.example.com/",
        "/" + "a" * 2000,
        "/" + "%25" * 660 + "2F%2Fevil.example" * 10,
    ],
)
def test_what_is_none(to: str) -> None:
    """Every trick is refused, with a sentence, whichever way it is encoded."""
    with pytest.raises(InvalidError) as refused:
        target(to)
    assert str(refused.value) == refused.value.fields["to"]


@given(st.text() | st.text(alphabet="/\\%25FfcC@:.?#evil").map(lambda text: f"//{text}"))
@example("/%E2%80%A8/")
def test_whatever_is_typed_leads_to_the_product_or_nowhere(text: str) -> None:
    """For any text: one of the allowed hosts, plain ASCII, and the same when asked again."""
    for to in (text, quote(text), f"https://{text}", f"{HOME}{text}"):
        try:
            found = target(to)
        except InvalidError:
            continue
        assert found.isascii()
        assert not set(found) & set(' \\"<>\t\r\n')
        parts = urlsplit(found)
        assert parts.scheme == "https"
        places = (urlsplit(HOME).netloc, *HOSTS[:2], "xn--bcher-kva.example")
        assert parts.netloc in places
        assert not parts.path.startswith("//")
        assert target(found) == found


def test_paths_stand_below_the_products_address() -> None:
    """A product that lives in a folder, or on this computer."""
    assert target("/pricing", "https://example.com/shop") == "https://example.com/shop/pricing"
    assert target("", "https://example.com/shop") == "https://example.com/shop"
    local = "http://127.0.0.1:8080/sandbox/product"
    assert target("pricing", local) == f"{local}/pricing"
    assert target("http://127.0.0.1:8080/other", local) == "http://127.0.0.1:8080/other"
    assert target("http://[::1]:8080/x", "http://[::1]:8080") == "http://[::1]:8080/x"
    for to in ("http://127.0.0.1/other", "http://127.0.0.1:8081/"):
        with pytest.raises(InvalidError, match=r"127\.0\.0\.1:8080"):
            target(to, local)


def test_without_a_product_there_is_nowhere_to_lead_to() -> None:
    """PRODUCT_URL is not set."""
    with pytest.raises(InvalidError, match="not known yet"):
        target("/pricing", "")


@pytest.mark.parametrize(
    ("typed", "tag"),
    [
        ("", ""),
        ("youtube-review", "youtube-review"),
        ("  YouTube Review! ", "youtube-review"),
        ("Größe & März", "grosse-marz"),
        ("ＮＥＷＳ", "news"),  # noqa: RUF001
        ("a.b_c", "a.b_c"),
        ("<script>alert(1)</script>", "script-alert-1-script"),
        ("=cmd|' /C calc'!A0", "cmd-c-calc-a0"),
        ("\x00\ud800😀", ""),
        ("x" * 90, "x" * 40),
        ("x" * 39 + " y", "x" * 39),
    ],
)
def test_tags_are_brought_into_form(typed: str, tag: str) -> None:
    """Whatever is typed; doing it again changes nothing."""
    assert links.tidy_tag(typed) == tag
    assert links.tidy_tag(tag) == tag


def test_the_direct_link_says_who_sent_the_visitor() -> None:
    """Beside what the page is asked for, and before the fragment."""
    link = links.direct_link(f"{HOME}/pricing?plan=yearly#compare", "JARED30", "youtube")
    assert link == f"{HOME}/pricing?plan=yearly&ref=JARED30&src=youtube#compare"
    assert links.direct_link(f"{HOME}/", "JARED30") == f"{HOME}/?ref=JARED30"


def test_nobody_else_is_credited_by_a_target() -> None:
    """A `ref` in it is replaced, however it is spelled; UTM only where ours is asked for."""
    asked = f"{HOME}/?ref=EVIL&REF=EVIL&%72ef=EVIL&src=x&a=1&utm_medium=mail&utm_term=bets"
    said = links.campaign("Prop Mine!", "JARED30", "youtube")
    assert links.direct_link(asked, "JARED30", "", None) == (
        f"{HOME}/?a=1&utm_medium=mail&utm_term=bets&ref=JARED30"
    )
    assert links.direct_link(asked, "JARED30", "youtube", said) == (
        f"{HOME}/?a=1&utm_term=bets&ref=JARED30&src=youtube&utm_source=prop-mine"
        "&utm_medium=affiliate&utm_campaign=JARED30&utm_content=youtube"
    )
    assert "utm_content" not in links.campaign("PropMine", "JARED30", "")


def test_the_tracked_link_is_as_short_as_it_can_be() -> None:
    """The home needs no words, and a page of the product no host."""

    def tracked(to: str, tag: str = "", *, utm: bool = False) -> str:
        return links.tracked_link("https://desk.example", HOME, target(to), "J30", tag, utm=utm)

    assert tracked("") == "https://desk.example/r/J30"
    assert tracked("/pricing", "news") == "https://desk.example/r/J30?to=/pricing&src=news"
    assert tracked("/a?b=c&d#e", utm=True) == (
        "https://desk.example/r/J30?to=/a%3Fb%3Dc%26d%23e&utm=1"
    )
    assert tracked("https://docs.example.com/x").endswith("?to=https%3A//docs.example.com/x")
    shop = "https://example.com/shop"
    for to, asked in (("", ""), ("/a", "?to=/a"), ("?b=1", "?to=%3Fb%3D1")):
        where = target(to, shop)
        assert links.tracked_link("https://desk.example", shop, where, "J30") == (
            f"https://desk.example/r/J30{asked}"
        )


def test_clicks_are_counted_by_path() -> None:
    """Whatever is asked of the page, and however long its name is."""
    assert links.page_of(target("/pricing?plan=yearly#x")) == "/pricing"
    assert links.page_of(target("/" + "a" * 300)) == "/" + "a" * 199
