import base64
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from settings import Settings

TAX_KEYS = [base64.urlsafe_b64encode(bytes([n]) * 32).decode() for n in (1, 2)]
SLACK = {"slack_bot_token": "xoxb-1", "slack_signing_secret": "s", "slack_channel": "C1"}


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable of ours is set, and no `.env` is near."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


def test_with_nothing_set_everything_outside_is_off() -> None:
    """A fresh machine needs no variable: SQLite, this machine only, no integration."""
    settings = Settings()
    assert settings.database_url == "sqlite+aiosqlite:///var/affiliate-desk.db"
    assert (settings.host, settings.port) == ("127.0.0.1", 8080)
    assert settings.clerk_namespace == "propmine"
    assert settings.slack_bot_token is settings.stripe_api_key is settings.clerk_secret_key is None
    assert not settings.mail_on


def test_the_environment_wins_over_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`.env` is for what is rarely changed; a variable that is empty counts as unset."""
    (tmp_path / ".env").write_text("PRODUCT_NAME=From the file\nPORT=9000\nUNKNOWN=1\n")
    monkeypatch.setenv("PRODUCT_NAME", "From the environment")
    monkeypatch.setenv("PORT", "")
    settings = Settings()
    assert (settings.product_name, settings.port) == ("From the environment", 9000)


@pytest.mark.parametrize(
    ("given", "lacks"),
    [
        ({"slack_bot_token": "x"}, "SLACK_CHANNEL"),
        ({"slack_bot_token": "x", "slack_channel": "C1"}, "SLACK_SIGNING_SECRET"),
        ({"slack_signing_secret": "x"}, "SLACK_BOT_TOKEN"),
        ({"slack_app_token": "x"}, "SLACK_BOT_TOKEN"),
        ({"stripe_api_key": "x"}, "STRIPE_WEBHOOK_SECRET"),
        ({"stripe_webhook_secret": "x"}, "STRIPE_API_KEY"),
        ({"clerk_jwt_key": "x"}, "CLERK_SECRET_KEY"),
        ({"clerk_webhook_secret": "x"}, "CLERK_SECRET_KEY"),
        ({"clerk_secret_key": "x", "clerk_jwt_key": "x"}, "CLERK_AUTHORIZED_PARTIES"),
        ({"resend_api_key": "x"}, "MAIL_FROM"),
        ({"smtp_url": "smtp://x"}, "MAIL_FROM"),
        ({"passivepost_api_url": "https://x"}, "PASSIVEPOST_API_KEY"),
        ({"passivepost_api_key": "x"}, "PASSIVEPOST_API_URL"),
        ({"llm_api_key": "x"}, "LLM_API_URL"),
        ({"llm_api_key": "x", "llm_api_url": "https://x"}, "LLM_MODEL"),
    ],
)
def test_a_half_set_integration_is_refused_by_name(given: dict[str, Any], lacks: str) -> None:
    """The error names the variable that is missing, the one that asks for it, and a way out."""
    with pytest.raises(ValidationError) as error:
        Settings(**given)
    assert f"is set but {lacks} is not" in str(error.value)
    assert f"Set {lacks}, or unset " in str(error.value)
    assert any(f"unset {name.upper()}" in str(error.value) for name in given)


@pytest.mark.parametrize(
    "given",
    [
        SLACK,
        SLACK | {"slack_app_token": "xapp-1"},
        {"slack_bot_token": "x", "slack_app_token": "xapp-1", "slack_channel": "C1"},
        {"stripe_api_key": "sk_1", "stripe_webhook_secret": "whsec_1"},
        {"clerk_secret_key": "sk_1"},
        {
            "clerk_secret_key": "sk_1",
            "clerk_jwt_key": "pem",
            "clerk_authorized_parties": "https://a.example",
        },
        {"tally_signing_secret": "s"},
        {"smtp_url": "smtp://x", "mail_from": "a@example.com"},
        {"llm_api_key": "k", "llm_api_url": "https://x", "llm_model": "m"},
    ],
)
def test_a_whole_integration_is_taken(given: dict[str, Any]) -> None:
    """Each by itself, with nothing else set."""
    assert Settings(**given).model_fields_set == set(given)


def test_lists_are_written_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spaces and a comma too many do no harm."""
    monkeypatch.setenv("SLACK_REVIEWERS", "U1, U2,,U1,")
    monkeypatch.setenv("CLERK_AUTHORIZED_PARTIES", " https://a.example , https://b.example")
    new, old = TAX_KEYS
    monkeypatch.setenv("TAX_ENCRYPTION_KEYS", f"{new}, {old}")
    settings = Settings()
    assert settings.slack_reviewers == {"U1", "U2"}
    assert settings.slack_finance == frozenset()
    assert settings.clerk_authorized_parties == ("https://a.example", "https://b.example")
    assert [key.get_secret_value() for key in settings.tax_encryption_keys] == [new, old]


