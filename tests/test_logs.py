import io
import json
import logging
from collections.abc import Iterator
from uuid import UUID

import pytest
import structlog
from pydantic import SecretStr

import logs
from commands.tax import new_key
from storage.ids import new_id
from storage.vault import Vault


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


SECRETS = {
    "bearer": ("Authorization: Bearer abc.DEF-123_456", "abc.DEF-123_456"),
    "basic": ("basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
    "stripe": ("key sk_live_51HxYzAbC", "51HxYzAbC"),
    "stripe restricted": ("rk_test_51HxYzAbC", "51HxYzAbC"),
    "webhook": ("whsec_c2VjcmV0Kw==", "c2VjcmV0"),
    "slack bot": ("xoxb-123-abc", "123-abc"),
    "operator's token": ("adop_" + "a1B" * 14, "a1Ba1Ba1B"),
    "affiliate's key": ("ad_live_" + "a1B" * 14, "a1Ba1Ba1B"),
    "slack app": ("xapp-1-A02-abc", "A02-abc"),
    "resend": ("re_AbCdEfGh_1234567890", "AbCdEfGh"),
    "jwt": ("got eyJhbGciOi.eyJzdWIi.c2ln", "eyJzdWIi"),
    "sealed": ("gAAAAABlbGxvd29ybGRoZWxsb3dvcmxk", "gAAAAABl"),
    "database": ("postgresql://desk:hunter2@db/desk", "hunter2"),
    "sign-in link": ("GET /affiliate/sign-in/AZqJ3Yx8TgGz0K1fQw5c_A==", "AZqJ3Yx8"),
    "unsubscribe link": ("/unsubscribe/tips/AZqJ3Yx8TgGz0K1fQw5c_A==", "AZqJ3Yx8"),
    "query": ("/internal/tally-webhook?secret=hunter2&x=1", "hunter2"),
    "social security number": ("SSN 123-45-6789.", "6789"),
    "with spaces": ("123 45 6789", "6789"),
    "without dashes": ("number 123456789", "6789"),
    "employer number": ("12-3456789", "6789"),
    "mail": ("told mia.muster+x@example.com", "muster"),
}


@pytest.mark.parametrize("kind", SECRETS)
@pytest.mark.parametrize("place", ["event", "value", "nested", "object", "error", "library"])
def test_what_looks_like_a_secret_is_not_written(lines: io.StringIO, kind: str, place: str) -> None:
    """Wherever it stands in a line: also in tracebacks, and in what libraries log."""
    text, secret = SECRETS[kind]
    log = structlog.get_logger("t")
    if place == "event":
        log.info(text)
    elif place == "value":
        log.info("sent", answer=text)
    elif place == "nested":
        log.info("sent", answer={"a": [{"b": (text,)}]})
    elif place == "object":
        log.info("sent", answer=ValueError(text))
    elif place == "error":
        try:
            UUID(text * 20)
        except ValueError as error:
            error.add_note(text)
            log.exception("failed")
    else:
        logging.getLogger("some.library").warning("sent %s", text)
    assert "some" in lines.getvalue() or '"t"' in lines.getvalue()
    assert secret not in lines.getvalue()


def test_what_is_secret_by_its_type_is_not_written(lines: io.StringIO) -> None:
    """Whatever its key is called."""
    sealed = Vault([new_key()]).seal(new_id(), {"tax_id": "123-45-6789"})
    log = structlog.get_logger("t")
    log.info("a", given=SecretStr("hunter2"), raw=b"hunter2", sealed=sealed, all=[SecretStr("x9")])
    written = lines.getvalue()
    assert all(part not in written for part in ("hunter2", "x9", sealed))


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-21 17:42:38.123456789",
        "0198c0de-1234-7abc-8def-123456789012",
        "in_1PabcDEF234567890",
        "1763740958.123456",
        "took 12345678 ms",
        "JARED30 at 50%",
        "https://example.com:8443/a@b",
    ],
)
def test_what_operators_search_for_stays(lines: io.StringIO, text: str) -> None:
    """Moments, ids, codes and addresses are no secrets."""
    structlog.get_logger("t").info("saw", found=text)
    assert read(lines)[0]["found"] == text


def test_of_a_mail_address_enough_stays_to_know_it_again(lines: io.StringIO) -> None:
    """Its first letter and its domain."""
    structlog.get_logger("t").info("saw", found="<mia.muster@example.com>")
    assert read(lines)[0]["found"] == "<m…@example.com>"


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


def test_a_line_stays_one_line(lines: io.StringIO) -> None:
    """Whatever somebody sent, they write no line of their own."""
    structlog.get_logger("t").info('sent\n{"event": "all is well"}', answer="a\r\nb\u2028c\x1b[2J")
    assert len(lines.getvalue().splitlines()) == 1
    assert "\x1b" not in lines.getvalue()
    assert read(lines)[0]["answer"] == "a\r\nb\u2028c\x1b[2J"
