"""Where affiliates post, in which tone, and how long a post may be there."""

import re
from dataclasses import dataclass
from typing import Final

URL: Final = re.compile(r"https?://[^\s<>\"“”]+")
"""An address as channels find it in a text."""

_TRAILING: Final = ".,;:!?)]}'’…"  # noqa: RUF001 - as phones write it


@dataclass(frozen=True, slots=True)
class Channel:
    """A place to post in. Its slug is the source tag of the links that are posted there.

    `limit` is in characters as the channel counts them: with `link_length`, every link counts
    as that many. What stands after `fold` characters is seen only by those who ask for more, so
    the disclosure has to come first there. `title` is what its title is called, if it has one.
    `hand_over` tells whether a posting service can publish there.
    """

    slug: str
    name: str
    limit: int
    link_length: int = 0
    fold: int = 0
    title: str = ""
    title_max: int = 0
    hand_over: bool = False
    hint: str = ""

    def length(self, text: str) -> int:
        """How long a text is here."""
        if not self.link_length:
            return len(text)
        links = len(addresses(text))
        bare = URL.sub(lambda found: found[0][len(_address(found[0])) :], text)
        return links * self.link_length + sum(1 if _is_light(c) else 2 for c in bare)


CHANNELS: Final = {
    channel.slug: channel
    for channel in (
        Channel("x", "X", 280, link_length=23, hand_over=True),
        Channel("linkedin", "LinkedIn", 3000, fold=210, hand_over=True),
        Channel(
            "instagram",
            "Instagram",
            2200,
            fold=125,
            hand_over=True,
            hint="Links in captions cannot be tapped there: put yours in your bio as well.",
        ),
        Channel("facebook", "Facebook", 5000, fold=470, hand_over=True),
        Channel(
            "reddit",
            "Reddit",
            10_000,
            title="Title",
            title_max=300,
            hint="Many communities forbid affiliate links: read their rules before you post.",
        ),
        Channel(
            "newsletter",
            "Newsletter",
            10_000,
            title="Subject",
            title_max=100,
            hint="Write only to people who agreed to get your mail.",
        ),
        Channel(
            "youtube",
            "YouTube description",
            5000,
            fold=150,
            hint="Say it in the video too, and tick that it contains paid promotion.",
        ),
    )
}

TONES: Final = {
    "friendly": "Friendly",
    "expert": "Expert",
    "playful": "Playful",
    "urgent": "Urgent, but honest",
}


def addresses(text: str) -> list[str]:
    """The links in a text, without the punctuation behind them."""
    return [_address(found[0]) for found in URL.finditer(text)]


def _address(found: str) -> str:
    return found.rstrip(_TRAILING)


def _is_light(letter: str) -> bool:
    """Whether X counts a letter as one: Latin, Greek, Cyrillic and the like, and punctuation."""
    point = ord(letter)
    return (
        point <= 0x10FF  # noqa: PLR2004 - the ranges of X's own counting rules
        or 0x2000 <= point <= 0x200D  # noqa: PLR2004
        or 0x2010 <= point <= 0x201F  # noqa: PLR2004
        or 0x2032 <= point <= 0x2037  # noqa: PLR2004
    )
