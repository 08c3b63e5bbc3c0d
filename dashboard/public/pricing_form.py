"""What the pricing page asks, read and judged: which plan, which codes, who, from where."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode, urlsplit

import structlog
from multidict import MultiMapping
from sqlmodel.ext.asyncio.session import AsyncSession

from dashboard.forms import FormView
from dashboard.public.plan_cards import PlanCard, plan_card
from domain import code_checks
from domain.checkouts import Order, offer
from domain.code_checks import Person, Price, Wish
from domain.emails import parse_email
from domain.errors import InvalidError
from domain.program import Program
from domain.program_values import Plan
from domain.texts import keepable
from domain.typed_codes import read_codes
from integrations import stripe
from integrations.errors import TransportError
from storage.codes import DiscountCode

LONGEST: Final = {"email": 254, "code": 500, "plan": 40, "ref": 100, "src": 100, "referrer": 253}
"""The fields, and the most characters that are kept of each."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class OnSale:
    """A plan and what it costs now."""

    plan: Plan
    price: stripe.Price

    @property
    def asked(self) -> Price:
        """The price, as codes are judged by it."""
        price = self.price
        return Price(self.plan.slug, price.id, price.currency, price.unit_amount)


async def on_sale(gateway: stripe.StripeGateway, program: Program) -> tuple[OnSale, ...]:
    """The program's plans that have a price, in their order. Raises `TransportError`."""
    found = []
    for plan in program.plans:
        try:
            price = await gateway.prices.of_plan(
                plan.slug, price_id=plan.stripe_price, products=program.eligible_products
            )
        except TransportError as error:
            if not error.permanent:
                raise
            # One plan that an operator has to look at must not close the page for the others.
            _log.warning("plan_without_price", plan=plan.slug, error=str(error))
            continue
        if price is not None:
            found.append(OnSale(plan, price))
    return tuple(found)


def read(given: MultiMapping[str], plans: Sequence[OnSale]) -> FormView:
    """The fields as they were sent; the first plan where none that is on sale was chosen."""
    texts = {name: keepable(given.get(name, "")).strip()[:most] for name, most in LONGEST.items()}
    if texts["plan"] not in {one.plan.slug for one in plans}:
        texts["plan"] = plans[0].plan.slug
    return FormView(dict(texts))


def codes_of(form: FormView) -> tuple[str, ...]:
    """The codes that were typed, apart by commas; none where the field is empty.

    What cannot be read as codes is an error of the form.
    """
    typed = form.values["code"]
    if not typed:
        return ()
    try:
        return read_codes(typed.split(","))
    except InvalidError as error:
        form.errors["code"] = str(error)
        return ()


@dataclass(frozen=True, slots=True)
class Preview:
    """Every plan at what it would cost, and what the codes do, for a customer."""

    cards: tuple[PlanCard, ...]
    said: str = ""


async def preview(
    session: AsyncSession, form: FormView, plans: Sequence[OnSale], program: Program
) -> Preview:
    """Judge the codes for every plan. What is against them for the chosen plan is an error.

    One who comes back from paying may go on with what they began: the use that they hold
    themselves stands against nothing.
    """
    person = Person(parse_email(form.values["email"]) or "")
    words = () if "code" in form.errors else codes_of(form)
    cards, said = [], ""
    for one in plans:
        chosen = one.plan.slug == form.values["plan"]
        codes: tuple[DiscountCode, ...] = ()
        if words:
            wish = Wish(person, one.plan.slug, one.asked)
            verdict = await code_checks.judge(session, words, wish, program, resuming=True)
            if verdict.refusal is None:
                codes = verdict.codes
            elif chosen:
                form.errors["code"] = verdict.refusal.message
        if chosen:
            said = " and ".join(code_checks.in_words(code) for code in codes)
        cards.append(plan_card(one.plan, one.price, offer(codes, one.asked), chosen=chosen))
    return Preview(tuple(cards), said)


def order(form: FormView, plans: Sequence[OnSale], address: str) -> Order:
    """The form as the domain takes it; what cannot be taken is an error of the form.

    `address` is the page to come back to.
    """
    values = form.values
    email = parse_email(values["email"])
    if email is None:
        form.errors["email"] = "Type your mail address, like name@example.com."
    price = next(one.asked for one in plans if one.plan.slug == values["plan"])
    kept = {name: values[name] for name in ("plan", "code", "ref", "src") if values[name]}
    # The payment provider puts its session's id into the braces, but in the first address only.
    tag = f"&{urlencode({'src': values['src']})}" if values["src"] else ""
    return Order(
        price,
        Person(email or ""),
        codes_of(form),
        ref=values["ref"].upper(),
        referrer=values["referrer"],
        success_url=f"{address}?checkout={{CHECKOUT_SESSION_ID}}{tag}",
        cancel_url=f"{address}?{urlencode({'checkout': 'unfinished'} | kept)}",
    )


def host_of(address: str) -> str:
    """The host of an address that a browser says it comes from; empty for nonsense."""
    try:
        return (urlsplit(address).hostname or "")[: LONGEST["referrer"]]
    except ValueError:
        return ""
