"""The Markdown of `markdown` blocks as safe HTML: the parts that Slack documents.

https://docs.slack.dev/reference/block-kit/blocks/markdown-block
"""

import html
import re

from markupsafe import Markup

from sandbox.slack.emoji import emoji
from sandbox.slack.mrkdwn import link

_FENCE = re.compile(r"```[^\n]*\n(.*?)```", re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[([^\]\n]+)\]\(([^)\s]+)\)")
_MARKS = (
    (re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*"), "b"),
    (re.compile(r"~~(?=\S)(.+?)(?<=\S)~~"), "s"),
    (re.compile(r"(?<![\w*])[*_](?=\S)([^*_\n]+?)(?<=\S)[*_](?![\w*])"), "i"),
)
_HEADING = re.compile(r"(#{1,6})\s+(.+)")
_BULLET = re.compile(r"\s*[-*+]\s+(.+)")
_NUMBER = re.compile(r"\s*\d+[.)]\s+(.+)")


def _inline(text: str) -> str:
    shown = emoji(html.escape(text))
    shown = _CODE.sub(r"<code>\1</code>", shown)
    for pattern, tag in _MARKS:
        shown = pattern.sub(rf"<{tag}>\1</{tag}>", shown)
    return _LINK.sub(lambda m: link(html.unescape(m[2]), html.unescape(m[1])), shown)


def _line(line: str) -> tuple[str, str]:
    """The list that a line belongs to (or none), and its HTML."""
    if found := _HEADING.fullmatch(line):
        return "", f'<p class="md-h">{_inline(found[2])}</p>'
    if found := _BULLET.fullmatch(line):
        return "ul", f"<li>{_inline(found[1])}</li>"
    if found := _NUMBER.fullmatch(line):
        return "ol", f"<li>{_inline(found[1])}</li>"
    if line.startswith(">"):
        return "blockquote", f"{_inline(line[1:].strip())}<br>"
    return "p", f"{_inline(line)}<br>" if line.strip() else ""


def markdown(text: str) -> Markup:
    """Markdown as HTML that is safe to put into a page."""
    parts: list[str] = []
    for index, piece in enumerate(_FENCE.split(text)):
        if index % 2:
            parts.append(f"<pre>{html.escape(piece)}</pre>")
            continue
        inside = ""
        for line in piece.split("\n"):
            group, shown = _line(line)
            group = group if shown else ""
            if group != inside:
                parts.append(f"</{inside}>" if inside else "")
                parts.append(f"<{group}>" if group else "")
                inside = group
            parts.append(shown)
        parts.append(f"</{inside}>" if inside else "")
    return Markup("".join(parts))  # noqa: S704 - escaped in _inline
