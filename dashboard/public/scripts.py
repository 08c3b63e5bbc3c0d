"""`/tracker.js` and `/promo-code.js`: scripts that pages of any origin embed with one tag."""

import hashlib
from typing import Final

from aiohttp import hdrs, web

from dashboard import static_files

_SECONDS_FRESH: Final = {"tracker.js": 3600, "promo-code.js": 300}


def add_routes(app: web.Application) -> None:
    """Add the scripts to the server's app."""
    for name, seconds in _SECONDS_FRESH.items():
        app.router.add_get(f"/{name}", _Script(static_files.FILES[name], seconds).serve)


class _Script:
    def __init__(self, content: bytes, seconds_fresh: int) -> None:
        self._content = content
        self._etag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
        self._headers = {
            # The tag that embeds it names no version, so a new one has to get through by itself.
            "Cache-Control": f"public, max-age={seconds_fresh}, stale-while-revalidate=86400",
            "ETag": self._etag,
            "Access-Control-Allow-Origin": "*",
            "Cross-Origin-Resource-Policy": "cross-origin",
            "X-Content-Type-Options": "nosniff",
        }

    async def serve(self, request: web.Request) -> web.Response:
        """The script, or 304 where the page has it already."""
        if request.headers.get(hdrs.IF_NONE_MATCH) == self._etag:
            return web.Response(status=304, headers=self._headers)
        response = web.Response(
            body=self._content,
            content_type="text/javascript",
            charset="utf-8",
            headers=self._headers,
        )
        response.enable_compression()
        return response
