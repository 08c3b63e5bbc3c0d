"""Networks: `/affiliate networks`, their forms, and what became of what they were told."""

from dataclasses import replace
from typing import Final
from uuid import UUID

from slack_bolt.kwargs_injection.async_args import AsyncArgs
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.app import Bot
from bot.cards.blocks import Message
from bot.cards.networks import SHOWN_MAX, deliveries_card, networks_card
from bot.context import BotContext
from bot.errands import Errand
from bot.home import finish
from bot.interactions import actor_of, chosen, show, show_modal, typed, whisper
from bot.modals import networks as modals
from domain import network_partners, network_sales, networks
from domain.errors import InvalidError, NotFoundError
from domain.networks import Terms
from integrations.networks import BY_NAME, Kind, read
from storage import network_sales as sale_rows
from storage import networks as rows
from storage.networks import Network

_SWITCHES: Final = {"on": True, "off": False}


def register(bot: Bot, context: BotContext) -> None:
    """Listen to everything that is about networks, and offer the subcommand."""
    on = Networks(context)
    bot.on_action("network.list", on.show_list)
    bot.on_action("network.new", on.ask_kind)
    bot.on_action("network.menu", on.choose)
    bot.on_action("network.again", on.tell_again)
    bot.on_action("network.by_hand", on.done_by_hand)
    bot.on_form(modals.KIND, on.ask_new)
    bot.on_form(modals.SAVE, on.save)
    bot.on_form(modals.INVITE, on.invite)

    async def card(_text: str) -> Message:
        return await on.card()

    bot.subcommands.add("networks", "Affiliate networks that are told of sales.", card)


class Networks:
    """The listeners. What a form decides is committed before Slack is told that it is taken."""

    def __init__(self, desk: BotContext) -> None:
        self._desk = desk

    async def card(self, news: str = "") -> Message:
        """The networks as they are now; `news` is what just became of one."""
        async with self._desk.db.read() as session:
            return networks_card(await networks.views(session), news)

    async def show_list(self, args: AsyncArgs) -> None:
        """`Networks` in the App Home."""
        await args.ack()
        await show(args, await self.card())

    async def ask_kind(self, args: AsyncArgs) -> None:
        """`Add a network`."""
        await args.ack()
        await show_modal(args, modals.choose_kind(Errand.of(args.body)))

    async def ask_new(self, args: AsyncArgs) -> None:
        """The form that asked for the kind becomes the form of that kind."""
        kind = BY_NAME[chosen(args, "kind")]
        errand = replace(Errand.carried(args.body), subject=kind.name)
        known = self._from_environment(kind.name)
        await args.ack(response_action="update", view=modals.edit(kind, None, known, errand))

    async def choose(self, args: AsyncArgs) -> None:
        """The menu beside a network."""
        step, _, name = args.body["actions"][0]["selected_option"]["value"].partition(":")
        errand = Errand.about(name, args.body)
        if step in _SWITCHES:
            on = _SWITCHES[step]
            async with self._desk.db.transaction() as session:
                network = await networks.switch(session, errand.id, actor_of(args), on=on)
            await args.ack()
            state = "on: new sales are told" if on else "off: it hears of no new sale"
            await show(args, await self.card(f"{network.name} is {state}."))
            return
        await args.ack()
        async with self._desk.db.read() as session:
            network = await _found(session, errand.id)
            seen = await networks.view(session, network)
        if step == "deliveries":
            await show(args, await self._deliveries(errand.id))
        elif step == "invite":
            await show_modal(args, modals.invite(network, errand))
        else:
            known = {*seen.sealed, *self._from_environment(network.slug)}
            await show_modal(args, modals.edit(BY_NAME[network.kind], network, known, errand))

    async def save(self, args: AsyncArgs) -> None:
        """The form of a network, new or known."""
        errand = Errand.carried(args.body)
        async with self._desk.db.transaction() as session:
            if kind := BY_NAME.get(errand.subject):
                slug = typed(args, "slug").strip()
                terms = self._terms(args, kind, self._from_environment(slug))
                saved = await networks.add(session, slug, kind.name, terms, actor_of(args))
                news = f"{saved.name} is in use."
            else:
                network = await _found(session, errand.id)
                seen = await networks.view(session, network)
                known = frozenset(seen.sealed) | self._from_environment(network.slug)
                terms = self._terms(args, BY_NAME[network.kind], known)
                saved = await networks.change(session, network.id, terms, actor_of(args))
                news = f"{saved.name} is changed, for sales from now on."
        await args.ack(response_action="clear")
        await self._tell(args, errand, news)

    def _terms(self, args: AsyncArgs, kind: Kind, known: frozenset[str]) -> Terms:
        given = {field.name: typed(args, field.name) for field in kind.fields}
        settings, secrets, wrong = read(kind, given, known)
        if wrong:
            raise InvalidError(" ".join(wrong.values()), wrong)
        cycles = typed(args, "cycles")
        return Terms(
            name=typed(args, "name"),
            click_parameter=typed(args, "click_parameter").strip(),
            settings=settings,
            pays=chosen(args, "pays"),
            timing=chosen(args, "timing"),
            base=chosen(args, "base"),
            cycles=int(cycles) if cycles.isascii() and cycles.isdigit() else 0,
            secrets=secrets,
        )

    def _from_environment(self, slug: str) -> frozenset[str]:
        return frozenset(self._desk.settings.network_secrets.get(slug, {}))

    async def invite(self, args: AsyncArgs) -> None:
        """The form of partners to invite."""
        errand = Errand.carried(args.body)
        wanted = network_partners.read(typed(args, "partners"))
        async with self._desk.db.transaction() as session:
            network = await _found(session, errand.id)
            told = await network_partners.invite(session, network, wanted, actor_of(args))
        await args.ack(response_action="clear")
        await self._tell(args, errand, f"{network.name}: {told}")

    async def tell_again(self, args: AsyncArgs) -> None:
        """`Tell it again`."""
        errand = Errand.of(args.body)
        async with self._desk.db.transaction() as session:
            delivery = await network_sales.try_again(session, errand.id, actor_of(args))
            conversion = await sale_rows.get(session, delivery.conversion_id)
        await args.ack()
        if conversion is not None:
            news = f"Order {delivery.reference} is told again."
            await show(args, await self._deliveries(conversion.network_id, news))

    async def done_by_hand(self, args: AsyncArgs) -> None:
        """`Done by hand`, confirmed."""
        errand = Errand.of(args.body)
        async with self._desk.db.transaction() as session:
            delivery = await network_sales.done_by_hand(session, errand.id, actor_of(args))
            conversion = await sale_rows.get(session, delivery.conversion_id)
        await args.ack()
        if conversion is not None:
            news = f"Order {delivery.reference} counts as told."
            await show(args, await self._deliveries(conversion.network_id, news))

    async def _deliveries(self, network_id: UUID, news: str = "") -> Message:
        async with self._desk.db.read() as session:
            network = await _found(session, network_id)
            told = await sale_rows.latest(session, network_id=network_id, limit=SHOWN_MAX + 1)
            return deliveries_card(network, told, news)

    async def _tell(self, args: AsyncArgs, errand: Errand, news: str) -> None:
        if errand.answer_to:
            await whisper(errand.answer_to, await self.card(news))
        else:
            await finish(self._desk, args, errand, news)


async def _found(session: AsyncSession, network_id: UUID) -> Network:
    network = await rows.get(session, network_id)
    if network is None:
        raise NotFoundError("There is no such network.")
    return network
