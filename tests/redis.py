"""A Redis that tests start and stop: a stand-in of its own kind, behind a real socket."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

from fakeredis import TcpFakeServer
from fakeredis._clients._tcp_server import TCPFakeRequestHandler
from redis import ResponseError


class _Handler(TCPFakeRequestHandler):
    """One connection. It outlives an error, such as that a script is not known yet."""

    def setup(self) -> None:
        """Answer with errors rather than hang up."""
        super().setup()
        read = self.current_client.read_response

        def read_response(*given: Any, **named: Any) -> Any:
            try:
                return read(*given, **named)
            except ResponseError as error:
                return error

        self.current_client.read_response = read_response  # type: ignore[method-assign]


@contextmanager
def redis_server() -> Iterator[str]:
    """A running server, empty at first; its address."""
    server = TcpFakeServer(("127.0.0.1", 0), server_type="redis")
    server.RequestHandlerClass = _Handler
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"redis://127.0.0.1:{server.server_address[1]}/0"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
