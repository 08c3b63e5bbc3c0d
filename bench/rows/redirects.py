"""A referral link followed: the click on disk, and only then the way to the product."""

from statistics import median

from bench.figures import Figure
from bench.lab import Lab
from bench.load import Loaded


async def measure(lab: Lab) -> list[Figure]:
    """Redirects a second on both databases, beside a bare 302."""
    urls = {"SQLite, synchronous=FULL": lab.sqlite(), "PostgreSQL": await lab.postgresql()}
    bare: list[Loaded] = []
    kept: dict[str, list[Loaded]] = {name: [] for name in urls}
    for turn in range(lab.rounds):
        lab.say(f"redirects, round {turn + 1} of {lab.rounds}")
        bare.append(await _loaded(lab, "bare", urls["PostgreSQL"]))
        for name, url in urls.items():
            kept[name].append(await _loaded(lab, "product", url))
    floor = f"{median(one.per_second for one in bare):,.0f}/s"
    return [
        Figure(
            work=f"Redirect with a durable click, {name}",
            ours=f"{median(one.per_second for one in ours):,.0f}/s",
            floor=floor,
            share=median(
                mine.per_second / least.per_second for mine, least in zip(ours, bare, strict=True)
            ),
            owed=0.5,
            note=f"slowest in a hundred {median(one.p99_ms for one in ours):.1f} ms; "
            "rollups in the same transaction",
        )
        for name, ours in kept.items()
    ]


async def _loaded(lab: Lab, server: str, url: str) -> Loaded:
    environment = {"DATABASE_URL": url}
    async with lab.serving("-m", "bench.servers", server, environment=environment) as port:
        return await lab.load(port, "clicks", lab.count(40_000))
