"""The state of things: what is stuck, with a way to try it again, and what is not connected."""

from bot.cards.blocks import (
    Json,
    Message,
    actions,
    button,
    escaped,
    header,
    rich,
    said,
    section,
    sign,
    when,
    words,
)
from bot.health import Health, Parked
from domain.alerts import TITLES, kind_of
from storage.alerts import Alert

SHOWN_MAX = 10


def health_card(health: Health) -> Message:
    """The answer to `/affiliate health`."""
    return escaped(headline(health)), [header("Health"), *health_blocks(health)]


def headline(health: Health) -> str:
    """All of it in one sentence."""
    if not health.parked:
        if health.alerts:
            return "Nothing has failed for good, but not all is well."
        return "All is well: nothing is stuck."
    if len(health.parked) == 1:
        return "1 thing has failed and waits for you."
    return f"{len(health.parked)} things have failed and wait for you."


def health_blocks(health: Health) -> list[Json]:
    """The sentence, what is stuck, and what is not connected."""
    pieces = [
        sign(good=not health.parked and not health.alerts),
        said(f" {headline(health)}", bold=True),
    ]
    if health.waiting:
        tasks = "task is" if health.waiting == 1 else "tasks are"
        pieces.append(said(f" {health.waiting} {tasks} under way."))
    blocks = [rich(section(*pieces))]
    blocks += [_alert(alert) for alert in health.alerts[:SHOWN_MAX]]
    for parked in health.parked[:SHOWN_MAX]:
        blocks += [_line(parked), actions(button("Replay", "health.replay", parked.name))]
    if len(health.parked) > SHOWN_MAX:
        blocks.append(rich(section(said(f"… and {len(health.parked) - SHOWN_MAX} more."))))
    if health.missing:
        missing = ", ".join(health.missing)
        blocks.append(rich(section(said("Not connected: ", bold=True), words(missing))))
    return blocks


def _alert(alert: Alert) -> Json:
    title = TITLES[kind_of(alert.name)]
    since = [said(" · "), when(alert.raised_at), said("\n")]
    return rich(section(words(title, bold=True), *since, words(alert.problem, 400)))


def _line(parked: Parked) -> Json:
    since = [said(" · "), when(parked.parked_at)] if parked.parked_at else []
    reason = words(parked.error or "No reason was kept.", 400)
    return rich(
        section(
            words(parked.what[:1].upper() + parked.what[1:], bold=True), *since, said("\n"), reason
        )
    )
