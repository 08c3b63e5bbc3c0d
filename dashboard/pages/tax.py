"""`/affiliate/dashboard/tax`: the form that the tax office wants, and the copies of past years.

The number is typed into a form that is posted, and is in no address, no cookie and no page that is
shown again: not even beside a mistake.
"""

import asyncio
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from dashboard.context import CONTEXT, VISIT, Notice
from dashboard.forms import FORM, FormView
from dashboard.rendering import render, see_other
from dashboard.standing import Member
from domain import tax_years, taxes, tins
from domain.countries import COUNTRIES, country
from domain.errors import ConflictError, InvalidError, NotFoundError
from domain.money import money
from domain.tax_choices import (
    CERTIFICATIONS,
    ENTITY_CLASSES,
    FATCA_STATUSES,
    NO_WITHHOLDING,
    TITLES,
    US_CLASSES,
)
from domain.tax_forms import certification_name, parse
from domain.tax_interview import Interview, interview
from domain.tax_values import TaxPayer
from domain.tax_years import DOLLARS, Total
from domain.taxes import Standing
from storage import taxes as rows
from storage.taxes import W8BEN, W8BENE, W9, TaxForm
from storage.vault import vault_of

HERE: Final = "/affiliate/dashboard/tax"
_ANSWERS: Final = ("us", "holder", "country")
_SECRET: Final = frozenset({"tax_id", "date_of_birth"})
_DONE: Final = "Thank you: your tax form is here, and a mail confirms it. We look at it soon."
_COUNTRIES: Final = tuple(sorted(COUNTRIES.items(), key=lambda each: each[1]))
_ABOUT: Final = {
    W9: "for U.S. persons: it gives us your tax number, so that we can report what we pay you.",
    W8BEN: "for people from elsewhere: it says that you are not a U.S. person.",
    W8BENE: "for companies from elsewhere: it says that yours is not a U.S. one.",
}


