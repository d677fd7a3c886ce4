"""The states of trainings, deployments and attempts: one list for tables, statements, the API and the state machine."""

from __future__ import annotations

from enum import StrEnum


class TrainingState(StrEnum):
    """A training's life."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class DeploymentState(StrEnum):
    """A deployment's life."""

    QUEUED = "queued"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"


class AttemptState(StrEnum):
    """An attempt's life: given to a consumer, its job runs, its model answers, over."""

    ASSIGNED = "assigned"
    RUNNING = "running"
    READY = "ready"
    ENDED = "ended"


ENDED_TRAININGS = frozenset({TrainingState.SUCCEEDED, TrainingState.FAILED, TrainingState.CANCELLED})
ENDED_DEPLOYMENTS = frozenset({DeploymentState.STOPPED, DeploymentState.FAILED})
COMING_DEPLOYMENTS = frozenset({DeploymentState.QUEUED, DeploymentState.STARTING, DeploymentState.RUNNING})
"""Those that answer, or are on their way to."""
