"""What a User-Agent says: how a browser is called, its kind of device, or that it is none."""

import re
from functools import lru_cache
from typing import Final

# Order matters: nearly every browser also claims to be Safari, and most to be Chrome.
_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def device_label(user_agent: str) -> str:
    """A browser as its owner knows it, such as `Chrome on macOS`, from its User-Agent."""
    browser = next((name for sign, name in _BROWSERS if sign in user_agent), "A browser")
    system = next((name for sign, name in _SYSTEMS if sign in user_agent), "")
    return f"{browser} on {system}" if system else browser


_BOT: Final = re.compile(
    # CUBOT makes phones; a headless browser is left out, as it is what products test with.
    r"(?<!cu)bot|crawl|spider|slurp|preview|lighthouse|monitor|uptime|pingdom|validator"
    r"|fetch|facebookexternalhit|^whatsapp|^snapchat|embedly|mediapartners|google-|googleother"
    r"|feed|archive|phantom|selenium|puppeteer|playwright|scrapy|\+https?:"
    r"|curl|wget|python|aiohttp|httpx|libwww|okhttp|axios|go-http|java/|ruby|perl|php/|http-?client",
    re.IGNORECASE,
)
"""Words of programs, also of those that only look at a link before a person follows it.

Kept short on purpose: lists of every crawler there ever was take up to 80 ms for a hostile text.
"""

_TABLET: Final = re.compile(r"iPad|Tablet|Kindle|Silk/|Android(?!.*Mobile)")
_MOBILE: Final = re.compile(r"Mobi|iPhone|iPod|Android")
_DESKTOP: Final = re.compile(r"Windows NT|Macintosh|X11|CrOS|Linux")
_READ_MAX: Final = 512


@lru_cache(4096)
def is_bot(user_agent: str) -> bool:
    """Whether a program asks and no person. One that does not say what it is counts as one."""
    return not user_agent or _BOT.search(user_agent[:_READ_MAX]) is not None


@lru_cache(4096)
def device_class(user_agent: str) -> str:
    """`desktop`, `mobile`, `tablet` or `other`."""
    read = user_agent[:_READ_MAX]
    for name, signs in (("tablet", _TABLET), ("mobile", _MOBILE), ("desktop", _DESKTOP)):
        if signs.search(read):
            return name
    return "other"
