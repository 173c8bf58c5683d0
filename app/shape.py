"""What every part of the configuration has in common: unknown keys are errors, and values do not change."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Shape(BaseModel):
    """A part of the configuration."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())
