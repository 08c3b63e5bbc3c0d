import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

import logs


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What is written to standard error, with the logs set up as in production."""
    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logs.configure()
    yield written
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


def read(lines: io.StringIO) -> list[dict[str, object]]:
    """The lines as JSON."""
    return [json.loads(line) for line in lines.getvalue().splitlines()]


@pytest.mark.parametrize(
    "key",
    [
        "token",
        "SLACK_BOT_TOKEN",
        "secret",
        "client_secret",
        "tax_id",
        "date_of_birth",
        "tin",
        "password",
        "Authorization",
        "api_key",
        "x-api-key",
        "CLERK_JWT_KEY",
        "Set-Cookie",
        "Tally-Signature",
        "database_url",
        "SMTP_URL",
    ],
)
def test_what_sounds_like_a_secret_is_not_written(lines: io.StringIO, key: str) -> None:
    """Neither as a value of the line nor inside a mapping that was logged, such as headers."""
    structlog.get_logger("t").info("sent", **{key: "hunter2"}, headers={key: "hunter2"})
    assert "hunter2" not in lines.getvalue()
    assert read(lines)[0][key] == "[redacted]"
    assert read(lines)[0]["headers"] == {key: "[redacted]"}


def test_everything_else_is_written_as_it_is(lines: io.StringIO) -> None:
    """Redaction does not eat what an operator searches for, nor change what was handed in."""
    detail = {"promo_code": "JARED30", "token": "t"}
    structlog.get_logger("t").info("approved", application="0198", detail=detail, keyboard="qwerty")
    line = read(lines)[0]
    assert line["event"] == "approved"
    assert line["application"] == "0198"
    assert line["keyboard"] == "qwerty"
    assert line["detail"] == {"promo_code": "JARED30", "token": "[redacted]"}
    assert detail["token"] == "t"


def test_the_request_id_follows_what_is_done_for_a_request(lines: io.StringIO) -> None:
    """Every line of the work carries it, also a library's, and none outside of it."""
    log = structlog.get_logger("t")
    log.info("before")
    with logs.working_for("req-1"):
        log.info("inside")
        with logs.working_for("req-2"):
            logging.getLogger("some.library").warning("deeper")
        assert logs.request_id() == "req-1"
    log.info("after")
    assert [line.get("request_id") for line in read(lines)] == [None, "req-1", "req-2", None]
    assert logs.request_id() == ""


def test_an_error_is_written_with_its_traceback(lines: io.StringIO) -> None:
    """One line of JSON holds the whole story."""
    try:
        _ = 1 / 0
    except ZeroDivisionError:
        structlog.get_logger("t").exception("broke")
    (line,) = read(lines)
    assert line["level"] == "error"
    assert "ZeroDivisionError" in str(line["exception"])
