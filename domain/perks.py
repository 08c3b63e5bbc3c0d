"""Perks: what a tier gives beside money."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from domain.texts import keepable

ICONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "star": "Star",
        "message-circle": "Speech bubble",
        "zap": "Lightning",
        "rocket": "Rocket",
        "life-buoy": "Life buoy",
        "gift": "Gift",
        "key": "Key",
        "award": "Medal",
        "calendar": "Calendar",
        "book": "Book",
    }
)
"""The icons that a perk can have, with what they show."""

PERKS_MAX: Final = 8
TITLE_MAX: Final = 60
DESCRIPTION_MAX: Final = 200
LINK_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class Perk:
    """One perk. `link` leads to where it is used; empty where there is no such place."""

    icon: str
    title: str
    description: str = ""
    link: str = ""

    def kept(self) -> dict[str, str]:
        """The perk as it is stored: a link only where there is one."""
        made = {"icon": self.icon, "title": self.title, "description": self.description}
        return made | ({"link": self.link} if self.link else {})


def perk_of(kept: Mapping[str, str]) -> Perk:
    """A perk as it was stored."""
    return Perk(kept["icon"], kept["title"], kept.get("description", ""), kept.get("link", ""))


def read(given: Sequence[Perk], wrong: dict[str, str]) -> list[Perk]:
    """The perks with their spaces tidied; what is wrong is added to `wrong`.

    Its keys are `perk:N:title` and the like, N counting from 0.
    """
    if len(given) > PERKS_MAX:
        wrong["perks"] = f"A tier has at most {PERKS_MAX} perks."
    return [_read(perk, f"perk:{number}:", wrong) for number, perk in enumerate(given)]


def _read(perk: Perk, at: str, wrong: dict[str, str]) -> Perk:
    title, description = (
        " ".join(keepable(text).split()) for text in (perk.title, perk.description)
    )
    link = keepable(perk.link).strip()
    if perk.icon not in ICONS:
        wrong[f"{at}icon"] = "Choose one of the icons."
    if not title:
        wrong[f"{at}title"] = "Say in a few words what it is, or remove the perk."
    elif len(title) > TITLE_MAX:
        wrong[f"{at}title"] = f"Keep the title under {TITLE_MAX} characters."
    if len(description) > DESCRIPTION_MAX:
        wrong[f"{at}description"] = f"Keep the description under {DESCRIPTION_MAX} characters."
    if link and not _usable(link):
        wrong[f"{at}link"] = (
            f"Use a whole web address that begins with https://, under {LINK_MAX} characters."
        )
    return Perk(perk.icon, title, description, link)


def _usable(link: str) -> bool:
    """A plain https address: no name or password in it, nothing that a browser would reread."""
    if len(link) > LINK_MAX or not link.isprintable() or set(link) & set(' \\<>"'):
        return False
    try:
        parts = urlsplit(link)
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    plain = parts.scheme == "https" and "@" not in parts.netloc and "." in host
    return plain and port != 0
