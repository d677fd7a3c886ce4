"""Asking for a version to run, and for its end."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.backend.context import Services
from talkwright.backend.creating import made_once
from talkwright.backend.deployments.schemas import Deployment, Deployments, NewDeployment, deployment_of
from talkwright.backend.errors import ProblemError, not_found
from talkwright.backend.paging import page_of
from talkwright.backend.quotas.service import admit
from talkwright.backend.quotas.settings import QuotaSettings
from talkwright.database import deployments as repository
from talkwright.database.assistants import lives
from talkwright.database.versions import find_version
from talkwright.identity.audit import Origin, record
from talkwright.operations import tracing


async def request_deployment(
    services: Services, assistant: UUID, by: UUID, wanted: NewDeployment, origin: Origin
) -> tuple[Deployment, bool]:
    """Queue a trained version to run; gives the deployment, and whether it is new."""

    async def find(session: AsyncSession) -> Deployment | None:
        row = await repository.get_deployment(session, assistant, wanted.id)
        return None if row is None else deployment_of(row)

    async def make(session: AsyncSession) -> None:
        if not await lives(session, assistant, hold=True):  # or it would run after what its deletion stops
            raise not_found("assistant")
        if await find_version(session, assistant, wanted.version) is None:
            raise not_found("version")
        model = await repository.model_of_version(session, wanted.version, hold=True)
        if model is None:
            raise ProblemError(409, "no-model", "This version has no model", "Train it first; then it can run.")
        await admit(session, services.get(QuotaSettings), assistant, "deployment")
        await repository.insert_deployment(
            session,
            wanted.id,
            assistant=assistant,
            version=wanted.version,
            model=model,
            by=by,
            traceparent=tracing.header(),
        )
        await record(session, origin, "deployments.request", assistant=assistant, target=wanted.id)

    return await made_once(services, "deployment", find, make)


async def one_deployment(session: AsyncSession, assistant: UUID, deployment: UUID) -> Deployment:
    """One deployment; raises 404."""
    row = await repository.get_deployment(session, assistant, deployment)
    if row is None:
        raise not_found("deployment")
    return deployment_of(row)


async def stop_deployment(session: AsyncSession, assistant: UUID, deployment: UUID, origin: Origin) -> Deployment:
    """Ask for the end of a deployment; one that has ended stays as it is. Raises 404."""
    await one_deployment(session, assistant, deployment)
    await repository.ask_to_stop_deployment(session, assistant, deployment)
    await record(session, origin, "deployments.stop", assistant=assistant, target=deployment)
    return await one_deployment(session, assistant, deployment)


async def page_of_deployments(
    session: AsyncSession, assistant: UUID, before: int | None, limit: int, version: UUID | None
) -> Deployments:
    """Deployments, or those of one version, newest first."""
    rows = await repository.list_deployments(session, assistant, before=before, limit=limit + 1, version=version)
    shown, following = page_of(rows, limit, lambda row: row["sequence"])
    return Deployments(items=[deployment_of(row) for row in shown], next=following)
