"""Settings of the place where jobs run, and of how they reach the model service from there."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from talkwright.operations.config import Section

_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - nothing is bound here; no job can call these addresses


class PlaceSettings(Section):
    """Where jobs run, and the desk at which they ask for what they may read and store."""

    job_executor: Literal["process", "kubernetes"] = Field(
        "process",
        description="Where jobs run: as processes of the consumer's machine, or as Jobs on a Kubernetes cluster.",
    )
    job_desk_host: str = Field(
        "127.0.0.1",
        min_length=1,
        description="The address at which each consumer listens to its jobs; pods reach `0.0.0.0` or the address of "
        "the consumer's own pod.",
    )
    job_desk_port: int = Field(
        0, ge=0, le=65_535, description="The port at which each consumer listens to its jobs; 0 takes a free one."
    )
    job_desk_url: str = Field(
        "",
        pattern=r"^(https?://[^/?#\s]+)?$",
        validate_default=True,
        description="The URL under which jobs reach this consumer, such as `http://10.1.2.3:8010`; empty takes the "
        "address at which it listens.",
    )

    @field_validator("job_desk_host")
    @classmethod
    def _bare(cls, value: str) -> str:
        return value.strip("[]")

    @field_validator("job_desk_url")
    @classmethod
    def _reachable(cls, value: str, info: ValidationInfo) -> str:
        if not value and info.data.get("job_desk_host") in _EVERYWHERE:
            raise ValueError(
                "must say how jobs reach this consumer, as TALKWRIGHT_JOB_DESK_HOST is "
                f"{info.data['job_desk_host']}: give an address such as http://10.1.2.3:8010"
            )
        return value
