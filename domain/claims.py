"""Promises that nobody may make about the product, found in what affiliates publish."""

import re
import unicodedata

from domain.program import Program


def risky_words(text: str, program: Program) -> list[str]:
    """The program's risky words that a text holds, as the program spells them.

    A word counts where one of the text's begins with it, in any letter case and width, however
    its spaces and apostrophes are written.
    """
    said = plain(text)
    return [
        word for word in program.risky_words if re.search(rf"(?<!\w){re.escape(plain(word))}", said)
    ]


def plain(text: str) -> str:
    """A text as it is compared: one letter case and width, single spaces, nothing invisible."""
    shown = "".join(
        c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf"
    )
    return " ".join(shown.casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split())
