"""What the operator of the server decides: one frozen object from the environment and `.env`.

Rules of the program itself (rates, holds, offers) are data, not environment: see
`domain/program.py`.
"""

import json
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Self

from pydantic import (
    AnyHttpUrl,
    Field,
    IPvAnyNetwork,
    SecretStr,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

SLACK_API = "https://slack.com/api/"
STRIPE_API = "https://api.stripe.com"
CLERK_API = "https://api.clerk.com/v1"
RESEND_API = "https://api.resend.com"
PARTNERSTACK_API = "https://api.partnerstack.com/api/v2"
PARTNERSTACK_LINKS = "https://partnerlinks.io"
IMPACT_API = "https://api.impact.com"
AWIN_API = "https://api.awin.com"

_REDIS = ("redis://", "rediss://", "unix://")
_DATABASES = ("sqlite+aiosqlite:///", "postgresql+asyncpg://")

_URL = TypeAdapter(AnyHttpUrl)


def _is_web_address(text: str) -> bool:
    try:
        _URL.validate_python(text)
    except ValidationError:
        return False
    return True


def _is_fernet_key(text: str) -> bool:
    from cryptography.fernet import Fernet  # noqa: PLC0415 - large, and only for who has keys

    try:
        Fernet(text)
    except ValueError:
        return False
    return True


_WHOLE: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("slack_bot_token", ("slack_channel",), "cards need a channel to go to"),
    (
        "slack_bot_token",
        ("slack_signing_secret", "slack_app_token"),
        "requests from Slack could not be verified",
    ),
    ("slack_signing_secret", ("slack_bot_token",), "the bot could not answer"),
    ("slack_app_token", ("slack_bot_token",), "the bot could not answer"),
    ("stripe_webhook_secret", ("stripe_api_key",), "facts could not be fetched"),
    ("stripe_api_key", ("stripe_webhook_secret",), "events could not be verified"),
    ("clerk_jwt_key", ("clerk_secret_key",), "users could not be looked up"),
    ("clerk_webhook_secret", ("clerk_secret_key",), "users could not be looked up"),
    (
        "clerk_jwt_key",
        ("clerk_authorized_parties",),
        "a session token of any other site would be accepted",
    ),
    ("resend_api_key", ("mail_from",), "a mail needs a sender"),
    ("smtp_url", ("mail_from",), "a mail needs a sender"),
    ("passivepost_api_url", ("passivepost_api_key",), "posts could not be handed over"),
    ("passivepost_api_key", ("passivepost_api_url",), "posts could not be handed over"),
    ("llm_api_key", ("llm_api_url",), "posts could not be generated"),
    ("llm_api_key", ("llm_model",), "posts could not be generated"),
    ("llm_api_url", ("llm_api_key",), "posts could not be generated"),
    ("llm_model", ("llm_api_key",), "posts could not be generated"),
)
"""What each setting needs (any one of these) and why: an integration is whole, or off."""


