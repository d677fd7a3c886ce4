"""The keys under which project archives and models lie: those who write and those who read agree here."""

from __future__ import annotations

from uuid import UUID


def project_key(version: UUID) -> str:
    """Where a version's project archive lies."""
    return f"projects/{version}.tar.gz"


def models_prefix(assistant: UUID, training: UUID) -> str:
    """Below this lie the models of all attempts of one training."""
    return f"models/{assistant}/{training}"


def model_key(assistant: UUID, training: UUID, attempt: UUID) -> str:
    """Where one attempt, and nobody else, puts its model."""
    return f"{models_prefix(assistant, training)}/{attempt}.tar.gz"
