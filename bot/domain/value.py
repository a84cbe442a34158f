"""What a rollout is made of: frozen values, stored as JSON inside its row."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """Frozen; a newer field has a default, so that older rows load."""

    model_config = ConfigDict(frozen=True)
