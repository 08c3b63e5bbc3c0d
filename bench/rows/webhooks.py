"""A signed webhook: verified, told apart from repeats, on disk, and only then acknowledged."""

from bench.figures import Figure
from bench.lab import Lab
from bench.load import Loaded

_P99_MS = 20.0
_BUSY = 0.9
"""A load that computes longer than this part of the time is what limits the figure."""


async def measure(lab: Lab) -> list[Figure]:
    """Acknowledgements a second on both databases, beside a handler that keeps nothing."""
    async with lab.serving("-m", "bench.servers", "bare") as port:
        bare = await lab.load(port, "webhooks", lab.count(40_000))
    figures = []
    for name, url, owed in (
        ("SQLite, synchronous=FULL", lab.sqlite(), 0.30),
        ("PostgreSQL", await lab.postgresql(), 0.45),
    ):
        kept = await _product(lab, url)
        figures.append(_beside(f"Durable webhook, {name}", kept, bare, owed))
        if "SQLite" in name:
            figures.append(
                Figure(
                    work=f"… its slowest in a hundred, {name}",
                    ours=f"{kept.p99_ms:.1f} ms",
                    floor=f"{bare.p99_ms:.1f} ms",
                    share=kept.p99_ms,
                    owed=_P99_MS,
                    at_most=True,
                    note=f"{kept.p50_ms:.1f} ms in the middle; 64 connections",
                )
            )
    async with lab.serving(
        "-m", "bench.servers", "natural", environment={"DATABASE_URL": lab.sqlite()}
    ) as port:
        natural = await lab.load(port, "webhooks", lab.count(5_000))
    kept_over = f"{natural.per_second:,.0f}/s"
    figures.append(
        Figure(
            work="… the library's parser and a commit an event, SQLite",
            ours=kept_over,
            floor=f"{bare.per_second:,.0f}/s",
            share=None,
            owed=0,
            note="what one would write first, for comparison",
        )
    )
    return figures


async def _product(lab: Lab, url: str) -> Loaded:
    async with lab.serving(
        "-m", "bench.servers", "product", environment={"DATABASE_URL": url}
    ) as port:
        return await lab.load(port, "webhooks", lab.count(40_000))


def _beside(work: str, ours: Loaded, bare: Loaded, owed: float) -> Figure:
    limit = "; the load itself was the limit" if bare.busy > _BUSY else ""
    return Figure(
        work=work,
        ours=f"{ours.per_second:,.0f}/s",
        floor=f"{bare.per_second:,.0f}/s",
        share=ours.per_second / bare.per_second,
        owed=owed,
        note=f"answers {ours.statuses}{limit}",
    )
