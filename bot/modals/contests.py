"""The modals in which operators make, change and call off contests, and decide who wins."""

from typing import Final

from bot.cards.blocks import (
    Json,
    asked,
    bullets,
    clean,
    plain,
    quote,
    rich,
    said,
    section,
    sign,
    words,
)
from bot.cards.contests import brought_by, flag_lines, prize_line
from bot.cards.payouts import name_of
from bot.contest_drafts import NOW, Draft
from bot.errands import Errand
from bot.modals.fields import input_block
from bot.modals.frame import modal
from bot.modals.reasons import reason_blocks
from domain.contest_times import in_words
from domain.contest_winners import View
from domain.contests import DESCRIPTION_MAX, METRICS, NAME_MAX, PRIZE_MAX
from domain.money import money
from storage.contests import Contest

CREATE: Final = "contest.create"
EDIT: Final = "contest.save"
CANCEL: Final = "contest.call_off"
DISQUALIFY: Final = "contest.take_out"
CONFIRM: Final = "contest.award"
CLOSE: Final = "contest.close"

ASKS_CANCEL: Final = "contest_cancel"
ASKS_OUT: Final = "contest_out"
ASKS_CLOSE: Final = "contest_close"
CANCEL_REASONS: Final = (
    "We have to change our plans. A new contest follows soon.",
    "Something about the rules was wrong. We are sorry, and start again with better ones.",
)
OUT_REASONS: Final = (
    "Some of these sales are their own.",
    "They broke the program's terms while the contest ran.",
    "They work for us.",
)
CLOSE_REASONS: Final = (
    "Nobody brought enough for a winner.",
    "The sales behind the first places were refunded.",
)

ZONES: Final = (
    *("UTC", "Pacific/Honolulu", "America/Anchorage", "America/Los_Angeles", "America/Phoenix"),
    *("America/Denver", "America/Chicago", "America/Mexico_City", "America/New_York"),
    *("America/Toronto", "America/Bogota", "America/Lima", "America/Caracas", "America/Halifax"),
    *(
        "America/Santiago",
        "America/St_Johns",
        "America/Sao_Paulo",
        "America/Argentina/Buenos_Aires",
    ),
    *("Atlantic/Azores", "Europe/London", "Europe/Dublin", "Europe/Lisbon", "Africa/Lagos"),
    *("Europe/Berlin", "Europe/Paris", "Europe/Madrid", "Europe/Rome", "Europe/Amsterdam"),
    *("Europe/Zurich", "Europe/Vienna", "Europe/Warsaw", "Europe/Stockholm", "Europe/Athens"),
    *("Europe/Bucharest", "Europe/Helsinki", "Europe/Kyiv", "Africa/Cairo"),
    *("Africa/Johannesburg", "Asia/Jerusalem", "Europe/Istanbul", "Africa/Nairobi"),
    *("Asia/Riyadh", "Asia/Tehran", "Asia/Dubai", "Asia/Kabul", "Asia/Karachi", "Asia/Kolkata"),
    *("Asia/Kathmandu", "Asia/Dhaka", "Asia/Yangon", "Asia/Bangkok", "Asia/Jakarta"),
    *("Asia/Ho_Chi_Minh", "Asia/Shanghai", "Asia/Hong_Kong", "Asia/Singapore", "Asia/Manila"),
    *("Australia/Perth", "Asia/Seoul", "Asia/Tokyo", "Australia/Adelaide", "Australia/Brisbane"),
    *("Australia/Sydney", "Pacific/Auckland"),
)
"""From west to east; the program's own is offered, too."""


def create(draft: Draft, zone: str, currency: str, errand: Errand) -> Json:
    """Make a contest. `zone` is the program's own time zone."""
    return modal(
        "Add contest",
        [*_about(draft), *_start(draft), *_rest(draft, zone, currency)],
        callback_id=CREATE,
        submit="Add",
        metadata=errand.packed(),
    )


def edit(draft: Draft, zone: str, contest: Contest, errand: Errand, *, begun: bool) -> Json:
    """Change a contest. The errand's subject is its id and the version that is shown."""
    if begun:
        since = in_words(contest.start_date, contest.time_zone)
        told = (
            f"It runs since {since}: what counts and the start stay. The end can move back, and "
            "the prize can become more."
        )
        fields = [rich(section(said(told))), *_about(draft, metric=False)]
    else:
        fields = [*_about(draft), *_start(draft)]
    return modal(
        "Edit contest",
        [*fields, *_rest(draft, zone, contest.currency)],
        callback_id=EDIT,
        submit="Save",
        metadata=errand.packed(),
    )


def cancel(contest: Contest, errand: Errand, *, begun: bool, reason: str = "") -> Json:
    """Ask for the reason before a contest is called off."""
    hint = "Nobody was told of this contest yet, so nobody is mailed."
    if begun:
        hint = "Mailed to those who have brought something, and kept."
    about = rich(section(words(contest.name, NAME_MAX, bold=True), said(" ends without a winner.")))
    return modal(
        "Call off contest",
        [about, *reason_blocks(hint, CANCEL_REASONS, reason, asks=ASKS_CANCEL)],
        callback_id=CANCEL,
        submit="Call off",
        metadata=errand.packed(),
    )


