"""Texts of mails that operators write: a few marks for structure, and words to fill in.

A blank line ends a block. A block is a heading (`# …`), a list (`- …` or `1. …`), words to copy
(`> …`), the figures (`{figures}` in a line of its own), or a paragraph; one that is nothing but a
link becomes a button. Within a line there are `**bold**` and `[label](address)`. Words are filled
in after the marks were read, so that nobody's name becomes one, and all is escaped where it is
shown.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final
from urllib.parse import urlsplit

from domain.errors import InvalidError
from domain.texts import keepable

WORDS: Final = {
    "name": "their name",
    "product": "the product's name",
    "code": "their promo code",
    "link": "their referral link",
    "offer": "what their customers get",
    "commission": "what they earn",
    "disclosure": "what they must say about being paid",
    "dashboard": "the address of their dashboard",
    "links": "… of the link maker",
    "sources": "… of their clicks by source",
    "landing": "… of the editor of their partner page",
    "resources": "… of the resources",
    "posts": "… of the post writer",
    "payouts": "… of the payouts",
    "figures": "their first week in figures, in a line of its own",
}
"""What `{…}` may stand for, and what that is."""

PLACES: Final = ("dashboard", "links", "sources", "landing", "resources", "posts", "payouts")
FIGURES: Final = "figures"
SUBJECT_MAX: Final = 150
PREHEADER_MAX: Final = 200
BODY_MAX: Final = 3000
"""As many characters as one field of a form in Slack takes."""

_ADDRESSES: Final = (*PLACES, "link")
_BLANK: Final = re.compile(r"\{(\w*)\}")
_MARKS: Final = re.compile(r"\*\*(?P<bold>[^*\n]+)\*\*|\[(?P<label>[^\]\n]+)\]\((?P<to>[^)\s]+)\)")
_NUMBER: Final = re.compile(r"\d{1,2}[.)] ")


@dataclass(frozen=True, slots=True)
class Span:
    """Some words in one look; with `to`, a link."""

    text: str
    bold: bool = False
    to: str = ""


Line = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """`kind` is heading, list, steps, box, button, figures or text."""

    kind: str
    lines: tuple[Line, ...] = ()


def parse(body: str) -> tuple[Block, ...]:
    """The blocks of a text, with its blanks still in."""
    return tuple(_blocks(body))


def _blocks(body: str) -> Iterator[Block]:
    for part in re.split(r"\n[ \t]*\n", body):
        lines = [line.strip() for line in part.split("\n") if line.strip()]
        for kind, group in groupby(lines, _kind_of_line):
            together = list(group)
            if kind in {"heading", FIGURES}:
                yield from (Block(kind, (_spans(_content(kind, line)),)) for line in together)
            elif kind == "text" and len(together) == 1 and _is_link(together[0]):
                yield Block("button", (_spans(together[0]),))
            else:
                yield Block(kind, tuple(_spans(_content(kind, line)) for line in together))


def _kind_of_line(line: str) -> str:
    if line == f"{{{FIGURES}}}":
        return FIGURES
    for start, kind in (("# ", "heading"), ("- ", "list"), ("> ", "box")):
        if line.startswith(start):
            return kind
    return "steps" if _NUMBER.match(line) else "text"


def _content(kind: str, line: str) -> str:
    if kind in {"heading", "list", "box"}:
        return line[2:]
    return _NUMBER.sub("", line, count=1) if kind == "steps" else line


def _is_link(line: str) -> bool:
    found = _MARKS.fullmatch(line)
    return found is not None and found["to"] is not None


def _spans(line: str) -> Line:
    spans, end = [], 0
    for mark in _MARKS.finditer(line):
        spans.append(Span(line[end : mark.start()]))
        spans.append(
            Span(mark["bold"], bold=True) if mark["bold"] else Span(mark["label"], to=mark["to"])
        )
        end = mark.end()
    spans.append(Span(line[end:]))
    return tuple(span for span in spans if span.text)


def fill(text: str, words: Mapping[str, str]) -> str:
    """A line with its blanks filled; other braces stay."""
    return _BLANK.sub(lambda found: words.get(found[1], found[0]), text)


def fill_blocks(blocks: tuple[Block, ...], words: Mapping[str, str]) -> tuple[Block, ...]:
    """Blocks with their blanks filled; what is put in is not read for marks."""
    return tuple(
        replace(
            block, lines=tuple(tuple(_filled(span, words) for span in line) for line in block.lines)
        )
        for block in blocks
    )


def _filled(span: Span, words: Mapping[str, str]) -> Span:
    return Span(fill(span.text, words), span.bold, fill(span.to, words))


@dataclass(frozen=True, slots=True)
class Text:
    """A mail as operators write it. The preheader is shown beside the subject in a mailbox."""

    subject: str
    preheader: str
    body: str


def checked(text: Text) -> Text:
    """The text as it is kept. Raises `InvalidError`, by field, with what to do."""
    made = Text(*(keepable(part).strip() for part in (text.subject, text.preheader, text.body)))
    made = replace(made, body=made.body.replace("\r\n", "\n"))
    errors: dict[str, str] = {}
    limits = {"subject": SUBJECT_MAX, "preheader": PREHEADER_MAX, "body": BODY_MAX}
    for field, longest in limits.items():
        value: str = getattr(made, field)
        if problem := _problem(field, value, longest):
            errors[field] = problem
    if errors:
        raise InvalidError(" ".join(errors.values()), errors)
    return made


def _problem(field: str, value: str, longest: int) -> str:
    if not value:
        return "Write something here."
    if len(value) > longest:
        return f"At most {longest} characters; these are {len(value)}."
    blanks = _BLANK.findall(value)
    if unknown := sorted(set(blanks) - WORDS.keys()):
        known = ", ".join(f"{{{word}}}" for word in WORDS)
        return f"{{{unknown[0]}}} cannot be filled in. There are {known}."
    if field == "body":
        return _problem_of_body(value, blanks.count(FIGURES))
    if "\n" in value:
        return "This has to be one line."
    return f"{{{FIGURES}}} has its place in the text." if FIGURES in blanks else ""


def _problem_of_body(body: str, figures: int) -> str:
    blocks = parse(body)
    if figures != sum(block.kind == FIGURES for block in blocks):
        return f"{{{FIGURES}}} has to stand in a line of its own."
    for span in (span for block in blocks for line in block.lines for span in line):
        if span.to and not _leads_somewhere(span.to):
            return f"The link “{span.text}” has to lead to https://… or to one of the addresses."
    return ""


def _leads_somewhere(to: str) -> bool:
    if to in {f"{{{word}}}" for word in _ADDRESSES}:
        return True
    if "{" in to:
        return False
    try:
        parts = urlsplit(to)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname)
