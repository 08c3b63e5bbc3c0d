"""The mails of the first weeks as operators see them: the list, and a mail to look at."""

from collections.abc import Sequence

from bot.cards.blocks import (
    Json,
    Message,
    address,
    bullets,
    divider,
    escaped,
    header,
    plain,
    quote,
    rich,
    row,
    said,
    section,
    sign,
    words,
)
from domain.drip_texts import SUBJECT_MAX, Block, Line
from domain.drips import WELCOME, StepView

LINE_MAX = 1000
_HEAD = (
    "Affiliates get these mails in their first two weeks: each once, in the morning where they "
    "live, at most one a day. Who unsubscribed, is paused or has left gets none."
)


def drips_card(steps: Sequence[StepView], news: str = "") -> Message:
    """The answer to `/affiliate onboarding`; `news` is what just became of one."""
    told = news or "The mails of the first two weeks"
    blocks = [header("Onboarding mails")]
    if news:
        blocks.append(rich(section(sign(good=True), said(" "), words(news, bold=True))))
    blocks.append(rich(section(said(_HEAD))))
    blocks.append(
        rich(section(said(f"Day {WELCOME.day} · {WELCOME.title}: sent at the approval.")))
    )
    for each in steps:
        line = row(_title(each), _about(each), _menu(each))
        blocks.append(line | {"block_id": f"drip.{each.step.name}"})
    return escaped(told), blocks


def _title(seen: StepView) -> str:
    off = "" if seen.is_on else " · off"
    return f"Day {seen.step.day} · {seen.step.title}{off}"


def _about(seen: StepView) -> str:
    own = "your own text" if seen.is_own else "the ready-made text"
    return f"“{seen.text.subject}” · {own}"


def _menu(seen: StepView) -> Json:
    switch = ("Switch off", "off") if seen.is_on else ("Switch on", "on")
    steps = [("Edit", "edit"), ("Preview", "preview"), switch]
    return {
        "type": "overflow",
        "action_id": "drip.menu",
        "options": [
            {"text": plain(label), "value": f"{step}:{seen.step.name}"} for label, step in steps
        ],
    }


def mail_blocks(
    subject: str, preheader: str, blocks: Sequence[Block], figures: Sequence[tuple[str, str]]
) -> list[Json]:
    """A mail that is filled in, in the looks that Slack has for its parts."""
    top = section(words(subject, SUBJECT_MAX, bold=True), said("\n"), words(preheader))
    return [rich(top), divider(), rich(*(_part(block, figures) for block in blocks))]


def _part(block: Block, figures: Sequence[tuple[str, str]]) -> Json:
    if block.kind == "figures":
        lines = [piece for pair in figures for piece in _fact(*pair)]
        return section(*lines[:-1], said("\n"))
    if block.kind in {"list", "steps"}:
        made = bullets(*(section(*_line(line)) for line in block.lines))
        return made | ({"style": "ordered"} if block.kind == "steps" else {})
    pieces = [piece for line in block.lines for piece in (*_line(line), said("\n"))]
    if block.kind == "box":
        return quote(*pieces[:-1])
    if block.kind == "heading":
        pieces = [piece | {"style": {"bold": True}} for piece in pieces]
    return section(*pieces)


def _fact(label: str, value: str) -> tuple[Json, ...]:
    return said(f"{label}: "), words(value, bold=True), said("\n")


def _line(line: Line) -> list[Json]:
    made = []
    for span in line:
        if span.to:
            link = address(span.to)
            made.append(link | {"text": words(span.text, LINE_MAX)["text"]})
        else:
            # With the spaces at its ends, which `words` takes away.
            text = words(f"|{span.text}|", LINE_MAX)["text"][1:-1]
            made.append(said(text, bold=span.bold))
    return made
