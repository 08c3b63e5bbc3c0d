"""PropMine, the product: a page that referral links lead to, where people sign up and buy.

Its backend does what a real one would: it makes the user at Clerk and the customer at Stripe, and
tells Affiliate Desk of the sign-up with what the tracker knows.
"""

import json
import secrets
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlencode

import aiohttp
from aiohttp import web

from sandbox.clerk.instance import ClerkInstance, addresses
from sandbox.pages import own_pages_only, render
from sandbox.stripe.account import StripeAccount
from sandbox.stripe.catalogue import PLANS
from sandbox.stripe.resources.customers import find_or_create

TOKEN: Final = "sandbox-product-token-that-is-public"
HOME: Final = "/sandbox/product/"
_PATIENCE: Final = aiohttp.ClientTimeout(total=10)
_FRAMES: Final = 40
_FARMED: Final = 24
_TOLD: Final = frozenset(
    {"ref", "src", "click_id", "landing_page", "referrer", "utm", "at", "network_clicks"}
)
_TOUCHES: Final = frozenset({"first_touch", "last_touch"})


class Product:
    """The product's pages and its backend. `desk_url` is where Affiliate Desk listens."""

    def __init__(self, clerk: ClerkInstance, stripe: StripeAccount, desk_url: str) -> None:
        self._clerk = clerk
        self._stripe = stripe
        self._desk_url = desk_url
        self._members: dict[str, list[str]] = {}

    def app(self) -> web.Application:
        """The pages, to be mounted at `/sandbox/product/`; every path is a page of the product."""
        app = web.Application(middlewares=[own_pages_only])
        app.router.add_post("/sign-up", self._sign_up)
        app.router.add_post("/hidden-frames", self._hidden_frames)
        app.router.add_post("/farm", self._farm)
        app.router.add_get("/{page:.*}", self._show)
        return app

    async def _show(self, request: web.Request) -> web.Response:
        return self._page(request, request.query.get("member", ""))

    def _page(
        self, request: web.Request, member: str, *, problem: str = "", status: int = HTTPStatus.OK
    ) -> web.Response:
        slugs = {slug: name for slug, name, _, _ in PLANS}
        wanted, ref = request.query.get("plan", ""), request.query.get("ref", "")
        known = self._members.get(member)
        kept = ({"ref": ref} if ref else {}) | ({"member": member} if known is not None else {})
        view = {
            "page": request.match_info.get("page", ""),
            "ref": ref,
            "farmed": request.query.get("farmed", ""),
            "frames": request.query.get("frames", ""),
            "member": member if known is not None else "",
            "said": known or [],
            "problem": problem,
            "plans": [
                (slug, name, HOME + "?" + urlencode({"plan": slug} | kept))
                for slug, name in slugs.items()
            ],
            "plan": wanted if wanted in slugs else next(iter(slugs)),
            "pricing": "/pricing" + ("?" + urlencode({"ref": ref}) if ref else ""),
        }
        return render(request, "product.html", view, status=status)

    async def _sign_up(self, request: web.Request) -> web.StreamResponse:
        """Make the user and the customer, then tell Affiliate Desk who led them here."""
        form = await request.post()
        email = str(form.get("email", "")).strip()
        if "@" not in email:
            problem = "Type your mail address."
            status = HTTPStatus.UNPROCESSABLE_ENTITY
            return self._page(request, "", problem=problem, status=status)
        found = self._clerk.find(email)
        user = found[0] if found else self._clerk.add_user(email)
        customer = find_or_create(self._stripe, email, None, {"clerkUserId": user["id"]})
        body = _touches(str(form.get("touch", "")))
        body |= {"email": email, "user_id": user["id"], "customer_id": customer["id"]}
        self._members[email] = await self._tell(user["id"], body)
        raise web.HTTPSeeOther(HOME + "?" + urlencode({"member": email}))

    async def _hidden_frames(self, request: web.Request) -> web.StreamResponse:
        """What a dishonest site does: load a link in frames that nobody sees, for each visitor."""
        ref = str((await request.post()).get("ref", ""))
        link = f"{self._desk_url}/r/{quote(ref, safe='')}"
        async with aiohttp.ClientSession(timeout=_PATIENCE) as session:
            for number in range(_FRAMES):
                headers = {
                    "Sec-Fetch-Dest": "iframe",
                    "User-Agent": f"Mozilla/5.0 (X11; Linux x86_64; rv:13{number % 8}.0) Firefox",
                }
                async with session.get(link, headers=headers, allow_redirects=False):
                    pass
        raise web.HTTPSeeOther(HOME + "?" + urlencode({"ref": ref, "frames": _FRAMES}))

    async def _farm(self, request: web.Request) -> web.StreamResponse:
        """What a dishonest affiliate does: sign up themselves, and many who do not exist."""
        ref = str((await request.post()).get("ref", ""))
        # Each press is another farm, and a program that restored the affiliate sees twice as much.
        run = secrets.token_hex(4)
        people = [f"burner-{run}-{number}@mailinator.com" for number in range(_FARMED)]
        people += [
            email for user in self._clerk.users if _promotes(user, ref) for email in addresses(user)
        ]
        for number, email in enumerate(people):
            body = {"ref": ref, "email": email, "user_id": f"user_{run}_{number}"}
            await self._tell(body["user_id"], body | {"ip": f"203.0.113.{number}"})
        raise web.HTTPSeeOther(HOME + "?" + urlencode({"ref": ref, "farmed": _FARMED}))

    async def _tell(self, user_id: str, body: dict[str, Any]) -> list[str]:
        """What Affiliate Desk answers to a sign-up, in sentences."""
        headers = {"Authorization": f"Bearer {TOKEN}", "Idempotency-Key": user_id}
        try:
            async with (
                aiohttp.ClientSession(timeout=_PATIENCE) as session,
                session.post(
                    f"{self._desk_url}/api/track/signup", json=body, headers=headers
                ) as response,
            ):
                answer = await response.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            return [f"Affiliate Desk could not be told: {error}"]
        steps = answer.get("trace") or [{"result": str(answer.get("detail", ""))}]
        return [str(step["result"]) for step in steps]


def _promotes(user: dict[str, Any], ref: str) -> bool:
    """Whether a user is the affiliate with this code, as the desk wrote into their metadata."""
    told = user["private_metadata"].get("propmine", {}).get("affiliate", {})
    return bool(ref) and told.get("promoCode") == ref


def _touches(text: str) -> dict[str, Any]:
    """What the tracker put into the form; nothing if it did not run, or somebody meddled."""
    try:
        told = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return (
        {name: told[name] for name in _TOLD | _TOUCHES if name in told}
        if isinstance(told, dict)
        else {}
    )
