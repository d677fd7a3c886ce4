"""Settings of the model service: leases, consumers, jobs."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field, field_validator

from talkwright.operations.config import Section

MIB = 1024 * 1024


class ModelServiceSettings(Section):
    """How orchestrators and consumers keep time, and what jobs may use."""

    worker_id: UUID | None = Field(
        None, description="The id of this orchestrator or consumer, new at each start; unset makes one."
    )
    lease_seconds: float = Field(
        30.0, ge=2, description="Seconds after which a silent orchestrator or consumer counts as gone."
    )
    renew_seconds: float = Field(
        10.0, ge=0.2, description="Seconds between two signs of life; under half of the lease."
    )
    replace_after_seconds: float = Field(
        10.0,
        ge=0,
        description="Seconds that a new model waits for a free running consumer before it replaces the same "
        "assistant's old one in place.",
    )
    drain_seconds: float = Field(
        30.0, ge=0, description="Most seconds that a replaced model goes on for turns under way."
    )
    job_environment: str = Field(
        "",
        description="Names of environment variables, separated by commas, that jobs get besides their own: those that "
        "projects name as `${NAME}`. `TALKWRIGHT_…` names are never passed on.",
    )
    job_local_models: str = Field(
        "",
        description="Servers of language models on the machine of the jobs that projects may name: `host:port` or "
        "`host`, separated by commas, such as `localhost:11434`. Others on that machine are refused.",
    )
    training_seconds: float = Field(3600.0, gt=0, description="Seconds after which a training is ended.")
    start_seconds: float = Field(60.0, gt=0, description="Seconds within which a model must answer after its start.")
    training_memory: int = Field(4096 * MIB, ge=64 * MIB, description="Bytes of memory that a training may use.")
    running_memory: int = Field(2048 * MIB, ge=64 * MIB, description="Bytes of memory that a running model may use.")
    job_file_bytes: int = Field(2048 * MIB, ge=MIB, description="The largest file that a job may write, in bytes.")
    job_log_bytes: int = Field(10_000_000, ge=1000, description="The most that is kept of a job's log, in bytes.")

    @field_validator("job_environment")
    @classmethod
    def _names(cls, value: str) -> str:
        names = [name.strip() for name in value.split(",") if name.strip()]
        wrong = [name for name in names if not name.isidentifier() or name.upper().startswith("TALKWRIGHT_")]
        if wrong:
            raise ValueError(f"{', '.join(wrong)} can't be passed to jobs")
        return ",".join(names)

    @property
    def job_names(self) -> tuple[str, ...]:
        """The names of the variables that jobs get."""
        return tuple(name for name in self.job_environment.split(",") if name)
