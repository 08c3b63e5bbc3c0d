"""A real receiver of webhooks, which behaves as badly as it is told to."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests.standing import free_port

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


def answering(status: int, *headers: str, body: bytes = b"") -> bytes:
    """A whole answer, as it goes over the wire."""
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", "Connection: close"]
    return "\r\n".join([*lines, *headers, "", ""]).encode() + body


@dataclass
class Receiver:
    """What came in, and what is answered: in turn from `script`, then `answer`.

    None is silence until the end; empty bytes hang up. `slow` paths answer after `seconds`.
    """

    port: int
    answer: bytes | None = OK
    script: list[bytes | None] = field(default_factory=list)
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    seconds: float = 0
    busy: int = 0
    most: int = 0

    def url(self, path: str = "/hook") -> str:
        """An address on it."""
        return f"http://127.0.0.1:{self.port}{path}"

    @property
    def ids(self) -> list[str]:
        """The ids of the messages that came, in their order."""
        return [headers["webhook-id"] for _, headers, _ in self.got]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one request, note it, and answer as told."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            first, *lines = head.strip().split("\r\n")
            headers = dict(line.split(": ", 1) for line in lines)
            headers = {name.lower(): value for name, value in headers.items()}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.got.append((first.split(" ")[1], headers, body))
            self.busy += 1
            self.most = max(self.most, self.busy)
            answer = self.script.pop(0) if self.script else self.answer
            if answer is None:
                await reader.read()  # until the other side has had enough
            elif answer:
                await asyncio.sleep(self.seconds)
                writer.write(answer)
                await writer.drain()
            self.busy -= 1
        except (ConnectionError, asyncio.IncompleteReadError):
            self.busy = max(0, self.busy - 1)
        finally:
            writer.close()


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver, until the block ends."""
    made = Receiver(free_port())
    server = await asyncio.start_server(made.serve, "127.0.0.1", made.port)
    yield made
    server.close()


def is_signed(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether the reference library of Standard Webhooks takes a message for genuine."""
    try:
        Webhook(secret).verify(body, dict(headers))
    except WebhookVerificationError:
        return False
    return True
