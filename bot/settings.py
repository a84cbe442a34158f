"""The environment as one frozen value. A bad value stops the start: one line says which, why, and what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

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
    signing_key: SecretStr = Field(default=SecretStr(""), alias="PERCH_SIGNING_KEY")
    public_keys: str = Field(default="", alias="PERCH_PUBLIC_KEYS")
    heartbeat_url: str = Field(default="", alias="PERCH_HEARTBEAT_URL", repr=False)
    fallback_channel: str = Field(default="", alias="PERCH_FALLBACK_CHANNEL")
    fallback_url: SecretStr = Field(default=SecretStr(""), alias="PERCH_FALLBACK_URL")
    webhook_token: SecretStr = Field(default=SecretStr(""), alias="PERCH_WEBHOOK_TOKEN")
    host: str = Field(default="127.0.0.1", alias="PERCH_HOST")
    port: int = Field(default=8080, ge=0, le=65535, alias="PORT")
    log_level: str = Field(default="INFO", alias="PERCH_LOG_LEVEL")

    @field_validator("slack_api_url")
    @classmethod
    def _ends_in_slash(cls, value: str) -> str:
        return value if value.endswith("/") else value + "/"

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

    @field_validator("slack_bot_token", mode="after")
    @classmethod
    def _is_a_bot_token(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and not value.get_secret_value().startswith("xoxb-"):
            raise ValueError("is not a bot token: those begin with xoxb-")
        return value

    @field_validator("slack_app_token", mode="after")
    @classmethod
    def _is_an_app_token(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and not value.get_secret_value().startswith("xapp-"):
            raise ValueError("is not an app-level token: those begin with xapp-")
        return value

    @property
    def socket_mode(self) -> bool:
        """Socket Mode when an app token is set, HTTP mode otherwise."""
        return bool(self.slack_app_token.get_secret_value())


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
