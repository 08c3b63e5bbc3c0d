"""Words that an affiliate can use: the disclosure they owe and the approved promo copy."""

from dataclasses import dataclass

from domain.program import Program
from domain.program_values import fill_in


@dataclass(frozen=True, slots=True)
class PromoWords:
    """Finished texts; `copy` is pairs of a title and a text."""

    disclosure: str
    copy: tuple[tuple[str, str], ...]


def own_words(program: Program, *, product: str, code: str, link: str) -> dict[str, str]:
    """What `{product}`, `{code}`, `{offer}` and `{link}` stand for in what an affiliate reads."""
    return {"product": product, "code": code, "offer": f"{program.offer_percent}%", "link": link}


def promo_words(program: Program, *, product: str, code: str, link: str) -> PromoWords:
    """Fill an affiliate's code and link into the program's approved words."""
    words = own_words(program, product=product, code=code, link=link)
    titles = ("Short and personal", "For a post", "Another one")
    return PromoWords(
        fill_in(program.disclosure, words),
        tuple(
            (titles[min(n, len(titles) - 1)], fill_in(text, words))
            for n, text in enumerate(program.promo_copy)
        ),
    )
