"""What can be typed after `/affiliate`."""

from collections.abc import Iterable

from bot.cards.blocks import Message, bullets, code, escaped, header, rich, said, section, words
from bot.commands import Subcommand


def help_card(subcommands: Iterable[Subcommand]) -> Message:
    """The answer to `/affiliate help`."""
    lines = [
        section(code(f"/affiliate {each.usage}"), said(f"  {each.purpose}")) for each in subcommands
    ]
    return "What you can ask of Affiliate Desk", [header("Affiliate Desk"), rich(bullets(*lines))]


def unknown_card(typed: str, near: str, subcommands: Iterable[Subcommand]) -> Message:
    """The answer to a subcommand that does not exist, with what was probably meant."""
    meant = f" Did you mean {near}?" if near else ""
    sentence = f"There is no “{typed[:40]}”.{meant}"
    _, blocks = help_card(subcommands)
    return escaped(sentence), [rich(section(words(sentence, bold=True))), *blocks[1:]]
