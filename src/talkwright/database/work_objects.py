"""Trainings and deployments as JSON objects inside other statements, with the fields that their own lists read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_, case, false, func, literal, literal_column, or_, select
from sqlalchemy.dialects.postgresql import JSONB

from talkwright.database.queueing import consumers, made_room, place_of
from talkwright.database.tables import attempts, deployments, trainings, users, versions

_ENGINE = "(SELECT m.engine FROM studio.models m WHERE m.id = studio.deployments.model)"


def latest_training(condition: Any) -> ColumnElement[Any]:
    """The latest training that fits a condition, as a column; `versions` in the condition is the outer query's."""
    pinned = versions.alias("pinned")
    queued = trainings.c.state == "queued"
    attempt = and_(
        attempts.c.work_kind == "training", attempts.c.work == trainings.c.id, attempts.c.number == trainings.c.attempt
    )
    plain = ("id", "assistant", "version", "state", "deploy", "reason", "problems", "created_at", "started_at")
    more = ("ended_at", "cancel_requested_at", "created_by", "engine")
    engine = "studio.trainings.engine"
    fields = {name: trainings.c[name] for name in (*plain, *more)} | {
        "version_name": pinned.c.name,
        "version_number": pinned.c.number,
        "by_name": users.c.display,
        "stage": attempts.c.stage,
        "progress": func.coalesce(attempts.c.progress, 0.0),
        "attempt_problems": attempts.c.problems,
        "place": case((queued, literal_column(place_of("studio.trainings.id")))),
        "pauses": case((queued, trainings.c.not_before > func.clock_timestamp())),
        "consumers": case((queued, literal_column(consumers("training-consumer", engine=engine)))),
        "busy": case((queued, literal_column(consumers("training-consumer", busy=True, engine=engine)))),
    }
    joined = (
        trainings.join(pinned, pinned.c.id == trainings.c.version)
        .join(users, users.c.id == trainings.c.created_by)
        .outerjoin(attempts, attempt)
    )
    found = select(_object(fields)).select_from(joined).where(condition)
    return found.order_by(trainings.c.sequence.desc()).limit(1).scalar_subquery()


def active_deployment(assistant: Any, environment: str = "try") -> ColumnElement[Any]:
    """The deployment that an assistant's talk goes to, or the one that it wakes, as a column."""
    return _deployment(assistant, environment, or_(deployments.c.active, _asleep()))


def _asleep() -> ColumnElement[bool]:
    return and_(deployments.c.slept_at.is_not(None), deployments.c.cancel_requested_at.is_(None))


def failed_start(assistant: Any, environment: str = "try") -> ColumnElement[Any]:
    """The newest deployment where it failed before any talk went to it, as a column; null where it didn't."""
    later = deployments.alias("later")
    same = (later.c.assistant == deployments.c.assistant, later.c.environment == deployments.c.environment)
    newest = ~select(later.c.id).where(*same, later.c.sequence > deployments.c.sequence).exists()
    return _deployment(assistant, environment, deployments.c.state == "failed", ~deployments.c.active, newest)


def _deployment(assistant: Any, environment: str, *conditions: ColumnElement[bool]) -> ColumnElement[Any]:
    plain = ("id", "assistant", "environment", "version", "training", "state", "active", "reason")
    fields = {name: deployments.c[name] for name in (*plain, "created_at", "ready_at")} | {
        "asleep": _asleep(),
        "made_room": literal_column(made_room("studio.deployments")),
        "version_name": versions.c.name,
        "version_number": versions.c.number,
        "place": literal(1),
        "pauses": deployments.c.not_before > func.clock_timestamp(),
        "engine": literal_column(_ENGINE),
        "consumers": literal_column(consumers("running-consumer", engine=_ENGINE)),
        "busy": literal_column(consumers("running-consumer", busy=True, engine=_ENGINE)),
        "has_old": false(),
        "attempt_problems": _attempt_problems(),
    }
    found = select(_object(fields)).select_from(deployments.join(versions, versions.c.id == deployments.c.version))
    found = found.where(deployments.c.assistant == assistant, deployments.c.environment == environment, *conditions)
    found = found.order_by(deployments.c.active.desc(), deployments.c.sequence.desc()).limit(1)
    return found.scalar_subquery()


def _attempt_problems() -> ColumnElement[Any]:
    """What a deployment's model said of itself when it was started, as JSON."""
    said = select(attempts.c.problems).where(
        attempts.c.work_kind == "deployment",
        attempts.c.work == deployments.c.id,
        attempts.c.number == deployments.c.attempt,
    )
    return said.correlate(deployments).scalar_subquery()


def _object(fields: Mapping[str, Any]) -> ColumnElement[Any]:
    pairs = (part for name, column in fields.items() for part in (literal(name), column))
    return func.jsonb_build_object(*pairs, type_=JSONB)
