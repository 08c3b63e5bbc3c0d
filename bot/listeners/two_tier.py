"""Two tiers: who recruited an affiliate, set or taken away by an operator."""

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.app import Bot
from bot.context import BotContext
from bot.errands import Errand
from bot.home import finish
from bot.interactions import actor_of, show_modal
from bot.modals import two_tier as modals
from domain import affiliates, recruits
from domain.program import load


def register(bot: Bot, context: BotContext) -> None:
    """Listen to `Recruiter` and to its form."""

    async def ask(args: AsyncArgs) -> None:
        await args.ack()
        errand = Errand.of(args.body)
        async with context.db.read() as session:
            affiliate = await affiliates.look_up(session, errand.subject)
            recruiter = await recruits.recruiter_of(session, affiliate.id)
            program = await load(session)
        await show_modal(args, modals.ask(affiliate, recruiter, program, errand))

    async def decide(args: AsyncArgs) -> None:
        errand = Errand.carried(args.body)
        values = args.body["view"]["state"]["values"]
        name = values[modals.FIELD][modals.FIELD].get("value") or ""
        async with context.db.transaction() as session:
            after = await recruits.set_recruiter(session, errand.id, name, actor_of(args))
            affiliate = await affiliates.look_up(session, errand.subject)
        await args.ack(response_action="clear")
        who = after.promo_code if after else "nobody"
        sentence = f"{affiliate.promo_code} counts as recruited by {who} from now on."
        await finish(context, args, errand, sentence)

    bot.on_action("affiliate.recruiter", ask)
    bot.on_form(modals.SET, decide)
