"""Settings of `talkwright up`, and what it tells the roles that it starts."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from talkwright.operations.config import Section


class UpSettings(Section):
    """The whole studio on one machine."""

    training_consumers: int = Field(1, ge=1, le=64, description="Trainings that `up` runs at once; others wait.")
    running_consumers: int = Field(
        6,
        ge=1,
        le=256,
        description="Running models that `up` holds at most; it starts as many as are needed, plus one.",
    )
    example: str = Field(
        "bank", description="The example that `up` imports, trains and starts at its first start; `none` imports none."
    )
    actions_python: Path | None = Field(
        None,
        description="The Python that runs the example's action server; unset is `.venv-actions` beside the sources.",
    )


class SupervisedSettings(Section):
    """What a supervisor hands to a role that it starts; nobody sets these by hand."""

    supervisor: int | None = Field(None, description="The process with which this role ends; set by `up`.")
    listen_fd: int | None = Field(None, description="The open socket on which the studio listens; set by `up`.")
    go_fd: int | None = Field(
        None, description="What ends when the database is prepared, which the studio awaits; set by `up`."
    )
    ready_fd: int | None = Field(None, description="Where the studio says that it answers; set by `up`.")
