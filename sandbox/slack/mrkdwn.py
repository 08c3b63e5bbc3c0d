"""Slack's mrkdwn as safe HTML.

Rules: https://docs.slack.dev/messaging/formatting-message-text. Everything is escaped first, and
only http, https and mailto become links.
"""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from markupsafe import Markup

from sandbox.slack.emoji import emoji

_TOKEN = re.compile(
    r"```(?P<pre>.+?)```|`(?P<code>[^`\n]+)`|<(?P<control>[^<>\n]+)>|(?P<url>https?://[^\s<>|]+)",
    re.DOTALL,
)
_LINK = re.compile(r"(?i)(https?://|mailto:)")
_HIDDEN = re.compile(r"[\ue000\ue001]")
_KEPT = re.compile("\ue000(\\d+)\ue001")
_STYLES = (
    (re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])"), "b"),
    (re.compile(r"(?<!\w)_(?=\S)([^\n]+?)(?<=\S)_(?!\w)"), "i"),
    (re.compile(r"(?<![\w~])~(?=\S)([^~\n]+?)(?<=\S)~(?![\w~])"), "s"),
)
_DATES = {
    "{date_num}": "%Y-%m-%d",
    "{date_long}": "%A, %B %-d, %Y",
    "{date_long_pretty}": "%A, %B %-d, %Y",
    "{date_short}": "%b %-d, %Y",
    "{date_short_pretty}": "%b %-d, %Y",
    "{date_pretty}": "%B %-d, %Y",
    "{date}": "%B %-d, %Y",
    "{time_secs}": "%H:%M:%S",
    "{time}": "%H:%M",
}


def unescape(text: str) -> str:
    """The three escapes that mrkdwn knows, undone once."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def escape(text: str) -> str:
    """HTML-escape, after undoing Slack's own escapes."""
    return html.escape(unescape(text))


def link(address: str, label: str) -> str:
    """A link, or only its label where the address is not of a safe kind. Returns HTML."""
    address, shown = unescape(address), escape(label)
    if not _LINK.match(address):
        return shown
    kept = html.escape(address)
    return f'<a href="{kept}" rel="noopener noreferrer nofollow" target="_blank">{shown}</a>'


def moment(seconds: str, pattern: str, fallback: str, address: str = "") -> str:
    """A `<!date^…>` in words, in UTC, linked if so wanted; the fallback if it is no time.

    Returns HTML.
    """
    try:
        when = datetime.fromtimestamp(int(seconds), tz=UTC)
    except (ValueError, OverflowError):
        return escape(fallback)
    for name, shape in _DATES.items():
        pattern = pattern.replace(name, when.strftime(shape))
    shown = link(address, pattern) if address else escape(pattern)
    return f'<time datetime="{when.isoformat()}">{shown}</time>'


@dataclass(frozen=True)
class Mrkdwn:
    """Renders text objects; knows the names behind user and channel ids."""

    users: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)

    def html(self, text: str, *, verbatim: bool = False) -> Markup:
        """Text as HTML that is safe to put into a page."""
        kept: list[str] = []

        def keep(match: re.Match[str]) -> str:
            if verbatim and match["url"]:
                return match[0]
            kept.append(self._token(match))
            return f"\ue000{len(kept) - 1}\ue001"

        bare = _TOKEN.sub(keep, _HIDDEN.sub("", text))
        shown = emoji(escape(bare))
        for pattern, tag in _STYLES:
            shown = pattern.sub(rf"<{tag}>\1</{tag}>", shown)
        whole = _quotes(shown)
        return Markup(_KEPT.sub(lambda match: kept[int(match[1])], whole))  # noqa: S704 - escaped above

    def plain(self, text: str, *, with_emoji: bool = True) -> Markup:
        """A plain_text object: no formatting, emoji only where asked for."""
        shown = html.escape(text)
        whole = (emoji(shown) if with_emoji else shown).replace("\n", "<br>")
        return Markup(whole)  # noqa: S704 - escaped above

    def mention(self, user_id: str, label: str = "") -> str:
        """A person's name as a mention. Returns HTML."""
        name = self.users.get(user_id) or label or user_id
        return f'<span class="mention">@{escape(name)}</span>'

    def channel(self, channel_id: str, label: str = "") -> str:
        """A channel's name as a mention. Returns HTML."""
        name = self.channels.get(channel_id) or label or channel_id
        return f'<span class="mention">#{escape(name)}</span>'

    def _token(self, match: re.Match[str]) -> str:
        if match["pre"] is not None:
            return f"<pre>{escape(match['pre'].strip(chr(10)))}</pre>"
        if match["code"] is not None:
            return f"<code>{escape(match['code'])}</code>"
        if match["url"] is not None:
            return link(match["url"], match["url"])
        return self._control(match["control"])

    def _control(self, inner: str) -> str:
        target, _, label = inner.partition("|")
        if target.startswith("@"):
            return self.mention(target[1:], label)
        if target.startswith("#"):
            return self.channel(target[1:], label)
        if target.startswith("!date^"):
            seconds, _, pattern = target[6:].partition("^")
            pattern, _, address = pattern.partition("^")
            return moment(seconds, pattern, label, address)
        if target.startswith("!subteam^"):
            return f'<span class="mention">{escape(label or "@group")}</span>'
        if target.startswith("!"):
            return f'<span class="mention loud">@{escape(target[1:])}</span>'
        return link(target, label or target.removeprefix("mailto:"))


def _quotes(shown: str) -> str:
    """Lines that begin with `>` as quotes, the others with their line breaks."""
    parts: list[str] = []
    quoted: list[str] = []
    lines: list[str] = []

    def flush() -> None:
        if quoted:
            parts.append(f"<blockquote>{'<br>'.join(quoted)}</blockquote>")
            quoted.clear()
        if lines:
            parts.append("<br>".join(lines))
            lines.clear()

    for line in shown.split("\n"):
        is_quote = line.startswith("&gt;")
        if is_quote == bool(lines) and (lines or quoted):
            flush()
        (quoted if is_quote else lines).append(
            line.removeprefix("&gt;").lstrip() if is_quote else line
        )
    flush()
    return "".join(parts)
