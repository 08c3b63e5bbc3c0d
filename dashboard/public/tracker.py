"""`/tracker.js`: tells the product's pages, and us, which link a visitor came by."""

import hashlib
from typing import Final

from aiohttp import hdrs, web

from dashboard import static_files

PATH: Final = "/tracker.js"
_SCRIPT: Final = static_files.FILES["tracker.js"]
_ETAG: Final = f'"{hashlib.sha256(_SCRIPT).hexdigest()[:16]}"'
_HEADERS: Final = {
    # The tag that embeds it names no version, so a new one has to get through by itself.
    "Cache-Control": "public, max-age=3600, stale-while-revalidate=86400",
    "ETag": _ETAG,
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}


def add_routes(app: web.Application) -> None:
    """Add the script to the server's app."""
    app.router.add_get(PATH, serve)


async def serve(request: web.Request) -> web.Response:
    """The script, for pages of any origin."""
    if request.headers.get(hdrs.IF_NONE_MATCH) == _ETAG:
        return web.Response(status=304, headers=_HEADERS)
    response = web.Response(
        body=_SCRIPT, content_type="text/javascript", charset="utf-8", headers=_HEADERS
    )
    response.enable_compression()
    return response
