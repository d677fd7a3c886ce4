"""Trainings and bots in pods, from the queue to the answer, and nothing of them left behind."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from tests.modelservice.kubernetes.podded import PATIENCE_SECONDS, Pods, deployed, pods_of, unnoticed
from tests.modelservice.test_training import BROKEN
from tests.services.kubernetes.running import KubernetesCluster
from tests.services.modelservice import project, talking, texts
from tests.services.objects import ObjectServer

from talkwright.cli.supervisor.child import Program
from talkwright.database.histories import history_of

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(900)]

ROLES = ("training-orchestrator", "running-orchestrator", "training-consumer", "running-consumer", "running-consumer")


@pytest.fixture(scope="module")
async def pods(
    database_url: str,
    kubernetes: KubernetesCluster,
    s3_for_pods: ObjectServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Pods]:
    """All roles, for tests that leave nothing running."""
    home = tmp_path_factory.mktemp("pods")
    with kubernetes.namespace() as namespace:
        async with pods_of(database_url, home, namespace, s3_for_pods, ROLES) as pods:
            yield pods


async def test_trainings_and_bots_run_in_pods_and_chats_go_on_through_a_switch_and_a_killed_consumer(
    pods: Pods,
) -> None:
    service = pods.service
    assistant, training, first = await deployed(pods, "podded")
    (attempt,) = await service.attempts("training", training)
    (model,) = await service.models_of(training)
    assert model.object.endswith(f"/{attempt.id}-{model.sha256.hex()}.tar.gz")
    assert attempt.log_position > 0
    one = f"tw-r-{first.id}-{first.attempt}"
    await pods.hold(one)  # that of the training is cleared away
    wanted = "jsonpath={.items[*].status.podIP}"
    address = (await service.attempts("deployment", first.id))[-1].address
    assert await pods.kubectl("get", "pods", "-l", f"talkwright/job={one}", "-o", wanted) in address
    async with talking(service, assistant) as talk:
        chat = await talk.begin()
        assert texts(await talk.say(chat, "send money")) == ["Who shall get the money?"]

        # the consumer that holds the bot dies: the bot stays, another consumer or its next life goes on with it
        before = (await service.attempts("deployment", first.id))[-1]
        assert await pods.kill_at_work("running-consumer") == before.worker
        async with unnoticed():
            assert texts(await talk.say(chat, "/SetSlots(recipient=Ann)")) == ["How much?"]
        again = await service.train(assistant, project("podded", verb="Paid"), deploy=True)
        await service.becomes("training", again, "succeeded", seconds=PATIENCE_SECONDS)
        assert (await service.row("deployment", first.id)).attempt == first.attempt  # nothing was started anew
        second = await service.active(assistant, training=again, seconds=PATIENCE_SECONDS)
        answer = await talk.say(chat, "/SetSlots(amount=20)")
        assert texts(answer)[0] == "Paid 20 to Ann."
        assert answer["turn"]["model"]["version"] == f"{assistant}-2"
    two = f"tw-r-{second.id}-{second.attempt}"
    await pods.hold(two)
    await service.cancel("deployment", second.id)
    await service.becomes("deployment", second.id, "stopped", seconds=PATIENCE_SECONDS)
    await pods.nothing_left()


async def test_a_bot_whose_pod_is_lost_starts_again_and_its_chats_go_on_where_they_were(pods: Pods) -> None:
    service = pods.service
    assistant, _, bot = await deployed(pods, "lost-pod")
    async with talking(service, assistant) as talk:
        chat = await talk.begin()
        assert texts(await talk.say(chat, "send money")) == ["Who shall get the money?"]
        assert await pods.lose(f"tw-r-{bot.id}-1")
        async with unnoticed():
            assert texts(await talk.say(await talk.begin(), "send money")) == ["Who shall get the money?"]
            while len(await service.attempts("deployment", bot.id)) < 2:  # noqa: ASYNC110 - nobody tells of it
                await asyncio.sleep(0.1)
            assert texts(await talk.say(chat, "/SetSlots(recipient=Ann)")) == ["How much?"]
            assert texts(await talk.say(await talk.begin(), "send money")) == ["Who shall get the money?"]
            assert texts(await talk.say(chat, "/SetSlots(amount=20)"))[0] == "Sent 20 to Ann."
    lost, again = await service.attempts("deployment", bot.id)
    assert (lost.outcome, again.state) == ("lost_job", "ready")
    assert (await service.row("deployment", bot.id)).attempt == again.number == 2
    await pods.hold(f"tw-r-{bot.id}-2")
    await service.cancel("deployment", bot.id)
    await service.becomes("deployment", bot.id, "stopped", seconds=PATIENCE_SECONDS)
    await pods.nothing_left()


@pytest.mark.parametrize(
    ("settings", "reason", "outcomes"),
    [
        pytest.param(
            {"TALKWRIGHT_KUBERNETES_IMAGE": "test.local/missing:1"},
            "The job was lost 4 times, at last: The image can't be pulled: ",
            ["lost_job"] * 4,
            id="image",
        ),
        pytest.param(
            {"TALKWRIGHT_TRAINING_SECONDS": "0.1"},
            "The training was ended: it took too long. The operator may allow more by TALKWRIGHT_TRAINING_SECONDS.",
            ["failed"],
            id="time",
        ),
    ],
)
async def test_a_training_that_the_cluster_can_not_run_fails_in_words_that_say_why(
    pods: Pods, settings: dict[str, str], reason: str, outcomes: list[str]
) -> None:
    service = pods.service
    async with pods.replaced("training-consumer", **settings):
        training = await service.train(await service.assistant(f"fails-{len(outcomes)}"), project("fails"))
        row = await service.becomes("training", training, "succeeded", "failed", seconds=PATIENCE_SECONDS)
        assert row.state == "failed"
        assert row.reason.startswith(reason)
        assert [one.outcome for one in await service.attempts("training", training)] == outcomes
        async with service.database.transaction() as session:
            history = await history_of(session, "training", training, before=None, limit=100)
        again = [one["why"] for one in history if one["target"] == "queued" and one["source"] == "running"]
        assert len(again) == len(outcomes) - 1
        assert all(why.startswith("The job was lost (The image can't be pulled: ") for why in again)
        await pods.nothing_left()


async def test_a_training_that_is_cancelled_is_gone_and_nothing_of_it_is_left(pods: Pods) -> None:
    service = pods.service
    assistant = await service.assistant("called-off")
    training = await service.train(assistant, project("called-off"))
    await service.becomes("training", training, "running", seconds=PATIENCE_SECONDS)
    await service.cancel("training", training)
    row = await service.becomes("training", training, "cancelled", "succeeded", seconds=PATIENCE_SECONDS)
    assert row.state == "cancelled"
    await pods.hold()
    assert await service.models_of(training) == []


async def test_what_the_content_broke_is_told_and_not_tried_again(pods: Pods) -> None:
    service = pods.service
    assistant = await service.assistant("broken")
    training = await service.train(assistant, project("broken", flows=BROKEN))
    row = await service.becomes("training", training, "succeeded", "failed", seconds=PATIENCE_SECONDS)
    assert row.state == "failed"
    (attempt,) = await service.attempts("training", training)
    assert attempt.outcome == "content", attempt.reason


async def test_the_leader_ends_a_job_that_no_attempt_stands_behind(pods: Pods) -> None:
    training = "01890a5d-ac96-774b-bcce-b302099a8057"
    name = f"tw-t-{training}-1"
    labels = "talkwright/installation=talkwright,app.kubernetes.io/managed-by=talkwright,talkwright/job=" + name
    await pods.kubectl("create", "job", name, "--image=test.local/talkwright:1", "--", "python3", "-c", "1")
    await pods.kubectl(
        "create", "job", "of-somebody-else", "--image=test.local/talkwright:1", "--", "python3", "-c", "1"
    )
    await pods.kubectl("label", "job", name, *labels.split(","))
    await pods.hold("of-somebody-else")
    await pods.kubectl("delete", "job", "of-somebody-else")


async def test_roles_that_may_not_do_their_work_on_the_cluster_say_what_they_lack_and_how_to_mend_it(
    pods: Pods,
) -> None:
    await pods.kubectl("create", "serviceaccount", "poor")
    token = (await pods.kubectl("create", "token", "poor")).strip()
    config = pods.namespace.kubeconfig.with_name(f"{pods.namespace.name}-poor.conf")
    text = pods.namespace.kubeconfig.read_text("utf-8")
    own = text[text.index("token: ") :].splitlines()[0]
    config.write_text(text.replace(own, f"token: {token}"), "utf-8")
    environment = {**pods.service.environment, "TALKWRIGHT_KUBERNETES_CONFIG": str(config)}
    for name, lacks in (("training-consumer", "create jobs, "), ("running-orchestrator", "list jobs, delete jobs: ")):
        role = await asyncio.create_subprocess_exec(
            *Program.role(name, environment).command,
            env=environment,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                _, told = await role.communicate()
        finally:
            with suppress(ProcessLookupError):  # it has ended, unless it lacks nothing
                role.kill()
        assert role.returncode == 2
        words = told.decode().splitlines()[-1]  # the others are its log
        assert words.startswith(f"In the namespace {pods.namespace.name} this service may not {lacks}")
        assert words.endswith("bind its service account to the Role talkwright-jobs.")
        assert "Traceback" not in told.decode()
