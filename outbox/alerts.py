"""An alert in the operators' channel, and that it is over."""

from uuid import UUID

from bot.cards.alerts import alert_card
from domain import effects
from outbox.registry import effect
from outbox.services import Services
from outbox.slack import show_card
from storage import alerts, cards
from storage.outbox import Effect
from storage.worker import Job


@effect(effects.ALERT_CARD)
async def show_alert(job: Job[Effect], services: Services) -> None:
    """Post an alert, or bring the posted one up to date."""
    subject = UUID(job.row.payload["alert"])
    async with services.db.read() as session:
        alert = await alerts.get(session, subject)
    if alert is None:
        return  # it was raised by the server that this database was moved from
    await show_card(
        job,
        services,
        alert_card(alert),
        kind=cards.ALERT,
        subject=subject,
        since=alert.raised_at,
    )
