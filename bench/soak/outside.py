"""The outside of a soak: Stripe, which remembers what it refunded, Slack and mail.

`python -m bench.soak.outside PORT DESK` serves it. Stripe knows every customer: `cus_X` has the one
paid invoice `in_X` with the payment `pi_X`, which is refunded once it was asked to be.
"""

import asyncio
import sys
from pathlib import Path
from typing import Final

import msgspec
import uvloop
from aiohttp import web

from bench.requests import REFS
from sandbox.mail.app import mail_app
from sandbox.slack.app import slack_app
from sandbox.stand_ins import StandIns

_ANSWERS: Final = Path(__file__).parents[1] / "stripe_answers.json"
_REFUND: Final = {
    "id": "re_THE_ONE",
    "object": "refund",
    "amount": 2900,
    "currency": "usd",
    "status": "succeeded",
    "balance_transaction": None,
    "charge": "ch_THE_ONE",
}


class Stripe:
    """The account."""

    def __init__(self) -> None:
        found = msgspec.json.decode(_ANSWERS.read_bytes())
        self._invoices = msgspec.json.encode(found["invoices"])
        self._invoice = msgspec.json.encode(found["invoices"]["data"][0])
        self._payment = msgspec.json.encode(found["payment"])
        charge = found["payment"]["latest_charge"]
        charge |= {"refunded": True, "amount_refunded": 2900}
        charge["refunds"]["data"] = [_REFUND]
        self._refunded = msgspec.json.encode(found["payment"])
        link = found["invoices"]["data"][0]["payments"]["data"][0]
        listed = {
            "object": "list",
            "data": [link],
            "has_more": False,
            "url": "/v1/invoice_payments",
        }
        self._links = msgspec.json.encode(listed)
        customer = found["invoices"]["data"][0]["customer"]
        self._customer = msgspec.json.encode(customer)
        self._gone: set[str] = set()

    def add_routes(self, app: web.Application) -> None:
        """What the server asks for, and `POST /refund/{one}` for whoever gives money back."""
        app.router.add_get("/v1/invoices", self.invoices)
        app.router.add_get("/v1/invoices/{id}", self.invoice)
        app.router.add_get("/v1/invoice_payments", self.payments)
        app.router.add_get("/v1/payment_intents/{id}", self.payment)
        app.router.add_get("/v1/customers/{id}", self.customer)
        app.router.add_post("/v1/customers/{id}", self.customer)
        app.router.add_post("/refund/{id}", self.refund)

    async def invoices(self, request: web.Request) -> web.Response:
        """A customer's paid invoices."""
        return _answer(self._invoices, request.query["customer"].removeprefix("cus_"))

    async def invoice(self, request: web.Request) -> web.Response:
        """One invoice, whose customer nobody knew."""
        return _answer(self._invoice, request.match_info["id"].removeprefix("in_"))

    async def payments(self, request: web.Request) -> web.Response:
        """The invoice that a payment was for."""
        return _answer(self._links, request.query["payment[payment_intent]"].removeprefix("pi_"))

    async def payment(self, request: web.Request) -> web.Response:
        """A payment with its charge, as it stands now."""
        one = request.match_info["id"].removeprefix("pi_")
        return _answer(self._refunded if one in self._gone else self._payment, one)

    async def customer(self, request: web.Request) -> web.Response:
        """A customer, whatever was changed."""
        return _answer(self._customer, request.match_info["id"].removeprefix("cus_"))

    async def refund(self, request: web.Request) -> web.Response:
        """Give everything back."""
        self._gone.add(request.match_info["id"])
        return web.json_response({})


def _answer(template: bytes, one: str) -> web.Response:
    number = int(one.rpartition("_")[2])
    body = (
        template.replace(b"THE_ONE", one.encode())
        .replace(b"THE_CODE", b"REF%d" % (number % REFS))
        .replace(b"THE_CARD", b"card%d" % number)
    )
    return web.Response(body=body, content_type="application/json")


async def _serve(port: int, desk: str) -> None:
    url = f"http://127.0.0.1:{port}"
    others, app = StandIns(url=url, desk_url=desk), web.Application()
    Stripe().add_routes(app)
    app.add_subapp("/sandbox/slack/", slack_app(others.slack))
    app.add_subapp("/sandbox/mail/", mail_app(others.mail))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
    await asyncio.Event().wait()


def main() -> None:
    """Serve on the port that is named, for the server at the address that is."""
    uvloop.run(_serve(int(sys.argv[1]), sys.argv[2]))


if __name__ == "__main__":
    main()
