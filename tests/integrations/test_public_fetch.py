"""Fetching what strangers typed: the open web and nothing else."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import quote

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from integrations import public_fetch
from integrations.errors import TransportError
from integrations.public_fetch import LARGEST, PublicFetch
from integrations.public_hosts import is_public

INWARD = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",  # noqa: S104 - to be refused
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2001:0:4136:e378:8000:63bf:80ff:fffe",
    "2001:db8::1",
    "not an address",
    "",
]


@pytest.mark.parametrize("address", INWARD)
def test_what_leads_inwards_is_not_public(address: str) -> None:
    """Loopback, private, link-local, metadata, multicast, and all of them dressed up."""
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"]
)
def test_the_internet_is_public(address: str) -> None:
    """Or nothing could be fetched."""
    assert is_public(address)


@dataclass
class Web:
    """A server that plays every host, and what was asked of it and of the names."""

    port: int = 0
    asked: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    names: dict[str, list[list[str]]] = field(default_factory=dict)

    async def resolve(self, host: str, _port: int) -> Sequence[str]:
        """The next answer about a host; the last one stays."""
        answers = self.names.get(host, [["127.0.0.1"]])
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def fetch(self) -> PublicFetch:
        """A client to whom 127.0.0.1 is the internet, and 127.0.0.9 is not."""
        return PublicFetch(
            "test",
            allowed=lambda address: address == "127.0.0.1",
            ports=frozenset({self.port}),
            resolve=self.resolve,
        )

    def url(self, path: str = "/", host: str = "mia.example") -> str:
        """An address on the server."""
        return f"http://{host}:{self.port}{path}"


@pytest.fixture
async def site() -> AsyncIterator[Web]:
    """The server."""
    made = Web()

    async def answer(request: web.Request) -> web.StreamResponse:
        made.asked.append(f"{request.host.partition(':')[0]}{request.path}")
        made.headers.append(dict(request.headers))
        path = request.path
        if path.startswith("/to/"):
            raise web.HTTPFound(request.query["url"])
        if path.startswith("/again/"):
            raise web.HTTPFound(f"/again/{int(path.removeprefix('/again/')) + 1}")
        if path == "/slow":
            await asyncio.sleep(30)
        if path == "/long":
            return web.Response(text="x" * (LARGEST + 1), content_type="text/html")
        if path == "/packed":
            response = web.Response(text="x" * 100, content_type="text/html")
            response.headers["Content-Encoding"] = "gzip"
            return response
        if path == "/in":
            kind = f"text/html; charset={request.query['charset']}"
            body = bytes.fromhex(request.query["hex"]) * int(request.query.get("times", 1))
            return web.Response(body=body, headers={"Content-Type": kind})
        if path == "/picture":
            return web.Response(body=b"GIF89a", content_type="image/gif")
        if path == "/gone":
            raise web.HTTPGone
        return web.Response(text="<p>Grüße</p>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    server = TestServer(app)
    await server.start_server()
    assert server.port
    made.port = server.port
    yield made
    await server.close()


async def test_a_page_is_fetched_with_nothing_of_ours(site: Web) -> None:
    """Its text, where it stood, and no cookie or credential went along."""
    page = await site.fetch().page(site.url("/about"))
    assert (page.html, page.url) == ("<p>Grüße</p>", site.url("/about"))
    assert site.asked == ["mia.example/about"]
    sent = {"Host", "User-Agent", "Accept", "Accept-Encoding", "Connection"}
    assert set(site.headers[0]) == sent


async def test_a_redirect_is_followed_and_checked(site: Web) -> None:
    """To another public host; not to one of ours, by name or by number."""
    site.names["inside.example"] = [["127.0.0.9"]]
    page = await site.fetch().page(site.url("/to/x?url=" + site.url("/end", "other.example")))
    assert page.url == site.url("/end", "other.example")
    for target in (site.url("/end", "inside.example"), "http://127.0.0.9/", "file:///etc/passwd"):
        with pytest.raises(TransportError):
            await site.fetch().page(site.url(f"/to/x?url={target}"))
    assert not [one for one in site.asked if "inside" in one or "127.0.0.9" in one]


async def test_three_redirects_and_no_more(site: Web) -> None:
    """A circle ends."""
    with pytest.raises(TransportError, match="too often"):
        await site.fetch().page(site.url("/again/0"))
    assert len(site.asked) == 4


async def test_a_name_that_changes_its_mind_leads_to_what_was_checked(site: Web) -> None:
    """The second look of a rebinding attack is never taken."""
    site.names["rebind.example"] = [["127.0.0.1"], ["127.0.0.9"]]
    page = await site.fetch().page(site.url("/", "rebind.example"))
    assert page.html
    assert site.names["rebind.example"] == [["127.0.0.9"]]


async def test_one_inward_address_among_several_refuses_all(site: Web) -> None:
    """Which one is used would be chance."""
    site.names["two.example"] = [["127.0.0.1", "127.0.0.9"]]
    with pytest.raises(TransportError, match="not public"):
        await site.fetch().page(site.url("/", "two.example"))
    assert site.asked == []


@pytest.mark.parametrize(
    "path", ["/slow", "/long", "/packed", "/picture", "/gone"], ids=lambda path: path[1:]
)
async def test_what_is_no_whole_page_is_none(
    site: Web, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too slow, too long, packed, another kind, or not there."""
    monkeypatch.setattr(public_fetch, "SECONDS", 0.5)
    with pytest.raises(TransportError):
        await site.fetch().page(site.url(path))


