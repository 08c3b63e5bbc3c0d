"""PartnerStack, Impact and Awin as far as advertisers speak with them, and any other by postback.

A partner's link makes a click and leads on with its id. What is told afterwards is kept as the
networks say that they do: Impact and Awin work on changes for a while, Awin drops an order whose
reference it knows, PartnerStack refuses a transaction whose key it knows. Impact keeps both, which
is the worst that it could do.
"""

import secrets
from base64 import b64decode
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web
from aiohttp.typedefs import Handler

import clock
from sandbox.faults import Traffic
from sandbox.pages import render
from sandbox.store import Store

Json = dict[str, Any]
SECRETS: Final = {
    "partnerstack": {"secret_key": "ps_sandbox_secret", "tracking_token": "ps_sandbox_token"},
    "impact": {"auth_token": "impact_sandbox_token"},
    "awin": {"api_key": "awin_sandbox_key", "access_token": "awin_sandbox_token"},
}
PARAMETERS: Final = {
    "partnerstack": "ps_xid",
    "impact": "irclickid",
    "awin": "awc",
    "postback": "clickid",
}
_LISTS: Final = ("clicks", "customers", "transactions", "actions", "orders", "jobs", "postbacks")


class Networks:
    """What the networks were told; `product` is where their partners' links lead by themselves."""

    def __init__(self, store: Store | None = None, product: str = "/sandbox/product/") -> None:
        self.store = store or Store()
        self.traffic = Traffic(lambda status: {"message": "It broke.", "status": status})
        self.busy = 0
        """How often a network still says that it works on something."""
        self.appears = 0.0
        """Seconds until an action can be seen at Impact."""
        self._product = product
        for name in _LISTS:
            self.store.data.setdefault(name, [])

    def told(self, name: str) -> list[Json]:
        """Everything of one list, the oldest first."""
        found: list[Json] = self.store.data[name]
        return found

    def app(self) -> web.Application:
        """The stand-in, to be mounted at `/sandbox/networks/`."""
        app = web.Application()
        for method, path, handler in (
            ("POST", "/partnerstack/conversion/xid", self._convert),
            ("POST", "/partnerstack/transactions", self._transact),
            ("GET", "/partnerstack/transactions", self._transactions),
            ("POST", "/impact/Advertisers/{sid}/Conversions", self._conversion),
            ("GET", "/impact/Advertisers/{sid}/Actions", self._actions),
            ("PUT", "/impact/Advertisers/{sid}/Actions", self._change_action),
            ("DELETE", "/impact/Advertisers/{sid}/Actions", self._reverse_action),
            ("GET", "/impact/Advertisers/{sid}/APISubmissions/{job}", self._submission),
            ("POST", "/awin/s2s/advertiser/{id}/orders", self._orders),
            ("POST", "/awin/advertisers/{id}/transactions/batch", self._batch),
            ("GET", "/awin/advertisers/{id}/transactions/jobs/{job}", self._job),
            ("GET", "/postback", self._postback),
        ):
            app.router.add_route(method, path, self._watched(handler))
        app.router.add_get("/", self._page)
        app.router.add_get("/follow/{network}", self._follow)
        return app

    def _watched(self, handler: Handler) -> Handler:
        async def saved(request: web.Request) -> web.StreamResponse:
            answer = await handler(request)
            self.store.save()
            return answer

        async def watched(request: web.Request) -> web.StreamResponse:
            return await self.traffic.watch(request, saved)

        return watched

    def click(self, network: str) -> str:
        """Somebody follows a partner's link; the id of the click."""
        click = f"{network}-{secrets.token_urlsafe(9)}"
        self.told("clicks").append({"network": network, "id": click})
        self.store.save()
        return click

    async def _follow(self, request: web.Request) -> web.StreamResponse:
        network, ref = request.match_info["network"], request.query.get("ref", "")
        if network not in PARAMETERS:
            raise web.HTTPNotFound
        query = urlencode({PARAMETERS[network]: self.click(network)})
        raise web.HTTPFound(f"/r/{ref}?{query}" if ref.isalnum() else f"{self._product}?{query}")

    async def _convert(self, request: web.Request) -> web.Response:
        wanted = f"Bearer {SECRETS['partnerstack']['tracking_token']}"
        if request.headers.get("Authorization") != wanted:
            return _refused(HTTPStatus.UNAUTHORIZED, "Unauthorized")
        body = await request.json()
        if not any(each["key"] == body["customer_key"] for each in self.told("customers")):
            self.told("customers").append({"key": body["customer_key"], "xid": body["xid"]})
        return web.json_response({"message": "Success", "status": 200})

    async def _transact(self, request: web.Request) -> web.Response:
        if not _is_basic(request, SECRETS["partnerstack"]["secret_key"]):
            return _refused(HTTPStatus.UNAUTHORIZED, "Unauthorized")
        body = await request.json()
        if not isinstance(body.get("amount"), int) or len(str(body.get("currency"))) != 3:  # noqa: PLR2004 - ISO 4217
            return _refused(HTTPStatus.BAD_REQUEST, "amount or currency is invalid")
        who = body.get("customer_external_key")
        if not any(each["key"] == who for each in self.told("customers")):
            return _refused(HTTPStatus.NOT_FOUND, "Customer not found")
        if any(each["key"] == body["key"] for each in self.told("transactions")):
            return _refused(HTTPStatus.CONFLICT, "Transaction key exists")
        made = {**body, "created_at": int(clock.timestamp() * 1000)}
        self.told("transactions").append(made)
        return web.json_response({"data": made, "message": "Success", "status": 200})

    async def _transactions(self, request: web.Request) -> web.Response:
        since = int(request.query.get("min_created", "0"))
        found = [each for each in self.told("transactions") if each["created_at"] >= since]
        return web.json_response({"data": {"has_more": False, "items": found}, "status": 200})

    async def _conversion(self, request: web.Request) -> web.Response:
        form = await self._impact_form(request)
        lacks = {"CampaignId", "ActionTrackerId", "EventDate", "OrderId", "ClickId"} - form.keys()
        if lacks:
            return _refused(HTTPStatus.BAD_REQUEST, f"{min(lacks)} is missing")
        self.told("actions").append(
            {
                "Id": f"1000.{len(self.told('actions'))}",
                "Oid": form["OrderId"],
                "State": "PENDING",
                "EventDate": form["EventDate"],
                "Amount": form["ItemSubTotal1"],
                "Currency": form["CurrencyCode"],
                "ClickId": form["ClickId"],
                "made": clock.timestamp(),
            }
        )
        return self._queued(request, "")

    async def _change_action(self, request: web.Request) -> web.Response:
        form = await self._impact_form(request)
        action = self._action(form)
        problem = "" if action and action["State"] == "PENDING" else "The action is locked"
        if action and not problem:
            action["Amount"] = form["Amount"]
        return self._queued(request, problem)

    async def _reverse_action(self, request: web.Request) -> web.Response:
        action = self._action(await self._impact_form(request))
        if action:
            action |= {"State": "REVERSED", "Amount": "0.00"}
        return self._queued(request, "" if action else "There is no such action")

    async def _impact_form(self, request: web.Request) -> dict[str, str]:
        if not _is_basic(request, SECRETS["impact"]["auth_token"]):
            raise web.HTTPUnauthorized(text='{"Status": "ERROR", "Message": "Unauthorized"}')
        return {name: str(value) for name, value in (await request.post()).items()}

    def _action(self, form: dict[str, str]) -> Json | None:
        found = (each for each in self.told("actions") if each["Oid"] == form.get("OrderId"))
        return next(found, None)

    def _queued(self, request: web.Request, problem: str) -> web.Response:
        name = f"A-{len(self.told('jobs'))}"
        self.told("jobs").append({"id": name, "problem": problem, "busy": self.busy})
        account = f"/Advertisers/{request.match_info['sid']}"
        return web.json_response(
            {"Status": "QUEUED", "QueuedUri": f"{account}/APISubmissions/{name}"}
        )

    async def _submission(self, request: web.Request) -> web.Response:
        job = self._find_job(request.match_info["job"])
        if job["busy"] > 0:
            job["busy"] -= 1
            return web.json_response({"Status": "QUEUED"})
        if job["problem"]:
            return web.json_response({"Status": "FAILED", "Message": job["problem"]})
        return web.json_response({"Status": "COMPLETED"})

    async def _actions(self, request: web.Request) -> web.Response:
        begin, end = request.query["ActionDateStart"], request.query["ActionDateEnd"]
        made = clock.timestamp() - self.appears
        found = [
            each
            for each in self.told("actions")
            if begin <= each["EventDate"] <= end and each.get("made", 0) <= made
        ]
        return web.json_response({"Actions": found})

    async def _orders(self, request: web.Request) -> web.Response:
        if request.headers.get("x-api-key") != SECRETS["awin"]["api_key"]:
            return _refused(HTTPStatus.UNAUTHORIZED, "Unauthorized")
        known = {each["orderReference"] for each in self.told("orders")}
        for order in (await request.json())["orders"]:
            if order["orderReference"] not in known:
                self.told("orders").append({**order, "status": "pending"})
        return web.Response(status=HTTPStatus.OK)

    async def _batch(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {SECRETS['awin']['access_token']}":
            return _refused(HTTPStatus.UNAUTHORIZED, "Unauthorized")
        problem = ""
        for step in await request.json():
            wanted = step["transaction"]
            order = next(
                (o for o in self.told("orders") if o["orderReference"] == wanted["orderRef"]), None
            )
            if order is None or order["status"] != "pending":
                problem = "[404 NOT_FOUND] no pending transaction"
            elif step["action"] == "decline":
                order |= {"status": "declined", "amount": 0}
            else:
                order["amount"] = wanted["saleAmount"]
        name = f"job{len(self.told('jobs'))}"
        self.told("jobs").append({"id": name, "problem": problem, "busy": self.busy})
        return web.json_response({"jobId": name})

    async def _job(self, request: web.Request) -> web.Response:
        job = self._find_job(request.match_info["job"])
        if job["busy"] > 0:
            job["busy"] -= 1
            return web.json_response({"jobId": job["id"], "status": "RUNNING"})
        failed = [{"code": job["problem"]}] if job["problem"] else []
        return web.json_response(
            {
                "jobId": job["id"],
                "status": "DONE",
                "errors": len(failed),
                "failedTransactions": failed,
            }
        )

    def _find_job(self, name: str) -> Json:
        found = (each for each in self.told("jobs") if each["id"] == name)
        job = next(found, None)
        if job is None:
            raise web.HTTPNotFound
        return job

    async def _postback(self, request: web.Request) -> web.Response:
        self.told("postbacks").append(dict(request.query))
        return web.Response(text="ok")

    async def _page(self, request: web.Request) -> web.Response:
        view = {name: list(reversed(self.told(name))) for name in _LISTS}
        return render(request, "networks.html", {**view, "networks": list(PARAMETERS)})


def _is_basic(request: web.Request, password: str) -> bool:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    try:
        said = b64decode(given).decode()
    except ValueError:
        return False
    return scheme == "Basic" and said.partition(":")[2] == password


def _refused(status: HTTPStatus, message: str) -> web.Response:
    return web.json_response({"message": message, "Message": message}, status=status)
