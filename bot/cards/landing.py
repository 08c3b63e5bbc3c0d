"""The card of a partner page: what the public reads there, and the way to take it down."""

from bot.cards.blocks import (
    Json,
    Message,
    actions,
    address,
    button,
    code,
    confirmation,
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
from domain.landing import LONGEST, View
from domain.statuses import Status

BIO_SHOWN = 600
LONG_TEXT = 600


def page_url(view: View, public_url: str) -> str:
    """Where the page stands."""
    return f"{public_url}/partner/{view.page.slug}"


def landing_card(view: View, public_url: str, *, latest: bool = True) -> Message:
    """The card as it must look now.

    One that is not the `latest` of its page leads to nothing any more, and has no buttons.
    """
    name = name_of(view.affiliate)
    if not latest:
        sentence = f"The partner page of {name} was changed since: its newer card is below."
        return escaped(sentence), [rich(section(words(sentence)))]
    blocks = [header(f"Partner page of {name}"), _state(view), _facts(view, public_url)]
    if view.page.bio:
        blocks.append(rich(quote(words(view.page.bio, BIO_SHOWN, lines=True))))
    if view.page.taken_down_at is not None:
        reason = words(view.page.taken_down_reason, LONG_TEXT, lines=True)
        blocks.append(rich(section(said("Reason, as mailed:", bold=True)), quote(reason)))
    blocks.append(_buttons(view))
    return escaped(f"Partner page of {name}: {_stage(view)}"), blocks


def _stage(view: View) -> str:
    if view.page.taken_down_at is not None:
        return "taken down"
    if view.affiliate.status != Status.APPROVED:
        return f"not to be seen, the affiliate is {view.affiliate.status}"
    return "published" if view.page.is_active else "hidden by its affiliate"


def _state(view: View) -> Json:
    page = view.page
    if page.taken_down_at is None:
        seen = _stage(view) == "published"
        mark = [sign(good=True), said(" ")] if seen else []
        return rich(section(*mark, said(_stage(view).capitalize(), bold=True)))
    by = [said(" by "), words(page.taken_down_by, 160), said(" · "), when(page.taken_down_at)]
    return rich(section(sign(good=False), said(" Taken down", bold=True), *by))


def _facts(view: View, public_url: str) -> Json:
    page = view.page
    lines: list[tuple[str, Json]] = [
        ("Page", address(page_url(view, public_url))),
        ("Promo code", code(view.affiliate.promo_code)),
        ("Name", words(page.name, LONGEST["name"])),
        ("Headline", words(page.headline, LONGEST["headline"])),
        ("Button", words(page.custom_cta, LONGEST["cta"])),
        ("Photo", said("one of their own" if page.photo else "none")),
    ]
    pieces = []
    for title, value in lines:
        pieces += [said(f"{title}: ", bold=True), value, said("\n")]
    return rich(section(*pieces[:-1]))


def _buttons(view: View) -> Json:
    value = str(view.page.id)
    if view.page.taken_down_at is None:
        return actions(button("Take down", "landing.take_down", value, style="danger"))
    question = confirmation(
        "Put this page back?",
        f"The public sees the page of {name_of(view.affiliate)} again, and a mail tells them.",
        "Put back",
    )
    return actions(button("Put back", "landing.put_back", value, style="primary", confirm=question))
