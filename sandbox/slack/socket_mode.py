"""Socket Mode: envelopes over a web socket in place of signed requests.

Protocol: https://docs.slack.dev/apis/events-api/using-socket-mode
"""

import asyncio
import json
from typing import Any
from uuid import uuid4

from aiohttp import WSMsgType, web

from sandbox.slack.api import WORKSPACE
from sandbox.slack.people import APP_ID
from sandbox.slack.state import Json


class SocketLine:
    """One connected client; each envelope waits for its acknowledgement."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket
        self._waiting: dict[str, asyncio.Future[Any]] = {}

    async def deliver(self, kind: str, payload: Json, *, within: float) -> Any:
        """Send one envelope and return what the ack carries. Raises TimeoutError."""
        name = str(uuid4())
        waiting = asyncio.get_running_loop().create_future()
        self._waiting[name] = waiting
        envelope = {
            "envelope_id": name,
            "type": kind,
            "payload": payload,
            "accepts_response_payload": kind != "events_api",
        }
        try:
            await self._socket.send_json(envelope)
            return await asyncio.wait_for(waiting, within)
        except ConnectionError as error:
            raise TimeoutError("the app hung up") from error
        finally:
            del self._waiting[name]

    async def listen(self) -> None:
        """Take acks until the client hangs up."""
        async for message in self._socket:
            if message.type is not WSMsgType.TEXT:
                continue
            ack = json.loads(message.data)
            waiting = self._waiting.get(ack.get("envelope_id"))
            if waiting is not None and not waiting.done():
                waiting.set_result(ack.get("payload"))


async def connect(request: web.Request) -> web.WebSocketResponse:
    """`/socket/{ticket}`: a client that was given this address by apps.connections.open."""
    ws = request.app[WORKSPACE]
    if ws.table("sockets").pop(request.match_info["ticket"], None) is None:
        raise web.HTTPForbidden(text="this address was not given out, or has been used")
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    line = SocketLine(socket)
    ws.delivery.lines.append(line)
    try:
        hello = {"type": "hello", "num_connections": len(ws.delivery.lines)}
        await socket.send_json({**hello, "connection_info": {"app_id": APP_ID}})
        await line.listen()
    finally:
        ws.delivery.lines.remove(line)
    return socket


def add_socket_mode(app: web.Application) -> None:
    """Put the web socket into the stand-in's application."""
    app.router.add_get("/socket/{ticket}", connect)
