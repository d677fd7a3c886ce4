"""All metrics of all roles, in one place: `talkwright_*` with their unit, without a label per assistant or person.

Who makes a change counts it: changes of state, assignments and what came of attempts the leading orchestrator alone, so
that replicas count nothing twice; the queue and the consumers are shown by the leader alone too. Each label has few
values, which stand here or come from enumerations of ours: `one_of` turns all others into `other`.
"""

from __future__ import annotations

from collections.abc import Container

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest

from talkwright import __version__

OTHER = "other"
STAGES = frozenset(
    {
        *("starting", "preparing", "reading", "checking", "learning", "exported", "writing", "trained", "publishing"),
        *("loading", "migrated", "loaded"),
    }
)
"""The stages of jobs that are timed one by one."""
CAUSES = frozenset(
    {
        *("content", "time limit", "out of memory", "disk full", "storage", "no start", "cluster", "engine"),
        *("lost job", "lost consumer"),
    }
)
"""Why attempts fail."""
_WAITS = (0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)
_WORKS = (0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)

INFO = Gauge("talkwright_info", "What runs here.", ["version", "role"])

REQUESTS = Counter("talkwright_http_requests", "Requests answered.", ["method", "route", "status"])
REQUEST_SECONDS = Histogram(
    "talkwright_http_request_seconds", "Time until the answer begins, in seconds.", ["method", "route"]
)
TURNS = Counter("talkwright_chat_turns", "Turns of chats: `answered`, or the code of the problem.", ["outcome"])
TURN_SECONDS = Histogram(
    "talkwright_chat_turn_seconds", "Time from a message to its answer, in seconds.", buckets=_WORKS[:11]
)
QUOTA_REFUSALS = Counter("talkwright_quota_refusals", "Requests that a quota refused.", ["quota"])

LEADER = Gauge("talkwright_leader", "1 on the orchestrator that leads this kind of work, else 0.", ["kind"])
WORK = Gauge("talkwright_open_work", "Trainings or deployments that have not ended.", ["kind", "state"])
QUEUE_LENGTH = Gauge("talkwright_queue_length", "Trainings or deployments that wait for a consumer.", ["kind"])
QUEUE_OLDEST = Gauge(
    "talkwright_queue_oldest_wait_seconds", "How long the one that waits longest has waited, in seconds.", ["kind"]
)
CONSUMERS = Gauge("talkwright_consumers", "Living consumers: `free`, `busy` or `draining`.", ["kind", "state"])
QUEUE_SECONDS = Histogram(
    "talkwright_queue_wait_seconds", "Time from the wish to the first consumer, in seconds.", ["kind"], buckets=_WAITS
)
STATES = Counter("talkwright_state_changes", "Changes of state, by the state after.", ["kind", "state"])
ATTEMPTS = Counter("talkwright_attempts", "Attempts given to consumers.", ["kind"])
ATTEMPTS_ENDED = Counter("talkwright_attempts_ended", "Attempts that ended, by how.", ["kind", "outcome"])
FAILURES = Counter("talkwright_attempt_failures", "Attempts that failed or were lost, by why.", ["kind", "cause"])
ADOPTIONS = Counter(
    "talkwright_adoptions", "Running jobs whose consumer was gone and that another went on with.", ["kind"]
)
TAKEOVERS = Counter(
    "talkwright_lease_takeovers", "Leases taken after another held them, of the `leader` or of an `attempt`.", ["lease"]
)
TRAINING_SECONDS = Histogram(
    "talkwright_training_seconds", "Time from the wish to train to the end, in seconds.", ["state"], buckets=_WAITS
)
START_SECONDS = Histogram(
    "talkwright_deployment_start_seconds",
    "Time from the wish that a model runs until it first answers, in seconds.",
    buckets=_WAITS,
)
SWITCH_SECONDS = Histogram(
    "talkwright_switch_seconds",
    "Time from the wish that a model takes over from a running one until it has the talk, in seconds.",
    buckets=_WAITS,
)

HELD = Gauge("talkwright_attempts_held", "Attempts that this consumer holds.", ["kind"])
STAGE_SECONDS = Histogram(
    "talkwright_job_stage_seconds", "Time that jobs spend in a stage, in seconds.", ["kind", "stage"], buckets=_WORKS
)
LEASES_LOST = Counter("talkwright_leases_lost", "Leases that their holder did not renew in time.", ["lease"])

STORAGE_FAILURES = Counter("talkwright_storage_failures", "Requests that the object store failed.", ["operation"])
POOL_USED = Gauge("talkwright_database_connections_used", "Connections of this process that are in use.")
POOL_SIZE = Gauge("talkwright_database_connections_limit", "Connections that this process may use.")
DATABASE_FAILURES = Counter(
    "talkwright_database_failures",
    "Transactions that found no connection in time (`pool`) or no database (`unavailable`).",
    ["cause"],
)
for _cause in ("pool", "unavailable"):
    DATABASE_FAILURES.labels(cause=_cause)
SPANS = Counter("talkwright_spans", "Spans of traces: `exported` or `dropped`.", ["outcome"])


def announce_role(role: str) -> None:
    """Say in the metrics which role and version this process is."""
    INFO.labels(version=__version__, role=role).set(1)


def one_of(values: Container[str], value: str | None) -> str:
    """A label's value, if it is one of few."""
    return value if value is not None and value in values else OTHER


def exposition() -> tuple[bytes, str]:
    """All metrics of this process in Prometheus' text form, and its content type."""
    return generate_latest(), CONTENT_TYPE_LATEST
