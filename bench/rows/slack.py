"""How long Slack waits for an answer to a command while webhooks come in as fast as they are taken.

Slack shows operators an error after three seconds.
"""

import asyncio
import time
from statistics import quantiles
from typing import Final
from urllib.parse import urlencode

import aiohttp
from slack_sdk.signature import SignatureVerifier

import clock
from bench.figures import Figure
from bench.lab import Lab

_SECRET: Final = "a-signing-secret-of-the-bench"  # noqa: S105 - of the bench alone
_EVERY_S: Final = 0.02
_OWED_MS: Final = 300
_COMMAND: Final = {
    "command": "/affiliate",
    "text": "help",
    "user_id": "U0BENCH",
    "user_name": "bench",
    "channel_id": "C0BENCH",
    "team_id": "T0BENCH",
    "trigger_id": "1.1",
}


async def measure(lab: Lab) -> list[Figure]:
    """The wait of one command in a hundred, on both databases."""
    return [
        await _flooded(lab, name, url)
        for name, url in (("SQLite", lab.sqlite()), ("PostgreSQL", await lab.postgresql()))
    ]


async def _flooded(lab: Lab, name: str, url: str) -> Figure:
    lab.say(f"Slack during a flood, {name}")
    async with lab.serving("-m", "bench.servers", "slack", beside=True) as slack:
        environment = {
            "DATABASE_URL": url,
            "SLACK_BOT_TOKEN": "xoxb-bench",
            "SLACK_SIGNING_SECRET": _SECRET,
            "SLACK_CHANNEL": "C0BENCH",
            "SLACK_REVIEWERS": "U0BENCH",
            "SLACK_API_URL": f"http://127.0.0.1:{slack}/api/",
        }
        async with (
            lab.serving("-m", "bench.servers", "product", environment=environment) as port,
            aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client,
        ):
            for _ in range(20):
                await _ask(client, slack)
            quiet = [await _ask(client, slack) for _ in range(100)]
            waits: list[float] = []
            flood = asyncio.create_task(lab.load(port, "webhooks", lab.count(60_000), warm_up=0))
            while not flood.done():
                waits.append(await _ask(client, slack))
                await asyncio.sleep(_EVERY_S)
            loaded = await flood
    p99, quiet_p99 = _slow(waits), _slow(quiet)
    return Figure(
        work=f"Slack answered during a flood of webhooks, {name}",
        ours=f"{p99:.0f} ms",
        floor=f"{quiet_p99:.0f} ms without",
        share=p99,
        owed=_OWED_MS,
        at_most=True,
        note=f"slowest in a hundred of {len(waits)}, beside {loaded.per_second:,.0f} webhooks/s",
    )


def _slow(waits: list[float]) -> float:
    """The slowest in a hundred, in ms."""
    return 1000 * quantiles(waits, n=100)[98]


async def _ask(client: aiohttp.ClientSession, slack: int) -> float:
    command = _COMMAND | {"response_url": f"http://127.0.0.1:{slack}/response"}
    body, at = urlencode(command), str(int(clock.timestamp()))
    signature = SignatureVerifier(_SECRET).generate_signature(timestamp=at, body=body)
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": at,
        "X-Slack-Signature": signature or "",
    }
    begun = time.perf_counter()
    async with client.post("/slack/events", data=body, headers=headers) as answer:
        await answer.read()
        if not answer.ok:
            raise RuntimeError(f"a command was answered with {answer.status}")
    return time.perf_counter() - begun
