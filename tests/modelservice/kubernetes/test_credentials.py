"""Pods that reach a real S3 server with credentials of their own, as an operator passes them, in parts."""

import http.server
import json
import ssl
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs

import obstore
import pytest
from tests.modelservice.kubernetes.here import Pod
from tests.modelservice.places import (
    PUBLISHING,
    TOKEN,
    Clerk,
    KubernetesPlace,
    kubernetes_place,
    python,
    read,
    store_at,
)
from tests.services.certificates import authority
from tests.services.kubernetes.running import KubernetesCluster
from tests.services.objects import ObjectServer, s3_missing, s3_server

from talkwright.modelservice.desk import serve_desk
from talkwright.modelservice.executors.base import JobError
from talkwright.modelservice.executors.jobstore import described
from talkwright.modelservice.executors.kubernetes.executor import KubernetesExecutor
from talkwright.modelservice.executors.kubernetes.settings import KubernetesSettings
from talkwright.modelservice.jobs import Desk, Job
from talkwright.storage.objects import ObjectStore

pytestmark = [pytest.mark.anyio, pytest.mark.xdist_group("objects")]

MIB = 1024 * 1024
PART_BYTES = 5 * MIB
"""The smallest that a store takes."""
LARGE = "data = open('in', 'rb').read() * 12\nopen('out', 'wb').write(data)\nprint(len(data))"
"""Makes three parts of a megabyte."""


async def parts_of(store: ObjectStore, key: str) -> int:
    """In how many parts an object was stored, as the server says."""
    told = await obstore.head_async(store._store, key)
    tag = str(told["e_tag"]).strip('"')
    return int(tag.rpartition("-")[2]) if "-" in tag else 1


@dataclass
class Here:
    """A pod's programs on this machine, the store that they reach themselves, and who is asked for keys."""

    pod: Pod
    store: ObjectStore
    clerk: Clerk
    server: ObjectServer


@pytest.fixture
async def here(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Here]:
    missing = s3_missing()
    if missing is not None:
        pytest.skip(reason=missing)
    home = tmp_path / "server"
    home.mkdir()
    with s3_server(home, takes_sessions=getattr(request, "param", False)) as server:
        store = store_at(server, "here")
        clerk = Clerk(store)
        async with serve_desk(clerk) as url:
            folder = tmp_path / "pod"
            folder.mkdir()
            desk, own = Desk(url=url, token=TOKEN), described(store, PART_BYTES)
            yield Here(Pod(folder=folder, desk=desk, own=own, variables=server.variables), store, clerk, server)


def large(desk: Desk) -> Job:
    """A job whose output is larger than a part."""
    return Job(name="x", command=python(LARGE), inputs={"in/a": "in"}, outputs=("out",), desk=desk)


GRANTS = {"in": {"key": "in/a"}}


async def test_a_pod_with_credentials_of_its_own_fetches_and_stores_in_parts(here: Here) -> None:
    await here.store.put("in/a", b"x" * MIB)
    code, texts = await here.pod.run(large(here.pod.desk), GRANTS)
    assert (code, texts[0]) == (0, str(12 * MIB))
    assert PUBLISHING in texts[1]
    ended = here.pod.ended()
    assert ended is not None
    assert (ended.problem, ended.lines) == (None, 2)
    output = ended.outputs["out"]
    assert await here.store.size(output.key) == output.size == 12 * MIB
    assert await parts_of(here.store, output.key) == 3
    assert len((await here.store.get(str(ended.log))).splitlines()) == 2
    assert all(ask.own for ask in here.clerk.asked)


