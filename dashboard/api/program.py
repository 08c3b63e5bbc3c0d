"""`/api/admin/program`: every setting of the program as one JSON object."""

from typing import Annotated, Any, Final

from dashboard.api.contract import Answer, Call, operation
from dashboard.api.idempotency import once, writing
from dashboard.api.operators import Operator, operator
from dashboard.api.taking import Described
from domain import program
from domain.program import Program

_TAG: Final = "Program"


@operation("Show the settings", tag=_TAG, who=operator("program:read"))
async def show(call: Call[Operator]) -> Program:
    """The settings in force."""
    async with call.db.read() as session:
        return await program.load(session)


@operation("Change the settings", tag=_TAG, who=operator("program:write"), key="optional")
@once
async def change(
    call: Call[Operator], body: Annotated[dict[str, Any], Described(Program, partial=True)]
) -> Answer[Program]:
    """Change the settings that are named, all of them or none; the rest stay.

    422 names each setting whose value cannot be used.
    """
    async with writing(call) as write:
        return write.told(await program.update(write.session, body, call.caller.actor))
