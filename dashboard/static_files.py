"""Stylesheet, script and mark, read once; their address changes when their content does."""

import hashlib
from pathlib import Path
from typing import Final

from aiohttp import web

ROUTE: Final = "static"
_TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FOLDER: Final = Path(__file__).parent / "static"
FILES: Final = {file.name: file.read_bytes() for file in sorted(_FOLDER.iterdir())}
"""What is in the folder, by name."""

VERSION: Final = hashlib.sha256(b"\0".join(FILES.values())).hexdigest()[:12]
"""Of all files together; pages ask for each file with it."""

_FOR_EVER: Final = "public, max-age=31536000, immutable"
_ASK_AGAIN: Final = "public, no-cache"


async def serve(request: web.Request) -> web.Response:
    """One file. Asked for by its present version it may be kept for ever."""
    name = request.match_info["name"]
    if name not in FILES:
        raise web.HTTPNotFound
    versioned = request.query.get("v") == VERSION
    headers = {"Cache-Control": _FOR_EVER if versioned else _ASK_AGAIN, "ETag": f'"{VERSION}"'}
    if request.headers.get("If-None-Match") == f'"{VERSION}"':
        return web.Response(status=304, headers=headers)
    response = web.Response(
        body=FILES[name], content_type=_TYPES[Path(name).suffix], charset="utf-8", headers=headers
    )
    response.enable_compression()
    return response
