"""The doors that apps come in by: the Web API, response addresses, uploads and file downloads."""

import asyncio
import json
from hmac import compare_digest
from typing import Any

from aiohttp import web

from sandbox.slack.errors import Refused
from sandbox.slack.faults import Call
from sandbox.slack.files import MOST_BYTES
from sandbox.slack.methods import METHODS, Arguments
from sandbox.slack.methods.registry import need
from sandbox.slack.state import Json
from sandbox.slack.workspace import SlackWorkspace

WORKSPACE: web.AppKey[SlackWorkspace] = web.AppKey("workspace", SlackWorkspace)


async def _arguments(request: web.Request) -> Arguments:
    """Arguments from the address, the form or the JSON body, all of which Slack takes."""
    found = Arguments(request.query)
    if request.content_type == "application/json":
        try:
            body = await request.json()
        except (ValueError, UnicodeDecodeError) as error:
            raise Refused("invalid_json") from error
        if not isinstance(body, dict):
            raise Refused("json_not_object")
        found.update(body)
    elif request.can_read_body:
        found.update(await request.post())
    return found


def _authorise(ws: SlackWorkspace, request: web.Request, arguments: Arguments, name: str) -> None:
    header = request.headers.get("Authorization", "")
    token = header.removeprefix("Bearer ").strip() or str(arguments.pop("token", ""))
    if not token:
        raise Refused("not_authed")
    method = METHODS.get(name)
    app_level = method is not None and method.app_level
    right, wrong = (ws.bot_token, ws.app_token)[:: -1 if app_level else 1]
    if compare_digest(token.encode(), wrong.encode()):
        raise Refused("not_allowed_token_type")
    if not compare_digest(token.encode(), right.encode()):
        raise Refused("invalid_auth")
    if method is None:
        raise Refused("unknown_method", req_method=name)
    need(ws, *method.scopes)


async def call(request: web.Request) -> web.Response:
    """`/api/{method}`: answer one Web API call as Slack would."""
    ws, name = request.app[WORKSPACE], request.match_info["method"]
    arguments, status, wait = Arguments(), 200, None
    answer: Json
    try:
        arguments = await _arguments(request)
        _authorise(ws, request, arguments, name)
        channel = str(arguments["channel"]) if "channel" in arguments else None
        trouble = ws.faults.strike(name, channel)
        status, wait = trouble.status, trouble.retry_after
        if trouble.after_work:
            METHODS[name].handler(ws, arguments)
        await asyncio.sleep(trouble.hang)
        answer = trouble.answer or {"ok": True, **METHODS[name].handler(ws, arguments)}
    except Refused as refusal:
        answer = refusal.body
    ws.faults.calls.append(Call(name, dict(arguments), status, answer))
    headers = {"X-OAuth-Scopes": ",".join(sorted(ws.manifest.scopes))}
    if wait is not None:
        headers["Retry-After"] = str(wait)
    return web.json_response(answer, status=status, headers=headers)


async def respond(request: web.Request) -> web.Response:
    """A response address: an app answers an interaction within 30 minutes, 5 times at most."""
    ws = request.app[WORKSPACE]
    try:
        content = _response_content(await request.text())
        ws.respond(request.match_info["secret"], content)
    except Refused as refusal:
        gone = refusal.error in ("expired_url", "used_url")
        return web.json_response(refusal.body, status=404 if gone else 400)
    return web.Response(text="ok")


def _response_content(text: str) -> Json:
    try:
        content: Any = json.loads(text)
    except json.JSONDecodeError as error:
        raise Refused("invalid_payload") from error
    if not isinstance(content, dict):
        raise Refused("invalid_payload")
    return content


async def upload(request: web.Request) -> web.Response:
    """An upload address: the file's bytes, raw or as one part of a form."""
    ws = request.app[WORKSPACE]
    content = b""
    if request.content_type == "multipart/form-data":
        for part in (await request.post()).values():
            if isinstance(part, web.FileField):
                content = part.file.read()
    else:
        content = await request.read()
    try:
        ws.take_upload(request.match_info["secret"], content)
    except Refused as refusal:
        return web.Response(status=400, text=refusal.error)
    return web.Response(text=f"OK - {len(content)}")


async def download(request: web.Request) -> web.Response:
    """A file's bytes, always as a download so that nothing uploaded runs in the page.

    People are known by their browser. An app says who it is by its token; one that may not read
    files is led to the sign-in page of the workspace, as Slack does.
    """
    ws, file_id = request.app[WORKSPACE], request.match_info["file"]
    token = request.headers.get("Authorization")
    if token is not None and not _may_read_files(ws, token.removeprefix("Bearer ").strip()):
        raise web.HTTPFound(f"{ws.public_url}/")
    try:
        kept, content = ws.file(file_id), ws.file_content(file_id)
    except Refused as refusal:
        raise web.HTTPNotFound(text=refusal.error) from refusal
    headers = {"X-Content-Type-Options": "nosniff"}
    response = web.Response(body=content, headers=headers, content_type=kept["mimetype"])
    response.headers["Content-Disposition"] = f'attachment; filename="{file_id}"'
    return response


def _may_read_files(ws: SlackWorkspace, token: str) -> bool:
    own = compare_digest(token.encode(), ws.bot_token.encode())
    return own and "files:read" in ws.manifest.scopes


def add_api(app: web.Application) -> None:
    """Put these doors into the stand-in's application."""
    app.router.add_route("*", "/api/{method}", call)
    app.router.add_post("/response/{team}/{secret}", respond)
    app.router.add_post("/upload/v1/{secret}", upload)
    app.router.add_get("/files/{file}", download)


CLIENT_MAX_SIZE = MOST_BYTES + 64 * 1024