def disqualify(view: View, errand: Errand, reason: str = "") -> Json:
    """Ask whom to take out of a contest, and why. Whoever is first stands there already."""
    leader = view.standings.leader
    field: Json = {
        "type": "plain_text_input",
        "action_id": "who",
        "max_length": 100,
        "placeholder": plain("JARED30"),
    }
    if leader:
        field["initial_value"] = clean(leader.affiliate.promo_code, 100)
    told = ": they go out of this contest. They stay in the program, and are not mailed."
    hint = "Kept in the audit log. Their dashboard says that they are out, and not why."
    return modal(
        "Disqualify",
        [
            rich(section(words(view.contest.name, NAME_MAX, bold=True), said(told))),
            asked("Promo code", field, block_id="who", hint="Or their public id."),
            *reason_blocks(hint, OUT_REASONS, reason, asks=ASKS_OUT),
        ],
        callback_id=DISQUALIFY,
        submit="Disqualify",
        metadata=errand.packed(),
    )


def confirm(view: View, errand: Errand) -> Json:
    """Show once more who wins what. The errand's subject is the contest and the winner."""
    leader, contest = view.standings.leader, view.contest
    if leader is None:
        return close(view, errand)
    winner = leader.affiliate
    lines = [
        section(words(name_of(winner), 150, bold=True), said(" · "), words(winner.promo_code, 60)),
        section(said("Brought: "), said(brought_by(contest, leader))),
        section(said("Prize: "), words(prize_line(contest), 400)),
    ]
    cents = contest.prize_amount_cents
    money_goes = "No money is moved: the prize is yours to hand over."
    if cents:
        amount = money(cents, contest.currency)
        money_goes = f"{amount} go into their balance at once, free to be paid out."
    told = (
        f"{money_goes} They are mailed, and the others who took part are told. The standings stay "
        "as they are then. This can not be undone."
    )
    blocks = [rich(bullets(*lines)), *flag_lines(view), rich(section(said(told)))]
    return modal(
        "Confirm winner",
        blocks,
        callback_id=CONFIRM,
        submit="Confirm winner",
        metadata=errand.packed(),
    )


def close(view: View, errand: Errand, reason: str = "") -> Json:
    """Ask for the reason before a contest ends without a winner."""
    about = [words(view.contest.name, NAME_MAX, bold=True), said(" ends without a winner.")]
    blocks = [rich(section(*about))]
    leader = view.standings.leader
    if leader:
        told = f"{name_of(leader.affiliate)} is first, with {brought_by(view.contest, leader)}."
        blocks.append(rich(section(sign(good=False), said(" ")), quote(words(told, 300))))
    hint = "Kept. Those who took part are mailed that there is no winner, and not why."
    return modal(
        "No winner",
        [*blocks, *reason_blocks(hint, CLOSE_REASONS, reason, asks=ASKS_CLOSE)],
        callback_id=CLOSE,
        submit="No winner",
        metadata=errand.packed(),
    )


def _about(draft: Draft, *, metric: bool = True) -> list[Json]:
    blocks = [input_block("Name", _text("name", draft.name, NAME_MAX, "Winter race"))]
    if metric:
        options = [_option(name, text) for name, text in METRICS.items()]
        hint = "Referrals and earnings of what was paid while it runs, less refunds."
        blocks.append(input_block("What counts", _menu("metric", options, draft.metric), hint=hint))
    return blocks


def _start(draft: Draft) -> list[Json]:
    tick: Json = {
        "type": "checkboxes",
        "action_id": "start",
        "options": [_option(NOW, "Start now")],
    }
    if draft.start == NOW:
        tick["initial_options"] = tick["options"]
    return [
        input_block("Start now", tick, optional=True, hint="Then the start below does not matter."),
        input_block("Starts on", _day("start_date", draft.start_date), optional=True),
        input_block("Starts at", _time("start_time", draft.start_time), optional=True),
    ]


def _rest(draft: Draft, zone: str, currency: str) -> list[Json]:
    names = list(dict.fromkeys([*ZONES, *filter(None, (zone, draft.time_zone))]))
    return [
        input_block("Ends on", _day("end_date", draft.end_date)),
        input_block("Ends at", _time("end_time", draft.end_time)),
        input_block(
            "Time zone",
            _menu("time_zone", [_option(name, name) for name in names], draft.time_zone or zone),
            hint="Whose clocks the days and times above are on.",
        ),
        input_block(
            "Prize in words",
            _text("prize_description", draft.prize_description, PRIZE_MAX, "$500 and a badge"),
        ),
        input_block(
            "Prize as money",
            _text("prize_amount_cents", draft.prize_amount_cents, 20, "500"),
            optional=True,
            hint=f"In {currency.upper()}, such as 500. Goes into the winner's balance when you "
            "confirm them. Empty: nothing is paid by itself.",
        ),
        input_block(
            "Description",
            _text("description", draft.description, DESCRIPTION_MAX, "…") | {"multiline": True},
            optional=True,
            hint="Shown to affiliates, and in the mail when it begins.",
        ),
    ]


def _text(name: str, value: str, longest: int, example: str) -> Json:
    field: Json = {
        "type": "plain_text_input",
        "action_id": name,
        "max_length": longest,
        "placeholder": plain(example),
    }
    value = clean(value, longest, lines=True)
    return field | ({"initial_value": value} if value else {})


def _day(name: str, value: str) -> Json:
    return {"type": "datepicker", "action_id": name} | ({"initial_date": value} if value else {})


def _time(name: str, value: str) -> Json:
    return {"type": "timepicker", "action_id": name} | ({"initial_time": value} if value else {})


def _menu(name: str, options: list[Json], chosen: str) -> Json:
    initial = next((each for each in options if each["value"] == chosen), options[0])
    return {
        "type": "static_select",
        "action_id": name,
        "options": options,
        "initial_option": initial,
    }


def _option(value: str, text: str) -> Json:
    return {"text": plain(text, 75), "value": value}
