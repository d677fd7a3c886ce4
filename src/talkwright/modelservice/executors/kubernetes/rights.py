"""The rights that the executor needs, and no others: its Role holds exactly these."""

from __future__ import annotations

from dataclasses import dataclass

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
        ("", "services", ("create",)),
        ("", "events", ("list",)),
    )
    for verb in verbs
)


async def missing_rights(cluster: Cluster) -> list[str]:
    """The rights that this account lacks, in words. Raises ClusterError."""
    missing = []
    for right in RIGHTS:
        resource, _, part = right.resource.partition("/")
        if not await cluster.may(right.verb, right.group, resource, part):
            missing.append(str(right))
    return missing
