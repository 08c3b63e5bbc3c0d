"""Two tiers on cards: who recruited an affiliate, and whom they recruited."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.cards.blocks import Json, code, rich, said, section, sign, words
from domain.recruits import Named
from storage.affiliates import Affiliate

LISTED: Final = 5
"""Recruits that a card names one by one."""


@dataclass(frozen=True, slots=True)
class Ties:
    """Who recruited somebody, if anybody did, and whom they recruited: the last, and how many."""

    recruiter: Affiliate | None
    recruits: Sequence[Affiliate]
    count: int


def named_line(named: Named) -> Json:
    """Whom an application names as its recruiter, and whether that counts."""
    pieces = [said("Recruited by ", bold=True)]
    if named.recruiter is not None:
        pieces.append(code(named.recruiter.promo_code))
    if named.problem:
        pieces += [said(" "), sign(good=False), said(" "), words(named.problem, 150)]
        pieces.append(said(" Approving notes no recruiter; you can set one afterwards."))
    return rich(section(*pieces))


def recruiter_line(recruiter: Affiliate) -> Json:
    """Whose recruit somebody is."""
    return rich(section(said("Recruited by ", bold=True), code(recruiter.promo_code)))


def ties_lines(ties: Ties) -> list[Json]:
    """Who recruited somebody and whom they recruited; nothing where there is neither."""
    lines = [recruiter_line(ties.recruiter)] if ties.recruiter else []
    if ties.count:
        pieces = [said(f"Recruited {ties.count}: ", bold=True)]
        for place, recruit in enumerate(ties.recruits[:LISTED]):
            pieces += [said(", ")] * bool(place) + [code(recruit.promo_code)]
        if ties.count > LISTED:
            pieces.append(said(f" and {ties.count - LISTED} more"))
        lines.append(rich(section(*pieces)))
    return lines
