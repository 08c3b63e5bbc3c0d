"""What was found: affiliates and applications whose name, address, code or link matches."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final
from uuid import UUID

from bot.cards.affiliates import standing, status_buttons
from bot.cards.blocks import (
    Json,
    Message,
    address,
    button,
    clean,
    escaped,
    header,
    rich,
    row,
    said,
    section,
    words,
)
from bot.cards.queue import application_line
from bot.cards.taxes import tax_words
from bot.cards.two_tier import Ties, ties_lines
from domain.statuses import Status
from domain.taxes import Standing
from storage.affiliates import Affiliate
from storage.applications import Application

SHOWN_MAX = 8
_NO_PAGES: Final[Mapping[UUID, str]] = MappingProxyType({})
_NO_TIES: Final[Mapping[UUID, Ties]] = MappingProxyType({})
_NO_TAX: Final[Mapping[UUID, Standing]] = MappingProxyType({})


def find_card(
    text: str,
    affiliates: Sequence[Affiliate],
    applications: Sequence[Application],
    pages: Mapping[UUID, str] = _NO_PAGES,
    ties: Mapping[UUID, Ties] = _NO_TIES,
    *,
    tax: Mapping[UUID, Standing] = _NO_TAX,
    against: Mapping[UUID, str] = _NO_PAGES,
) -> Message:
    """The answer to `/affiliate find`; the first few of each, and whether there are more.

    `pages` are the addresses of published partner pages by affiliate, `ties` who recruited whom,
    `tax` where they stand with their tax form, `against` what speaks against them.
    """
    count = len(affiliates) + len(applications)
    if not count:
        sentence = f"Nobody found for “{text}”."
        return escaped(sentence), [rich(section(words(sentence)))]
    blocks: list[Json] = [header(f"Found for “{text}”")]
    for affiliate in affiliates[:SHOWN_MAX]:
        page, tied = pages.get(affiliate.id, ""), ties.get(affiliate.id)
        ending = tax_words(tax[affiliate.id]) if affiliate.id in tax else []
        if count_of := against.get(affiliate.id):
            ending = [*ending, said(f" · {count_of}")]
        blocks += _affiliate(affiliate, page, tied, ending)
    blocks += [application_line(application) for application in applications[:SHOWN_MAX]]
    if len(affiliates) > SHOWN_MAX or len(applications) > SHOWN_MAX:
        blocks.append(rich(section(said("There are more: type more of the name or address."))))
    return escaped(f"Found for “{text}”"), blocks


def newest_line(affiliate: Affiliate) -> Json:
    """Somebody in a list of who joined last."""
    about = f"{affiliate.promo_code} · {clean(affiliate.email, 100)}"
    return row(affiliate.name, about, button("Last sales", "affiliate.sales", str(affiliate.id)))


def _affiliate(
    affiliate: Affiliate, page: str, ties: Ties | None, ending: list[Json]
) -> list[Json]:
    name = affiliate.name
    email = words(affiliate.email, 100)
    about = rich(section(words(name, 70, bold=True), said(" · "), email, *ending))
    site = [rich(section(said("Partner page ", bold=True), address(page)))] if page else []
    others = [button("Last sales", "affiliate.sales", str(affiliate.id))]
    if affiliate.status != Status.TERMINATED:
        others.append(button("Tier", "affiliate.tier", str(affiliate.id)))
        others.append(button("Recruiter", "affiliate.recruiter", str(affiliate.id)))
    site += ties_lines(ties) if ties else []
    return [about, standing(affiliate), *site, *status_buttons(affiliate, *others)]
