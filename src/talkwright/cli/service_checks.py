"""What `talkwright doctor` looks at of the model service: its roles, the cluster of its jobs, the engines' commands."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict

from sqlalchemy.exc import SQLAlchemyError

from talkwright.cli.checks import Area, Finding, Place, last_words, note, well, wrong
from talkwright.database.engine import Database
from talkwright.database.roles_alive import roles_alive
from talkwright.modelservice.engines.rasa import rasajob

_NAMES = {
    "leads_trainings": "training orchestrator that leads",
    "leads_deployments": "running orchestrator that leads",
    "training_consumers": "training consumer",
    "running_consumers": "running consumer",
}
_RASA = """
from importlib.metadata import PackageNotFoundError, version
for name in ("rasa-pro", "rasa"):
    try:
        raise SystemExit(f"version {version(name)}")
    except PackageNotFoundError:
        pass
raise SystemExit("no Rasa is installed there.")
"""


async def roles(place: Place, link: Database) -> Finding:
    """Whether somebody leads each kind of work and consumers are there; none at all is a studio that is stopped."""
    del place
    try:
        async with link.transaction() as session:
            found = asdict(await roles_alive(session))
    except (SQLAlchemyError, OSError) as error:
        return wrong("roles", f"The roles can't be looked up ({type(error).__name__}).", "Mend the database first.")
    if not any(found.values()):
        return well("roles", "No role of the model service runs here now.")
    missing = [words for name, words in _NAMES.items() if not found[name]]
    if missing:
        which = " and no ".join(missing)
        return wrong("roles", f"There is no {which}.", "Start it: without it what is asked for waits.")
    training, running = found["training_consumers"], found["running_consumers"]
    return well("roles", f"Both orchestrators lead; consumers: {training} training, {running} running.")


async def cluster(place: Place) -> Finding:
    """Whether the cluster of the jobs answers and lets this account do what jobs need."""
    if place.jobs.job_executor != "kubernetes":
        return well("cluster", "Jobs run as processes; no cluster is needed.")
    # The client of Kubernetes is loaded only where one is used.
    from talkwright.modelservice.executors.kubernetes.cluster import ClusterError, open_cluster  # noqa: PLC0415 - as said above
    from talkwright.modelservice.executors.kubernetes.rights import missing_rights  # noqa: PLC0415 - as above

    namespace = place.kubernetes.kubernetes_namespace
    try:
        async with open_cluster(place.kubernetes) as reached:
            missing = await missing_rights(reached)
    except ClusterError as error:
        mend = "Check TALKWRIGHT_KUBERNETES_CONFIG and that the cluster can be reached from here."
        return wrong("cluster", str(error), mend)
    if missing:
        found = f"In the namespace {namespace} this account may not: {', '.join(missing)}."
        return wrong("cluster", found, "Apply deploy/kubernetes/jobs.yaml with the account that runs the consumers.")
    return well("cluster", f"Jobs may be run in the namespace {namespace}.")


async def engines(place: Place) -> Finding:
    """Whether the command of each engine that is set up for processes works."""
    python = place.rasa.rasa_python
    if not python:
        return well("engines", "Assistants are trained and run by Talkwright's own engine.")
    if place.jobs.job_executor == "kubernetes":
        image = place.rasa.rasa_image or place.kubernetes.kubernetes_image
        return well("engines", f"Rasa runs from the image {image}, which only the cluster can try.")
    said = await last_words(python, "-I", "-c", _RASA) or ""
    if not said.startswith("version "):
        return wrong("engines", f"Rasa can't be used from {python}: {said}", "Check TALKWRIGHT_RASA_PYTHON.")
    reason = rasajob.out_of_limits(version := said.removeprefix("version "))
    if reason is not None:
        return wrong("engines", reason, "Install another release, and name its Python in TALKWRIGHT_RASA_PYTHON.")
    if rasajob.numbers(version) >= rasajob.LICENSED and place.rasa.rasa_license is None:
        return note("engines", f"Rasa Pro {version} needs a licence.", "Set TALKWRIGHT_RASA_LICENSE.")
    return well("engines", f"Rasa {version} can be chosen beside Talkwright's own engine.")


OF_ROWS: dict[Area, Callable[[Place, Database], Awaitable[Finding]]] = {"roles": roles}
OF_JOBS: dict[Area, Callable[[Place], Awaitable[Finding]]] = {"cluster": cluster, "engines": engines}
