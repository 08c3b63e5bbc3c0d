"""The workspace in the browser: what a person sees, and what they do there."""

from pathlib import Path
from typing import Any

from aiohttp import web
from markupsafe import Markup

from sandbox.pages import own_pages_only, render
from sandbox.slack.api import WORKSPACE
from sandbox.slack.errors import Refused
from sandbox.slack.outcome import Outcome
from sandbox.slack.people import AFFILIATES, BOT_NAME, MARIA
from sandbox.slack.render import Renderer
from sandbox.slack.state import Json
from sandbox.slack.workspace import SlackWorkspace

_STATIC = Path(__file__).parent / "static"
HOME = "home"


class Screen:
    """What one person has before them: a channel or the App Home, a thread, and a modal."""

    def __init__(self, ws: SlackWorkspace, query: Any) -> None:
        self.ws = ws
        self.person = ws.user(query.get("as") or MARIA)
        self.renderer = Renderer(ws, self.person["id"])
        self.here = HOME if query.get("home") else query.get("channel") or AFFILIATES
        self.thread = query.get("thread", "")
        self.channel = None if self.here == HOME else self._channel(self.here)

    def _channel(self, wanted: str) -> Json:
        seen = self.ws.visible_to(self.person["id"])
        found = next((channel for channel in seen if channel["id"] == wanted), None)
        if found is None:
            found = next(channel for channel in seen if not channel["is_private"])
            self.here = found["id"]
        return found

    def heading(self) -> tuple[str, str]:
        """The title of what is shown, and a line about it."""
        if self.channel is None:
            return BOT_NAME, "App Home"
        if self.channel["is_im"]:
            return BOT_NAME, "Direct message"
        names = [f"@{self.ws.user(member)['name']}" for member in self.channel["members"]]
        return f"#{self.channel['name']}", ", ".join(names)

    def parts(self) -> dict[str, Markup]:
        """The regions of the page that change by themselves, as HTML."""
        mine = self.person["id"]
        channels = [channel for channel in self.ws.visible_to(mine) if not channel["is_im"]]
        direct = self.ws.direct_message(mine)["id"]
        made = {
            "side": self.renderer.fragment(
                "side.html",
                channels=channels,
                person=self.person,
                here=self.here,
                direct=direct,
            ),
            "stage": self._stage(),
            "thread": self._thread(),
            "modal": self._modal(),
        }
        return {name: Markup(html) for name, html in made.items()}  # noqa: S704 - made by Jinja

    def _stage(self) -> str:
        if self.channel is None:
            home = self.ws.home(self.person["id"])
            return self.renderer.fragment("home.html", home=home)
        place = self.channel["id"]
        whispered = self.ws.ephemerals(place, self.person["id"])
        said = sorted(self.ws.messages(place) + whispered, key=lambda message: message["ts"])
        link = Markup("?as={}&amp;channel={}").format(self.person["id"], place)
        return self.renderer.fragment(
            "messages.html", channel=self.channel, said=said, threads=link
        )

    def _thread(self) -> str:
        if self.channel is None or not self.thread:
            return ""
        said = self.ws.replies(self.channel["id"], self.thread)
        return self.renderer.fragment("messages.html", channel=self.channel, said=said, threads="")

    def _modal(self) -> str:
        view = self.ws.top_view(self.person["id"])
        return self.renderer.fragment("modal.html", view=view) if view else ""


async def show(request: web.Request) -> web.Response:
    """The whole page."""
    ws = request.app[WORKSPACE]
    screen = Screen(ws, request.query)
    if screen.here == HOME:
        await ws.open_home(screen.person["id"])
    heading, subtitle = screen.heading()
    parts = screen.parts()
    context = {
        **parts,
        "replies": parts["thread"],
        "thread": screen.thread,
        "root": request.path.rstrip("/"),
        "person": screen.person,
        "people": ws.people(),
        "shown": screen.here,
        "heading": heading,
        "subtitle": subtitle,
        "commands": ws.manifest.commands,
        "revision": ws.revision,
    }
    return render(request, "slack/templates/workspace.html", context)


