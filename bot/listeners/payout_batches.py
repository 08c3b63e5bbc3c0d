"""Payment files: make them, send one again, mark a whole file paid, or give it up."""

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.app import Bot
from bot.cards.blocks import Message
from bot.cards.payout_batches import batches_card, left_alone, payments_of
from bot.context import BotContext
from bot.errands import Errand
from bot.home import finish
from bot.interactions import actor_of, show_modal, typed
from bot.modals import payout_batches as modals
from domain import payout_batches
from domain.payout_batches import View
from domain.payout_files import BatchFile, file_again, make_files
from storage import payout_batches as rows


def register(bot: Bot, context: BotContext) -> None:
    """Listen to the buttons of payment files; `listeners/payouts.py` has the command."""
    on = Batches(context)
    bot.on_action("payout_batch.mark_paid", on.ask_payment)
    bot.on_form("payout_batch.mark_paid", on.mark_paid)
    bot.on_action("payout_batch.send_again", on.send_again)
    bot.on_action("payout_batch.release", on.release)


class Batches:
    """The listeners. A batch is remembered before its file is sent, so none is ever unknown."""

    def __init__(self, desk: BotContext) -> None:
        self._desk = desk

    async def make(self, args: AsyncArgs) -> Message:
        """`/affiliate payouts batch`: files of what is in none yet, and every one not paid yet."""
        async with self._desk.db.transaction() as session:
            files, left_out = await make_files(session, actor_of(args))
            waiting = await rows.waiting(session)
        if files:
            await _send(args, files, "Payment files of approved payouts, each payout in one only.")
        return batches_card(len(files), left_out, waiting)

    async def ask_payment(self, args: AsyncArgs) -> None:
        """`Mark batch paid` says how many payouts and how much, and asks for the reference."""
        errand = Errand.of(args.body)
        async with self._desk.db.read() as session:
            view = await payout_batches.view(session, int(errand.subject))
        await args.ack()
        await show_modal(args, modals.payment(view, errand))

    async def mark_paid(self, args: AsyncArgs) -> None:
        """The form of `Mark batch paid`."""
        errand = Errand.carried(args.body)
        view = await self._mark_part(args, errand)
        await args.ack(response_action="clear")
        while view.waiting:
            view = await self._mark_part(args, errand)
        paid = payments_of(view.batch, view.paid)
        sentence = f"Paid: {paid} (batch {view.batch.number}). A mail tells each of them."
        await finish(self._desk, args, errand, sentence + left_alone(view))

    async def _mark_part(self, args: AsyncArgs, errand: Errand) -> View:
        async with self._desk.db.transaction() as session:
            return await payout_batches.mark_paid(
                session, int(errand.subject), typed(args, "reference"), actor_of(args)
            )

    async def send_again(self, args: AsyncArgs) -> None:
        """`Send file again`, without what was paid or rejected since."""
        errand = Errand.of(args.body)
        async with self._desk.db.transaction() as session:
            view = await payout_batches.take_again(session, int(errand.subject), actor_of(args))
        await args.ack()
        number, held = view.batch.number, payments_of(view.batch, view.waiting)
        again = f"Batch {number} once more. If the file was uploaded before, do not upload this."
        await _send(args, [file_again(view)], again)
        sentence = f"Sent to you in a direct message: batch {number}, {held}."
        await finish(self._desk, args, errand, sentence + left_alone(view))

    async def release(self, args: AsyncArgs) -> None:
        """`Release batch`, confirmed: its payouts come into the next file."""
        errand = Errand.of(args.body)
        async with self._desk.db.transaction() as session:
            view = await payout_batches.release(session, int(errand.subject), actor_of(args))
        await args.ack()
        sentence = (
            f"Released: batch {view.batch.number}. Throw its file away; what was in it, "
            f"{payments_of(view.batch, view.waiting)}, comes into the next one."
        )
        await finish(self._desk, args, errand, sentence)


async def _send(args: AsyncArgs, files: list[BatchFile], comment: str) -> None:
    """Put files where only the one who asked sees them."""
    opened = await args.client.conversations_open(users=args.context.user_id or "")
    await args.client.files_upload_v2(
        channel=opened["channel"]["id"],
        file_uploads=[
            {"filename": each.name, "title": each.title, "content": each.content} for each in files
        ],
        initial_comment=comment,
    )
