"""What assistants and the studio may have."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pydantic import Field, field_validator

from talkwright.operations.config import Section

OVERRIDABLE = ("trainings", "deployments", "models", "model_bytes")


class QuotaSettings(Section):
    """How much an assistant and the whole studio may have at once; 0 sets no limit."""

    quota_trainings: int = Field(20, ge=0, description="Trainings of one assistant that wait or run; 0 is no limit.")
    quota_studio_trainings: int = Field(0, ge=0, description="Trainings of all assistants that wait or run.")
    quota_deployments: int = Field(
        10, ge=0, description="Deployments of one assistant that wait or run; 0 is no limit."
    )
    quota_studio_running: int = Field(0, ge=0, description="Assistants that run or are to run at once.")
    quota_models: int = Field(0, ge=0, description="Stored models of one assistant: beyond it no training is taken.")
    quota_model_bytes: int = Field(0, ge=0, description="Bytes of all stored models of one assistant.")
    quota_studio_model_bytes: int = Field(0, ge=0, description="Bytes of all stored models.")
    quota_overrides: str = Field(
        "",
        description="Other limits for single assistants, as JSON by their names: "
        '`{"tea-desk": {"trainings": 50, "models": 0}}`, of `trainings`, `deployments`, `models`, `model_bytes`.',
    )

    @field_validator("quota_overrides")
    @classmethod
    def _readable(cls, value: str) -> str:
        try:
            given = json.loads(value or "{}")
        except ValueError:
            raise ValueError("must be JSON") from None
        for name, limits in given.items() if isinstance(given, dict) else [("its JSON", None)]:
            if not isinstance(limits, dict) or not all(_fits(key, limit) for key, limit in limits.items()):
                raise ValueError(f"must give {name} whole numbers as limits of {', '.join(OVERRIDABLE)}")
        return value

    def limit(self, what: str, assistant: str) -> int:
        """The limit of one assistant, 0 for none."""
        own: Mapping[str, int] = json.loads(self.quota_overrides or "{}").get(assistant, {})
        return own.get(what, int(getattr(self, f"quota_{what}")))

    @property
    def bounds_studio(self) -> bool:
        """Whether anything is bounded for all assistants together."""
        return bool(self.quota_studio_trainings or self.quota_studio_running or self.quota_studio_model_bytes)


def _fits(key: object, limit: object) -> bool:
    return key in OVERRIDABLE and isinstance(limit, int) and not isinstance(limit, bool) and limit >= 0