@pytest.mark.parametrize(
    ("charset", "sent", "read"),
    [
        ("utf-8", "c3bc", "ü"),
        ("latin-1", "fc", "ü"),
        ("ISO-8859-15", "a4", "€"),
        ("windows-1252", "80", "€"),
        ("Shift_JIS", "82a0", "あ"),
        ("utf-7", "2b414f632d", "+AOc-"),
        ("hex", "3431", "41"),
        ("unicode_escape", "5c783431", "\\x41"),
        ("nonsense", "41", "A"),
    ],
)
async def test_a_page_is_read_in_the_charsets_of_the_web(
    site: Web, charset: str, sent: str, read: str
) -> None:
    """As it says; in that of nearly all where it names a codec that is none for pages."""
    page = await site.fetch().page(site.url(f"/in?charset={charset}&hex={sent}"))
    assert page.html == read


async def test_a_page_cannot_choose_a_codec_that_never_ends(site: Web) -> None:
    """A megabyte of Punycode takes Python minutes, in which nobody else would be served."""
    path = "/in?charset=punycode&times=2500&hex=" + "61" * 200 + "2d" + "61" * 200
    page = await asyncio.wait_for(site.fetch().page(site.url(path)), 5)
    assert len(page.html) == 2500 * 401


@pytest.mark.parametrize(
    "target",
    [
        "//127.0.0.9/",
        "http://mia.example@127.0.0.9/",
        "http://127.0.0.9\\@mia.example/",
        "http://mia.example\\@127.0.0.9/",
        "http:\\\\127.0.0.9/",
        "gopher://127.0.0.9/",
        "data:text/html,hello",
        "http://127\u30020\u30020\u30029/",
    ],
)
async def test_a_redirect_cannot_say_two_hosts(site: Web, target: str) -> None:
    """However it is written, nothing is asked that was not looked at."""
    site.names["127.0.0.9"] = [["127.0.0.9"]]
    asked = quote(target.replace("127.0.0.9/", f"127.0.0.9:{site.port}/"), safe="")
    with suppress(TransportError):
        page = await site.fetch().page(site.url(f"/to/x?url={asked}"))
        assert page.url.startswith(site.url("/"))
    assert site.asked
    assert all(one.startswith("mia.example/") for one in site.asked)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://mia.example/",
        "javascript:alert(1)",
        "http://",
        "http://user:secret@mia.example/",
        "http://mia.example:22/",
        "http://mia.example:99999/",
        "http://mia.example/a b",
        "http://mia.example/\r\nHost: inside",
        "http://[::1/",
        "http://mia.example/" + "x" * 2000,
        "",
    ],
)
async def test_what_is_no_address_is_not_asked(url: str) -> None:
    """Before any name is looked up."""

    async def never(_host: str, _port: int) -> Sequence[str]:
        raise AssertionError("looked up")

    with pytest.raises(TransportError):
        await PublicFetch("test", resolve=never).page(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f.0.0.1/",
        "http://0177.0.0.1/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://127\u30020\u30020\u30021/",
        "http://\uff11\uff12\uff17.0.0.1/",
        "http://localhost/",
        "http://localhost./",
        "http://169.254.169.254/latest/meta-data/",
    ],
)
async def test_ways_to_write_this_machine_are_refused(url: str) -> None:
    """As they are really resolved."""
    with pytest.raises(TransportError):
        await PublicFetch("test").page(url)
