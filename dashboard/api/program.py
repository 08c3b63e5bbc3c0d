"""`/api/admin/program`: every setting of the program as one JSON object."""

from aiohttp import web

from dashboard.api.access import API
from dashboard.api.bodies import read_object
from dashboard.context import CONTEXT
from domain import program
from domain.program import Program


async def show(request: web.Request) -> web.Response:
    """The settings in force."""
    async with request.app[CONTEXT].db.read() as session:
        return _answer(await program.load(session))


async def change(request: web.Request) -> web.Response:
    """Change the settings that are named, all of them or none; the rest stay.

    422 names each setting whose value cannot be used.
    """
    changes = await read_object(request)
    async with request.app[CONTEXT].db.transaction() as session:
        return _answer(await program.update(session, changes, API))


def _answer(settings: Program) -> web.Response:
    return web.json_response(settings.model_dump(mode="json"))
