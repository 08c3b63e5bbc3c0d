"""Tax forms in Slack: redacted, with the buttons of finance; and who stands where."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.cards.blocks import (
    Json,
    Message,
    actions,
    button,
    clean,
    confirmation,
    divider,
    escaped,
    header,
    quote,
    rich,
    said,
    section,
    sign,
    when,
    words,
)
from bot.cards.payouts import name_of
from domain.countries import country
from domain.money import money, percent
from domain.tax_choices import ENTITY_CLASSES, FATCA_STATUSES, PERSON_CLASSES, TITLES, US_CLASSES
from domain.tax_years import DOLLARS, Total
from domain.taxes import EXPIRED, RETURNED, VERIFIED, Standing, View
from domain.tins import masked
from storage.affiliates import Affiliate
from storage.taxes import W9, TaxForm

SHOWN_MAX = 12
_LONG = 600
_CLASSES = {**PERSON_CLASSES, **US_CLASSES, **ENTITY_CLASSES}


@dataclass(frozen=True, slots=True)
class Line:
    """An affiliate in a list: where they stand, and this year's sum where it is over."""

    affiliate: Affiliate
    standing: Standing
    total: Total | None = None


def title_of(form: TaxForm) -> str:
    """What people call a form."""
    return TITLES[form.form_type]


def tax_form_card(view: View) -> Message:
    """The card as it must look now: with buttons while the form counts."""
    form = view.form
    title = f"{title_of(form)} of {name_of(view.affiliate)}"
    blocks = [header(title), _state(view), *_warnings(view), _facts(view)]
    if form.return_reason:
        reason = words(form.return_reason, _LONG, lines=True)
        blocks.append(rich(section(said("Reason, as mailed:", bold=True)), quote(reason)))
    return escaped(f"{title}: {_stage(view)}"), [*blocks, *_buttons(view)]


def taxes_card(title: str, lines: Sequence[Line], total: int) -> Message:
    """The answer to `/affiliate taxes`: who stands where, with a button to each form."""
    if not lines:
        return escaped(f"{title}: nobody."), [header(title), rich(section(said("Nobody.")))]
    blocks = [header(title), rich(section(said(_counted(total), bold=True)))]
    for line in lines:
        blocks += [divider(), _line(line)]
        if line.standing.form is not None:
            show = button("Show form", "tax.show", str(line.standing.form.id))
            blocks.append(actions(show))
    if total > len(lines):
        blocks.append(rich(section(said(f"… and {total - len(lines)} more after these."))))
    return escaped(f"{title}: {total}"), blocks


def tax_words(standing: Standing) -> list[Json]:
    """A line's end that says where an affiliate stands."""
    return [said(" · tax form "), said(standing.words, bold=standing.form is None)]


def _counted(total: int) -> str:
    return "1 affiliate" if total == 1 else f"{total} affiliates"


def _stage(view: View) -> str:
    if not view.form.is_current:
        return "replaced by a newer one"
    if view.standing.why == RETURNED:
        return "sent back"
    return view.standing.why or view.standing.status


def _state(view: View) -> Json:
    form = view.form
    by = [said(" by "), words(form.decided_by, 160)] if form.decided_by else []
    if not form.is_current:
        return rich(section(said("They have sent a newer form since.", bold=True)))
    if view.standing.why == RETURNED and form.returned_at:
        back = said(" Sent back", bold=True)
        return rich(section(sign(good=False), back, *by, said(" · "), when(form.returned_at)))
    if view.standing.why == EXPIRED:
        return rich(section(sign(good=False), said(" Expired: they are asked for it again.")))
    if view.standing.status == VERIFIED and form.verified_at:
        good = said(" Verified", bold=True)
        return rich(section(sign(good=True), good, *by, said(" · "), when(form.verified_at)))
    return rich(section(said("Waiting for finance", bold=True)))


def _warnings(view: View) -> list[Json]:
    found = []
    if view.form.told_to_withhold and not view.withholds:
        found.append(
            "They crossed out that they are not subject to backup withholding: a part of what they "
            "are paid has to be withheld."
        )
    if view.withholds:
        found.append(f"{percent(view.rate_bp)} of each payout is withheld for the IRS.")
    return [rich(section(sign(good=False), said(" "), words(each, bold=True))) for each in found]


def _facts(view: View) -> Json:
    form = view.form
    parts = (form.address_line1, form.address_line2, form.address_city, form.address_state)
    whole = (*parts, form.address_zip, country(form.address_country))
    lines = [
        ("Name", [words(form.legal_name)]),
        ("What they are", [said(_CLASSES.get(form.classification, form.classification))]),
        ("Tax number", [said(masked(form.tax_id_type, form.tax_id_last4, form.address_country))]),
        ("Address", [words(", ".join(each for each in whole if each))]),
        ("Signed", [words(form.signed_name), said(" · "), when(form.submitted_at)]),
        ("Version", [said(str(form.version))]),
    ]
    if form.business_name:
        lines.insert(1, ("Business name", [words(form.business_name)]))
    if form.form_type != W9:
        lines.insert(2, ("Of", [said(country(form.citizenship))]))
    if form.fatca_status:
        lines.insert(3, ("Chapter 4", [said(FATCA_STATUSES[form.fatca_status])]))
    if form.signed_as:
        lines.append(("Signed as", [words(form.signed_as)]))
    if form.treaty:
        claim = f"{form.treaty['article']}, {form.treaty['rate']}% · {form.treaty['reason']}"
        lines.append((f"Treaty with {country(form.treaty['country'])}", [words(claim)]))
    if form.expires_at:
        lines.append(("Good until", [when(form.expires_at)]))
    pieces = []
    for title, value in lines:
        pieces += [said(f"{title}: ", bold=True), *value, said("\n")]
    return rich(section(*pieces[:-1]))


def _buttons(view: View) -> list[Json]:
    """What finance can do with the form that counts."""
    form, value = view.form, str(view.form.id)
    if not form.is_current or view.standing.form is None or view.standing.why == RETURNED:
        return []
    made = []
    if view.standing.status != VERIFIED and view.standing.why != EXPIRED:
        made.append(button("Verify", "tax.verify", value, style="primary"))
    made.append(button("Send back", "tax.send_back", value, style="danger"))
    if view.withholds:
        made.append(button("Stop withholding", "tax.withhold_stop", value))
    elif view.rate_bp:
        question = confirmation(
            "Withhold a part?",
            f"{percent(view.rate_bp)} of each payout of {clean(name_of(view.affiliate), 60)} from "
            "now on.",
            "Withhold",
        )
        made.append(button("Withhold", "tax.withhold", value, confirm=question))
    return [actions(*made)]


def _line(line: Line) -> Json:
    pieces = [words(name_of(line.affiliate), 70, bold=True), said(f" {line.affiliate.promo_code}")]
    pieces += tax_words(line.standing)
    if line.total is not None:
        paid = money(line.total.reported, DOLLARS)
        pieces.append(said(f" · {paid} paid in {line.total.year}"))
        if line.total.is_over:
            over = money(line.total.threshold, DOLLARS)
            pieces.append(said(f" · over the threshold of {over}", bold=True))
        if line.total.by_networks:
            pieces.append(said(f" · {money(line.total.by_networks, DOLLARS)} by networks"))
    form = line.standing.form
    if form is not None and form.expires_at and line.standing.why != EXPIRED:
        pieces += [said(" · good until "), when(form.expires_at)]
    return rich(section(*pieces))
