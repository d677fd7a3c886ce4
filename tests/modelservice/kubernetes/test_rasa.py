"""The second engine in pods: our image fetches, the operator's trains and runs, with the engine's own Python alone."""

import asyncio
from pathlib import Path

import pytest
from tests.modelservice.engines.test_conformance import bakery
from tests.modelservice.kubernetes.podded import pods_of
from tests.services.kubernetes.rasa_image import NAME, rasa_image
from tests.services.kubernetes.running import KubernetesCluster, cache_folder
from tests.services.modelservice import talking, texts
from tests.services.objects import ObjectServer
from tests.services.rasa import rasa_python

from talkwright.database.assistant_secrets import PURPOSE, set_secret
from talkwright.database.assistants import set_engine
from talkwright.database.ids import SYSTEM_USER
from talkwright.identity.secrets import keyring

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(1800)]

ROLES = ("training-orchestrator", "training-consumer", "running-orchestrator", "running-consumer")
SECONDS = 900.0
"""Training and start take a minute of CPU each."""


async def test_rasa_is_trained_and_run_in_pods_of_its_own_image(
    database_url: str, kubernetes: KubernetesCluster, s3_for_pods: ObjectServer, tmp_path: Path
) -> None:
    python = Path(rasa_python()).parent.resolve() / "python"
    await asyncio.to_thread(lambda: kubernetes.bring_image(rasa_image(cache_folder(), python)))
    told = {
        "TALKWRIGHT_RASA_IMAGE": NAME,
        "TALKWRIGHT_RASA_PYTHON": str(python),
        "TALKWRIGHT_RASA_START_SECONDS": str(SECONDS),
        "TALKWRIGHT_TRAINING_MEMORY": str(4 * 1024**3),
        "TALKWRIGHT_RUNNING_MEMORY": str(4 * 1024**3),
    }
    with kubernetes.namespace() as namespace:
        async with pods_of(database_url, tmp_path, namespace, s3_for_pods, ROLES, **told) as pods:
            service = pods.service
            assistant = await service.assistant("rasa-podded")
            async with service.database.transaction() as session:
                await set_engine(session, assistant, "rasa")
                sealed = keyring(None, service.home).encrypt(b"http://127.0.0.1:9/webhook", PURPOSE)
                await set_secret(session, assistant, "BAKERY_ACTIONS", sealed, SYSTEM_USER)
            training = await service.train(assistant, bakery("rasa-podded"), deploy=True)
            done = await service.becomes("training", training, "succeeded", "failed", seconds=SECONDS)
            assert done.state == "succeeded", (done.reason, await service.log("training", training))
            deployment = await service.active(assistant, training=training, seconds=SECONDS)
            wanted = "jsonpath={.items[*].spec['initContainers','containers'][*].image}"
            assert (await pods.kubectl("get", "pods", "-o", wanted)).split() == ["test.local/talkwright:1", NAME]
            async with talking(service, assistant) as talk:
                chat = await talk.begin()
                assert texts(await talk.say(chat, "good morning")) == ["Good day, this is the bakery."]
                assert texts(await talk.say(chat, "can I order a cake")) == ["Which flavour shall it have?"]
            await service.cancel("deployment", deployment.id)
            await service.becomes("deployment", deployment.id, "stopped", seconds=SECONDS)
            await pods.hold()
