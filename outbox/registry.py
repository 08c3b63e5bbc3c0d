"""Which function carries out which effect. A new effect is one function and one test."""

from collections.abc import Awaitable, Callable

from outbox.services import Services
from storage.outbox import Effect
from storage.worker import Job

Runner = Callable[[Job[Effect], Services], Awaitable[None]]

RUNNERS: dict[str, Runner] = {}


def effect(kind: str) -> Callable[[Runner], Runner]:
    """Have the function below carry out effects of this kind.

    It may be run again after a crash at any point, so what it asks of the outside is either
    safe to repeat or looked for before it is repeated.
    """

    def register(run: Runner) -> Runner:
        if kind in RUNNERS:
            raise ValueError(f"{kind} is carried out already")
        RUNNERS[kind] = run
        return run

    return register
