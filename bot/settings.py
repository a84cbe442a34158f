"""The environment as one frozen value. A bad value stops the start: one line says which, why, and what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator


class BadSetting(Exception):
    """One line: which setting, what is wrong with it, what to do."""


class Settings(BaseModel):
    """What users set. Names are fixed: people script against them."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    slack_bot_token: SecretStr = Field(default=SecretStr(""), alias="SLACK_BOT_TOKEN")
    slack_app_token: SecretStr = Field(default=SecretStr(""), alias="SLACK_APP_TOKEN")
    slack_signing_secret: SecretStr = Field(default=SecretStr(""), alias="SLACK_SIGNING_SECRET")
    slack_api_url: str = Field(default="https://slack.com/api/", alias="SLACK_API_URL")
    slack_command: str = Field(default="/canary", alias="PERCH_COMMAND")
    database_url: str = Field(default="sqlite:///perch.db", alias="DATABASE_URL", repr=False)
    plans: Path = Field(default=Path("plans"), alias="PERCH_PLANS")
    state: Path = Field(default=Path(".perch"), alias="PERCH_STATE")
    archive: str = Field(default="", alias="PERCH_ARCHIVE")
    archive_after: str = Field(default="14d", alias="PERCH_ARCHIVE_AFTER")
    signing_key: SecretStr = Field(default=SecretStr(""), alias="PERCH_SIGNING_KEY")
    public_keys: str = Field(default="", alias="PERCH_PUBLIC_KEYS")
    heartbeat_url: str = Field(default="", alias="PERCH_HEARTBEAT_URL", repr=False)
    fallback_channel: str = Field(default="", alias="PERCH_FALLBACK_CHANNEL")
    fallback_url: SecretStr = Field(default=SecretStr(""), alias="PERCH_FALLBACK_URL")
    keep: str = Field(default="", alias="PERCH_KEEP")
    smtp_url: SecretStr = Field(default=SecretStr(""), alias="PERCH_SMTP_URL")
    smtp_password: SecretStr = Field(default=SecretStr(""), alias="PERCH_SMTP_PASSWORD")
    mail_from: str = Field(default="Perch <perch@localhost>", alias="PERCH_MAIL_FROM")
    webhook_token: SecretStr = Field(default=SecretStr(""), alias="PERCH_WEBHOOK_TOKEN")
    pagerduty_secret: SecretStr = Field(default=SecretStr(""), alias="PERCH_PAGERDUTY_SECRET")
    ofrep_token: SecretStr = Field(default=SecretStr(""), alias="PERCH_OFREP_TOKEN")
    ofrep_per_second: int = Field(default=1000, ge=1, alias="PERCH_OFREP_PER_SECOND")
    host: str = Field(default="127.0.0.1", alias="PERCH_HOST")
    port: int = Field(default=8080, ge=0, le=65535, alias="PORT")
    log_level: str = Field(default="INFO", alias="PERCH_LOG_LEVEL")

    @field_validator("slack_api_url")
    @classmethod
    def _ends_in_slash(cls, value: str) -> str:
        return value if value.endswith("/") else value + "/"

    @field_validator("archive_after")
    @classmethod
    def _is_days(cls, value: str) -> str:
        if not re.fullmatch(r"never|[1-9]\d{0,4}d", value):
            raise ValueError("is no number of days: write 14d, or never")
        return value

    @field_validator("fallback_channel")
    @classmethod
    def _is_a_channel(cls, value: str) -> str:
        if value and not re.fullmatch(r"#\S+|[CG][A-Z0-9]{6,}", value):
            raise ValueError("is no channel: write #name, or an id such as C0123ABCD")
        return value

    @field_validator("fallback_url", mode="after")
    @classmethod
    def _is_an_address(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and not value.get_secret_value().startswith(("https://", "http://")):
            raise ValueError("is no address: it begins with https:// or http://")
        return value

    @field_validator("smtp_url", mode="after")
    @classmethod
    def _is_a_mail_server(cls, value: SecretStr) -> SecretStr:
        """Without showing it: there may be a password in it."""
        url = value.get_secret_value()
        if not url:
            return value
        try:
            parts = urlsplit(url)
            known, port = parts.scheme in ("smtp", "smtps", "smtp+plain") and bool(parts.hostname), parts.port
        except ValueError:
            known, port = False, None
        if not known or port == 0:
            raise ValueError("is no mail server: write smtp://user@host:587, smtps://… or smtp+plain://host:25")
        if parts.scheme == "smtp+plain" and parts.username:
            raise ValueError("would send a password without TLS: write smtp:// or smtps://")
        return value

    @field_validator("mail_from")
    @classmethod
    def _is_a_sender(cls, value: str) -> str:
        if not re.fullmatch(r"(?:[^<>\n@]+ <)?[^<>@\s]+@[^<>@\s]+>?", value):
            raise ValueError("is no sender: write perch@example.com, or Perch <perch@example.com>")
        return value

    @field_validator("slack_bot_token", mode="after")
    @classmethod
    def _is_a_bot_token(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and not value.get_secret_value().startswith("xoxb-"):
            raise ValueError(f"is not a bot token: those begin with xoxb-{_pasted(value)}")
        return value

    @field_validator("slack_app_token", mode="after")
    @classmethod
    def _is_an_app_token(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and not value.get_secret_value().startswith("xapp-"):
            raise ValueError(f"is not an app-level token: those begin with xapp-{_pasted(value)}")
        return value

    @property
    def archive_folder(self) -> Path:
        """Where archived measurements go: with the state, unless another folder is set."""
        return Path(self.archive) if self.archive else self.state / "archive"

    @property
    def archived_after(self) -> timedelta | None:
        """How long after its end a rollout's measurements stay in the database; None for ever."""
        return None if self.archive_after == "never" else timedelta(days=int(self.archive_after[:-1]))

    @property
    def pagerduty_secrets(self) -> tuple[str, ...]:
        """Of each webhook subscription one; spaces or commas between."""
        return tuple(self.pagerduty_secret.get_secret_value().replace(",", " ").split())

    @property
    def socket_mode(self) -> bool:
        """Socket Mode when an app token is set, HTTP mode otherwise."""
        return bool(self.slack_app_token.get_secret_value())


TOKENS = {
    "xoxb-": "a bot token: it belongs in SLACK_BOT_TOKEN",
    "xapp-": "an app-level token: it belongs in SLACK_APP_TOKEN",
    "xoxp-": "a user token: take the Bot User OAuth Token instead",
    "xoxe": "a configuration or rotating token: take the Bot User OAuth Token, with token rotation off",
}
"""How Slack's tokens begin, and what each is: their settings lie side by side, and get mixed up."""


def _pasted(value: SecretStr) -> str:
    """What was set instead, without showing it."""
    kinds = (kind for begins, kind in TOKENS.items() if value.get_secret_value().startswith(begins))
    return f". What is set is {kind}" if (kind := next(kinds, "")) else ""


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read settings; unset names take their defaults, empty ones count as unset. Raises BadSetting."""
    names = {field.alias for field in Settings.model_fields.values() if field.alias}
    given: dict[str, Any] = {name: environment[name] for name in names if environment.get(name)}
    try:
        return Settings.model_validate(given)
    except ValidationError as wrong:
        first = wrong.errors(include_input=False, include_url=False)[0]
        name = str(first["loc"][0])
        what = first["msg"].removeprefix("Value error, ")
        raise BadSetting(f"{name}: {what}. Set {name} to a good value, or unset it for the default.") from None


def require_slack(settings: Settings) -> None:
    """Raises BadSetting unless there is enough to talk to Slack in one of the two modes."""
    if not settings.slack_bot_token.get_secret_value():
        raise BadSetting(
            "SLACK_BOT_TOKEN is not set. Install the app (docs/slack.md) and set it to the token that begins "
            "with xoxb-, or try Perch without Slack: make sandbox"
        )
    if not settings.socket_mode and not settings.slack_signing_secret.get_secret_value():
        raise BadSetting(
            "neither SLACK_APP_TOKEN (Socket Mode) nor SLACK_SIGNING_SECRET (HTTP mode) is set. "
            "Set one of them: docs/slack.md"
        )