class Settings(BaseSettings):
    """Every environment variable that Affiliate Desk reads.

    An integration whose key is unset is off. A half-set one raises
    `pydantic.ValidationError` naming the variable that is missing.
    """

    model_config = SettingsConfigDict(
        env_file=".env",
        extra="ignore",
        frozen=True,
        env_ignore_empty=True,
        hide_input_in_errors=True,
    )

    database_url: str = Field(
        default="sqlite+aiosqlite:///var/affiliate-desk.db",
        repr=False,  # it may hold a password
    )
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    drain_seconds: float = Field(default=0, ge=0, le=600)
    migrate_at_start: bool = True
    public_url: str = "http://127.0.0.1:8080"
    trusted_proxies: Annotated[tuple[IPvAnyNetwork, ...], NoDecode] = (
        IPv4Network("127.0.0.0/8"),
        IPv6Network("::1"),
    )
    country_header: str = ""
    secret_key: SecretStr = SecretStr("")
    tax_encryption_keys: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    product_name: str = "Your product"
    product_url: str = ""

    slack_bot_token: SecretStr | None = None
    slack_signing_secret: SecretStr | None = None
    slack_app_token: SecretStr | None = None
    slack_channel: str = ""
    slack_api_url: str = SLACK_API
    slack_reviewers: Annotated[frozenset[str], NoDecode] = frozenset()
    slack_finance: Annotated[frozenset[str], NoDecode] = frozenset()

    stripe_api_key: SecretStr | None = None
    stripe_webhook_secret: SecretStr | None = None
    stripe_api_url: str = STRIPE_API
    stripe_reads_per_second: int = Field(default=92, ge=1)

    tally_signing_secret: SecretStr | None = None
    tally_url_secret: SecretStr | None = None

    clerk_secret_key: SecretStr | None = None
    clerk_api_url: str = CLERK_API
    clerk_jwt_key: str = ""
    clerk_authorized_parties: Annotated[tuple[str, ...], NoDecode] = ()
    clerk_webhook_secret: SecretStr | None = None
    clerk_namespace: str = "propmine"

    resend_api_key: SecretStr | None = None
    resend_api_url: str = RESEND_API
    smtp_url: SecretStr | None = None
    mail_from: str = ""

    admin_api_token: SecretStr | None = None
    product_api_token: SecretStr | None = None

    passivepost_api_url: str = ""
    passivepost_api_key: SecretStr | None = None
    llm_api_url: str = ""
    llm_api_key: SecretStr | None = None
    llm_model: str = ""

    network_secrets: Annotated[dict[str, dict[str, SecretStr]], NoDecode] = {}
    partnerstack_api_url: str = PARTNERSTACK_API
    partnerstack_links_url: str = PARTNERSTACK_LINKS
    impact_api_url: str = IMPACT_API
    awin_api_url: str = AWIN_API
    fetch_pages: bool = True
    outgoing_networks: Annotated[tuple[IPvAnyNetwork, ...], NoDecode] = ()
    redis_url: SecretStr | None = None
    reports_dir: Path | None = None
    archive_dir: Path | None = None

    @field_validator("slack_reviewers", "slack_finance", mode="before")
    @classmethod
    def _split_ids(cls, value: object) -> object:
        if isinstance(value, str):
            return frozenset(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator(
        "clerk_authorized_parties",
        "outgoing_networks",
        "tax_encryption_keys",
        "trusted_proxies",
        mode="before",
    )
    @classmethod
    def _split_list(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("network_secrets", mode="before")
    @classmethod
    def _read_secrets(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            # Without what was typed: half of it may be a secret.
            raise ValueError('write JSON such as {"impact": {"auth_token": "…"}}') from None

    @field_validator("tax_encryption_keys")
    @classmethod
    def _usable_keys(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for key in value:
            if not _is_fernet_key(key.get_secret_value()):
                raise ValueError(
                    "each key has to be 32 random bytes in URL-safe base64, which is 44 "
                    "characters. This makes one: affiliate-desk tax new-key"
                )
        return value

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if not value.startswith(_DATABASES):
            raise ValueError(f"write an address that begins with {' or '.join(_DATABASES)}")
        return value

    @field_validator("redis_url")
    @classmethod
    def _known_redis(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(_REDIS):
            raise ValueError(f"write an address that begins with {' or '.join(_REDIS)}")
        return value

    @field_validator("public_url", "product_url")
    @classmethod
    def _no_trailing_slash(cls, value: str) -> str:
        if value and not _is_web_address(value):
            raise ValueError("write a whole address, like https://affiliates.example.com")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _whole_integrations(self) -> Self:
        """Refuse an integration that is half set, naming what it lacks."""
        for have, lacks, why in _WHOLE:
            if getattr(self, have) and not any(getattr(self, name) for name in lacks):
                this, that = have.upper(), lacks[0].upper()
                raise ValueError(
                    f"{this} is set but {that} is not: {why}. Set {that}, or unset {this}."
                )
        return self

    @property
    def mail_on(self) -> bool:
        """Whether mail can leave, by Resend or SMTP."""
        return self.resend_api_key is not None or self.smtp_url is not None
