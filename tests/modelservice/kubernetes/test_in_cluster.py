"""The studio as `deploy/kubernetes` has it: roles in pods, with an account's token and the least rights.

People come in by the backend's pods, and talk to them as a page does; the test itself is one more backend.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from subprocess import CalledProcessError
from typing import Any
from uuid import UUID

import httpx2
import psycopg
import pytest
from sqlalchemy import func, select
from tests.modelservice.kubernetes.inside import Inside, inside
from tests.modelservice.kubernetes.people import Visitor, Way, ask, browsing, first_person, places_of, read_on
from tests.modelservice.kubernetes.podded import PATIENCE_SECONDS, chat_on, deployed, unnoticed
from tests.services.kubernetes.running import KubernetesCluster
from tests.services.modelservice import locked, project, talking, texts, waits_for
from tests.services.objects import ObjectServer
from tests.services.postgres import TestServer
from tests.services.prometheus import targets
from tests.services.studio import PLAIN
from tests.services.up import busy
from tests.services.visiting import Visit

from talkwright.database.engine import plain_url
from talkwright.database.leases import of_attempt
from talkwright.database.settings import DatabaseSettings
from talkwright.database.tables import chat_events, chat_messages, chats, leases, workers
from talkwright.modelservice.settings import ModelServiceSettings

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(900)]

ORCHESTRATORS = "talkwright/role=running-orchestrator"
NAMES = "jsonpath={.items[*].metadata.name}"


@pytest.fixture(scope="module")
async def pods(
    database_settings: DatabaseSettings,
    kubernetes: KubernetesCluster,
    s3_for_pods: ObjectServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Inside]:
    """All roles in pods."""
    async with inside(kubernetes, database_settings, tmp_path_factory.mktemp("inside"), s3_for_pods) as pods:
        yield pods


@pytest.fixture(scope="module")
async def ann(pods: Inside) -> AsyncIterator[Visitor]:
    """The first person that was let in."""
    async with first_person(pods, "ann") as browser:
        yield browser


async def holder(pods: Inside, deployment: Any) -> str:
    """The pod of the consumer that holds a running model."""
    attempt = (await pods.service.attempts("deployment", deployment.id))[-1]
    async with pods.service.database.transaction() as session:
        return (await session.execute(select(workers.c.host).where(workers.c.id == attempt.worker))).scalar_one()


async def consumers(pods: Inside) -> set[str]:
    """The pods of running consumers, but for those that end."""
    told = json.loads(await pods.says("get", "pods", "-l", "talkwright/role=running-consumer", "-o", "json"))
    return {one["metadata"]["name"] for one in told["items"] if "deletionTimestamp" not in one["metadata"]}


async def held_by_another(pods: Inside, deployment: Any, before: set[str]) -> None:
    """Wait until another consumer than these goes on with a model."""
    async with unnoticed():
        while await holder(pods, deployment) in before:  # noqa: ASYNC110 - nobody tells of it
            await asyncio.sleep(0.2)


async def silent_before_another(pods: Inside, deployment: Any, worker: UUID) -> float:
    """Wait until another consumer than this goes on with a model, in whichever pod.

    Gives for how many seconds, by the database's clock, this one had shown no sign of life by then.
    """
    async with unnoticed():
        while (await pods.service.attempts("deployment", deployment.id))[-1].worker == worker:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.2)
    (attempt,) = await pods.service.attempts("deployment", deployment.id)
    until = select(leases.c.expires_at).where(leases.c.key == of_attempt(attempt.id))
    last = select(workers.c.heartbeat_at).where(workers.c.id == worker)
    async with pods.service.database.transaction() as session:
        lasted = (await session.execute(until)).scalar_one() - (await session.execute(last)).scalar_one()
    return float(lasted.total_seconds()) - ModelServiceSettings().consumer_lease_seconds  # those of the new lease


async def pod_at(pods: Inside, address: str) -> str:
    """The pod of the studio that has an address."""
    return await pods.says("get", "pods", "-o", f'jsonpath={{.items[?(@.status.podIP=="{address}")].metadata.name}}')


async def killed_in_a_turn(pods: Inside, visit: Visit, way: Way) -> None:
    """Kill the backend that takes a message when it would write the turn: whoever said it is answered all the same."""
    chat = await visit.begin()
    assert texts(await visit.say(chat, "send money")) == ["Who shall get the money?"]
    with locked(pods.service, "chat_events"):
        answering = asyncio.create_task(visit.say(chat, "/SetSlots(recipient=Ann)"))
        await waits_for(pods.service, "chat_events")
        await pods.kill(await pod_at(pods, way.last))
    async with unnoticed():
        assert texts(await answering) == ["How much?"]
    await pods.rolled_out()


async def heard_once(pods: Inside, assistant: UUID) -> None:
    """See that each message of an assistant's chats stands in one turn, however often it was asked."""
    said = select(func.count()).select_from(chat_messages.join(chats)).where(chats.c.assistant == assistant)
    heard = select(func.count()).select_from(chat_events.join(chats)).where(chats.c.assistant == assistant)
    async with pods.service.database.transaction() as session:
        assert await session.scalar(said) == await session.scalar(heard.where(chat_events.c.type == "user"))


