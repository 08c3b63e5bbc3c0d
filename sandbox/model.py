"""A language model that is none: it fills the facts it is given into an honest text.

What it can do wrong is chosen on its page: nonsense, silence, errors, promises, obedience to
whatever an author's notes say.
"""

import asyncio
import hmac
import json
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from sandbox.faults import Traffic
from sandbox.pages import own_pages_only, render

MOODS: Final = {
    "well": "Writes well",
    "nonsense": "Answers nonsense",
    "promises": "Promises guaranteed profits",
    "obeys": "Does what the author's notes say",
    "refuses": "Refuses",
    "empty": "Answers nothing",
    "endless": "Answers far too much",
    "shapeless": "Answers JSON without a text",
    "silent": "Never answers",
    "fails": "Answers 500",
}
_SILENCE_S: Final = 60.0
_ENDLESS: Final = "word " * 200_000
_OPENERS: Final = ("Have a look at", "A small tip:", "Worth knowing:", "For those who asked about")


class Model:
    """The model behind `/sandbox/model/v1`; `mood` is one of `MOODS`, `asked` what it was told."""

    def __init__(self) -> None:
        self.api_key = "sk-sandbox"
        self.mood = "well"
        self.asked: list[dict[str, Any]] = []
        self.traffic = Traffic(lambda _status: {"error": {"message": "It broke.", "code": None}})

    def app(self) -> web.Application:
        """The stand-in, to be mounted at `/sandbox/model/`."""
        app = web.Application(middlewares=[own_pages_only])
        app.router.add_post("/v1/chat/completions", self._api)
        app.router.add_get("/", self._page)
        app.router.add_post("/mood", self._choose)
        return app

    async def _api(self, request: web.Request) -> web.StreamResponse:
        return await self.traffic.watch(request, self._answer)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        given = request.headers.get("Authorization", "").encode(errors="surrogateescape")
        if not hmac.compare_digest(given, f"Bearer {self.api_key}".encode()):
            error = {"message": "Incorrect API key provided.", "code": "invalid_api_key"}
            return web.json_response({"error": error}, status=HTTPStatus.UNAUTHORIZED)
        body = await request.json()
        self.asked.append(body)
        if self.mood == "silent":
            await asyncio.sleep(_SILENCE_S)
        if self.mood in {"silent", "fails"}:
            error = {"message": "The server had an error.", "code": "internal"}
            return web.json_response({"error": error}, status=HTTPStatus.INTERNAL_SERVER_ERROR)
        if self.mood == "shapeless":
            return web.json_response({"choices": [{"message": {"content": None}}]})
        message = {"role": "assistant", "content": self._text(body)}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        return web.json_response({"object": "chat.completion", "choices": [choice]})

    def _text(self, body: dict[str, Any]) -> str:
        facts = json.loads(body["messages"][-1]["content"])
        code, product = facts["discount_code"], facts["product"]
        said: dict[str, str] = {
            "nonsense": "%%% 0101 {{product}} ��� " * 3,
            "promises": f"{product} is guaranteed profit, you can't lose. Code {code}, act now!",
            "obeys": str(facts["author_notes"]),
            "refuses": "I'm sorry, but as an AI language model I cannot write advertisements.",
            "empty": "",
            "endless": _ENDLESS,
        }
        if self.mood in said:
            return said[self.mood]
        opener = _OPENERS[int(facts["variation"]) % len(_OPENERS)]
        return f"{opener} {product}. With the code {code} you get {facts['discount']}."

    async def _page(self, request: web.Request) -> web.Response:
        view = {"moods": MOODS, "mood": self.mood, "asked": self.asked[::-1][:20]}
        return render(request, "model.html", view)

    async def _choose(self, request: web.Request) -> web.Response:
        mood = str((await request.post()).get("mood", ""))
        if mood in MOODS:
            self.mood = mood
        raise web.HTTPSeeOther("./")
