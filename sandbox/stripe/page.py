"""The stand-in's page for people: what the account holds, and buttons for what can happen."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from pathlib import Path
from typing import Final

from aiohttp import web

from sandbox.pages import render
from sandbox.stripe import views
from sandbox.stripe.account import StripeAccount
from sandbox.stripe.objects import Json
from sandbox.stripe.pay import PayPage
from sandbox.stripe.refusals import RefusalError

HOME: Final = "/sandbox/stripe/"

_BLANK: Final = {"email": "customer@example.com", "name": "", "plan": "", "promotion_code": ""}

Deed = Callable[[StripeAccount, str, dict[str, str]], Awaitable[Json]]


def add_page(app: web.Application, account: StripeAccount) -> None:
    """Serve the page, its style, and its buttons."""
    page = _Page(account)
    app.router.add_get("/", page.show)
    app.router.add_static("/static/", Path(__file__).parent / "static")
    pay = PayPage(account)
    app.router.add_get("/pay/{id}", pay.show)
    app.router.add_post("/pay/{id}", pay.take)
    app.router.add_post("/buy", page.button(_buy))
    app.router.add_post("/promotion_codes/{id}/on", page.button(_switch_on))
    app.router.add_post("/promotion_codes/{id}/off", page.button(_switch_off))
    app.router.add_post("/subscriptions/{id}/renew", page.button(_renew))
    app.router.add_post("/subscriptions/{id}/decline", page.button(_decline))
    app.router.add_post("/subscriptions/{id}/cancel", page.button(_cancel))
    app.router.add_post("/invoices/{id}/refund", page.button(_refund))
    app.router.add_post("/invoices/{id}/dispute", page.button(_dispute))
    app.router.add_post("/disputes/{id}/win", page.button(_win))
    app.router.add_post("/disputes/{id}/lose", page.button(_lose))


class _Page:
    def __init__(self, account: StripeAccount) -> None:
        self._account = account

    async def show(self, request: web.Request) -> web.StreamResponse:
        """Show everything that the account holds."""
        return self._render(request)

    def button(self, deed: Deed) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Make a handler that does one deed and shows the page again, with a refusal if any."""

        async def press(request: web.Request) -> web.StreamResponse:
            form = {name: str(value).strip() for name, value in (await request.post()).items()}
            try:
                await deed(self._account, request.match_info.get("id", ""), form)
            except RefusalError as refusal:
                return self._render(request, problem=str(refusal), form=form)
            raise web.HTTPSeeOther(HOME)

        return press

    def _render(
        self, request: web.Request, *, problem: str = "", form: dict[str, str] | None = None
    ) -> web.Response:
        account = self._account
        context = {
            "problem": problem,
            "form": _BLANK | (form or {}),
            "plans": views.plans(account),
            "coupons": views.coupons(account),
            "codes": views.promotion_codes(account),
            "customers": views.customers(account),
            "subscriptions": views.subscriptions(account),
            "invoices": views.invoices(account),
            "disputes": views.disputes(account),
            "events": views.events(account),
        }
        status = HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK
        return render(request, "stripe/templates/stripe.html", context, status=status)


async def _buy(account: StripeAccount, _key: str, form: dict[str, str]) -> Json:
    return await account.buy(
        email=form.get("email", ""),
        name=form.get("name") or None,
        plan=form.get("plan", ""),
        promotion_code=form.get("promotion_code") or None,
    )


async def _switch_on(account: StripeAccount, key: str, _form: dict[str, str]) -> Json:
    return await account.switch(key, active=True)


async def _switch_off(account: StripeAccount, key: str, _form: dict[str, str]) -> Json:
    return await account.switch(key, active=False)


async def _renew(account: StripeAccount, key: str, _form: dict[str, str]) -> Json:
    return await account.renew(key)


async def _decline(account: StripeAccount, key: str, _form: dict[str, str]) -> Json:
    return await account.renew(key, declined=True)


async def _cancel(account: StripeAccount, key: str, _form: dict[str, str]) -> Json:
    return await account.cancel(key)


async def _refund(account: StripeAccount, key: str, form: dict[str, str]) -> Json:
    return await account.refund(key, _cents(form.get("amount", "")))


async def _dispute(account: StripeAccount, key: str, _form: dict[str, str]) -> Json:
    return await account.dispute(key)


async def _win(account: StripeAccount, key: str, _form: dict[str, str]) -> Json:
    return await account.decide(key, won=True)


async def _lose(account: StripeAccount, key: str, _form: dict[str, str]) -> Json:
    return await account.decide(key, won=False)


def _cents(text: str) -> int | None:
    """Read an amount as a person writes it, `12` or `12.50`; nothing means all."""
    if not text:
        return None
    whole, _, part = text.partition(".")
    if not (whole + part).isdecimal() or not text.isascii() or len(part) > 2 or len(whole) > 9:  # noqa: PLR2004 - cents, and a bound
        raise RefusalError(f"“{text}” is no amount. Write it like 12.50.", param="amount")
    return int(whole or "0") * 100 + int(part.ljust(2, "0"))
