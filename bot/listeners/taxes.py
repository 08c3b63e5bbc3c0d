"""Tax forms: list them, verify one or send it back, withhold; and the export of a year.

All this is finance's: `Access` knows it by its name, which begins with `tax`.
"""

import io

from slack_bolt.kwargs_injection.async_args import AsyncArgs
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from bot.app import Bot
from bot.cards.blocks import Message
from bot.cards.notices import notice
from bot.cards.payouts import name_of
from bot.cards.taxes import SHOWN_MAX, Line, tax_form_card, taxes_card, title_of
from bot.context import BotContext
from bot.errands import Errand
from bot.home import finish
from bot.interactions import actor_of, show, show_modal, typed
from bot.modals import taxes as modals
from domain import tax_withholding, tax_years, taxes
from domain.statuses import Status
from domain.taxes import MISSING, SUBMITTED, TOLD_BEFORE, VERIFIED, View, standing_of
from storage import taxes as rows

USAGE = "taxes [missing | submitted | verified | expiring | over | export YEAR]"
_TITLES = {
    "": "Tax forms",
    MISSING: "Tax forms that are missing",
    SUBMITTED: "Tax forms to look at",
    VERIFIED: "Tax forms that are verified",
    "expiring": "Tax forms that expire within 60 days",
    "over": "Over the threshold this year",
}


def register(bot: Bot, context: BotContext) -> None:
    """Listen to everything that is about taxes."""
    on = Taxes(context)
    bot.subcommands.add_errand(USAGE, "Who sent a tax form; a year's 1099-NEC.", on.command)
    bot.on_action("taxes.open", on.open)
    bot.on_action("tax.show", on.show)
    bot.on_action("tax.verify", on.verify)
    bot.on_action("tax.send_back", on.ask_reason)
    bot.on_action("tax_send_back.reason", on.pick_reason)
    bot.on_form("tax.send_back", on.send_back)
    bot.on_action("tax.withhold", on.withhold)
    bot.on_action("tax.withhold_stop", on.stop_withholding)


class Taxes:
    """The listeners. A form's decision is committed before Slack is told that it is taken."""

    def __init__(self, desk: BotContext) -> None:
        self._desk = desk

    async def command(self, text: str, args: AsyncArgs) -> Message:
        """`/affiliate taxes`, with or without more words."""
        if self._desk.db.vault is None:
            return notice("Tax forms are off: TAX_ENCRYPTION_KEYS is not set.")
        match text.lower().split():
            case []:
                return await self._list("")
            case [filter_] if filter_ in _TITLES:
                return await self._list(filter_)
            case ["export", year]:
                return await self._export(tax_years.parse_year(year), args)
        return notice(f"That is typed like this: /affiliate {USAGE}")

    async def open(self, args: AsyncArgs) -> None:
        """`Tax forms` in the App Home."""
        await args.ack()
        await show(args, await self.command("", args))

    async def show(self, args: AsyncArgs) -> None:
        """`Show form`, to the one who asked."""
        await args.ack()
        await show(args, tax_form_card(await self._view(Errand.of(args.body))))

    async def verify(self, args: AsyncArgs) -> None:
        """`Verify`."""
        errand = Errand.of(args.body)
        async with self._desk.db.transaction() as session:
            view = await taxes.verify(session, errand.id, actor_of(args))
        await args.ack()
        await finish(self._desk, args, errand, f"Verified: the {_whose(view)}.")

    async def ask_reason(self, args: AsyncArgs) -> None:
        """`Send back` asks for the reason."""
        await args.ack()
        errand = Errand.of(args.body)
        await show_modal(args, modals.sending_back(await self._view(errand), errand))

    async def pick_reason(self, args: AsyncArgs) -> None:
        """A usual reason is put into the field."""
        await args.ack()
        errand = Errand.carried(args.body)
        reason = modals.REASONS[int(args.body["actions"][0]["selected_option"]["value"])]
        view = modals.sending_back(await self._view(errand), errand, reason)
        await args.client.views_update(view_id=args.body["view"]["id"], view=view)

    async def send_back(self, args: AsyncArgs) -> None:
        """The form of `Send back`."""
        errand = Errand.carried(args.body)
        async with self._desk.db.transaction() as session:
            view = await taxes.send_back(session, errand.id, typed(args, "reason"), actor_of(args))
        await args.ack(response_action="clear")
        sentence = f"Sent back: the {_whose(view)}. A mail tells them why."
        await finish(self._desk, args, errand, sentence)

    async def withhold(self, args: AsyncArgs) -> None:
        """`Withhold`, confirmed."""
        await self._switch(args, on=True)

    async def stop_withholding(self, args: AsyncArgs) -> None:
        """`Stop withholding`."""
        await self._switch(args, on=False)

    async def _switch(self, args: AsyncArgs, *, on: bool) -> None:
        errand = Errand.of(args.body)
        async with self._desk.db.transaction() as session:
            view = await tax_withholding.switch(session, errand.id, on=on, actor=actor_of(args))
        await args.ack()
        name = name_of(view.affiliate)
        done = "A part of each payout is withheld" if on else "Nothing is withheld any more"
        await finish(self._desk, args, errand, f"{done}, from the next payout of {name} on.")

    async def _view(self, errand: Errand) -> View:
        async with self._desk.db.read() as session:
            return await taxes.view(session, errand.id)

    async def _list(self, filter_: str) -> Message:
        async with self._desk.db.read() as session:
            lines = [line for line in await _lines(session) if _is_wanted(line, filter_)]
        return taxes_card(_TITLES[filter_], lines[:SHOWN_MAX], len(lines))

    async def _export(self, year: int, args: AsyncArgs) -> Message:
        """The year as a file, with the last four of each number, where only the asker sees it."""
        async with self._desk.db.transaction() as session:
            made = await tax_years.export(session, year, actor_of(args))
        if not made.lines:
            return notice(made.summary())
        table = io.StringIO(newline="")
        tax_years.write_csv(made, table)
        name = f"1099-nec-{year}.csv"
        opened = await args.client.conversations_open(users=args.context.user_id or "")
        await args.client.files_upload_v2(
            channel=opened["channel"]["id"],
            filename=name,
            title=name,
            content=table.getvalue(),
            initial_comment=f"Payments of {year}, with the last four digits of each tax number.",
        )
        return notice(
            f"{made.summary()} The file is in our direct messages; whole tax numbers are given out "
            f"on the server only: affiliate-desk tax export --year {year} --out DIR --with-tins"
        )


def _whose(view: View) -> str:
    return f"{title_of(view.form)} of {name_of(view.affiliate)}"


async def _lines(session: AsyncSession) -> list[Line]:
    """Every approved affiliate, and others who were paid enough this year."""
    year = clock.now().year
    totals = {each.affiliate.id: each for each in await tax_years.totals(session, year)}
    people = await rows.of_status(session, Status.APPROVED)
    lines = [Line(who, standing_of(form), totals.pop(who.id, None)) for who, form in people]
    gone = [Line(each.affiliate, standing_of(each.form), each) for each in totals.values()]
    return lines + [line for line in gone if line.total and line.total.is_over]


def _is_wanted(line: Line, filter_: str) -> bool:
    form = line.standing.form
    if filter_ == "over":
        return line.total is not None and line.total.is_over
    if filter_ == "expiring":
        ends = form.expires_at if form else None
        return ends is not None and ends < clock.now() + TOLD_BEFORE
    return not filter_ or line.standing.status == filter_