@contextmanager
def web_identity(server: ObjectServer, folder: Path) -> Iterator[dict[str, str]]:
    """A stand-in for AWS's token service, which nobody can run: it gives a role's keys to whoever shows this token.

    Yields the variables that EKS gives to a pod whose service account has a role.
    """
    asked: list[dict[str, list[str]]] = []

    class TokenService(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(parse_qs(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()))
            self._answer({**parse_qs(self.path.partition("?")[2]), **asked[-1]})

        def _answer(self, query: dict[str, list[str]]) -> None:
            is_known = query.get("WebIdentityToken") == ["the account's token"] and query["RoleArn"] == [ROLE]
            keys = "".join(
                f"<{name}>{value}</{name}>"
                for name, value in {
                    "AccessKeyId": server.variables["AWS_ACCESS_KEY_ID"],
                    "SecretAccessKey": server.variables["AWS_SECRET_ACCESS_KEY"],
                    "SessionToken": "a session",
                    "Expiration": "2099-01-01T00:00:00Z",
                }.items()
            )
            told = f"<Credentials>{keys}</Credentials>"
            for name in ("AssumeRoleWithWebIdentityResult", "AssumeRoleWithWebIdentityResponse"):
                told = f"<{name}>{told}</{name}>"
            self.send_response(200 if is_known else 403)
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    token = folder / "token"
    token.write_text("the account's token", "utf-8")
    signed_by = authority(folder, "cloud")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*signed_by.sign("sts"))
    service = http.server.ThreadingHTTPServer(("127.0.0.1", 0), TokenService)
    service.socket = context.wrap_socket(service.socket, server_side=True)
    thread = threading.Thread(target=service.serve_forever)
    thread.start()
    try:
        yield {
            "AWS_ROLE_ARN": ROLE,
            "AWS_WEB_IDENTITY_TOKEN_FILE": str(token),
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL_STS": f"https://127.0.0.1:{service.server_address[1]}",
            "SSL_CERT_FILE": str(signed_by.file),
        }
        assert asked
    finally:
        service.shutdown()
        thread.join()
        service.server_close()


ROLE = "arn:aws:iam::000000000000:role/jobs"


@pytest.mark.parametrize("here", [True], indirect=True, ids=["lent"])
async def test_a_pod_shows_the_token_of_its_service_account_where_the_cloud_wants_that(
    here: Here, tmp_path: Path
) -> None:
    await here.store.put("in/a", b"x" * MIB)
    with web_identity(here.server, tmp_path) as variables:
        here.pod.variables = variables
        code, _ = await here.pod.run(large(here.pod.desk), GRANTS)
    ended = here.pod.ended()
    assert ended is not None
    assert (code, ended.problem) == (0, None)
    assert await parts_of(here.store, ended.outputs["out"].key) == 3


@pytest.mark.slow
async def test_real_pods_store_in_parts_with_what_the_operator_gives_them(
    kubernetes: KubernetesCluster, s3_for_pods: ObjectServer
) -> None:
    settings = {
        "kubernetes_storage": "workload",
        "kubernetes_storage_secret": "store-keys",
        "kubernetes_storage_part_bytes": PART_BYTES,
    }
    async with kubernetes_place(kubernetes, s3_for_pods, **settings) as place:
        entries = [f"--from-literal={name}={value}" for name, value in s3_for_pods.variables.items()]
        await place.kubectl("create", "secret", "generic", "store-keys", *entries)
        await place.store.put("in/a", b"x" * MIB)
        job = await place.executor.start(large(place.desk))
        lines, ended = await read(job)
        assert [line.message for line in lines] == [str(12 * MIB), PUBLISHING]
        assert (ended.code, ended.problem) == (0, None)
        key = ended.outputs["out"].key
        assert (await place.store.size(key), await parts_of(place.store, key)) == (12 * MIB, 3)
        assert all(ask.own for ask in place.clerk.asked)
        await only_ours_have_keys(place)
        await job.discard()


async def only_ours_have_keys(place: KubernetesPlace) -> None:
    """The cluster names a secret of the store for none of the engine's containers."""
    pod = json.loads(await place.kubectl("get", "pods", "-o", "json"))["items"][0]
    containers = [*pod["spec"]["initContainers"], *pod["spec"]["containers"]]
    assert {one["name"]: "envFrom" in one for one in containers} == {"fetch": True, "train": False, "publish": True}


async def test_pods_with_credentials_of_their_own_need_a_store_that_they_reach(tmp_path: Path) -> None:
    store = ObjectStore((tmp_path / "objects").as_uri())
    settings = KubernetesSettings(kubernetes_storage="workload")

    async def none_open(names: object) -> list[str]:
        return []

    executor = KubernetesExecutor(None, store, settings, {}, none_open)  # type: ignore[arg-type]  # it is never asked
    with pytest.raises(JobError, match="TALKWRIGHT_STORAGE_URL must name one"):
        await executor.check()