async def test_a_person_signs_in_and_reads_the_page_whichever_backend_answers(pods: Inside, ann: Visitor) -> None:
    assert len(await places_of(pods, "backend")) == 2  # one request after the other goes to another of them
    for _ in range(2):
        assert (await ann.http.get("/api/session")).json()["person"]["name"] == "ann"
        page = await ann.http.get("/assistants", headers={"Accept": "text/html"})
        assert page.status_code == 200
        assert '<div id="root">' in page.text
        for file in re.findall(r'(?:src|href)="(/assets/[^"]+)"', page.text):
            assert (await ann.http.get(file)).status_code == 200, file
    assert page.headers["Strict-Transport-Security"]
    async with browsing(pods) as stranger:
        assert (await stranger.http.get("/api/assistants")).status_code == 401
        foreign = await stranger.http.get("/api/session", headers={"Host": "elsewhere.example.com"})
        assert foreign.status_code == 421


async def test_who_trains_reads_and_chats_notices_no_pod_that_is_deleted_killed_or_rolled_out(
    pods: Inside, ann: Visitor
) -> None:
    service = pods.service
    assistant, training, bot = await deployed(pods, "inside")
    (attempt,) = await service.attempts("training", training)
    assert (attempt.outcome, len(await service.models_of(training))) == ("succeeded", 1)
    name = f"tw-r-{bot.id}-{bot.attempt}"
    await pods.hold(name)
    assert await ask(ann, assistant, "send money") == ["Who shall get the money?"]
    uid = await pods.kubectl("get", "pods", "-l", f"talkwright/job={name}", "-o", "jsonpath={.items[*].metadata.uid}")
    visit, over = Visit(ann, assistant), asyncio.Event()
    await killed_in_a_turn(pods, visit, ann.way)
    async with talking(service, assistant) as talk:
        reader = asyncio.create_task(read_on(ann, over))
        others = [asyncio.create_task(chat_on(each, over)) for each in (talk, visit, visit)]
        chat = await talk.begin()
        assert texts(await talk.say(chat, "send money")) == ["Who shall get the money?"]

        one = await holder(pods, bot)
        await pods.says("delete", "pod", one, "--wait=false")
        assert texts(await talk.say(chat, "/SetSlots(recipient=Ann)")) == ["How much?"]
        await held_by_another(pods, bot, {one})

        # who is killed tells nobody: what it held is free when its lease has run out
        await pods.rolled_out()
        worker = (await service.attempts("deployment", bot.id))[-1].worker
        await pods.kill(await holder(pods, bot))
        silent = asyncio.create_task(silent_before_another(pods, bot, worker))
        assert texts(await talk.say(await talk.begin(), "send money")) == ["Who shall get the money?"]
        lease = ModelServiceSettings().consumer_lease_seconds
        assert lease - 1 < await silent < lease + 10 * busy()

        await pods.kill(await pod_at(pods, ann.way.last))
        for orchestrator in (await pods.says("get", "pods", "-l", ORCHESTRATORS, "-o", NAMES)).split():
            await pods.kill(orchestrator)
        await pods.rolled_out()

        before = await consumers(pods) | {one}
        rolled = ("running-consumer", "running-orchestrator", "backend")
        await pods.says("rollout", "restart", *(f"deployment/{role}" for role in rolled))
        await pods.rolled_out()
        await held_by_another(pods, bot, before)
        assert not await consumers(pods) & before
        assert texts(await talk.say(chat, "/SetSlots(amount=20)"))[0] == "Sent 20 to Ann."
        assert await ask(ann, assistant, "send money") == ["Who shall get the money?"]
        over.set()
        assert all(count > 10 for count in await asyncio.gather(*others, reader))
    await heard_once(pods, assistant)
    assert (await service.row("deployment", bot.id)).attempt == bot.attempt  # nothing was started anew
    again = await pods.kubectl("get", "pods", "-l", f"talkwright/job={name}", "-o", "jsonpath={.items[*].metadata.uid}")
    assert (again, len(uid.split())) == (uid, 1)
    await service.cancel("deployment", bot.id)
    await service.becomes("deployment", bot.id, "stopped", seconds=PATIENCE_SECONDS)
    await pods.hold()