async def show(request: web.Request, member: Member) -> web.Response:
    """Where they stand, and the interview; or the form, once that is answered."""
    if request.query.get("done"):
        request[VISIT].notice = Notice("success", _DONE)
    if not any(name in request.query for name in _ANSWERS):
        return await _overview(request, member, FormView())
    form = FormView({name: request.query.get(name, "") for name in _ANSWERS})
    try:
        asked = interview(*(form.values[name] for name in _ANSWERS))
    except InvalidError as error:
        form.errors = error.fields
        return await _overview(request, member, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    async with request.app[CONTEXT].db.read() as session:
        before = await rows.current(session, member.affiliate.id)
    form.values |= {
        "after": str(before.version if before else 0),
        "legal_name": "" if asked.entity else member.affiliate.legal_name,
        "address_country": asked.country,
        "citizenship": "" if asked.us else asked.country,
    }
    return _form(request, asked, form)


async def send(request: web.Request, member: Member) -> web.Response:
    """Take the form, or say what is wrong with it."""
    posted = request[FORM]
    form = FormView({name: text for name, text in posted.items() if name not in _SECRET})
    try:
        asked = interview(*(posted.get(name, "") for name in _ANSWERS))
    except InvalidError as error:
        form.errors = error.fields
        return await _overview(request, member, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    after = posted.get("after", "")
    try:
        draft = parse(asked, posted)
        async with request.app[CONTEXT].db.transaction() as session:
            await taxes.submit(
                session,
                member.affiliate.id,
                draft,
                signed_from=request.remote or "",
                after=int(after) if after.isdecimal() and len(after) < 7 else 0,  # noqa: PLR2004
                actor=member.actor,
            )
    except InvalidError as error:
        form.errors = error.fields
        return _form(request, asked, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    except ConflictError as error:
        request[VISIT].notice = Notice("warning", str(error))
        return await _overview(request, member, FormView(), status=HTTPStatus.CONFLICT)
    return see_other(f"{HERE}?done=yes")


async def download(request: web.Request, member: Member) -> web.Response:
    """The copy of a past year's 1099-NEC."""
    year = int(request.match_info["year"])
    async with request.app[CONTEXT].db.read() as session:
        found = [each for each in await _past_years(session, member) if each.year == year]
    if not found or found[0].form is None:
        raise NotFoundError("There is no 1099-NEC of yours for that year.")
    payer = request[VISIT].program.tax_payer
    made = await asyncio.to_thread(_copy, found[0], found[0].form, payer)
    name = f'attachment; filename="1099-nec-{year}.pdf"'
    headers = {"Content-Disposition": name}
    return web.Response(body=made, content_type="application/pdf", headers=headers)


def _copy(total: Total, form: TaxForm, payer: TaxPayer) -> bytes:
    # What makes PDFs is large, and asked for once a year.
    from dashboard.tax_copies import copy_b  # noqa: PLC0415

    return copy_b(total, form, payer)


async def _past_years(session: AsyncSession, member: Member) -> list[Total]:
    """The years that are over and of which they get a 1099-NEC, the last first."""
    if vault_of(session) is None:
        return []
    found = []
    for year in range(clock.now().year - 1, member.affiliate.approved_at.year - 1, -1):
        totals = await tax_years.totals(session, year, member.affiliate.id)
        found += [each for each in totals if each.is_over and not each.left_out]
    return found


def _form(
    request: web.Request, asked: Interview, form: FormView, *, status: int = HTTPStatus.OK
) -> web.Response:
    form_type = asked.form_type
    classes = US_CLASSES if asked.us else ENTITY_CLASSES
    view = {
        "form": form,
        "title": TITLES[form_type],
        "about": _ABOUT[form_type],
        "us": asked.us,
        "entity": asked.entity,
        "needs_birth": form_type == W8BEN,
        "countries": _COUNTRIES,
        "classes": tuple(classes.items()) if asked.entity else (),
        "statuses": tuple(FATCA_STATUSES.items()) if form_type == W8BENE else (),
        "tin_kinds": [(kind, tins.LABELS[kind]) for kind in asked.tin_kinds],
        "certifications": [
            (certification_name(text), text, text == NO_WITHHOLDING)
            for text in CERTIFICATIONS[form_type]
        ],
    }
    return render(request, "tax_form.html", view, status=status)


async def _overview(
    request: web.Request, member: Member, form: FormView, *, status: int = HTTPStatus.OK
) -> web.Response:
    context = request.app[CONTEXT]
    async with context.db.read() as session:
        standing = await taxes.standing(session, member.affiliate.id)
        versions = await rows.versions(session, member.affiliate.id)
        copies = [
            {
                "year": each.year,
                "href": f"{HERE}/{each.year}.pdf",
                "amount": money(each.reported, DOLLARS),
            }
            for each in await _past_years(session, member)
        ]
    if not form.values:
        form.values = {"country": standing.form.address_country if standing.form else ""}
    view = {
        "is_on": context.db.vault is not None,
        "standing": _standing(standing),
        "versions": [_version(each) for each in versions],
        "form": form,
        "asking": standing.status == taxes.MISSING or bool(form.errors) or "new" in request.query,
        "countries": _COUNTRIES,
        "copies": copies,
    }
    return render(request, "tax.html", view, status=status)


def _standing(standing: Standing) -> dict[str, Any]:
    return {
        "status": standing.status,
        "why": standing.why,
        "reason": standing.form.return_reason if standing.form else "",
        "form": _version(standing.form) if standing.form else None,
    }


def _version(form: TaxForm) -> dict[str, Any]:
    lines = (form.address_line1, form.address_line2, form.address_city)
    places = (form.address_state, form.address_zip, country(form.address_country))
    return {
        "title": TITLES[form.form_type],
        "version": form.version,
        "name": form.legal_name,
        "business_name": form.business_name,
        "tin": tins.masked(form.tax_id_type, form.tax_id_last4, form.address_country),
        "address": ", ".join(each for each in (*lines, *places) if each),
        "signed_name": form.signed_name,
        "submitted_at": form.submitted_at,
        "expires_at": form.expires_at,
        "verified_at": form.verified_at if form.verified else None,
    }
