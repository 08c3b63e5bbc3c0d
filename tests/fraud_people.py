"""Made-up affiliates, honest and dishonest, by a seed: what each is like, and what they did.

Numbers are drawn anew for each one, within what such a person would do. docs/fraud.md tells which
kinds there are and between what scores they end; a test compares.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

from domain.fraud_evidence import Facts, Person, Purchase

SEED: Final = 20261121
EACH: Final = 15
"""So many affiliates of each kind."""
NOW: Final = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
USUAL_SALES, USUAL_RETURNS = 1000, 40
PUBLIC = ("gmail.com", "outlook.com", "yahoo.com", "icloud.com", "gmx.de", "proton.me")
THROWN = "mailinator.com"
OTHERS = ("acme.example", "birch.example", "cobalt.example", "delta.example", "elm.example")
COUNTRIES = ("US", "US", "US", "CA", "GB", "DE", "AU")


@dataclass(frozen=True)
class MadeUp:
    """One affiliate: of what kind, whether they deserve a pause, and the facts."""

    kind: str
    honest: bool
    facts: Facts


Maker = Callable[[Random], Facts]
KINDS: Final[dict[str, tuple[bool, Maker]]] = {}


def _kind(name: str, *, honest: bool) -> Callable[[Maker], Maker]:
    def keep(make: Maker) -> Maker:
        KINDS[name] = (honest, make)
        return make

    return keep


def everybody(seed: int = SEED) -> Iterator[MadeUp]:
    """All of them, the same for the same seed."""
    for name, (honest, make) in KINDS.items():
        for number in range(EACH):
            yield MadeUp(name, honest, make(Random(f"{seed}:{name}:{number}")))  # noqa: S311 - a game


def _who(random: Random, domain: str) -> str:
    return f"{random.choice('abcdefghijklmnoprstw')}…@{domain}"


def _people(
    random: Random,
    count: int,
    *,
    days: int = 80,
    bought: float = 0.4,
    domain: str = "",
    network: str = "",
    countries: tuple[str, ...] = COUNTRIES,
) -> list[Person]:
    """So many sign-ups spread over some days, of which a part bought an hour or days later."""
    made = []
    for number in range(count):
        its = domain or random.choice(PUBLIC if random.random() < 0.7 else OTHERS)
        at = NOW - random.random() * (days - 4) * DAY - 4 * DAY
        converted = at + random.random() * 3 * DAY if random.random() < bought else None
        made.append(
            Person(
                _who(random, its),
                its,
                network or f"net{random.randrange(10_000)}-{number}",
                random.choice(countries),
                at,
                converted,
            )
        )
    return made


def _purchases(
    random: Random, people: list[Person], returned: float = 0.03, card: str = ""
) -> list[Purchase]:
    """A sale for each who bought, with a card of their own unless one is named."""
    return [
        Purchase(
            one.who, f"cus_{number}", card or f"card{number}", returned=random.random() < returned
        )
        for number, one in enumerate(people)
        if one.converted_at
    ]


def _facts(random: Random, people: list[Person], **more: object) -> Facts:
    given: dict[str, object] = {
        "purchases": _purchases(random, people),
        "program_sales": USUAL_SALES,
        "program_returned": USUAL_RETURNS,
        "home": "US",
        **more,
    }
    return replace(Facts(NOW, people), **given)  # type: ignore[arg-type]


def _quick(people: list[Person], share: float, random: Random) -> list[Person]:
    """A part of those who bought cancelled within hours."""
    return [
        replace(one, canceled_at=one.converted_at + random.random() * 0.9 * DAY)
        if one.converted_at and random.random() < share
        else one
        for one in people
    ]


@_kind("a blog", honest=True)
def blog(random: Random) -> Facts:
    """Readers from everywhere, one by one."""
    return _facts(random, _people(random, random.randint(8, 60)))


@_kind("a beginner with one referral", honest=True)
def beginner(random: Random) -> Facts:
    """A friend of theirs, from the same flat, who cancelled at once."""
    only = _people(random, 1, bought=1, domain="flat.example", network="home")
    return _facts(random, _quick(only, 1, random))


@_kind("an office behind one address", honest=True)
def office(random: Random) -> Facts:
    """Colleagues, one network, one mail domain, one company card, all after one meeting."""
    start = NOW - random.randint(5, 40) * DAY
    team = [
        replace(one, signed_up_at=start + random.random() * 9 * MINUTE, converted_at=start + DAY)
        for one in _people(
            random, random.randint(6, 45), bought=1, domain="office.example", network="office"
        )
    ]
    return _facts(random, team, purchases=_purchases(random, team, card="company"))


@_kind("a company newsletter", honest=True)
def newsletter(random: Random) -> Facts:
    """Few readers, all with addresses of one company, at home and at work."""
    people = _people(random, random.randint(5, 14), domain="firm.example")
    return _facts(random, people)


@_kind("a refund-heavy month", honest=True)
def refund_heavy(random: Random) -> Facts:
    """The product had a bad month: many of their customers left soon and were refunded."""
    people = _quick(_people(random, random.randint(20, 50), bought=0.9), 0.45, random)
    return _facts(random, people, purchases=_purchases(random, people, returned=0.55))


@_kind("a viral day", honest=True)
def viral(random: Random) -> Facts:
    """A video went round: hundreds within hours, of whom a few bought."""
    start = NOW - random.randint(5, 30) * DAY
    people = []
    for one in _people(random, random.randint(150, 400), bought=0.05):
        at = start + random.expovariate(1 / 90) * MINUTE
        bought = at + DAY if one.converted_at else None
        people.append(replace(one, signed_up_at=at, converted_at=bought))
    leak = ["JARED30: 60 uses in 24 hours"] if random.random() < 0.5 else []
    return _facts(random, people, leaks=leak)


@_kind("abroad", honest=True)
def abroad(random: Random) -> Facts:
    """They live in one country and write for another."""
    people = _people(random, random.randint(12, 60), countries=("BR", "PT", "AO"))
    return _facts(random, people, home="JP")


@_kind("a trial of their own code", honest=True)
def own_trial(random: Random) -> Facts:
    """Somebody who tried whether their own code works, and has customers besides."""
    own = ["bought with their own code or link"] * random.randint(1, 2)
    return _facts(random, _people(random, random.randint(3, 30)), own=own)


@_kind("a free guide", honest=True)
def free_guide(random: Random) -> Facts:
    """A guide for the free plan: many sign-ups in a day, hardly a sale, some throwaway mails."""
    start = NOW - random.randint(6, 30) * DAY
    people = [
        replace(one, signed_up_at=start + random.random() * 0.9 * DAY, converted_at=None)
        for one in _people(random, random.randint(25, 70), bought=0)
    ]
    thrown = random.sample(range(len(people)), len(people) // 4)
    people = [replace(one, domain=THROWN) if at in thrown else one for at, one in enumerate(people)]
    return _facts(random, people)


@_kind("a class at school", honest=True)
def classroom(random: Random) -> Facts:
    """A teacher's class signs up at once in one room, and nobody buys."""
    start = NOW - random.randint(5, 30) * DAY
    people = [
        replace(one, signed_up_at=start + random.random() * 8 * MINUTE)
        for one in _people(
            random, random.randint(18, 32), bought=0, domain="school.example", network="school"
        )
    ]
    return _facts(random, people)


