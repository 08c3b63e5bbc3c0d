"""PassivePost as docs/promo-posts.md reads it: posts are taken, and come out at their time."""

import hmac
import secrets
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

import clock
from sandbox.faults import Traffic
from sandbox.pages import render
from sandbox.store import Store

Json = dict[str, Any]
CHANNELS: Final = frozenset({"x", "linkedin", "instagram", "facebook"})
_FAULTS: Final = {HTTPStatus.UNAUTHORIZED: "unauthorized", HTTPStatus.TOO_MANY_REQUESTS: "busy"}


class PassivePost:
    """Every post that was handed over, and the authors who are `strangers` to it."""

    def __init__(self, store: Store | None = None) -> None:
        self.store = store or Store()
        self.api_key = "pp_sandbox"
        self.strangers: set[str] = set()
        self.traffic = Traffic(_fault_body)
        self.store.data.setdefault("posts", [])

    @property
    def posts(self) -> list[Json]:
        """Every post, the oldest first."""
        posts: list[Json] = self.store.data["posts"]
        return posts

    def app(self) -> web.Application:
        """The stand-in, to be mounted at `/sandbox/passivepost/`."""
        app = web.Application()
        app.router.add_post("/posts", self._api(self._take))
        app.router.add_get("/posts/{id}", self._api(self._tell))
        app.router.add_get("/", self._page)
        return app

    def _api(self, handler: Any) -> Any:
        async def checked(request: web.Request) -> web.StreamResponse:
            given = request.headers.get("Authorization", "").encode(errors="surrogateescape")
            if not hmac.compare_digest(given, f"Bearer {self.api_key}".encode()):
                return _refusal(HTTPStatus.UNAUTHORIZED, "unauthorized", "This key is unknown.")
            answer: web.StreamResponse = await handler(request)
            return answer

        async def watched(request: web.Request) -> web.StreamResponse:
            return await self.traffic.watch(request, checked)

        return watched

    async def _take(self, request: web.Request) -> web.Response:
        body, key = await request.json(), request.headers.get("Idempotency-Key", "")
        if not key:
            return _refusal(HTTPStatus.BAD_REQUEST, "key_missing", "Send an Idempotency-Key.")
        for post in self.posts:
            if post["key"] == key:
                return web.json_response(_shown(post))
        if body["author_email"] in self.strangers:
            return _refusal(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                "unknown_author",
                "Nobody with this e-mail address has a PassivePost account.",
            )
        if body["channel"] not in CHANNELS:
            return _refusal(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                "channel_not_supported",
                "This channel is not supported.",
            )
        post = {"id": f"post_{secrets.token_hex(6)}", "key": key, "failed": "", **body}
        self.posts.append(post)
        self.store.save()
        return web.json_response(_shown(post), status=HTTPStatus.CREATED)

    async def _tell(self, request: web.Request) -> web.Response:
        for post in self.posts:
            if post["id"] == request.match_info["id"]:
                return web.json_response(_shown(post))
        return _refusal(HTTPStatus.NOT_FOUND, "not_found", "There is no such post.")

    async def _page(self, request: web.Request) -> web.Response:
        posts = [{**post, **_shown(post)} for post in reversed(self.posts)]
        return render(request, "passivepost.html", {"posts": posts})


def _shown(post: Json) -> Json:
    """A post with the status that it has by now."""
    if post["failed"]:
        return {"id": post["id"], "status": "failed", "problem": post["failed"]}
    due = post["scheduled_at"]
    waits = due and datetime.fromisoformat(due) > clock.now()
    return {"id": post["id"], "status": "scheduled" if waits else "published"}


def _refusal(status: HTTPStatus, code: str, message: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message}}, status=status)


def _fault_body(status: int) -> Json:
    code = _FAULTS.get(HTTPStatus(status), "internal")
    return {"error": {"code": code, "message": "It broke."}}
