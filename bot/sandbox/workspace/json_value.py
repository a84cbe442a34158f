"""The one name for a JSON object as it travels between Slack and an app."""

from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]
