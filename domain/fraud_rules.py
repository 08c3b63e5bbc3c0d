"""The rules of the fraud score, each a small function over the facts. docs/fraud.md lists them.

A rule answers how much it saw, in words that an operator understands, or None. It judges
patterns among several customers; only self-referral may count at one.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from domain.fraud_evidence import Facts, Person
from domain.fraud_values import FraudMinimums
from domain.mail_domains import DISPOSABLE_DOMAINS, PUBLIC_DOMAINS
from domain.money import number

DAY: Final = timedelta(days=1)
AT_ONCE: Final = timedelta(minutes=10)
IDLE_AFTER: Final = timedelta(days=3)
"""So long people may think before a sign-up is held against anybody."""
USUAL_SALES: Final = 50
"""Of fewer sales of others nobody knows what is usual."""
REFUNDS_AMONG: Final = 10
EVIDENCE_MAX: Final = 5


@dataclass(frozen=True, slots=True)
class Seen:
    """What a rule found: how much of it, a sentence, and examples."""

    measure: int
    words: str
    evidence: tuple[str, ...] = ()


Look = Callable[[Facts, FraudMinimums], Seen | None]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule by the name of its weight. `told` is all that affiliates are told of it."""

    name: str
    title: str
    told: str
    look: Look
    one_place: bool = False


RULES: Final[dict[str, Rule]] = {}


def _rule(name: str, title: str, told: str, *, one_place: bool = False) -> Callable[[Look], Look]:
    def keep(look: Look) -> Look:
        RULES[name] = Rule(name, title, told, look, one_place)
        return look

    return keep


_SIGN_UPS = "How people signed up through your link"
_PAYMENTS = "How customers of yours paid"
_SHORT = "Customers of yours who left or were refunded soon"
_OWN = "Purchases that look like your own"
_RULES = "What we have seen of your promotion"
_CODE = "How your code spreads"


@_rule("same_network", "One network", _SIGN_UPS, one_place=True)
def same_network(facts: Facts, least: FraudMinimums) -> Seen | None:
    """Most referrals came from one network."""
    known = [one for one in facts.people if one.network]
    network, count = _most_common(one.network for one in known)
    if count < least.same_network or not _is_share(count, known, least.same_network_percent):
        return None
    words = f"{number(count)} of {number(len(known))} referrals came from one network."
    return Seen(count, words, _some(one.who for one in known if one.network == network))


@_rule("idle_signups", "Sign-ups without sales", _SIGN_UPS)
def idle_signups(facts: Facts, least: FraudMinimums) -> Seen | None:
    """Many sign-ups within a day, none of whom has bought since."""
    ripe = [
        one
        for one in facts.people
        if one.signed_up_at is not None and one.signed_up_at <= facts.now - IDLE_AFTER
    ]
    many = _densest(ripe, DAY)
    if len(many) < least.idle_signups or any(one.converted_at for one in many):
        return None
    words = f"{number(len(many))} people signed up within 24 hours, and none has bought anything."
    return Seen(len(many), words, _some(one.who for one in many))


@_rule("self_referral", "Self-referral", _OWN)
def self_referral(facts: Facts, least: FraudMinimums) -> Seen | None:
    """They tried to earn from themselves; attribution refused it."""
    count = len(facts.own)
    if count < least.self_referral:
        return None
    times = "once" if count == 1 else f"{number(count)} times"
    words = f"They tried to earn from themselves {times}, which was refused."
    return Seen(count, words, _some(facts.own))


@_rule("same_domain", "One mail domain", _SIGN_UPS, one_place=True)
def same_domain(facts: Facts, least: FraudMinimums) -> Seen | None:
    """All referrals have addresses of one domain, which is no public one."""
    domain, count = _most_common(one.domain for one in facts.people if one.domain)
    known = sum(1 for one in facts.people if one.domain)
    if count < least.same_domain or count < known or domain in PUBLIC_DOMAINS:
        return None
    return Seen(count, f"All {number(count)} known addresses of referrals are at {domain}.")


@_rule("quick_cancels", "Cancelled within a day", _SHORT)
def quick_cancels(facts: Facts, least: FraudMinimums) -> Seen | None:
    """Customers whose subscription ended within 24 hours of their first payment."""
    bought = [one for one in facts.people if one.converted_at]
    gone = [
        one
        for one in bought
        if one.converted_at and one.canceled_at and one.canceled_at - one.converted_at <= DAY
    ]
    share = _is_share(len(gone), bought, least.quick_cancels_percent)
    if len(gone) < least.quick_cancels or not share:
        return None
    words = f"{number(len(gone))} of {number(len(bought))} customers cancelled within 24 hours."
    return Seen(len(gone), words, _some(one.who for one in gone))


@_rule("far_away", "Far away", _SIGN_UPS)
def far_away(facts: Facts, least: FraudMinimums) -> Seen | None:
    """Nobody of many referrals is in the affiliate's country."""
    known = [one.country for one in facts.people if one.country]
    if not facts.home or len(known) < least.far_away or facts.home in known:
        return None
    where, _ = _most_common(known)
    words = f"None of {number(len(known))} referrals is in {facts.home}; most are in {where}."
    return Seen(len(known), words)


