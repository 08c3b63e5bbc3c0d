"""Pages of the product may call our public API from a browser; pages of others may not."""

from urllib.parse import urlsplit

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from dashboard.context import DashboardContext
from domain.links import place_of


def allow_product(context: DashboardContext) -> Middleware:
    """Let the product's pages read our answers, which never depend on a cookie.

    Those are the pages of `PRODUCT_URL`, of `CLERK_AUTHORIZED_PARTIES`, of the program's
    `product_hosts`, and our own. https://fetch.spec.whatwg.org/#http-cors-protocol
    """
    settings = context.settings
    addresses = (settings.product_url, settings.public_url, *settings.clerk_authorized_parties)
    own = {place for address in addresses if (place := _place(address))}

    async def is_ours(place: str) -> bool:
        if place in own or not place:
            return bool(place)
        return (
            context.clicks is not None and place in (await context.clicks.program()).product_hosts
        )

    @web.middleware
    async def allowed(request: web.Request, handler: Handler) -> web.StreamResponse:
        asks = request.method == hdrs.METH_OPTIONS
        response = web.Response(status=204) if asks else await handler(request)
        response.headers[hdrs.VARY] = hdrs.ORIGIN
        origin = request.headers.get(hdrs.ORIGIN, "")
        if await is_ours(_place(origin)):
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = origin
            response.headers[hdrs.ACCESS_CONTROL_EXPOSE_HEADERS] = hdrs.RETRY_AFTER
            if asks:
                response.headers[hdrs.ACCESS_CONTROL_ALLOW_METHODS] = "GET, POST"
                response.headers[hdrs.ACCESS_CONTROL_ALLOW_HEADERS] = hdrs.CONTENT_TYPE
                response.headers[hdrs.ACCESS_CONTROL_MAX_AGE] = "7200"
        return response

    return allowed


def _place(address: str) -> str:
    """The host and port of an address; empty for nonsense."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return place_of(parts.netloc, parts.scheme) if parts.scheme in {"http", "https"} else ""
