"""What can be typed after `/affiliate`."""

from collections.abc import Iterable

from bot.cards.blocks import Message, bullets, code, escaped, header, rich, said, section, words
from bot.commands import Subcommand


def help_card(subcommands: Iterable[Subcommand], *, under: str = "") -> Message:
    """The answer to `/affiliate help`; `under` is what is typed before these, with its space."""
    lines = [
        section(code(f"/affiliate {under}{each.usage}"), said(f"  {each.purpose}"))
        for each in subcommands
    ]
    return "What you can ask of Affiliate Desk", [header("Affiliate Desk"), rich(bullets(*lines))]


def unknown_card(
    typed: str, near: str, subcommands: Iterable[Subcommand], *, under: str = ""
) -> Message:
    """The answer to a subcommand that does not exist, with what was probably meant."""
    meant = f" Did you mean {near}?" if near else ""
    sentence = f"There is no “{typed[:40]}”.{meant}"
    _, blocks = help_card(subcommands, under=under)
    return escaped(sentence), [rich(section(words(sentence, bold=True))), *blocks[1:]]
