"""Block Kit as HTML. Everything passes through Jinja with autoescape, or through `Mrkdwn`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from sandbox.slack.charts import draw
from sandbox.slack.emoji import emoji
from sandbox.slack.markdown import markdown
from sandbox.slack.mrkdwn import Mrkdwn, link, moment
from sandbox.slack.people import BOT_USER
from sandbox.slack.state import Json
from sandbox.slack.texts import cell_text
from sandbox.slack.values import STATEFUL, field_name, options_of
from sandbox.slack.workspace import SlackWorkspace

_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=jinja2.ChainableUndefined,  # most of Block Kit's fields are optional
    trim_blocks=True,
    lstrip_blocks=True,
)
_HUES = 6


class Renderer:
    """Renders what the workspace shows to one person."""

    def __init__(self, ws: SlackWorkspace, viewer: str) -> None:
        self.ws, self.viewer = ws, viewer
        users = {user["id"]: user["name"] for user in ws.table("users").values()}
        channels = {c["id"]: c.get("name", "") for c in ws.table("channels").values()}
        self.words = Mrkdwn(users, channels)

    def fragment(self, template: str, **context: Any) -> str:
        """One part of the page."""
        return _TEMPLATES.get_template(template).render(r=self, ws=self.ws, **context)

    def text(self, content: Any) -> Markup:
        """A text object, or a bare string of a message, as HTML."""
        if isinstance(content, str):
            return self.words.html(content)
        if not content:
            return Markup("")
        if content["type"] == "mrkdwn":
            return self.words.html(content["text"], verbatim=bool(content.get("verbatim")))
        return self.words.plain(content["text"], with_emoji=content.get("emoji", True))

    def markdown(self, text: str) -> Markup:
        """A markdown block's text."""
        return markdown(text)

    def draw(self, chart: Json) -> Any:
        """A chart's shapes."""
        return draw(chart)

    def cell(self, cell: Any) -> str:
        """A table cell's words."""
        return cell_text(cell)

    def author(self, message: Json) -> Json:
        """Name and looks of whoever wrote a message."""
        user = self.ws.user(message["user"])
        initials = "".join(part[0] for part in user["real_name"].split()[:2]).upper()
        is_bot = user["id"] == BOT_USER
        hue = 0 if is_bot else 1 + sum(user["id"].encode()) % (_HUES - 1)
        return {"name": user["real_name"], "initials": initials, "hue": hue, "bot": is_bot}

    def when(self, ts: str) -> Json:
        """A message's time stamp, for machines and for people (UTC)."""
        when = datetime.fromtimestamp(float(ts), tz=UTC)
        return {"iso": when.isoformat(timespec="seconds"), "clock": when.strftime("%H:%M")}

    def emoji(self, name: str) -> Markup:
        """An emoji by name, as typed when unknown."""
        return Markup(emoji(str(Markup.escape(f":{name}:"))))  # noqa: S704 - escaped

    def inline(self, part: Json) -> Markup:
        """One inline piece of rich text."""
        kind = part["type"]
        if kind == "user":
            shown = self.words.mention(part["user_id"])
        elif kind == "channel":
            shown = self.words.channel(part["channel_id"])
        elif kind == "link":
            shown = link(part["url"], part.get("text") or part["url"])
        elif kind == "date":
            shown = moment(str(part["timestamp"]), part["format"], part.get("fallback", ""))
        elif kind == "emoji":
            shown = emoji(str(Markup.escape(f":{part['name']}:")))
        else:
            words = part.get("text") or part.get("range") or part.get("value") or ""
            shown = str(Markup.escape(words)).replace("\n", "<br>")
        style = part.get("style") or {}
        for flag, tag in (("code", "code"), ("bold", "b"), ("italic", "i"), ("strike", "s")):
            if style.get(flag):
                shown = f"<{tag}>{shown}</{tag}>"
        return Markup(shown)  # noqa: S704 - each branch above escapes

    def held(self, view: Json | None, block: Json, element: Json) -> Any:
        """What a field holds now: what was entered, else what the app had set."""
        if element["type"] not in STATEFUL:
            return None
        values = ((view or {}).get("state") or {}).get("values") or {}
        entry = values.get(block["block_id"], {}).get(element["action_id"])
        if entry is not None:
            return entry[field_name(element)]
        found = [value for name, value in element.items() if name.startswith("initial_")]
        return found[0] if found else None

    def choices(self, element: Json) -> list[Json]:
        """What a menu offers: options, people or channels, in one shape."""
        kind = element["type"]
        if "users" in kind:
            return [{"value": u["id"], "text": u["real_name"]} for u in self.ws.people()]
        if "channels" in kind or "conversations" in kind:
            seen = self.ws.visible_to(self.viewer)
            return [{"value": c["id"], "text": f"#{c['name']}"} for c in seen if "name" in c]
        return [
            {
                "value": option["value"],
                "text": self.text(option["text"]),
                "more": self.text(option.get("description")),
                "group": "",
            }
            for option in options_of(element)
        ]

    def chosen(self, held: Any) -> list[str]:
        """The values that are chosen in a menu, whatever shape they are kept in."""
        entries = held if isinstance(held, list) else [held]
        return [entry["value"] if isinstance(entry, dict) else entry for entry in entries if entry]

    def clock_value(self, seconds: int | None) -> str:
        """Seconds since the epoch, as a date-and-time field writes them (UTC)."""
        return datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%dT%H:%M") if seconds else ""
