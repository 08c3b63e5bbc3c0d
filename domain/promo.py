"""Words that an affiliate can use: the disclosure they owe and the approved promo copy."""

from dataclasses import dataclass

from domain.program import Program


@dataclass(frozen=True, slots=True)
class PromoWords:
    """Finished texts; `copy` is pairs of a title and a text."""

    disclosure: str
    copy: tuple[tuple[str, str], ...]


def promo_words(program: Program, *, product: str, code: str, link: str) -> PromoWords:
    """Fill an affiliate's code and link into the program's approved words."""
    blanks = {
        "{product}": product,
        "{code}": code,
        "{offer}": f"{program.offer_percent}%",
        "{link}": link,
    }

    def fill(text: str) -> str:
        for blank, word in blanks.items():
            text = text.replace(blank, word)
        return text

    titles = ("Short and personal", "For a post", "Another one")
    return PromoWords(
        fill(program.disclosure),
        tuple(
            (titles[min(n, len(titles) - 1)], fill(text))
            for n, text in enumerate(program.promo_copy)
        ),
    )
