"""`/api/admin/payout-batches`: payment files, in which many payouts are paid together."""

from http import HTTPStatus
from typing import Annotated, ClassVar, Final

from pydantic import Field

from dashboard.api.contract import CONFLICT, Answer, Call, operation
from dashboard.api.idempotency import once, writing
from dashboard.api.operators import Operator, operator
from dashboard.api.payout_views import (
    BatchesMade,
    BatchList,
    BatchView,
    FileView,
    batch_row,
    batch_view,
)
from dashboard.api.payouts import Payment
from dashboard.api.taking import Taken
from domain import payout_batches
from domain.payout_files import file_again, make_files
from storage import payout_batches as rows

_TAG: Final = "Payouts"
NUMBER_MAX: Final = 2**31 - 1


class Named(Taken):
    """A payment file, by its number."""

    missing: ClassVar[str] = "There is no such batch."

    number: Annotated[int, Field(ge=1, le=NUMBER_MAX)]


@operation("List payout batches", tag=_TAG, who=operator("payouts:read"))
async def index(call: Call[Operator]) -> BatchList:
    """The payment files that hold anything to pay."""
    async with call.db.read() as session:
        return BatchList(data=[batch_row(*each) for each in await rows.waiting(session)])


@operation(
    "Make payout batches",
    tag=_TAG,
    who=operator("payouts:write"),
    status=HTTPStatus.CREATED,
    key="optional",
)
@once
async def create(call: Call[Operator]) -> Answer[BatchesMade]:
    """A file for each service and currency, of what is approved, paid by hand and in no file yet.

    The files themselves are asked for by number. Where nothing waits, none is made.
    """
    async with writing(call) as write:
        files, left_out = await make_files(write.session, call.caller.actor)
        numbers = {each.number for each in files}
        waiting = await rows.waiting(write.session)
        data = [batch_row(*each) for each in waiting if each[0].number in numbers]
        return write.told(BatchesMade(data=data, left_out=left_out), HTTPStatus.CREATED)


@operation("Show a payout batch", tag=_TAG, who=operator("payouts:read"))
async def show(call: Call[Operator], path: Named) -> BatchView:
    """What is in a payment file, also in one that is paid or released."""
    async with call.db.read() as session:
        return batch_view(await payout_batches.seen(session, path.number))


@operation(
    "Take the file of a payout batch",
    tag=_TAG,
    who=operator("payouts:write"),
    problems=(CONFLICT,),
)
async def take_file(call: Call[Operator], path: Named) -> FileView:
    """The file as the service takes it, without what was paid or rejected since.

    The log says who took it. Whoever uploads it twice pays twice.
    """
    async with call.db.transaction() as session:
        found = await payout_batches.take_again(session, path.number, call.caller.actor)
        made = file_again(found)
    return FileView(name=made.name, content=made.content)


@operation(
    "Mark a payout batch paid",
    tag=_TAG,
    who=operator("payouts:write"),
    problems=(CONFLICT,),
    key="optional",
)
@once
async def mark_paid(call: Call[Operator], path: Named, body: Payment) -> Answer[BatchView]:
    """Write down that a whole file was paid, under one reference, which is mailed to each.

    A large one is done in parts: after a connection that broke, the same again goes on.
    """
    number, reference, actor = path.number, body.reference, call.caller.actor
    left = True
    while left:
        async with call.db.transaction() as session:
            part = await payout_batches.mark_paid(session, number, reference, actor)
            left = bool(part.waiting)
    async with writing(call) as write:
        found = await payout_batches.mark_paid(write.session, number, reference, actor)
        return write.told(batch_view(found))


@operation(
    "Release a payout batch",
    tag=_TAG,
    who=operator("payouts:write"),
    problems=(CONFLICT,),
    key="optional",
)
@once
async def release(call: Call[Operator], path: Named) -> Answer[BatchView]:
    """Give up a file that was never uploaded: what waits in it comes into the next one."""
    async with writing(call) as write:
        found = await payout_batches.release(write.session, path.number, call.caller.actor)
        return write.told(batch_view(found))