def test_no_secret_shows_in_what_settings_print() -> None:
    """Logged by mistake, they give away no key and no password."""
    settings = Settings(
        **SLACK,  # type: ignore[arg-type]  # text, as the environment gives it
        secret_key="hunter2",
        tax_encryption_keys=TAX_KEYS[0],
        database_url="postgresql+asyncpg://desk:hunter2@db/desk",
        smtp_url="smtp://u:hunter2@mail",
        mail_from="a@example.com",
    )
    for shown in (repr(settings), str(settings)):
        assert "hunter2" not in shown
        assert TAX_KEYS[0] not in shown
        assert "xoxb-1" not in shown


@pytest.mark.parametrize("key", ["hunter2", "x" * 44, "new,old", TAX_KEYS[0][:-1]])
def test_a_tax_key_of_the_wrong_shape_is_an_error_at_start(
    monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    """It names the variable and says how to make a key; the key itself it does not show."""
    monkeypatch.setenv("TAX_ENCRYPTION_KEYS", f"{TAX_KEYS[0]},{key}")
    with pytest.raises(ValidationError) as error:
        Settings()
    (problem,) = error.value.errors()
    assert problem["loc"] == ("tax_encryption_keys",)
    assert "affiliate-desk tax new-key" in problem["msg"]
    assert key not in str(error.value)


def test_no_secret_shows_in_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A start that fails prints its error into a log."""
    monkeypatch.setenv("STRIPE_API_KEY", "hunter2")
    monkeypatch.setenv("PUBLIC_URL", "u:hunter2@nowhere")
    monkeypatch.setenv("PORT", "hunter2")
    with pytest.raises(ValidationError) as error:
        Settings()
    assert "hunter2" not in str(error.value)
    assert "hunter2" not in repr(error.value)


def test_an_address_of_ours_is_whole_and_ends_without_a_slash() -> None:
    """So that a path can be put behind it."""
    assert Settings(public_url="https://a.example/").public_url == "https://a.example"
    assert Settings(product_url="").product_url == ""
    with pytest.raises(ValidationError, match="write a whole address, like https"):
        Settings(public_url="a.example")


def test_secrets_of_networks_are_json_and_stay_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """By network and field; what is no such thing is refused without being shown."""
    monkeypatch.setenv("NETWORK_SECRETS", '{"impact": {"auth_token": "dont-show-me"}}')
    settings = Settings()
    assert settings.network_secrets["impact"]["auth_token"].get_secret_value() == "dont-show-me"
    assert "dont-show-me" not in repr(settings)
    for broken in ('{"impact": {"auth_token": "dont-show-me"', '["dont-show-me"]'):
        monkeypatch.setenv("NETWORK_SECRETS", broken)
        with pytest.raises(ValidationError) as error:
            Settings()
        assert "network_secrets" in str(error.value)
        assert "dont-show-me" not in str(error.value)


def test_an_address_that_is_no_redis_is_refused() -> None:
    """At the start, and not when somebody is to be counted; without the password in it."""
    assert Settings(redis_url=SecretStr("rediss://:secret@cache:6379/1")).redis_url is not None
    with pytest.raises(ValidationError, match="redis://") as error:
        Settings(redis_url=SecretStr("cache:6379?secret"))
    assert "secret" not in str(error.value)


def test_networks_of_our_own_are_named_in_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """What outgoing webhooks may reach besides the public internet; none by default."""
    assert Settings().outgoing_networks == ()
    monkeypatch.setenv("OUTGOING_NETWORKS", "10.0.0.0/24, ::1/128")
    named = Settings().outgoing_networks
    assert [str(one) for one in named] == ["10.0.0.0/24", "::1/128"]
    monkeypatch.setenv("OUTGOING_NETWORKS", "10.0.0.0/99")
    with pytest.raises(ValidationError, match="outgoing_networks"):
        Settings()
