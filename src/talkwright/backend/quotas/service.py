"""Refusing what would go beyond a quota, in words that say what, how much, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.backend.errors import ProblemError
from talkwright.backend.quotas.settings import QuotaSettings
from talkwright.database.quotas import Used, used_by
from talkwright.operations import metrics

Wish = Literal["training", "deployment"]
MIB = 1024 * 1024
_OPERATOR = "or ask who runs the studio for more."
_DELETE = f"Delete models that nobody needs on the page of versions, {_OPERATOR}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """One quota: how much is used of how much, in which words, and how to come below it."""

    quota: str
    used: int
    limit: int
    words: str
    mend: str

    @property
    def is_reached(self) -> bool:
        """Whether there is a limit, and no room below it."""
        return 0 < self.limit <= self.used


async def admit(session: AsyncSession, settings: QuotaSettings, assistant: UUID, wish: Wish) -> None:
    """Raise the 409 that names a quota which the wish would break; what is inserted in this transaction may stay.

    Whoever else asks waits until the transaction ends, so that no two pass by the last place.
    """
    used = await used_by(session, assistant, studio=settings.bounds_studio)
    for bound in bounds(settings, used, wish):
        if bound.is_reached:
            metrics.QUOTA_REFUSALS.labels(quota=bound.quota).inc()
            raise ProblemError(
                409,
                "quota-reached",
                "A quota is used up",
                f"{bound.words} {bound.mend}",
                quota={"name": bound.quota, "used": bound.used, "limit": bound.limit},
            )


def bounds(settings: QuotaSettings, used: Used, wish: Wish) -> list[Bound]:
    """The quotas that bound a wish, those of the assistant first."""
    return _of_training(settings, used) if wish == "training" else _of_deployment(settings, used)


def _of_training(settings: QuotaSettings, used: Used) -> list[Bound]:
    own, whole = settings.limit("trainings", used.name), settings.quota_studio_trainings
    models, size = settings.limit("models", used.name), settings.limit("model_bytes", used.name)
    return [
        Bound(
            quota="trainings",
            used=used.trainings,
            limit=own,
            words=f"{used.trainings} of {own} trainings that this assistant may have wait or run.",
            mend=f"Wait for one to end, stop one, {_OPERATOR}",
        ),
        Bound(
            quota="models",
            used=used.models,
            limit=models,
            words=f"This assistant has {used.models} of {models} stored models that it may have.",
            mend=_DELETE,
        ),
        Bound(
            quota="model_bytes",
            used=used.model_bytes,
            limit=size,
            words=f"The models of this assistant take {_mib(used.model_bytes)}, and may take {_mib(size)}.",
            mend=_DELETE,
        ),
        Bound(
            quota="studio_trainings",
            used=used.studio_trainings,
            limit=whole,
            words=f"{used.studio_trainings} of {whole} trainings that the studio may have wait or run.",
            mend="Try again when some have ended.",
        ),
        Bound(
            quota="studio_model_bytes",
            used=used.studio_model_bytes,
            limit=settings.quota_studio_model_bytes,
            words=f"The models of all assistants take {_mib(used.studio_model_bytes)}, and may take "
            f"{_mib(settings.quota_studio_model_bytes)}.",
            mend=_DELETE,
        ),
    ]


def _of_deployment(settings: QuotaSettings, used: Used) -> list[Bound]:
    own, whole = settings.limit("deployments", used.name), settings.quota_studio_running
    return [
        Bound(
            quota="deployments",
            used=used.deployments,
            limit=own,
            words=f"{used.deployments} of {own} versions that this assistant may have run or are to run.",
            mend=f"Stop one, {_OPERATOR}",
        ),
        Bound(
            quota="studio_running",
            used=used.studio_running,
            limit=whole,
            words=f"{used.studio_running} of {whole} assistants that may run at once run or are to run.",
            mend=f"Stop one that nobody needs now, {_OPERATOR}",
        ),
    ]


def _mib(size: int) -> str:
    return f"{size / MIB:.1f} MiB"
