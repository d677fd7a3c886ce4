"""Settings of the model service: leases, consumers, jobs."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field, ValidationInfo, field_validator

from talkwright.modelservice.project_code import ProjectCode, allowed_to, read_allowed
from talkwright.operations.config import Section

MIB = 1024 * 1024


class ModelServiceSettings(Section):
    """How orchestrators and consumers keep time, and what jobs may use."""

    worker_id: UUID | None = Field(
        None, description="The id of this orchestrator or consumer, new at each start; unset makes one."
    )
    orchestrator_lease_seconds: float = Field(
        4.0, ge=1, description="Seconds after which a silent orchestrator is replaced by another replica."
    )
    orchestrator_renew_seconds: float = Field(
        1.0, ge=0.1, description="Seconds between two signs of life of an orchestrator; under half of its lease."
    )
    consumer_lease_seconds: float = Field(
        15.0, ge=1, description="Seconds after which a silent consumer counts as gone."
    )
    consumer_renew_seconds: float = Field(
        4.0, ge=0.1, description="Seconds between two signs of life of a consumer; under half of its lease."
    )
    adopt_seconds: float = Field(
        20.0,
        ge=0,
        description="Seconds that a job whose consumer is gone waits for another that can go on with it, before its "
        "work is started anew; 0 ends jobs together with their consumers.",
    )
    lifeline_fd: int | None = Field(
        None, description="The pipe that ends with whoever supervises a consumer: its jobs then end too; set by `up`."
    )
    replace_after_seconds: float = Field(
        10.0,
        ge=0,
        description="Seconds that a new model waits for a free running consumer, and for which nobody has talked to "
        "the same assistant's old one, before it takes that one's place; the old one comes back if it doesn't start.",
    )
    drain_least_seconds: float = Field(
        5.0,
        ge=0,
        description="Seconds for which a replaced model still takes turns, from those who have not heard of its "
        "successor yet.",
    )
    drain_seconds: float = Field(
        330.0, ge=0, description="Most seconds that a replaced model then goes on for turns under way."
    )
    make_room_seconds: float = Field(
        300.0,
        ge=0,
        description="Seconds without a message after which an assistant gives way to one that finds no free running "
        "consumer; its next message wakes it.",
    )
    idle_stop_seconds: float = Field(
        0.0,
        ge=0,
        description="Seconds without a message after which an assistant is stopped in any case; its next message wakes "
        "it. 0 stops none.",
    )
    job_own_users: bool = Field(
        True, description="Whether the jobs of consumers that run as root get users of their own, without rights."
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
    job_project_code: str = Field(
        "",
        description="The assistants whose projects may have code of their own run in jobs, as JSON by their names or "
        'ids: `{"tea-desk": {"folder": "/opt/tea-desk", "python": "/opt/actions/bin/python"}}`. The folder holds the '
        "modules that the project names; that Python, which has rasa-sdk, runs actions of Talkwright's own engine.",
    )
    training_seconds: float = Field(3600.0, gt=0, description="Seconds after which a training is ended.")
    start_seconds: float = Field(60.0, gt=0, description="Seconds within which a model must answer after its start.")
    training_memory: int = Field(4096 * MIB, ge=64 * MIB, description="Bytes of memory that a training may use.")
    running_memory: int = Field(2048 * MIB, ge=64 * MIB, description="Bytes of memory that a running model may use.")
    job_file_bytes: int = Field(2048 * MIB, ge=MIB, description="The largest file that a job may write, in bytes.")
    job_log_bytes: int = Field(10_000_000, ge=1000, description="The most that is kept of a job's log, in bytes.")

    @field_validator("orchestrator_renew_seconds", "consumer_renew_seconds")
    @classmethod
    def _in_time(cls, value: float, info: ValidationInfo) -> float:
        lease = str(info.field_name).replace("renew", "lease")
        if lease in info.data and value >= info.data[lease] / 2:
            raise ValueError(f"must be under half of TALKWRIGHT_{lease.upper()}")
        return value

    @field_validator("job_environment")
    @classmethod
    def _names(cls, value: str) -> str:
        names = [name.strip() for name in value.split(",") if name.strip()]
        wrong = [name for name in names if not name.isidentifier() or name.upper().startswith("TALKWRIGHT_")]
        if wrong:
            raise ValueError(f"must name variables that jobs may get, and {', '.join(wrong)} is none")
        return ",".join(names)

    @field_validator("job_project_code")
    @classmethod
    def _allowed(cls, value: str) -> str:
        read_allowed(value)
        return value

    def project_code(self, assistant: UUID, name: str) -> ProjectCode | None:
        """Where the code of an assistant's project lies; None where it may not run."""
        return allowed_to(read_allowed(self.job_project_code), assistant, name)

    @property
    def unheld_seconds(self) -> float:
        """So long a job goes on without its consumer: until that is missed, then until another has it."""
        return self.adopt_seconds + self.consumer_lease_seconds if self.adopt_seconds else 0.0

    @property
    def job_names(self) -> tuple[str, ...]:
        """The names of the variables that jobs get."""
        return tuple(name for name in self.job_environment.split(",") if name)