@_kind("a first warning", honest=True)
def warned(random: Random) -> Facts:
    """Forgot the disclosure once, and another violation is being looked at."""
    found = ["Missing disclosure, 2026-10-02"]
    more = ["Forced clicks, 2026-11-18"] if random.random() < 0.5 else []
    people = _people(random, random.randint(8, 40))
    return _facts(random, people, confirmed=found, suspected=more)


@_kind("a sign-up farm", honest=False)
def farm(random: Random) -> Facts:
    """A script makes accounts with throwaway mails from one network; nobody buys."""
    start = NOW - random.randint(4, 30) * DAY
    people = [
        replace(one, signed_up_at=start + number * random.random() * 0.3 * MINUTE)
        for number, one in enumerate(
            _people(random, random.randint(30, 90), bought=0, domain=THROWN, network="vps")
        )
    ]
    return _facts(random, people)


@_kind("a card mill", honest=False)
def card_mill(random: Random) -> Facts:
    """Buys with one card under many names, and cancels as soon as it counts."""
    people = _people(random, random.randint(8, 30), bought=1, network="mill")
    return _facts(
        random, _quick(people, 0.95, random), purchases=_purchases(random, people, card="stolen")
    )


@_kind("their own customers", honest=False)
def own_customers(random: Random) -> Facts:
    """Buys for themselves again and again: caught as self-referral, and around it."""
    people = _people(random, random.randint(6, 15), bought=1, network="home")
    own = [f"bought with their own code or link, {n}" for n in range(random.randint(2, 6))]
    return _facts(random, people, own=own, purchases=_purchases(random, people, card="own"))


@_kind("a refund ring", honest=False)
def refund_ring(random: Random) -> Facts:
    """Friends buy, wait for the commission, and have it refunded; one of them is the affiliate."""
    people = _quick(_people(random, random.randint(15, 40), bought=1), 0.8, random)
    own = ["bought with their own code or link"]
    return _facts(random, people, own=own, purchases=_purchases(random, people, returned=0.9))


@_kind("a cookie stuffer", honest=False)
def stuffer(random: Random) -> Facts:
    """Hidden frames, confirmed; a leaked code besides, and bought sign-ups that never pay."""
    start = NOW - random.randint(5, 20) * DAY
    people = [
        replace(one, signed_up_at=start + random.random() * 5 * MINUTE)
        for one in _people(random, random.randint(25, 60), bought=0, countries=("VN", "BD"))
    ]
    return _facts(
        random,
        people,
        confirmed=["Cookie stuffing, 2026-11-01"],
        suspected=["Forced clicks, 2026-11-19"],
        leaks=["JARED30: 60 uses in 24 hours"] if random.random() < 0.5 else (),
    )


@_kind("a careful cheat", honest=False)
def careful(random: Random) -> Facts:
    """A handful of purchases of their own, with other cards from elsewhere: watched, not paused."""
    people = _people(random, random.randint(4, 10), bought=1)
    own = ["bought with their own code or link"] * random.randint(1, 3)
    return _facts(random, _quick(people, 0.2, random), own=own)
