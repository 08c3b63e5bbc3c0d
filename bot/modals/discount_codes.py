"""The modals in which operators make and change discount codes."""

from typing import Final

from bot.cards.blocks import (
    Json,
    Message,
    asked,
    clean,
    code,
    divider,
    plain,
    rich,
    said,
    section,
    sign,
    words,
)
from bot.cards.discount_codes import terms_in_words
from bot.code_drafts import ANY_PLAN, FLAGS, Draft
from bot.errands import Errand
from bot.modals.fields import input_block
from bot.modals.frame import modal
from domain import code_terms
from domain.code_terms import REPEATING
from domain.codes import CAMPAIGN_LENGTH
from domain.discount_codes import MOST_AT_ONCE
from domain.errors import InvalidError
from domain.program import Program
from storage.codes import FIXED_AMOUNT, PERCENTAGE, DiscountCode

CREATE: Final = "code.create"
EDIT: Final = "code.edit"
BULK: Final = "code.bulk"
ARCHIVE: Final = "code.archive"

REDRAWING: Final = (
    *("discount_type", "discount_value", "currency", "duration", "duration_months"),
    *("max_uses", "max_uses_per_user", "min_plan", "flags"),
)
"""Fields that change which others there are, or the sentence that sums them up."""

STANDS_AT: Final = {
    "discount_type": "discount_value",
    "currency": "discount_value",
    "duration_months": "duration",
    "stackable": "flags",
    "first_purchase_only": "flags",
    "code": "prefix",
}
"""Where a complaint is shown if its own field is not in the form."""

_TYPES: Final = {PERCENTAGE: "A percentage", FIXED_AMOUNT: "A fixed amount"}
_DURATIONS: Final = {
    "once": "The first payment",
    REPEATING: "The payments of some months",
    "forever": "Every payment",
}
_FLAGS: Final = dict(
    zip(
        FLAGS,
        (
            ("Can be combined", "Customers may use it together with other such codes."),
            ("New customers only", "Nobody who has bought before can redeem it."),
        ),
        strict=True,
    )
)


def create(draft: Draft, program: Program, errand: Errand) -> Json:
    """Make one code."""
    field = _text("code", draft.code, 100, "LAUNCH20") | {"focus_on_load": True}
    hint = f"What customers type: A to Z, digits, single dashes; at most {CAMPAIGN_LENGTH}."
    return modal(
        "New discount code",
        [asked("Code", field, block_id="code", hint=hint), *_terms(draft, program)],
        callback_id=CREATE,
        submit="Create",
        metadata=errand.packed(),
    )


def edit(draft: Draft, program: Program, errand: Errand) -> Json:
    """Change a code's terms; its word stays."""
    about = " keeps its word. What Stripe cannot change is made anew there, under the same code."
    return modal(
        "Edit discount code",
        [rich(section(code(draft.code), said(about))), *_terms(draft, program)],
        callback_id=EDIT,
        submit="Save",
        metadata=errand.packed(),
    )


def bulk(draft: Draft, program: Program, errand: Errand) -> Json:
    """Make many codes with the same terms."""
    prefix = _text("prefix", draft.prefix, 100, "NEWS") | {"focus_on_load": True}
    count = _whole("count", draft.count, 1, MOST_AT_ONCE)
    return modal(
        "Many discount codes",
        [
            asked("They begin with", prefix, block_id="prefix", hint="NEWS makes NEWS-7KQ2MX …"),
            asked("How many", count, block_id="count", hint=f"At most {MOST_AT_ONCE} at once."),
            *_terms(draft, program),
        ],
        callback_id=BULK,
        submit="Create",
        metadata=errand.packed(),
    )


def archive(made: DiscountCode, errand: Errand) -> Json:
    """Ask once more before a code is put away."""
    about = " cannot be redeemed any more then. Activate brings it back."
    return modal(
        "Archive this code?",
        [rich(section(code(made.code), said(about)))],
        callback_id=ARCHIVE,
        submit="Archive",
        metadata=errand.packed(),
    )


def copy(made: DiscountCode) -> Json:
    """Show a code so that it can be copied."""
    word = {"type": "text", "text": made.code}
    block: Json = {
        "type": "rich_text",
        "elements": [{"type": "rich_text_preformatted", "elements": [word]}],
    }
    return modal("Copy code", [block])


def about(card: Message, errand: Errand) -> Json:
    """A code's card, where there is no message to show it beside."""
    return modal("Discount code", card[1], metadata=errand.packed())


