"""The pump: carries out what the domain asked of the outside, each effect by itself."""

from sqlmodel.ext.asyncio.session import AsyncSession

from domain import effects
from outbox.runners import RUNNERS
from outbox.services import Services
from storage import outbox as rows
from storage.outbox import Effect
from storage.worker import GiveUpError, Job, Worker
from webhooks.outages import outlasted


class Pump:
    """A worker on the outbox. Several processes may each run one."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._worker = Worker(
            services.db, Effect, self._run, _tell_parked, rows.heads_its_lane(), topic=rows.TOPIC
        )

    async def start(self) -> None:
        """Begin to carry out effects."""
        await self._worker.start()

    async def stop(self) -> None:
        """Finish what was begun, and take nothing new."""
        await self._worker.stop()

    async def _run(self, job: Job[Effect]) -> None:
        runner = RUNNERS.get(job.row.kind)
        if runner is None:
            raise GiveUpError(f"Nothing here knows how to carry out {job.row.kind}.")
        with outlasted():
            await runner(job, self._services)


async def _tell_parked(session: AsyncSession, effect: Effect, error: str) -> None:
    if effect.kind == effects.NOTICE:
        return  # a notice about a notice that could not be posted would go the same way
    what = effects.in_words(effect.kind, effect.payload)
    await effects.tell_operators(
        session, f"This could not be done and waits for you: {what}. {error} See /affiliate health."
    )
