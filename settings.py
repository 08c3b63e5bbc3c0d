"""What the operator of the server decides: one frozen object from the environment and `.env`.

Rules of the program itself (rates, holds, offers) are data, not environment: see
`domain/program.py`.
"""

from functools import cached_property
from pathlib import Path
from typing import Annotated, Self

from pydantic import AnyHttpUrl, Field, SecretStr, TypeAdapter, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

SLACK_API = "https://slack.com/api/"
STRIPE_API = "https://api.stripe.com"
CLERK_API = "https://api.clerk.com/v1"
RESEND_API = "https://api.resend.com"

_URL = TypeAdapter(AnyHttpUrl)


def _half_set(have: str, lacks: str, why: str) -> ValueError:
    return ValueError(f"{have} is set but {lacks} is not: {why}. Set {lacks}, or unset {have}.")


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

    database_url: str = "sqlite+aiosqlite:///var/affiliate-desk.db"
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    public_url: str = "http://127.0.0.1:8080"
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

    redis_url: SecretStr | None = None
    reports_dir: Path | None = None

    @field_validator("slack_reviewers", "slack_finance", mode="before")
    @classmethod
    def _split_ids(cls, value: object) -> object:
        if isinstance(value, str):
            return frozenset(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("clerk_authorized_parties", "tax_encryption_keys", mode="before")
    @classmethod
    def _split_list(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("public_url", "product_url")
    @classmethod
    def _no_trailing_slash(cls, value: str) -> str:
        if value:
            _URL.validate_python(value)
        return value.rstrip("/")

    @model_validator(mode="after")
    def _whole_integrations(self) -> Self:
        """Refuse an integration that is half set, naming what it lacks."""
        if self.slack_bot_token:
            if not self.slack_channel:
                raise _half_set("SLACK_BOT_TOKEN", "SLACK_CHANNEL", "cards need a channel to go to")
            if not (self.slack_signing_secret or self.slack_app_token):
                raise _half_set(
                    "SLACK_BOT_TOKEN",
                    "SLACK_SIGNING_SECRET",
                    "requests from Slack could not be verified",
                )
        elif self.slack_signing_secret or self.slack_app_token:
            have = "SLACK_SIGNING_SECRET" if self.slack_signing_secret else "SLACK_APP_TOKEN"
            raise _half_set(have, "SLACK_BOT_TOKEN", "the bot could not answer")
        if self.stripe_webhook_secret and not self.stripe_api_key:
            raise _half_set("STRIPE_WEBHOOK_SECRET", "STRIPE_API_KEY", "facts could not be fetched")
        if self.stripe_api_key and not self.stripe_webhook_secret:
            raise _half_set(
                "STRIPE_API_KEY", "STRIPE_WEBHOOK_SECRET", "events could not be verified"
            )
        if (self.clerk_jwt_key or self.clerk_webhook_secret) and not self.clerk_secret_key:
            have = "CLERK_JWT_KEY" if self.clerk_jwt_key else "CLERK_WEBHOOK_SECRET"
            raise _half_set(have, "CLERK_SECRET_KEY", "users could not be looked up")
        if self.clerk_jwt_key and not self.clerk_authorized_parties:
            raise _half_set(
                "CLERK_JWT_KEY",
                "CLERK_AUTHORIZED_PARTIES",
                "a session token of any other site would be accepted",
            )
        if (self.resend_api_key or self.smtp_url) and not self.mail_from:
            have = "RESEND_API_KEY" if self.resend_api_key else "SMTP_URL"
            raise _half_set(have, "MAIL_FROM", "a mail needs a sender")
        if bool(self.passivepost_api_url) != bool(self.passivepost_api_key):
            pair = ("PASSIVEPOST_API_URL", "PASSIVEPOST_API_KEY")
            have, lacks = pair if self.passivepost_api_url else pair[::-1]
            raise _half_set(have, lacks, "posts could not be handed over")
        if self.llm_api_key and not (self.llm_api_url and self.llm_model):
            lacks = "LLM_MODEL" if self.llm_api_url else "LLM_API_URL"
            raise _half_set("LLM_API_KEY", lacks, "posts could not be generated")
        return self

    @cached_property
    def is_postgresql(self) -> bool:
        """Whether several processes may share this database."""
        return self.database_url.startswith("postgresql")

    @property
    def mail_on(self) -> bool:
        """Whether mail can leave, by Resend or SMTP."""
        return self.resend_api_key is not None or self.smtp_url is not None
