"""A signed webhook: verified, told apart from repeats, on disk, and only then acknowledged."""

from statistics import median

from bench.figures import Figure
from bench.lab import Lab
from bench.load import Loaded

_P99_MS = 20.0
_BUSY = 0.9
"""A load that computes longer than this part of the time is what limits the figure."""
_NO_COMPILER = "not measured: without a C compiler no sync here can be made longer"


async def measure(lab: Lab) -> list[Figure]:
    """Acknowledgements a second on both databases, beside a handler that keeps nothing."""
    urls = {"SQLite, synchronous=FULL": lab.sqlite(), "PostgreSQL": await lab.postgresql()}
    bare, natural = [], []
    kept: dict[str, list[Loaded]] = {name: [] for name in urls}
    for turn in range(lab.rounds):
        lab.say(f"webhooks, round {turn + 1} of {lab.rounds}")
        bare.append(await loaded(lab, "bare", urls["PostgreSQL"], 40_000))
        for name, url in urls.items():
            kept[name].append(await loaded(lab, "product", url, 40_000))
        natural.append(await loaded(lab, "natural", lab.sqlite(), 3_000))
    figures = []
    for (name, ours), owed in zip(kept.items(), (0.30, 0.45), strict=True):
        figures.append(_beside(f"Durable webhook, {name}", ours, bare, owed))
        if "SQLite" in name:
            p99 = median(one.p99_ms for one in ours)
            figures.append(
                Figure(
                    work=f"… its slowest in a hundred, {name}",
                    ours=f"{p99:.1f} ms",
                    floor=f"{median(one.p99_ms for one in bare):.1f} ms",
                    share=p99,
                    owed=_P99_MS,
                    at_most=True,
                    note=f"{median(one.p50_ms for one in ours):.1f} ms in the middle; "
                    "64 connections",
                )
            )
    figures.append(
        Figure(
            work="… the library's parser and a commit an event, SQLite",
            ours=_rate(natural),
            floor=_rate(bare),
            share=None,
            owed=0,
            note="what one would write first, for comparison",
        )
    )
    return figures + [await _on_slow_disk(lab, name) for name in ("SQLite", "PostgreSQL")]


async def _on_slow_disk(lab: Lab, name: str) -> Figure:
    """Ours over a commit an event where each sync takes 1 ms longer."""
    work = f"Durable webhook where each sync takes 1 ms longer, {name}"
    disk = lab.slow_disk()
    if disk is None:
        return Figure(work=work, ours="-", floor="-", share=None, owed=10, note=_NO_COMPILER)
    ours, natural = [], []
    for turn in range(lab.rounds):
        lab.say(f"slow disk, {name}, round {turn + 1} of {lab.rounds}")
        if name == "SQLite":
            urls, environment = (lab.sqlite(), lab.sqlite()), disk
        else:
            urls = (await lab.postgresql(slow=True), await lab.postgresql(slow=True))
            environment = {}
        ours.append(await loaded(lab, "product", urls[0], 20_000, environment))
        natural.append(await loaded(lab, "natural", urls[1], 1_500, environment))
    share = median(one.per_second for one in ours) / median(one.per_second for one in natural)
    return Figure(
        work=work,
        ours=_rate(ours),
        floor=f"{_rate(natural)} with a commit an event",
        share=share,
        owed=10,
        note="the commit an event is that of the natural code, 64 connections",
    )


async def loaded(
    lab: Lab, server: str, url: str, count: int, environment: dict[str, str] | None = None
) -> Loaded:
    """What a server of ours came to under so many webhooks."""
    given = {"DATABASE_URL": url} | (environment or {})
    async with lab.serving("-m", "bench.servers", server, environment=given) as port:
        return await lab.load(port, "webhooks", lab.count(count), warm_up=min(2000, count // 10))


def _rate(runs: list[Loaded]) -> str:
    return f"{median(one.per_second for one in runs):,.0f}/s"


def _beside(work: str, ours: list[Loaded], bare: list[Loaded], owed: float) -> Figure:
    limit = "; the load itself was the limit" if max(one.busy for one in bare) > _BUSY else ""
    statuses = {
        status: sum(one.statuses.get(status, 0) for one in ours)
        for one in ours
        for status in one.statuses
    }
    return Figure(
        work=work,
        ours=_rate(ours),
        floor=_rate(bare),
        share=median(
            mine.per_second / floor.per_second for mine, floor in zip(ours, bare, strict=True)
        ),
        owed=owed,
        note=f"answers {statuses}{limit}",
    )
