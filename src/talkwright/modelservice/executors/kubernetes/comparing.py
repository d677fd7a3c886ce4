"""Compares the Jobs of an installation with the attempts that go on, and deletes those that nobody wants any more."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection

from talkwright.modelservice.executors.kubernetes.cluster import Cluster, ClusterError
from talkwright.modelservice.executors.kubernetes.manifest import NAME, selector
from talkwright.modelservice.executors.kubernetes.settings import KubernetesSettings
from talkwright.operations.logs import get_logger

log = get_logger(__name__)

IsOpen = Callable[[Collection[str]], Awaitable[Collection[str]]]
"""Which of these jobs' attempts are still open."""


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
