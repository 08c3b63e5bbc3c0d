"""Sign-ups: who gets a new user, by the link that led them here, and why or why not."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import effects, fraud, network_clicks, program, webhook_moments
from domain.attribution import person_key
from domain.clicks import network_key
from domain.emails import email_key
from domain.links import PAGE_MAX, tidy_tag
from domain.program import Program
from domain.statuses import Status
from domain.texts import keepable
from storage import affiliates, clicks, links, referrals, rollups, sales
from storage.affiliates import Affiliate
from storage.clicks import Click
from storage.locks import take_turn
from storage.referrals import Referral
from storage.rollups import Origin

CREDITED = "credited"
BY_NETWORK = "network"


@dataclass(frozen=True, slots=True)
class Touch:
    """A visit through a link, as the product tells of it: a click of ours, or a ref and a time.

    `network_clicks` are click ids of affiliate networks, by the parameter that each came in; they
    may come alone.
    """

    ref: str = ""
    click_id: UUID | None = None
    source_tag: str = ""
    landing_page: str = ""
    at: datetime | None = None
    network_clicks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SignUp:
    """Somebody new at the product. `last` is the touch to credit by the usual rule.

    `user_id` is the product's own id, `customer_id` the payment provider's. `country` has two
    letters, or is empty where it is not known; then the click's counts. So it is with `address`,
    of which only a keyed hash of the network is kept.
    """

    last: Touch
    first: Touch | None = None
    user_id: str = ""
    customer_id: str = ""
    email: str = ""
    country: str = ""
    address: str = ""
    referrer_host: str = ""
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Who got a sign-up. `outcome` in one word, `trace` step by step."""

    outcome: str
    affiliate: Affiliate | None = None
    referral: Referral | None = None
    trace: list[dict[str, str]] = field(default_factory=list)


async def sign_up(session: AsyncSession, given: SignUp, key: bytes = b"") -> Verdict:
    """Make the referral of a sign-up, if an affiliate's link in force led to it in time.

    Hearing of the same person again changes nothing but what is known about them. `key` is that
    of the visitors, for where an address is given.
    """
    user_id, customer_id = keepable(given.user_id), keepable(given.customer_id)
    mailbox = email_key(keepable(given.email))
    if customer_id:
        await take_turn(session, f"customer:{customer_id}")
    for turn in sorted(f"person:{one}" for one in {user_id, mailbox} if one):
        await take_turn(session, turn)
    known = await referrals.of_person(session, customer_id, user_id, mailbox)
    if known is not None:
        return await _again(session, known, user_id, customer_id, mailbox)
    if await sales.bought_before(session, person_key(given.email), customer_id):
        return Verdict("already_customer", trace=[_step("They paid before they signed up.")])
    moment = given.occurred_at or clock.now()
    settings = await program.load(session)
    networks = await network_clicks.parameters(session)
    person = network_clicks.Known(customer_id, user_id, mailbox)
    refused = "no_touch"
    trace: list[dict[str, str]] = []
    for name, touch in _in_order(given, settings):
        found = await _find(session, touch)
        *_, click = network_clicks.click_in(touch.network_clicks, networks)
        click = click or (found.network_click if found else "")
        if not (touch.ref or touch.click_id):
            # A network led to the product by itself: nobody here is known for it.
            network = await network_clicks.remember(session, click, person)
            if network is not None:
                trace.append(_step(f"{name}: {network.name} brought them, with its own link."))
                return Verdict(BY_NETWORK, trace=trace)
            continue
        who, why, sentence = await _judge(
            session, found, touch, given, moment=moment, settings=settings
        )
        trace.append(_step(f"{name}: {sentence}"))
        if who is not None:
            referral = await _credit(session, who, found, touch, given, moment=moment)
            if key and given.address:
                referral.network = network_key(key, who.id, given.address)
            if network := await network_clicks.remember(session, click, person, who.id):
                trace.append(_step(f"The link was followed by way of {network.name}."))
            await effects.look_again(session, who.id, "a sign-up")
            trace.append(_step(f"{who.promo_code} brought them."))
            return Verdict(CREDITED, who, referral, trace)
        refused = why
    if not trace:
        trace.append(_step("No referral link is named."))
    return Verdict(refused, trace=trace)


