"""A referral link followed: the click on disk, and only then the way to the product."""

from bench.figures import Figure
from bench.lab import Lab


async def measure(lab: Lab) -> list[Figure]:
    """Redirects a second on both databases, beside a bare 302."""
    async with lab.serving("-m", "bench.servers", "bare") as port:
        bare = await lab.load(port, "clicks", lab.count(60_000))
    figures = []
    for name, url in (
        ("SQLite, synchronous=FULL", lab.sqlite()),
        ("PostgreSQL", await lab.postgresql()),
    ):
        async with lab.serving(
            "-m", "bench.servers", "product", environment={"DATABASE_URL": url}
        ) as port:
            ours = await lab.load(port, "clicks", lab.count(40_000))
        figures.append(
            Figure(
                work=f"Redirect with a durable click, {name}",
                ours=f"{ours.per_second:,.0f}/s",
                floor=f"{bare.per_second:,.0f}/s",
                share=ours.per_second / bare.per_second,
                owed=0.5,
                note=f"slowest in a hundred {ours.p99_ms:.1f} ms; rollups in the same transaction",
            )
        )
    return figures
