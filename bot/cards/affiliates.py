"""Affiliates on cards: where they stand, and what an operator can do about it."""

from bot.cards.blocks import (
    Json,
    actions,
    button,
    code,
    confirmation,
    rich,
    said,
    section,
    words,
)
from domain.statuses import Status
from storage.affiliates import Affiliate


def standing(affiliate: Affiliate) -> Json:
    """The promo code, whether it is in force, and why not."""
    pieces = [
        said("Promo code ", bold=True),
        code(affiliate.promo_code),
        said(f" · {affiliate.status}"),
    ]
    if affiliate.status_reason:
        pieces += [said(": "), words(affiliate.status_reason, 600)]
    return rich(section(*pieces))


def status_buttons(affiliate: Affiliate, *others: Json) -> list[Json]:
    """The steps that make sense from where an affiliate stands, none after a ban.

    `others` are buttons that stand beside them.
    """
    value = str(affiliate.id)
    ban = button("Ban", "affiliate.ban", value, style="danger")
    if affiliate.status == Status.APPROVED:
        return [actions(button("Pause", "affiliate.pause", value), ban, *others)]
    if affiliate.status == Status.PAUSED:
        question = confirmation(
            "Restore this affiliate?",
            f"{affiliate.promo_code} works again, and a mail tells them.",
            "Restore",
        )
        restore = button("Restore", "affiliate.restore", value, style="primary", confirm=question)
        return [actions(restore, ban, *others)]
    return [actions(*others)] if others else []
