"""Where referral links may lead, and how they are written."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Final
from urllib.parse import quote, unquote, unquote_plus, urlencode, urlsplit, urlunsplit

from domain.errors import InvalidError

TARGET_MAX: Final = 2000
TAG_MAX: Final = 40
PAGE_MAX: Final = 200

_DECODED_MOST: Final = 8
"""How often what somebody encoded again and again is decoded before it is refused."""

_PORTS: Final = {"http": 80, "https": 443}
_WHOLE: Final = re.compile(r"(https?)://([^/]*)(.*)", re.IGNORECASE)
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.\-]*:", re.IGNORECASE)
_PLACE: Final = re.compile(r"(\[[0-9a-f:.]+\]|[^\s\[\]:@%]+)(?::([0-9]{0,5}))?", re.IGNORECASE)
_HOST: Final = re.compile(r"[a-z0-9._-]+|\[[0-9a-f:.]+\]")
_UNREADABLE: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
_STRAY_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_NO_TAG: Final = re.compile(r"[^a-z0-9._]+")


def safe_target(to: str, product_url: str, hosts: Iterable[str] = ()) -> str:
    """The whole address that `to` means, if it is a page of the product.

    `to` is an address, or a path below `product_url`; empty means its home. `hosts` are further
    hosts of the product, each with its port unless that is the usual one. Query and fragment are
    kept. Raises `InvalidError` for everything else: this is the one gate that keeps our links
    from leading anywhere, for the redirect and for whoever makes a link.
    """
    if not product_url:
        raise _refused("The address of the product is not known yet: tell the program's team.")
    if len(to) > TARGET_MAX:
        raise _refused(f"Use an address of at most {TARGET_MAX} characters.")
    given = to.strip(" ")
    if any(unicodedata.category(letter) in _UNREADABLE for letter in given):
        raise _refused("Use an address without line breaks or other control characters.")
    home = urlsplit(product_url)
    own = place_of(home.netloc, home.scheme)
    allowed = {own, *(place_of(host) for host in hosts)} - {""}
    bare, hash_, fragment = given.partition("#")
    address, question, query = bare.partition("?")
    scheme, place, path = _parted(address, product_url, allowed)
    if place not in allowed:
        raise _refused(f"Use a page of {' or '.join(sorted(allowed))}: links lead nowhere else.")
    _require_plain(path)
    if place == own or (home.scheme == "https" and not place.rpartition("]")[2].count(":")):
        scheme = home.scheme
    written = _written(path, "/:@!$&'()*+,;=~") or "/"
    query, fragment = (_written(part, "/:@!$&'()*+,;=~?[]|") for part in (query, fragment))
    tail = (question + query if query else "") + (hash_ + fragment if fragment else "")
    return f"{scheme}://{place}{written}{tail}"


def place_of(netloc: str, scheme: str = "https") -> str:
    """A host as we compare it, with its port unless that is the scheme's; empty for no host.

    Without user-info; letters beyond ASCII as the internet's names spell them.
    """
    match = _PLACE.fullmatch(netloc)
    if match is None:
        return ""
    try:
        host = match[1].lower().encode("idna").decode().lower()
    except UnicodeError:
        return ""
    port = int(match[2] or _PORTS[scheme])
    if not _HOST.fullmatch(host):
        return ""
    return host if port == _PORTS[scheme] else f"{host}:{port}"


def _parted(address: str, product_url: str, allowed: set[str]) -> tuple[str, str, str]:
    """Scheme, place and path of what stands before the query, however it was written."""
    home = urlsplit(product_url)
    if whole := _WHOLE.fullmatch(address):
        scheme = whole[1].lower()
        return scheme, place_of(whole[2], scheme), whole[3]
    first, slash, rest = address.partition("/")
    if first and (place := place_of(first, home.scheme)) in allowed:
        return home.scheme, place, slash + rest
    if any(_SCHEME.match(form) for form in _decoded(address)):
        raise _refused("Use a path like /pricing, or an address that begins with https://.")
    own = place_of(home.netloc, home.scheme)
    if not address:
        return home.scheme, own, home.path
    return home.scheme, own, home.path.rstrip("/") + "/" * (not address.startswith("/")) + address


def _require_plain(path: str) -> None:
    """Refuse a path that a browser or a server may read as something else, also once decoded."""
    for form in _decoded(path):
        unreadable = any(unicodedata.category(letter) in _UNREADABLE for letter in form)
        if unreadable or "\\" in form or "//" in form or {".", ".."} & set(form.split("/")):
            raise _refused("Use a plain path, like /pricing or /blog/my-review.")


def _decoded(text: str) -> Iterator[str]:
    """The text, and what it becomes each time that somebody decodes it, until nothing changes.

    Raises `InvalidError` where that takes longer than anybody means it.
    """
    for _ in range(_DECODED_MOST):
        yield text
        once = unquote(text)
        if once == text:
            return
        text = once
    raise _refused("Use a plain path, like /pricing or /blog/my-review.")


def _written(text: str, also: str) -> str:
    """The text as an address may hold it; what is encoded already stays so."""
    return quote(_STRAY_PERCENT.sub("%25", text), safe=also + "%")


def _refused(sentence: str) -> InvalidError:
    return InvalidError(sentence, {"to": sentence})


def tidy_tag(text: str) -> str:
    """A source tag as it is kept: lower case letters, digits, dashes, underscores and dots.

    Whatever was typed is brought into that form, with at most `TAG_MAX` characters.
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return _NO_TAG.sub("-", plain).strip("-")[:TAG_MAX].rstrip("-")


def campaign(product_name: str, ref: str, tag: str) -> dict[str, str]:
    """The UTM parameters of an affiliate's link, for other people's statistics."""
    said = {
        "utm_source": tidy_tag(product_name),
        "utm_medium": "affiliate",
        "utm_campaign": ref,
        "utm_content": tag,
    }
    return {name: value for name, value in said.items() if value}


def direct_link(target: str, ref: str, tag: str = "", utm: Mapping[str, str] | None = None) -> str:
    """The product's page itself, saying who sent the visitor.

    What the target says of that already is replaced, so nobody is credited twice or instead.
    """
    said = {"ref": ref} | ({"src": tag} if tag else {}) | dict(utm or {})
    parts = urlsplit(target)
    kept = [
        pair
        for pair in parts.query.split("&")
        if pair and unquote_plus(pair.partition("=")[0]).lower() not in {"ref", "src", *said}
    ]
    return urlunsplit(parts._replace(query="&".join([*kept, urlencode(said, safe="/")])))


def tracked_link(
    public_url: str, product_url: str, target: str, ref: str, tag: str = "", *, utm: bool = False
) -> str:
    """The link that counts clicks by itself and then leads to `target`."""
    to = within(target, product_url)
    said = ({"to": to} if to != "/" else {}) | ({"src": tag} if tag else {})
    asked = urlencode(said | ({"utm": "1"} if utm else {}), safe="/")
    return f"{public_url}/r/{quote(ref, safe='')}{'?' if asked else ''}{asked}"


def within(target: str, product_url: str) -> str:
    """A target in the shortest form that `safe_target` takes: without the product's address."""
    below = target.removeprefix(product_url) or "/"
    return below if below.startswith(("/", "?", "#")) else target


def page_of(target: str) -> str:
    """The path by which clicks on a target are counted: without its query, and cut to size."""
    return (urlsplit(target).path or "/")[:PAGE_MAX]
