"""Tokens of operators' programs: whose they are, what they may do, and how to end one."""

from collections.abc import Sequence
from typing import Final

from bot.cards.blocks import (
    Json,
    Message,
    actions,
    button,
    clean,
    code,
    confirmation,
    divider,
    header,
    rich,
    said,
    section,
    when,
    words,
)
from domain.operator_tokens import NAME_MAX, OPERATOR_MAX, operator_of
from storage.operator_tokens import OperatorToken

SHOWN_MAX: Final = 15
"""A token takes three blocks, and a message holds fifty."""
_SCOPES_MAX: Final = 500


def tokens_card(working: Sequence[OperatorToken], news: str = "") -> Message:
    """The answer to `/affiliate tokens`: what opens the admin API beside ADMIN_API_TOKEN.

    `news` is what just became of one.
    """
    count = len(working)
    sentence = news or (
        f"{count} token{'s open' if count != 1 else ' opens'} the admin API."
        if count
        else "No token opens the admin API."
    )
    how = " Tokens are made on the server: affiliate-desk token create"
    blocks = [header("Tokens of the admin API"), rich(section(said(sentence), said(how)))]
    for token in working[:SHOWN_MAX]:
        blocks += [divider(), _about(token), _button(token)]
    if count > SHOWN_MAX:
        more = "… and older ones. All are listed on the server: affiliate-desk token list"
        blocks.append(rich(section(said(more))))
    return sentence, blocks


def _about(token: OperatorToken) -> Json:
    pieces = [
        words(token.name, NAME_MAX, bold=True),
        said(" · "),
        code(f"{token.prefix}…"),
        said("\nActs for: ", bold=True),
        words(operator_of(token), OPERATOR_MAX),
        said("\nMay do: ", bold=True),
        words(", ".join(token.scopes) if token.scopes != ["*"] else "everything", _SCOPES_MAX),
        said("\nMade: ", bold=True),
        when(token.created_at),
        said(" by "),
        words(token.created_by, OPERATOR_MAX),
        said("\nLast used: ", bold=True),
        when(token.last_used_at) if token.last_used_at else said("never"),
    ]
    if token.expires_at:
        pieces += [said("\nEnds: ", bold=True), when(token.expires_at)]
    return rich(section(*pieces))


def _button(token: OperatorToken) -> Json:
    question = confirmation(
        f"Revoke {clean(token.name, 30)}?",
        "The program that has it is locked out at once. This cannot be taken back.",
        "Revoke",
    )
    return actions(
        button("Revoke", "token.revoke", str(token.id), style="danger", confirm=question)
    )
