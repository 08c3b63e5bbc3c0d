"""The API against its own document: every operation, with data that schemathesis makes up.

`SCHEMATHESIS_EXAMPLES=200 SCHEMATHESIS_SEED=1 pytest tests/test_schemathesis.py` runs longer than
`make test` does; `SCHEMATHESIS_PHASES=stateful` runs a part of it.
"""

import asyncio
import json
import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import pytest
from limits import RateLimitItemPerHour

import clock
from dashboard.api import keys
from domain import api_keys, sessions
from domain.api_keys import Scope
from domain.audit import SYSTEM
from storage.affiliates import Affiliate
from tests.asset_builders import make
from tests.builders import facts, join, later, settle
from tests.code_builders import some_code
from tests.contest_builders import make_contest
from tests.payout_builders import ask, earn
from tests.standing import free_port, standing_in
from tests.whole import ADMIN, PRODUCT, Whole, running, whole_settings

EXAMPLES: Final = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "6"))
PHASES: Final = os.environ.get("SCHEMATHESIS_PHASES", "examples,coverage,fuzzing,stateful")
SEED: Final = int(os.environ.get("SCHEMATHESIS_SEED", "20261101"))
UNASKED: Final = (
    # What fits the schema may still be refused: there is no such affiliate, a code is taken.
    "positive_data_acceptance",
)
IDS_TOO: Final = ("/api/admin/discount-codes/batches", "/api/admin/cases/violations")
"""Paths whose last word could be an id, too: asked so, they are not found, rather than 405."""


async def test_every_operation_does_as_its_document_says(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No failure, no answer that is not declared, nothing taken that the schema forbids."""
    monkeypatch.setattr(keys, "REQUESTS_PER_AFFILIATE", RateLimitItemPerHour(10**6, 1, "api"))
    async with standing_in(free_port()) as stand_ins:
        stripe = {
            name: value
            for name, value in stand_ins.settings().items()
            if name in {"stripe_api_key", "stripe_api_url"}
        }
        async with running(whole_settings(sqlite_url, **stripe)) as whole:
            config = tmp_path / "schemathesis.toml"
            config.write_text(await _settings(whole))
            status, said = await _run(config, str(whole.client.make_url("")))
    assert status == 0, said[-20_000:]


async def _settings(whole: Whole) -> str:
    """A program with an affiliate, a sale and a code, and everybody's proofs, for schemathesis."""
    affiliate = await join(whole.db)
    await settle(whole.db, facts(), later(facts(), refunded=500))
    await some_code(whole.db)
    async with whole.db.transaction() as session:
        token = await sessions.open_for(session, "jared@example.com", "Firefox", "link")
        _, key = await api_keys.make(session, affiliate.id, "All", list(Scope), SYSTEM)
    proofs = {
        "operatorToken": ("bearer", ADMIN),
        "productToken": ("bearer", PRODUCT),
        "affiliateKey": ("bearer", key),
        "affiliateSession": ("api_key", token),
    }
    lines = [f"[parameters]\ninvoice_id = {json.dumps(facts().invoice_id)}\n"]
    lines += [
        f"[auth.openapi.{name}]\n{kind} = {json.dumps(secret)}\n"
        for name, (kind, secret) in proofs.items()
    ]
    lines += [
        f"[[operations]]\ninclude-path-regex = {json.dumps(path)}\n"
        f"parameters = {{ id = {json.dumps(str(of_one))} }}\n"
        for path, of_one in (await _things(whole, affiliate)).items()
    ]
    lines += [
        f"[[operations]]\ninclude-path = {json.dumps(path)}\n"
        "checks.unsupported_method.enabled = false\n"
        "checks.allow_header_conformance.enabled = false\n"
        for path in IDS_TOO
    ]
    return "".join(lines)


async def _things(whole: Whole, affiliate: Affiliate) -> dict[str, UUID]:
    """Something at each address that no other operation makes, by the address."""
    await earn(whole.db, affiliate.id, 50_000)
    payout = await ask(whole.db, affiliate)
    ahead = {"start_date": None, "end_date": clock.now() + timedelta(days=30)}
    return {
        r"^/api/admin/payouts/\{id\}": payout.id,
        r"^/api/admin/contests/\{id\}": (await make_contest(whole.db, **ahead)).id,
        r"^/api/admin/assets/\{id\}": (await make(whole.db)).id,
    }


async def _run(config: Path, url: str) -> tuple[int, str]:
    """The status with which it ends, and what it says."""
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("schemathesis")),
        f"--config-file={config}",
        "run",
        f"{url.rstrip('/')}/api/openapi.json",
        f"--url={url}",
        f"--phases={PHASES}",
        f"--exclude-checks={','.join(UNASKED)}",
        f"--max-examples={EXAMPLES}",
        f"--seed={SEED}",
        "--continue-on-failure",
        "--request-timeout=20",
        cwd=config.parent,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()