async def test_a_training_goes_on_while_its_consumer_is_deleted_and_is_published_by_the_next_one(pods: Inside) -> None:
    service = pods.service
    training = await service.train(await service.assistant("held-on"), project("held-on"))
    first = await service.stage("training", training, seconds=PATIENCE_SECONDS)  # its pod trains
    await pods.says("delete", "pod", "-l", "talkwright/role=training-consumer", "--wait=false")
    row = await service.becomes("training", training, "succeeded", "failed", seconds=PATIENCE_SECONDS)
    assert row.state == "succeeded", row.reason
    (attempt,) = await service.attempts("training", training)
    assert attempt.worker != first.worker
    assert len(await service.models_of(training)) == 1
    await pods.hold()


async def test_all_roles_are_well_and_scraped_and_of_each_kind_of_orchestrator_one_leads(pods: Inside) -> None:
    await pods.rolled_out()  # after whatever other tests deleted
    told = json.loads(await pods.says("get", "pods", "-l", "talkwright/role", "-o", "json"))
    leads, scraped = [], set()
    async with httpx2.AsyncClient(timeout=30, trust_env=False, verify=PLAIN) as client:
        for pod in told["items"]:
            if "deletionTimestamp" in pod["metadata"]:
                continue
            if pod["metadata"]["labels"]["talkwright/part"] != "consumers":  # some of which other tests delete
                assert pod["status"]["containerStatuses"][0]["restartCount"] == 0
            assert (await client.get(f"http://{pod['status']['podIP']}:8001/ready")).text == "ready\n"
            pod["metadata"]["namespace"] = "talkwright"
            (target,) = targets(pod)
            lines = (await client.get(target.url)).text.splitlines()
            leads += [line for line in lines if line.startswith("talkwright_leader{") and line.endswith(" 1.0")]
            scraped.add(target.labels["job"])
    assert len(leads) == len(set(leads)) == 2
    wanted = {"backend", "periodic", "training-consumer", "running-consumer"}
    assert scraped == wanted | {"training-orchestrator", "running-orchestrator"}


async def test_the_doctor_finds_all_well_in_the_pod_of_an_operators_commands(pods: Inside, ann: Visitor) -> None:
    found = {one["area"]: one for one in json.loads(await pods.tool("doctor", "--json"))}
    noted = {area: one["found"] for area, one in found.items() if one["state"] != "well"}
    assert noted.keys() == {"actions"}, noted
    assert found["cluster"]["found"] == f"Jobs may be run in the namespace {pods.namespace.name}."


async def test_a_consumer_without_the_role_ends_with_the_rights_that_it_lacks(pods: Inside) -> None:
    consumer = next(one for one in pods.objects("model-service.yaml") if one["metadata"]["name"] == "training-consumer")
    labels = {"app": "poor"}
    pod = {
        "metadata": {"labels": labels},
        "spec": {**consumer["spec"]["template"]["spec"], "serviceAccountName": "default"},
    }
    spec = {**consumer["spec"], "selector": {"matchLabels": labels}, "template": pod}
    await pods.apply([{**consumer, "metadata": {"name": "poor", "namespace": pods.home.name}, "spec": spec}])
    ended = "jsonpath={.items[*].status.containerStatuses[*]['state','lastState'].terminated.message}"
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (said := await pods.says("get", "pods", "-l", "app=poor", "-o", ended)):  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.5)
    words = said.strip().splitlines()[-1]  # those before it are its log
    assert words.startswith(f"In the namespace {pods.namespace.name} this service may not create jobs, ")
    assert words.endswith("bind its service account to the Role talkwright-jobs.")
    await pods.says("delete", "deployment", "poor", "--wait=false")


async def test_a_backup_is_made_beside_the_studio_and_restored_into_another_database(
    pods: Inside, postgres: TestServer, s3_for_pods: ObjectServer
) -> None:
    kept = await pods.service.assistant("kept")
    await pods.says("create", "job", "by-hand", "--from=cronjob/talkwright-backup")
    await pods.says("wait", "--for=condition=Complete", "job/by-hand", "--timeout=100s")
    assert (pods.backups / "by-hand.backup").stat().st_mode & 0o777 == 0o600
    with pytest.raises(CalledProcessError) as refused:
        await pods.tool("restore", "/backups/by-hand.backup", "--replace")
    assert "A studio runs on this database; stop it first." in refused.value.stderr

    with postgres.database(empty=True) as name:
        settings = postgres.settings(name)
        said = await pods.tool(
            "restore",
            "/backups/by-hand.backup",
            TALKWRIGHT_DATABASE_URL=pods.there(settings.application),
            TALKWRIGHT_DATABASE_OWNER_URL=pods.there(settings.owner),
            TALKWRIGHT_STORAGE_URL=f"{s3_for_pods.url}/{name}",
        )
        assert said.startswith("Restored the database and ")
        with psycopg.connect(plain_url(settings.owner)) as link:
            assert link.execute("SELECT name FROM studio.assistants WHERE id = %s", [kept]).fetchone() == ("kept",)
