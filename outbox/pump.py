"""The pump: carries out what the domain asked of the outside, each effect by itself."""

from collections.abc import Collection
from typing import Final

from sqlalchemy import ColumnElement
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import effects
from outbox.runners import RUNNERS
from outbox.services import Services
from storage import outbox as rows
from storage.outbox import Effect
from storage.worker import GRACE_S, Job, Shares, TryLaterError, Worker
from webhooks.outages import outlasted

_NEWER_S: Final = 5.0


CONCURRENCY: Final = 16
_A_SERVICE: Final = 4
"""Effects that are under way at the same time, in all and at one service: where some are silent,
the others are not kept waiting."""
_SERVICES: Final = {
    "card": "Slack",
    "note": "Slack",
    "file": "Slack",
    "directory": "Clerk",
    "promotion_code": "Stripe",
    "transfer": "Stripe",
    "customer": "Stripe",
    "mail": "mail",
    "network": "networks",
    "promo": "PassivePost",
}
"""Whom an effect waits for, by the first word of its kind. Those not named wait for nobody."""


def service_of(kind: str) -> str:
    """Whom effects of a kind wait for."""
    return _SERVICES.get(kind.partition(".")[0], "")


def _without(services: Collection[str]) -> ColumnElement[bool]:
    return col(Effect.kind).not_in([kind for kind in RUNNERS if service_of(kind) in services])


_SHARES: Final = Shares[Effect](lambda effect: service_of(effect.kind), _without, _A_SERVICE)


class Pump:
    """A worker on the outbox. Several processes may each run one."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._worker = Worker(
            services.db,
            Effect,
            self._run,
            _tell_parked,
            rows.heads_its_lane(),
            topic=rows.TOPIC,
            born="asked_at",
            concurrency=CONCURRENCY,
            shares=_SHARES,
        )

    async def start(self) -> None:
        """Begin to carry out effects."""
        await self._worker.start()

    async def stop(self, grace: float = GRACE_S) -> None:
        """Take nothing new, finish what was begun, give back what takes longer than `grace` s."""
        await self._worker.stop(grace)

    async def _run(self, job: Job[Effect]) -> None:
        runner = RUNNERS.get(job.row.kind)
        if runner is None:
            # A server of the next release asked for it, and is about to take over.
            sentence = f"Nothing here knows how to carry out {job.row.kind}."
            raise TryLaterError(sentence, _NEWER_S)
        with outlasted():
            await runner(job, self._services)


async def _tell_parked(session: AsyncSession, effect: Effect, error: str) -> None:
    if effect.kind == effects.NOTICE:
        return  # a notice about a notice that could not be posted would go the same way
    what = effects.in_words(effect.kind, effect.payload)
    await effects.tell_operators(
        session, f"This could not be done and waits for you: {what}. {error} See /affiliate health."
    )
