"""Applications: approve, reject, reopen, and mend what they lack."""

from slack_bolt.kwargs_injection.async_args import AsyncArgs
from slack_sdk.errors import SlackApiError

from bot.app import Bot
from bot.cards.applications import name_of
from bot.context import BotContext
from bot.errands import Errand
from bot.home import finish
from bot.interactions import actor_of, show_modal, typed
from bot.modals import applications as modals
from bot.promo_codes import AtStripe, CodeCheck, ask_stripe, check_here
from domain import applications
from storage.applications import Application

LOOK_SECONDS = 2.0
"""How long an open modal waits for Stripe's word on a code."""
SUBMIT_SECONDS = 1.5
"""The same when the form is sent: half of the time in which Slack wants an answer."""


def register(bot: Bot, context: BotContext) -> None:
    """Listen to everything that is about applications."""
    on = Applications(context)
    bot.on_action("application.approve", on.ask_approval)
    bot.on_action("application.use_code", on.use_code)
    bot.on_form("application.approve", on.approve)
    bot.on_action("application.reject", on.ask_rejection)
    bot.on_action("rejection.reason", on.pick_reason)
    bot.on_form("application.reject", on.reject)
    bot.on_action("application.code", on.ask_code)
    bot.on_form("application.code", on.set_code)
    bot.on_action("application.email", on.ask_email)
    bot.on_form("application.email", on.set_email)
    bot.on_action("application.reopen", on.reopen)
    bot.on_action("application.review", on.review)


class Applications:
    """The listeners. A form's decision is committed before Slack is told that it is taken."""

    def __init__(self, desk: BotContext) -> None:
        self._desk = desk

    async def review(self, args: AsyncArgs) -> None:
        """`Review` shows the card as a modal."""
        await args.ack()
        errand = Errand.of(args.body)
        async with self._desk.db.read() as session:
            view = await applications.view(session, errand.id)
        await show_modal(args, modals.review(view, errand))

    async def ask_approval(self, args: AsyncArgs) -> None:
        """`Approve` asks for the code, checked here at once and by Stripe a moment later."""
        await args.ack()
        errand = Errand.of(args.body)
        check = await check_here(self._desk, errand.id)
        shown = await show_modal(args, modals.approval(check, errand))
        await self._add_stripes_word(args, shown, check, errand)

    async def use_code(self, args: AsyncArgs) -> None:
        """`Use JARED30` puts the better code into the field, whichever form it stands in."""
        await args.ack()
        shown = args.body["view"]
        errand = Errand.carried(args.body)
        check = await check_here(self._desk, errand.id, args.body["actions"][0]["value"])
        form = modals.CODE_FORMS[shown["callback_id"]]
        answer = await args.client.views_update(view_id=shown["id"], view=form(check, errand))
        await self._add_stripes_word(args, answer["view"], check, errand)

    async def _add_stripes_word(
        self, args: AsyncArgs, shown: dict[str, str], check: CodeCheck, errand: Errand
    ) -> None:
        if check.at_stripe is not AtStripe.ASKING:
            return
        complete = await ask_stripe(self._desk, check, within=LOOK_SECONDS)
        form = modals.CODE_FORMS[shown["callback_id"]]
        try:
            await args.client.views_update(
                view_id=shown["id"], hash=shown["hash"], view=form(complete, errand)
            )
        except SlackApiError as error:
            if error.response.get("error") not in {"hash_conflict", "not_found"}:
                raise
            # The modal went on or was closed meanwhile; sending it asks Stripe again.

    async def approve(self, args: AsyncArgs) -> None:
        """The form of `Approve`."""
        errand, code = Errand.carried(args.body), typed(args, "code")
        check = await check_here(self._desk, errand.id, code)
        check = await ask_stripe(self._desk, check, within=SUBMIT_SECONDS)
        check.verdict.require_good()
        async with self._desk.db.transaction() as session:
            await applications.approve(session, errand.id, code, actor_of(args))
        await args.ack(response_action="clear")
        await finish(self._desk, args, errand, modals.approved(check))

    async def ask_rejection(self, args: AsyncArgs) -> None:
        """`Reject` asks for the reason."""
        await args.ack()
        errand = Errand.of(args.body)
        await show_modal(args, modals.rejection(await self._pending(errand), errand))

    async def pick_reason(self, args: AsyncArgs) -> None:
        """A usual reason is put into the field."""
        await args.ack()
        errand = Errand.carried(args.body)
        reason = modals.REASONS[int(args.body["actions"][0]["selected_option"]["value"])]
        view = modals.rejection(await self._pending(errand), errand, reason)
        await args.client.views_update(view_id=args.body["view"]["id"], view=view)

    async def reject(self, args: AsyncArgs) -> None:
        """The form of `Reject`."""
        errand = Errand.carried(args.body)
        async with self._desk.db.transaction() as session:
            application = await applications.reject(
                session, errand.id, typed(args, "reason"), actor_of(args)
            )
        await args.ack(response_action="clear")
        await finish(self._desk, args, errand, f"Rejected: {name_of(application)}.")

    async def ask_code(self, args: AsyncArgs) -> None:
        """`Set promo code` asks for it, as `Approve` does."""
        await args.ack()
        errand = Errand.of(args.body)
        check = await check_here(self._desk, errand.id)
        shown = await show_modal(args, modals.promo_code(check, errand))
        await self._add_stripes_word(args, shown, check, errand)

    async def set_code(self, args: AsyncArgs) -> None:
        """The form of `Set promo code`."""
        errand, code = Errand.carried(args.body), typed(args, "code")
        check = await check_here(self._desk, errand.id, code)
        check = await ask_stripe(self._desk, check, within=SUBMIT_SECONDS)
        check.verdict.require_good()
        async with self._desk.db.transaction() as session:
            await applications.set_promo_code(session, errand.id, code, actor_of(args))
        await args.ack(response_action="clear")
        await finish(self._desk, args, errand, f"An approval will use the code {code}.")

    async def ask_email(self, args: AsyncArgs) -> None:
        """`Set e-mail` asks for the address."""
        await args.ack()
        errand = Errand.of(args.body)
        await show_modal(args, modals.email(await self._pending(errand), errand))

    async def set_email(self, args: AsyncArgs) -> None:
        """The form of `Set e-mail`."""
        errand = Errand.carried(args.body)
        async with self._desk.db.transaction() as session:
            application = await applications.set_email(
                session, errand.id, typed(args, "email"), actor_of(args)
            )
        await args.ack(response_action="clear")
        await finish(self._desk, args, errand, f"The address is {application.email} now.")

    async def reopen(self, args: AsyncArgs) -> None:
        """`Reopen`, confirmed."""
        errand = Errand.of(args.body)
        async with self._desk.db.transaction() as session:
            application = await applications.reopen(session, errand.id, actor_of(args))
        await args.ack()
        await self._show_anew(args, errand)
        await finish(
            self._desk, args, errand, f"{name_of(application)} waits for a decision again."
        )

    async def _show_anew(self, args: AsyncArgs, errand: Errand) -> None:
        """Bring the `Review` modal up to date, if that is where the button was."""
        shown = args.body.get("view") or {}
        if shown.get("type") != "modal":
            return
        async with self._desk.db.read() as session:
            view = await applications.view(session, errand.id)
        await args.client.views_update(view_id=shown["id"], view=modals.review(view, errand))

    async def _pending(self, errand: Errand) -> Application:
        async with self._desk.db.read() as session:
            return (await applications.pending_view(session, errand.id)).application
