"""The rights that consumers and orchestrators need, and no others: the Role of jobs holds exactly these."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from talkwright.modelservice.executors.base import JobError
from talkwright.modelservice.executors.kubernetes.cluster import Cluster


@dataclass(frozen=True, slots=True, order=True)
class Right:
    """One verb on one resource (`pods/log` for a part of one) of an API group."""

    group: str
    resource: str
    verb: str

    def __str__(self) -> str:
        return f"{self.verb} {self.resource}"


RIGHTS = tuple(
    Right(group, resource, verb)
    for group, resource, verbs in (
        ("batch", "jobs", ("create", "get", "list", "delete")),
        ("", "pods", ("list", "watch", "delete")),
        ("", "pods/log", ("get",)),
        ("", "secrets", ("create", "get", "patch", "delete")),
        ("", "services", ("create", "get", "delete")),
        ("", "events", ("list",)),
    )
    for verb in verbs
)


COMPARING = tuple(right for right in RIGHTS if right.resource == "jobs" and right.verb in ("list", "delete"))
"""Those of them that the comparison of jobs with attempts needs."""


async def require_rights(cluster: Cluster, rights: Iterable[Right] = RIGHTS) -> None:
    """Ask for each of these rights. Raises JobError, with those that are missing, and ClusterError."""
    missing = await missing_rights(cluster, rights)
    if missing:
        raise JobError(
            f"In the namespace {cluster.namespace} this service may not {', '.join(missing)}: "
            "bind its service account to the Role talkwright-jobs."
        )


async def missing_rights(cluster: Cluster, rights: Iterable[Right] = RIGHTS) -> list[str]:
    """The rights that this account lacks, in words. Raises ClusterError."""
    missing = []
    for right in rights:
        resource, _, part = right.resource.partition("/")
        if not await cluster.may(right.verb, right.group, resource, part):
            missing.append(str(right))
    return missing
