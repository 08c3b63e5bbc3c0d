"""Whether an affiliate's own page says that they earn from it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Final

_UNSEEN: Final = frozenset({"script", "style", "template", "noscript", "svg", "head"})
_AROUND: Final = 120
_SPACES: Final = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader of a page gets: its text in one line, and where its links lead."""

    text: str
    links: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Look:
    """What a page shows: the code or link with the words around it, and whether it is disclosed."""

    promotes: str
    disclosed: bool


class _Reader(HTMLParser):
    """The words that a reader sees, and where links lead."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.links: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note where a link leads, what a picture says, and where nothing is seen."""
        if tag in _UNSEEN:
            self._unseen += 1
        given = dict(attrs)
        if tag == "a" and given.get("href"):
            self.links.append(str(given["href"]))
        if "sponsored" in (given.get("rel") or "").split():
            # For search engines only: readers do not see it, so it discloses nothing.
            return
        for name in ("alt", "title", "aria-label"):
            if given.get(name) and not self._unseen:
                self.words.append(str(given[name]))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """The same for an element that holds nothing."""
        if tag not in _UNSEEN:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        """What follows is seen again."""
        if tag in _UNSEEN and self._unseen:
            self._unseen -= 1

    def handle_data(self, data: str) -> None:
        """Keep the words."""
        if not self._unseen:
            self.words.append(data)


def read(html: str) -> Reading:
    """Read a page. A hostile one takes seconds: not in a transaction, nor where others wait."""
    reader = _Reader()
    reader.feed(html)
    return Reading(_SPACES.sub(" ", " ".join(reader.words)).strip(), tuple(reader.links))


def look(page: Reading, codes: Iterable[str], disclosure_words: Iterable[str]) -> Look:
    """Look at a page for codes or their links, and for words that disclose.

    Codes count as they are written, as whole words; links count by their `ref`. A page that
    holds neither promotes nothing: then nothing is missing.
    """
    text = page.text
    plain = text.casefold()
    disclosed = any(word.casefold() in plain for word in disclosure_words)
    for code in codes:
        if found := re.search(rf"(?<![\w-]){re.escape(code)}(?![\w-])", text):
            start = max(0, found.start() - _AROUND)
            return Look(text[start : found.end() + _AROUND], disclosed)
        by_link = re.compile(rf"(?:/r/|[?&]ref=){re.escape(code)}(?![\w-])", re.IGNORECASE)
        for address in page.links:
            if by_link.search(address):
                return Look(address[:300], disclosed)
    return Look("", disclosed)
