"""`/api/openapi.json` and `/api/docs`: the document for programs, and a page of it for people."""

import hashlib
import json
from typing import Final

from aiohttp import hdrs, web

from dashboard import rendering
from dashboard.api.docs_view import view_of
from dashboard.api.document import document
from dashboard.api.schemas import Schema
from dashboard.context import CONTEXT, DashboardContext
from dashboard.rendering import render
from dashboard.security import guard
from dashboard.session import know_visitor

PREFIX: Final = "/api/docs"
DOCUMENT: Final = "/api/openapi.json"
_FRESH: Final = "public, max-age=300"


class _Docs:
    """The document of the whole server, made when somebody asks for it first."""

    def __init__(self, whole: web.Application, context: DashboardContext) -> None:
        self._whole = whole
        self._settings = context.settings
        self._made: Schema = {}
        self._text = b""

    async def serve(self, request: web.Request) -> web.Response:
        """The document, or 304 where the asker has it already."""
        self._make()
        etag = f'"{hashlib.sha256(self._text).hexdigest()[:16]}"'
        headers = {
            hdrs.CACHE_CONTROL: _FRESH,
            hdrs.ETAG: etag,
            # Nothing of it is secret, and editors that run in browsers load it.
            hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: "*",
            "Cross-Origin-Resource-Policy": "cross-origin",
            "X-Content-Type-Options": "nosniff",
        }
        if request.headers.get(hdrs.IF_NONE_MATCH) == etag:
            return web.Response(status=304, headers=headers)
        response = web.Response(
            body=self._text, content_type="application/json", charset="utf-8", headers=headers
        )
        response.enable_compression()
        return response

    async def show(self, request: web.Request) -> web.Response:
        """The page."""
        response = render(request, "api.html", view_of(self._make()))
        response.enable_compression()
        return response

    def _make(self) -> Schema:
        if not self._made:
            self._made = document(
                self._whole,
                product_name=self._settings.product_name,
                public_url=self._settings.public_url,
            )
            self._text = json.dumps(self._made, ensure_ascii=False, indent=1).encode()
        return self._made


def add_routes(app: web.Application, context: DashboardContext) -> None:
    """Add both to the server's app, of whose endpoints they tell."""
    docs = _Docs(app, context)
    app.router.add_get(DOCUMENT, docs.serve)
    pages = web.Application(middlewares=[guard, know_visitor])
    pages[CONTEXT] = context
    rendering.set_up(pages, home=context.settings.product_url or PREFIX)
    pages.router.add_get("", docs.show)
    app.add_subapp(PREFIX, pages)