@_rule("velocity", "Many at once", _SIGN_UPS, one_place=True)
def velocity(facts: Facts, least: FraudMinimums) -> Seen | None:
    """More sign-ups within minutes than people make."""
    many = _densest([one for one in facts.people if one.signed_up_at], AT_ONCE)
    if len(many) < least.velocity:
        return None
    minutes = AT_ONCE // timedelta(minutes=1)
    return Seen(len(many), f"{number(len(many))} people signed up within {minutes} minutes.")


@_rule("refunds", "Many refunds", _SHORT)
def refunds(facts: Facts, least: FraudMinimums) -> Seen | None:
    """Far more of their sales go back than of the others'."""
    back = [one for one in facts.purchases if one.returned]
    enough = len(facts.purchases) >= REFUNDS_AMONG and len(back) >= least.refunds
    if not enough or facts.program_sales < USUAL_SALES:
        return None
    factor = len(back) * facts.program_sales * 100
    unusual = factor >= facts.program_returned * len(facts.purchases) * least.refunds_factor
    if not unusual or not _is_share(len(back), facts.purchases, least.refunds_percent):
        return None
    usual = _share(facts.program_returned, facts.program_sales)
    words = (
        f"{number(len(back))} of {number(len(facts.purchases))} sales were refunded or disputed; "
        f"of the others' it is {usual} %."
    )
    return Seen(len(back), words, _some(one.who for one in back))


@_rule("disposable", "Disposable mails", _SIGN_UPS)
def disposable(facts: Facts, least: FraudMinimums) -> Seen | None:
    """Referrals with mailboxes that exist for minutes."""
    known = [one for one in facts.people if one.domain]
    thrown = [one for one in known if one.domain in DISPOSABLE_DOMAINS]
    share = _is_share(len(thrown), known, least.disposable_percent)
    if len(thrown) < least.disposable or not share:
        return None
    words = f"{number(len(thrown))} of {number(len(known))} addresses are disposable ones."
    return Seen(len(thrown), words, _some(one.who for one in thrown))


@_rule("shared_card", "One card, many customers", _PAYMENTS, one_place=True)
def shared_card(facts: Facts, least: FraudMinimums) -> Seen | None:
    """One card paid for several customers."""
    of_card: dict[str, dict[str, str]] = {}
    for one in facts.purchases:
        if one.card:
            of_card.setdefault(one.card, {})[one.customer] = one.who
    shared = [people for people in of_card.values() if len(people) >= least.shared_card]
    if not shared:
        return None
    most = max(shared, key=len)
    words = f"One card paid for {number(len(most))} customers."
    if len(shared) > 1:
        words = f"{number(len(shared))} cards paid for several customers each; one for {len(most)}."
    return Seen(sum(map(len, shared)), words, _some(most.values()))


@_rule("leaked_code", "Leaked code", _CODE)
def leaked_code(facts: Facts, least: FraudMinimums) -> Seen | None:
    """Their code seems to have leaked, and nobody called that fine."""
    count = len(facts.leaks)
    if count < least.leaked_code:
        return None
    times = "was an alert" if count == 1 else f"were {number(count)} alerts"
    return Seen(count, f"There {times} that their code leaked.", _some(facts.leaks))


@_rule("violation", "Violations confirmed", _RULES)
def violation(facts: Facts, least: FraudMinimums) -> Seen | None:
    """Operators confirmed that they broke the program's rules."""
    count = len(facts.confirmed)
    if count < least.violation:
        return None
    words = f"{number(count)} violation{'' if count == 1 else 's'} of the rules confirmed."
    return Seen(count, words, _some(facts.confirmed))


@_rule("suspicion", "Violations to be decided", _RULES)
def suspicion(facts: Facts, least: FraudMinimums) -> Seen | None:
    """Violations that were found wait for a decision."""
    count = len(facts.suspected)
    if count < least.suspicion:
        return None
    words = f"{number(count)} possible violation{'' if count == 1 else 's'} to be decided."
    return Seen(count, words, _some(facts.suspected))


def _most_common(values: Iterable[str]) -> tuple[str, int]:
    return next(iter(Counter(values).most_common(1)), ("", 0))


def _is_share(part: int, whole: Sequence[object], percent: int) -> bool:
    return part * 100 >= len(whole) * percent


def _share(part: int, whole: int) -> int:
    return (200 * part + whole) // (2 * whole) if whole else 0


def _densest(people: Sequence[Person], span: timedelta) -> list[Person]:
    """Most people who signed up within one span."""
    dated = sorted(
        ((one.signed_up_at, at) for at, one in enumerate(people) if one.signed_up_at),
    )
    best, start = (0, 0), 0
    for end, (moment, _) in enumerate(dated):
        while moment - dated[start][0] > span:
            start += 1
        if end + 1 - start > best[1] - best[0]:
            best = (start, end + 1)
    return [people[at] for _, at in dated[slice(*best)]]


def _some(lines: Iterable[str]) -> tuple[str, ...]:
    listed = list(dict.fromkeys(line for line in lines if line))
    more = len(listed) - EVIDENCE_MAX
    return (*listed[:EVIDENCE_MAX], *([f"and {number(more)} more"] if more > 0 else []))