def _in_order(given: SignUp, settings: Program) -> Iterator[tuple[str, Touch]]:
    """The touches that were told of, the one that counts first."""
    named: list[tuple[str, Touch | None]] = [
        ("First touch", given.first),
        ("Last touch", given.last),
    ]
    if given.first == given.last:
        named = [("The only touch", given.last)]
    if settings.attribution_touch == "last":
        named.reverse()
    for name, touch in named:
        if touch is not None and (touch.ref or touch.click_id or touch.network_clicks):
            yield name, touch


async def _find(session: AsyncSession, touch: Touch) -> Click | None:
    """The click, if it is one of ours and of the ref that is named beside it."""
    click = await clicks.get(session, touch.click_id) if touch.click_id else None
    if click is not None and touch.ref and click.ref != touch.ref.upper():
        return None
    return click


async def _judge(
    session: AsyncSession,
    click: Click | None,
    touch: Touch,
    given: SignUp,
    *,
    moment: datetime,
    settings: Program,
) -> tuple[Affiliate | None, str, str]:
    """Whom a touch credits; else why not, in one word. And either in a sentence."""
    ref = click.ref if click else keepable(touch.ref).strip().upper()
    link = await links.by_ref(session, ref) if ref else None
    if link is None:
        return None, "unknown_ref", f"{ref or 'the click'} leads to no affiliate."
    owner = await affiliates.get(session, link.affiliate_user_id)
    if owner is None or owner.status == Status.TERMINATED:
        return None, "terminated", f"{ref} belongs to somebody who left the program."
    if link.suspended:
        return None, "suspended", f"the link {ref} is suspended."
    at = click.clicked_at if click else touch.at
    window = timedelta(days=settings.click_window_days)
    if at is not None and moment - at > window:
        return None, "window_over", f"{ref} was followed more than {window.days} days before."
    own_address = given.email and person_key(given.email) == person_key(owner.email)
    if own_address or (given.user_id and given.user_id == owner.clerk_user_id):
        # Once a day, and without a word of who it was: it was the affiliate.
        subject = f"signup:{owner.id}:{moment.date()}"
        await fraud.note_self_referral(
            session, owner.id, subject, "signed up through their own link", moment
        )
        return None, "self_referral", f"{ref} belongs to the same person: self-referral."
    when = f"on {at.date().isoformat()}" if at else "at a time that was not told"
    return owner, CREDITED, f"{ref} was followed {when}, which is in time."


async def _credit(
    session: AsyncSession,
    owner: Affiliate,
    click: Click | None,
    touch: Touch,
    given: SignUp,
    *,
    moment: datetime,
) -> Referral:
    page = touch.landing_page or (click.landing_page if click else "")
    referral = Referral(
        affiliate_user_id=owner.id,
        customer_id=keepable(given.customer_id) or None,
        user_id=keepable(given.user_id),
        email_key=email_key(keepable(given.email)),
        attributed_by="link",
        signup_affiliate_id=owner.id,
        source_tag=tidy_tag(touch.source_tag) or (click.source_tag if click else ""),
        landing_page=keepable(page)[:PAGE_MAX],
        country=given.country or (click.country if click else ""),
        network=click.network if click else "",
        signed_up_at=moment,
        created_at=moment,
    )
    session.add(referral)
    await session.flush()
    origin = Origin(owner.id, referral.source_tag, referral.landing_page, referral.country)
    await rollups.count_signup(session, origin, moment)
    await webhook_moments.referral(session, referral)
    return referral


async def _again(
    session: AsyncSession, known: Referral, user_id: str, customer_id: str, key: str
) -> Verdict:
    """Learn what was not known of somebody; who brought them was decided before."""
    taken = await referrals.of_person(session, "", user_id, "") if user_id else None
    if not known.user_id and taken is None:
        known.user_id = user_id
    known.email_key = known.email_key or key
    known.customer_id = known.customer_id or customer_id or None
    session.add(known)
    await session.flush()
    owner = await affiliates.get(session, known.affiliate_user_id)
    code = owner.promo_code if owner else "somebody"
    if known.first_sale:
        sentence = f"They are a customer already, whom {code} brought."
        return Verdict("already_customer", owner, known, [_step(sentence)])
    sentence = f"They signed up before, through {code}."
    return Verdict("already_signed_up", owner, known, [_step(sentence)])


def _step(result: str) -> dict[str, str]:
    return {"step": "signup", "result": result}
