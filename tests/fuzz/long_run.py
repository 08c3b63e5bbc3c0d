"""The long hunt: `python -m tests.fuzz --inputs 1000000 --seed 1`, all targets by their shares.

Each batch has a world and a seed of its own, so what is found is found again by
`python -m tests.fuzz --target NAME --seed N --inputs M`, as the report says.
"""

import argparse
import logging
import multiprocessing
import os
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

import logs
from tests.fuzz.hunting import hunt
from tests.fuzz.targets import TARGETS
from tests.fuzz.watch import peak_mb

BATCH: Final = 1000
_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - the databases are thrown away; spare the disk
_SHOWN: Final = 6_000


@dataclass(frozen=True, slots=True)
class Batch:
    """So many inputs for one target."""

    target: str
    inputs: int
    seed: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a batch; `found` is empty where nothing broke."""

    batch: Batch
    tried: int
    cpu_s: float
    peak_mb: int
    found: str


def batches(inputs: int, seed: int, names: Sequence[str]) -> Iterator[Batch]:
    """All batches, the targets in turn, so that a run that is cut short has seen them all."""
    wanted = [target for target in TARGETS if target.name in names]
    shares = sum(target.share for target in wanted)
    left = {target.name: max(1, inputs * target.share // shares) for target in wanted}
    while any(left.values()):
        for name in [name for name, count in left.items() if count]:
            some = min(BATCH, left[name])
            left[name] -= some
            yield Batch(name, some, seed)
        seed += 1


def try_batch(batch: Batch) -> Outcome:
    """Hunt, and say what came of it instead of raising."""
    logs.configure(level=logging.ERROR)
    (target,) = [each for each in TARGETS if each.name == batch.target]
    tried, begun, found = Counter[str](), process_time(), ""
    parent = str(_MEMORY) if _MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="fuzz-", dir=parent) as folder:
        try:
            hunt(
                target,
                Path(folder),
                inputs=batch.inputs,
                seed=batch.seed,
                each=lambda: tried.update(("",)),
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what we look for
            found = _told(error)
    return Outcome(batch, tried[""], process_time() - begun, peak_mb(), found)


def _told(error: BaseException) -> str:
    """What broke, and below that what lay under it."""
    lines: list[str] = []
    cause: BaseException | None = error
    while cause is not None:
        notes = "\n".join(getattr(cause, "__notes__", ()))
        lines.append(f"{type(cause).__name__}: {str(cause)[:3000]}\n{_place(cause)}\n{notes}")
        cause = cause.__cause__ or cause.__context__
    return "\n".join(lines)[:_SHOWN]


def _place(error: BaseException) -> str:
    """Where it was raised, the innermost last."""
    places = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"  {code.co_filename}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return "\n".join(places[-8:])


def main() -> int:
    """Hunt; 1 where something was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=max(1, (os.cpu_count() or 1) - 1))
    names = [target.name for target in TARGETS]
    parser.add_argument("--target", action="append", choices=names, help="several may be named")
    asked = parser.parse_args()
    todo = list(batches(asked.inputs, asked.seed, asked.target or names))
    console = Console()
    outcomes: list[Outcome] = []
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
    )
    # A process for every few batches: what one leaves behind is not in the way of the next.
    pool = ProcessPoolExecutor(
        asked.jobs, multiprocessing.get_context("spawn"), max_tasks_per_child=8
    )
    with progress, pool:
        bar = progress.add_task("inputs", total=sum(batch.inputs for batch in todo))
        try:
            for done in as_completed([pool.submit(try_batch, batch) for batch in todo]):
                outcomes.append(done.result())
                progress.advance(bar, outcomes[-1].batch.inputs)
                if outcomes[-1].found:
                    _tell(progress.console, outcomes[-1])
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
    console.print(_summary(outcomes))
    return 1 if any(outcome.found for outcome in outcomes) else 0


def _tell(console: Console, outcome: Outcome) -> None:
    batch = outcome.batch
    again = f"--target {batch.target} --seed {batch.seed} --inputs {batch.inputs}"
    console.print(f"\n=== {again}", highlight=False, markup=False)
    console.print(outcome.found, highlight=False, markup=False, soft_wrap=True)


def _summary(outcomes: Sequence[Outcome]) -> Table:
    table = Table("target", "inputs", "ms each", "peak MB", "batches that broke")
    by_target: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_target[outcome.batch.target].append(outcome)
    for name, of_it in by_target.items():
        tried = sum(outcome.tried for outcome in of_it)
        each = 1000 * sum(outcome.cpu_s for outcome in of_it) / max(1, tried)
        peak = max(outcome.peak_mb for outcome in of_it)
        broke = sum(bool(outcome.found) for outcome in of_it)
        table.add_row(name, f"{tried:,}", f"{each:.2f}", str(peak), str(broke))
    table.add_row("all", f"{sum(outcome.tried for outcome in outcomes):,}", "", "", "")
    return table
