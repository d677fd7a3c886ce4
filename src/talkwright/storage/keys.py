"""The keys under which project archives and models lie: those who write and those who read agree here."""

from __future__ import annotations

from uuid import UUID

MANIFEST = "/published.json"


def project_key(version: UUID) -> str:
    """Where a version's project archive lies."""
    return f"projects/{version}.tar.gz"


def models_prefix(assistant: UUID, training: UUID) -> str:
    """Below this lie the models of all attempts of one training."""
    return f"models/{assistant}/{training}"


def archive_key(assistant: UUID, training: UUID, attempt: UUID, sha256: str) -> str:
    """Where one attempt, and nobody else, puts its model; the name tells what is in it."""
    return f"{models_prefix(assistant, training)}/{attempt}-{sha256}.tar.gz"


def manifest_key(assistant: UUID, training: UUID) -> str:
    """What says which of a training's archives is its model: made once, and never changed."""
    return f"{models_prefix(assistant, training)}{MANIFEST}"


def log_key(attempt: UUID) -> str:
    """Where the whole log of one attempt lies once its job has ended."""
    return f"logs/{attempt}.jsonl"
