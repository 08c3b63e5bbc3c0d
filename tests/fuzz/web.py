"""Every address of the server, whoever asks: strangers, an affiliate, an operator, a program.

The routes are the application's own, so a new one is tried without being named; the names of
fields are those that the source and the templates of the dashboard read anywhere.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch
from urllib.parse import quote, urlencode
from uuid import UUID

import sqlalchemy as sa
from hypothesis import strategies as st

import clock
from dashboard import csrf
from dashboard.limits import Limits
from dashboard.quotas import Quota
from domain import api_keys, sessions
from domain.api_keys import Scope
from domain.audit import SYSTEM
from storage.db import Database
from storage.tables import METADATA
from tests.builders import apply, facts, join, later, settle
from tests.code_builders import some_code
from tests.contest_builders import make_contest
from tests.fuzz.hunting import Trial
from tests.fuzz.wild import ODD, changed, changes, encoded, one_of, texts, values
from tests.fuzz.worlds import database, opening, require, require_books
from tests.payout_builders import ask
from tests.standing import free_port, standing_in
from tests.test_routes import class_of
from tests.whole import ADMIN, PRODUCT, Whole, running, whole_settings

ANSWER_MAX: Final = 8 * 2**20
_SOURCE: Final = Path("dashboard")
_NAMES: Final = re.compile(r"""(?:name="|\.get\("|query\["|form\[")([a-z_][a-z_0-9-]{0,40})\"""")
_ROUTE_PART: Final = re.compile(r"\{(\w+)\}")
"""A segment of a route that takes what it gets."""


@dataclass(frozen=True)
class Asked:
    """One request: a route's number, and all that stands in it."""

    route: int
    proof: int
    parts: Sequence[str]
    query: Sequence[tuple[str, str]]
    headers: Sequence[tuple[str, str]]
    form: Sequence[tuple[str, str]] | None
    body: bytes
    content_type: str
    odd_path: str


@dataclass
class Door:
    """A server, and the proofs that each sort of caller has."""

    whole: Whole
    routes: list[tuple[str, str]]
    cookie: str
    token: str
    key: str
    host: str
    port: int

    def request(self, asked: Asked) -> bytes:
        """The bytes of a request."""
        method, path = self.routes[asked.route % len(self.routes)]
        parts = iter([*asked.parts, *["x"] * 4])
        path = asked.odd_path or _ROUTE_PART.sub(
            lambda _: quote(next(parts), errors="surrogatepass", safe="-._~@"), path
        )
        lines = [
            f"Host: {self.host}:{self.port}",
            "Connection: close",
            *self._proofs(asked, method),
        ]
        body, kind = asked.body, asked.content_type
        if asked.form is not None:
            fields = [*asked.form, *([("csrf", self.token)] if asked.proof else [])]
            body = urlencode(fields, errors="surrogatepass").encode()
            kind = "application/x-www-form-urlencoded"
        lines += [f"{name}: {value}" for name, value in asked.headers]
        if method not in {"GET", "HEAD"} or body:
            lines += [f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
        query = urlencode(asked.query, errors="surrogatepass")
        top = "\r\n".join([f"{method} {path}{'?' + query if query else ''} HTTP/1.1", *lines])
        return top.encode(errors="surrogatepass") + b"\r\n\r\n" + body

    def _proofs(self, asked: Asked, method: str) -> list[str]:
        """What whoever may use a route brings, unless they are a stranger."""
        if not asked.proof:
            return []
        kind = class_of(" ".join(self.routes[asked.route % len(self.routes)]))
        cookie = f"Cookie: desk_session={self.cookie}; desk_visitor={self.cookie}"
        given = {"admin token": ADMIN, "product token": PRODUCT, "affiliate's API key": self.key}
        lines = [f"Authorization: Bearer {given[kind]}"] if kind in given else [cookie]
        if method != "GET":
            lines.append(f"Idempotency-Key: {asked.proof}")
        return lines

    async def send(self, asked: Asked) -> None:
        """Ask, and raise `ComplaintError` for what no caller may ever see."""
        request = self.request(asked)
        reader, writer = await asyncio.open_connection(self.host, self.port, limit=2**20)
        try:
            writer.write(request)
            answer = await reader.read(ANSWER_MAX)
        except ConnectionResetError:
            return  # refused before all of it was read
        finally:
            writer.close()
        top = answer.partition(b"\r\n\r\n")[0].decode("latin-1")
        status = int(top[9:12]) if top[:5] == "HTTP/" else 0
        line = request[:200]
        require(status, f"No answer to {line!r}: {answer[:100]!r}")
        busy = status == 503 and "\r\nretry-after:" in top.lower()
        require(status < 500 or busy, f"{status} for {line!r}")
        require(b"Traceback (most recent" not in answer, f"The inside is told to {line!r}")


def names() -> list[str]:
    """Every name of a field that the dashboard reads or shows."""
    found = set()
    for file in [*_SOURCE.rglob("*.py"), *_SOURCE.rglob("*.html")]:
        found |= set(_NAMES.findall(file.read_text(encoding="utf-8")))
    return sorted(found)


async def _properties(whole: Whole) -> list[str]:
    """Every name of a field in the document of the API."""
    document = json.loads((await whole.call("GET", "/api/openapi.json")).text)

    def of(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            yield from (
                (node.get("properties") or {}) if isinstance(node.get("properties"), dict) else ()
            )
            for inside in node.values():
                yield from of(inside)
        elif isinstance(node, list):
            for inside in node:
                yield from of(inside)

    return sorted(set(of(document)))


async def _ids(db: Database) -> list[str]:
    """What things there are, as addresses name them."""
    found: list[str] = []
    async with db.read() as session:
        connection = await session.connection()
        for table in METADATA.sorted_tables:
            for name in ("id", "ref", "slug", "code", "token", "external_id", "invoice_id"):
                if name in table.columns:
                    query = sa.select(table.columns[name]).limit(2)
                    found += [str(one) for one in (await connection.execute(query)).scalars()]
    return sorted({*found, "JARED30", "svg", "png", "0123456789abcdef", "aabbcc", "2025"})


async def _fill(db: Database) -> UUID:
    """An affiliate who has a bit of everything; their id."""
    affiliate = await join(db)
    await apply(db, email="amy@example.com")
    await settle(db, facts(), later(facts(), refunded=500))
    await some_code(db)
    ahead = {"start_date": None, "end_date": clock.now() + timedelta(days=30)}
    await make_contest(db, **ahead)
    async with db.transaction() as session:
        session.add(opening(affiliate.id))
    await ask(db, affiliate)
    return affiliate.id


async def _unlimited(_limits: Limits, item: Any, _who: str) -> Quota:
    return Quota(allowed=True, remaining=item.amount, reset_s=1)


@asynccontextmanager
async def doors(folder: Path) -> AsyncIterator[tuple[Door, list[str], list[str]]]:
    """A server that is asked as often as wanted, what there is in it, and names of fields."""
    async with database(folder) as db:
        owner = await _fill(db)
        url = str(db.url.render_as_string(hide_password=False))
    async with standing_in(free_port()) as stand_ins:
        stripe = {
            name: value
            for name, value in stand_ins.settings().items()
            if name in {"stripe_api_key", "stripe_api_url"}
        }
        with patch.object(Limits, "quota", _unlimited):
            async with running(whole_settings(url, **stripe)) as whole:
                yield await _door(whole, owner)


async def _door(whole: Whole, owner: UUID) -> tuple[Door, list[str], list[str]]:
    """The proofs of everybody, what there is, and names of fields."""
    # Whatever wants to leave would only wait here.
    await whole.desk.pump.stop()
    await whole.desk.webhook_pump.stop()
    async with whole.db.transaction() as session:
        cookie = await sessions.open_for(session, "jared@example.com", "Firefox", "link")
        _, key = await api_keys.make(session, owner, "All", list(Scope), SYSTEM)
    secret = whole.desk.settings.secret_key.get_secret_value()
    server = whole.client.server
    token = csrf.csrf_token(secret, cookie)
    where = (str(server.host), server.port or 0)
    door = Door(whole, list(whole.routes()), cookie, token, key, *where)
    return door, await _ids(whole.db), [*names(), *await _properties(whole)]


@asynccontextmanager
async def routes(folder: Path) -> AsyncIterator[Trial]:
    """Wild requests to every route, by whoever may use it and by strangers."""
    async with doors(folder) as (door, known, fields):
        wild = st.one_of(one_of(known), texts, st.integers().map(str))
        field = st.tuples(st.one_of(one_of(fields), one_of(fields), texts), wild)
        pairs = st.lists(field, max_size=5)
        document = st.dictionaries(one_of(fields), st.one_of(one_of(known), values), max_size=5)
        body = st.one_of(
            document.map(encoded),
            document.map(encoded),
            st.builds(changed, document, changes).map(encoded),
            ODD,
            st.just(b""),
        )
        headers = st.lists(
            st.tuples(one_of(_HEADERS), st.one_of(one_of(_HEADER_VALUES), texts.map(_one_line))),
            max_size=2,
        )
        inputs = st.builds(
            Asked,
            route=st.integers(0, len(door.routes) - 1),
            proof=st.sampled_from([0, 1, 1, 1]),
            parts=st.lists(wild, min_size=2, max_size=2),
            query=pairs,
            headers=headers,
            form=st.one_of(st.none(), pairs),
            body=body,
            content_type=one_of(["application/json"] * 5 + ["text/plain", "multipart/form-data"]),
            odd_path=one_of([""] * 20 + _ODD_PATHS),
        )
        count = 0

        async def attempt(asked: Asked) -> None:
            nonlocal count
            await door.send(asked)
            count += 1
            if count % 100 == 0:
                await require_books(door.whole.db)

        async def inspect() -> None:
            await require_books(door.whole.db)

        yield Trial(inputs, attempt, inspect)


def _one_line(text: str) -> str:
    return re.sub(r"[\r\n\0]", " ", text)[:4000]


_HEADERS: Final = [
    *("Cookie", "Host", "Origin", "Referer", "User-Agent", "Accept", "Accept-Language", "Range"),
    *("Authorization", "X-Forwarded-For", "X-Forwarded-Proto", "X-Request-Id", "If-None-Match"),
    *("If-Modified-Since", "Content-Encoding", "Stripe-Signature", "Tally-Signature", "svix-id"),
    *("svix-timestamp", "svix-signature", "X-Slack-Signature", "X-Slack-Request-Timestamp"),
    *("Sec-Fetch-Site", "Idempotency-Key", "Last-Event-ID", "Expect", "Accept-Encoding", "DNT"),
]
_HEADER_VALUES: Final = [
    *(
        "",
        "null",
        "*",
        "gzip",
        "bytes=0-,1-9",
        "Bearer",
        "Basic é",
        'W/"x"',
        "a=b; a=c; =",
        "é\udcff",
    ),
    *("desk_session=x; desk_visitor=", "ref=JARED30", "t=1,v1=é", "v0=zz", "9" * 400, "-1", "::1"),
    *("1.2.3.4, [::1]:x, é", "http://[", "http://x:99999999", "en-;q=x,*;q=9", "100-continue"),
    *("Thu, 32 Foo 99999 99:99:99 GMT", "desk_visitor=" + "x" * 4000, "text/html;q=nan"),
]
_ODD_PATHS: Final = [
    *(
        "/%00",
        "/%ff",
        "/..%2f..%2fetc/passwd",
        "//",
        "/r/%ed%a0%80",
        "/partner/%f0%9f",
        "*",
        "/a" * 900,
    ),
    *(
        "/affiliate/static/..%2f..%2fsettings.py",
        "/r/JARED30/../..",
        "/api//admin/",
        "/affiliate/%2e%2e",
    ),
]