async def changes(request: web.Request) -> web.Response:
    """The regions as they are now, or 204 when nothing has changed since `revision`."""
    ws = request.app[WORKSPACE]
    if request.query.get("revision") == str(ws.revision):
        return web.Response(status=204)
    screen = Screen(ws, request.query)
    return web.json_response({"revision": ws.revision, "parts": screen.parts()})


async def act(request: web.Request) -> web.Response:
    """`/do/{deed}`: what a person does, and what became of it."""
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(text="send JSON")
    ws, asked = request.app[WORKSPACE], await request.json()
    deed = _DEEDS.get(request.match_info["deed"])
    if deed is None:
        raise web.HTTPNotFound(text="no such deed")
    try:
        outcome = await deed(ws, asked)
    except Refused as refusal:
        words = refusal.body.get("text") or refusal.error
        return web.json_response({"ok": False, "error": words, "errors": {}})
    except (KeyError, LookupError) as missing:
        return web.json_response({"ok": False, "error": f"missing: {missing}", "errors": {}})
    said = {"ok": outcome.ok, "error": outcome.error, "errors": outcome.errors}
    return web.json_response({**said, "detail": outcome.detail, "body": outcome.body})


async def attach(request: web.Request) -> web.Response:
    """`/attach?as=…&name=…`: the bytes of a file that a person puts into a form."""
    ws, asked = request.app[WORKSPACE], request.query
    try:
        kept = ws.attach(asked["as"], asked["name"], await request.read())
    except (Refused, KeyError) as refusal:
        words = refusal.error if isinstance(refusal, Refused) else "missing_argument"
        return web.json_response({"ok": False, "error": words})
    return web.json_response({"ok": True, "file": kept})


def _entered(asked: Json) -> dict[tuple[str, str], Any]:
    return {(block, action): value for block, action, value in asked.get("values") or []}


async def _click(ws: SlackWorkspace, asked: Json) -> Outcome:
    what = (asked["block"], asked["action"])
    choice = asked.get("choice")
    if asked.get("view"):
        values = _entered(asked)
        return await ws.click_in(asked["as"], asked["view"], what, choice, values=values)
    values = _entered(asked)
    return await ws.click(asked["as"], asked["channel"], asked["ts"], what, choice, values=values)


async def _submit(ws: SlackWorkspace, asked: Json) -> Outcome:
    return await ws.submit(asked["as"], asked["view"], _entered(asked))


async def _close(ws: SlackWorkspace, asked: Json) -> Outcome:
    return await ws.close(asked["as"], asked["view"], everything=bool(asked.get("everything")))


async def _say(ws: SlackWorkspace, asked: Json) -> Outcome:
    words, thread = str(asked["words"]).strip(), str(asked.get("thread") or "")
    if words.startswith("/") and not thread:
        command, _, text = words.partition(" ")
        return await ws.command(asked["as"], command, text.strip(), channel=asked["channel"])
    if words:
        await ws.say(asked["as"], asked["channel"], words, thread_ts=thread)
    return Outcome()


async def _suggest(ws: SlackWorkspace, asked: Json) -> Outcome:
    place = (asked["channel"], asked["ts"]) if asked.get("ts") else None
    what = (asked["block"], asked["action"])
    query, view = str(asked["query"]), str(asked.get("view") or "")
    options = await ws.suggest(asked["as"], what, query, view_id=view, place=place)
    return Outcome(body=options)


_DEEDS = {
    "click": _click,
    "submit": _submit,
    "close": _close,
    "say": _say,
    "suggest": _suggest,
}


def add_pages(app: web.Application) -> None:
    """Put the workspace's pages into the stand-in's application."""
    app.middlewares.append(own_pages_only)
    app.router.add_get("/", show)
    app.router.add_get("/changes", changes)
    app.router.add_post("/do/{deed}", act)
    app.router.add_post("/attach", attach)
    app.router.add_static("/static/", _STATIC)