def _terms(draft: Draft, program: Program) -> list[Json]:
    """The fields that every form has: what matters most first, and the sentence under it."""
    value_hint = "Such as 20" if draft.discount_type == PERCENTAGE else "Such as 10 or 10.50"
    blocks = [
        _redrawing("Takes off", _menu("discount_type", draft.discount_type, _TYPES)),
        _redrawing(
            "How much", _text("discount_value", draft.discount_value, 20, "20"), hint=value_hint
        ),
    ]
    if draft.discount_type == FIXED_AMOUNT:
        currency = _text("currency", draft.currency or program.currency, 3, program.currency)
        blocks.append(_redrawing("Currency", currency, hint="Three letters, such as usd."))
    blocks.append(_redrawing("Of", _menu("duration", draft.duration, _DURATIONS)))
    if draft.duration == REPEATING:
        months = _whole("duration_months", draft.duration_months, 1, 60)
        blocks.append(_redrawing("For how many months", months))
    blocks += [
        _summary(draft, program),
        divider(),
        _redrawing("Uses in all", _whole("max_uses", draft.max_uses, 1, 1_000_000), optional=True),
        _redrawing(
            "Uses per customer", _whole("max_uses_per_user", draft.max_uses_per_user, 1, 1000)
        ),
        input_block("Expires", _moment(draft.expires_at), optional=True),
    ]
    if program.plans:
        blocks.append(_redrawing("Smallest plan", _plans(draft, program)))
    return [
        *blocks,
        _redrawing("Also", _ticks(draft), optional=True),
        input_block(
            "Affiliate",
            _text("affiliate", draft.affiliate, 100, "JARED30"),
            optional=True,
            hint="The promo code of whom sales with this code are credited to.",
        ),
        input_block(
            "Note",
            _text("description", draft.description, 500, "Spring newsletter"),
            optional=True,
            hint="For operators only.",
        ),
    ]


def _summary(draft: Draft, program: Program) -> Json:
    """The draft as a sentence, once it says enough."""
    try:
        given = draft.given(program) | {"code": "CODE", "affiliate": None, "expires_at": None}
        sentence = terms_in_words(code_terms.read(given), program)
    except InvalidError:
        return rich(section(said("What the code does is summed up here.")))
    return rich(section(sign(good=True), said(" "), words(sentence, 600, bold=True)))


def _redrawing(label: str, element: Json, *, optional: bool = False, hint: str = "") -> Json:
    return input_block(label, element, optional=optional, hint=hint) | {"dispatch_action": True}


def _text(name: str, value: str, longest: int, example: str) -> Json:
    field: Json = {
        "type": "plain_text_input",
        "action_id": name,
        "max_length": longest,
        "placeholder": plain(example),
    }
    return _dispatching(name, field, clean(value, longest))


def _whole(name: str, value: str, least: int, most: int) -> Json:
    field: Json = {
        "type": "number_input",
        "action_id": name,
        "is_decimal_allowed": False,
        "min_value": str(least),
        "max_value": str(most),
    }
    # Slack takes numbers only for what stands there already.
    return _dispatching(name, field, value if value.isascii() and value.isdecimal() else "")


def _dispatching(name: str, field: Json, value: str) -> Json:
    if value:
        field["initial_value"] = value
    if name in REDRAWING:
        field["dispatch_action_config"] = {"trigger_actions_on": ["on_character_entered"]}
    return field


def _menu(name: str, chosen: str, offered: dict[str, str]) -> Json:
    options = [_option(value, text) for value, text in offered.items()]
    initial = next((each for each in options if each["value"] == chosen), options[0])
    return {
        "type": "static_select",
        "action_id": name,
        "options": options,
        "initial_option": initial,
    }


def _plans(draft: Draft, program: Program) -> Json:
    offered = {ANY_PLAN: "Any plan"} | {
        plan.slug: f"{plan.name} and larger" for plan in program.plans[:98]
    }
    if draft.min_plan not in offered:
        offered[draft.min_plan] = f"{draft.min_plan}, which is no plan any more"
    return _menu("min_plan", draft.min_plan, offered)


def _ticks(draft: Draft) -> Json:
    options = [
        _option(name, text) | {"description": plain(about, 75)}
        for name, (text, about) in _FLAGS.items()
    ]
    field: Json = {"type": "checkboxes", "action_id": "flags", "options": options}
    chosen = [each for each in options if each["value"] in draft.flags]
    return field | ({"initial_options": chosen} if chosen else {})


def _moment(seconds: int | None) -> Json:
    field: Json = {"type": "datetimepicker", "action_id": "expires_at"}
    return field | ({"initial_date_time": seconds} if seconds else {})


def _option(value: str, text: str) -> Json:
    return {"text": plain(text, 75), "value": value}
