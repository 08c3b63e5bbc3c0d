"""The hosted page of a checkout session, where a customer pays."""

from http import HTTPStatus
from urllib.parse import urlsplit

from aiohttp import web

from sandbox.pages import render
from sandbox.stripe.account import StripeAccount
from sandbox.stripe.objects import Json
from sandbox.stripe.refusals import RefusalError
from sandbox.stripe.views import money


class PayPage:
    """Shows a session to its customer and takes the payment."""

    def __init__(self, account: StripeAccount) -> None:
        self._account = account

    async def show(self, request: web.Request) -> web.StreamResponse:
        """Show what is sold, or that the page is closed."""
        return self._render(request, self._session(request))

    async def take(self, request: web.Request) -> web.StreamResponse:
        """Take the payment and send the customer back to the shop."""
        session = self._session(request)
        form = {name: str(value).strip() for name, value in (await request.post()).items()}
        try:
            await self._account.pay(
                session["id"],
                email=form.get("email", ""),
                name=form.get("name") or None,
                promotion_code=form.get("promotion_code") or None,
            )
        except RefusalError as refusal:
            return self._render(request, session, form=form, problem=str(refusal))
        back = session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"])
        raise web.HTTPSeeOther(back)

    def _session(self, request: web.Request) -> Json:
        try:
            return self._account.objects.get("checkout.session", request.match_info["id"])
        except RefusalError as refusal:
            raise web.HTTPNotFound(text="There is no such page.") from refusal

    def _render(
        self,
        request: web.Request,
        session: Json,
        *,
        form: dict[str, str] | None = None,
        problem: str = "",
    ) -> web.Response:
        account, form = self._account, form or {}
        price = account.objects.get("price", session["line_items"]["data"][0]["price"])
        known = session["customer_email"]
        if session["customer"]:
            known = account.objects.get("customer", session["customer"])["email"]
        cancel = session["cancel_url"] or ""
        context = {
            "product": account.objects.get("product", price["product"])["name"],
            "plan": price["nickname"],
            "amount": money(price["unit_amount"], price["currency"]),
            "open": account.snapshot(session)["status"] == "open",
            "email": known or form.get("email", ""),
            "fixed": bool(known),
            "takes_codes": bool(session["allow_promotion_codes"]),
            "typed": form.get("promotion_code", ""),
            "discount": self._discount(session),
            "off": money(-session["total_details"]["amount_discount"], price["currency"]),
            "total": money(session["amount_total"], price["currency"]),
            "cancel_url": cancel if urlsplit(cancel).scheme in {"http", "https"} else "",
            "problem": problem,
        }
        status = HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK
        return render(request, "stripe/templates/pay.html", context, status=status)

    def _discount(self, session: Json) -> str:
        """What the session's discount is called; empty without one."""
        for one in session["discounts"]:
            kind = "promotion_code" if one["promotion_code"] else "coupon"
            found = self._account.objects.find(one[kind]) or {}
            return str(found.get("code") or found.get("name") or one[kind])
        return ""
