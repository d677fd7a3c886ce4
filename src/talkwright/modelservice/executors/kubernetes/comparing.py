"""Compares the Jobs of an installation with the attempts that go on, and deletes those that nobody wants any more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection

from talkwright.modelservice.executors.kubernetes.cluster import Cluster, ClusterError
from talkwright.modelservice.executors.kubernetes.manifest import NAME, selector
from talkwright.modelservice.executors.kubernetes.rights import COMPARING, require_rights
from talkwright.modelservice.executors.kubernetes.settings import KubernetesSettings
from talkwright.operations.logs import get_logger

log = get_logger(__name__)

IsOpen = Callable[[Collection[str]], Awaitable[Collection[str]]]
"""Which of these jobs' attempts are still open."""
ASK_SECONDS = 10.0


async def check(cluster: Cluster) -> None:
    """Ask for the rights of the comparison. Raises JobError, with those that are missing.

    A cluster that does not answer now keeps nobody from leading: each comparison asks it anew.
    """
    try:
        async with asyncio.timeout(ASK_SECONDS):
            await require_rights(cluster, COMPARING)
    except (ClusterError, TimeoutError) as error:
        log.warning("job.rights_unknown", error=type(error).__name__)


async def end_orphans(cluster: Cluster, settings: KubernetesSettings, is_open: IsOpen) -> list[str]:
    """Delete the Jobs of this installation that no open attempt stands behind; gives their names."""
    try:
        # The Jobs come first: one that is made after that list is none of those that are looked up.
        found, _ = await cluster.listed("jobs", labels=selector(settings))
        there = {str(job["metadata"]["labels"][NAME]): job for job in found}
        wanted = set(await is_open(there.keys())) if there else set()
        ended = [
            name
            for name, job in there.items()
            if name not in wanted
            and "deletionTimestamp" not in job["metadata"]
            and await cluster.delete("jobs", job["metadata"]["name"], job["metadata"]["uid"])
        ]
    except ClusterError as error:
        log.warning("job.orphans_unknown", status=error.status)
        return []
    for name in ended:
        log.info("job.orphan_ended", job=name)
    return ended
