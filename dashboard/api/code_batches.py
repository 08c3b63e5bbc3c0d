"""`/api/admin/code-batches`: discount codes that were made together."""

from typing import ClassVar, Final
from uuid import UUID

from dashboard.api.contract import Answer, Call, operation
from dashboard.api.idempotency import once, writing
from dashboard.api.operators import Operator, operator
from dashboard.api.taking import Taken, Told
from domain import code_batches
from domain.errors import NotFoundError
from storage import codes

_TAG: Final = "Discount codes"


class Named(Taken):
    """Codes that were made together, by their `batch`."""

    missing: ClassVar[str] = "There are no such codes."

    id: UUID


class Retried(Told):
    """How many codes the payment provider is asked for once more."""

    count: int


@operation("Retry a batch of discount codes", tag=_TAG, who=operator("codes:write"), key="optional")
@once
async def retry(call: Call[Operator], path: Named) -> Answer[Retried]:
    """Bring the payment provider to every code of a batch that it refused."""
    async with writing(call) as write:
        if not await codes.of_batch(write.session, path.id):
            raise NotFoundError(Named.missing)
        count = await code_batches.retry(write.session, path.id, call.caller.actor)
        return write.told(Retried(count=count))
