"""What every object store does: a real folder, a real S3 server, the emulator of Azure's storage.

For Google's there is a stand-in of our own only, which proves our side alone.
"""

import asyncio
import os
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from tests.services.gcs_stand_in import GcsStandIn, gcs_stand_in, service_account
from tests.services.objects import ObjectServer, azure_emulator, azure_missing, s3_missing, s3_server

from talkwright.operations.config import load
from talkwright.storage import objects
from talkwright.storage.objects import (
    Grant,
    ObjectNotFoundError,
    ObjectStore,
    StorageError,
    open_store,
)
from talkwright.storage.settings import StorageSettings

pytestmark = pytest.mark.anyio

SERVERS = [
    pytest.param("s3", marks=pytest.mark.skipif(s3_missing() is not None, reason=str(s3_missing()))),
    pytest.param("azure", marks=pytest.mark.skipif(azure_missing() is not None, reason=str(azure_missing()))),
    "gcs-stand-in",
]
of_servers = pytest.mark.parametrize("store", SERVERS, indirect=True)
"""For what a folder knows nothing of: it has no keys, and a path in it is as open as the folder."""
Server = ObjectServer | GcsStandIn


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Server]]:
    """The servers of this module, each started when it is first asked for."""
    with ExitStack() as stack:
        running: dict[str, Server] = {}

        def server(kind: str) -> Server:
            if kind not in running:
                starts = {"s3": s3_server, "azure": azure_emulator, "gcs-stand-in": lambda _: gcs_stand_in()}
                running[kind] = stack.enter_context(starts[kind](tmp_path_factory.mktemp(kind)))
            return running[kind]

        yield server


@pytest.fixture(params=["folder", *SERVERS])
def store(
    request: pytest.FixtureRequest,
    servers: Callable[[str], Server],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> ObjectStore:
    """An empty store of a kind, opened from settings as a role does it."""
    if request.param == "folder":
        return open_store(StorageSettings(storage_url=(tmp_path / "a folder").as_uri()), tmp_path)
    server = servers(request.param)
    url = f"{server.url}/{uuid4().hex}"
    for name, value in server.settings(TALKWRIGHT_STORAGE_URL=url).items():
        monkeypatch.setenv(name, value)
    return open_store(load(StorageSettings)[StorageSettings], tmp_path)


def fetched(grant: Grant) -> bytes:
    """What somebody without the store's keys reads."""
    if grant.url is None:
        return Path(str(grant.path)).read_bytes()
    with urllib.request.urlopen(grant.url, timeout=20) as answer:
        return bytes(answer.read())


def sent(grant: Grant, data: bytes) -> int:
    """What the store says to somebody without its keys who writes; always well for a folder."""
    if grant.url is None:
        path = Path(str(grant.path))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return 201
    request = urllib.request.Request(grant.url, data=data, method="PUT", headers=dict(grant.headers))
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


async def test_bytes_and_files_come_back_as_they_were_put(store: ObjectStore, tmp_path: Path) -> None:
    big = bytes(range(256)) * 50_000
    (tmp_path / "big").write_bytes(big)
    await store.put("models/a/1.tar.gz", tmp_path / "big")
    await store.put("small", b"x")
    assert await store.get("models/a/1.tar.gz") == big
    assert await store.size("models/a/1.tar.gz") == len(big)
    await store.get_to("models/a/1.tar.gz", tmp_path / "deep" / "copy")
    assert (tmp_path / "deep" / "copy").read_bytes() == big
    assert await store.keys() == ["models/a/1.tar.gz", "small"]
    assert await store.keys("models") == ["models/a/1.tar.gz"]


async def test_a_listing_tells_size_and_age(store: ObjectStore) -> None:
    await store.put("models/a", b"abc")
    (entry,) = await store.entries("models")
    assert (entry.key, entry.size) == ("models/a", 3)
    assert abs(datetime.now(UTC) - entry.changed) < timedelta(minutes=5)


async def test_a_missing_object_is_said_and_leaves_no_half_file(store: ObjectStore, tmp_path: Path) -> None:
    with pytest.raises(ObjectNotFoundError, match="nothing"):
        await store.get_to("nothing", tmp_path / "out")
    assert not [name for name in os.listdir(tmp_path) if "out" in name]
    assert not await store.exists("nothing")
    await store.delete("nothing")


@pytest.mark.parametrize("key", ["", "/etc/passwd", "../outside", "a//b", "a/../../b", "a/."])
async def test_keys_that_lead_elsewhere_are_refused(store: ObjectStore, key: str) -> None:
    with pytest.raises(StorageError):
        await store.put(key, b"x")
    with pytest.raises(StorageError):
        await store.grant_put(key)


async def test_what_is_created_is_never_changed_and_of_many_who_try_one_succeeds(store: ObjectStore) -> None:
    won = await asyncio.gather(*(store.create("published.json", str(number).encode()) for number in range(16)))
    assert sum(won) == 1
    assert await store.get("published.json") == str(won.index(True)).encode()
    assert not await store.create("published.json", b"late")
    assert await store.get("published.json") == str(won.index(True)).encode()


async def test_who_has_a_grant_reads_and_writes_that_object_without_the_keys(store: ObjectStore) -> None:
    data = os.urandom(100_000)
    grant = await store.grant_put("models/a/b-1.tar.gz")
    assert sent(grant, data) in (200, 201)
    assert await store.get("models/a/b-1.tar.gz") == data
    assert await store.keys() == ["models/a/b-1.tar.gz"]
    assert fetched(await store.grant_get("models/a/b-1.tar.gz")) == data


@of_servers
async def test_a_grant_is_for_one_object_one_way_and_no_longer_than_said(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.put("mine", b"mine")
    await store.put("other", b"other")
    grant = await store.grant_get("mine")
    assert grant.url is not None
    assert sent(Grant(key="mine", url=grant.url, headers=(await store.grant_put("mine")).headers), b"x") in (403, 400)
    for url in (grant.url.replace("/mine", "/other"), grant.url.partition("?")[0]):
        with pytest.raises(urllib.error.HTTPError) as refused:
            fetched(Grant(key="other", url=url))
        assert refused.value.code in (403, 404, 401)
    monkeypatch.setattr(objects, "GRANT_SECONDS", 1)
    short = await store.grant_get("mine")
    async with asyncio.timeout(20):
        while True:
            try:
                fetched(short)
            except urllib.error.HTTPError as error:
                said = error.code
                break
            await asyncio.sleep(0.2)
    assert said == 403
    assert await store.get("mine") == b"mine"


def test_a_folder_that_can_not_be_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "a file").write_text("x")
    with pytest.raises(OSError, match="a file"):
        ObjectStore((tmp_path / "a file" / "objects").as_uri())


@of_servers
async def test_a_store_that_is_away_is_said_so(store: ObjectStore, tmp_path: Path) -> None:
    settings = load(StorageSettings)[StorageSettings].model_copy(
        update={"storage_endpoint": "http://127.0.0.1:9/devstoreaccount1", "storage_retry_seconds": 0.3}
    )
    away = open_store(settings, tmp_path)
    with pytest.raises(StorageError, match="could not be listed"):
        await away.keys()
    with pytest.raises(StorageError, match="could not be stored"):
        await away.create("k", b"v")


@of_servers
async def test_a_wrong_key_is_refused(store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await store.keys() == []
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", "d3Jvbmc=")
    monkeypatch.setenv("GOOGLE_SERVICE_ACCOUNT_KEY", service_account()[1])
    wrong = open_store(load(StorageSettings)[StorageSettings], tmp_path)
    with pytest.raises(StorageError) as refused:
        await wrong.put("k", b"v")
    assert re.search(r"\((SignatureDoesNotMatch|AuthorizationFailure|AccessDenied)\)", str(refused.value))
    assert "StringToSign" not in str(refused.value)


async def test_a_store_without_keys_is_told_so_and_not_whom_its_library_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_WEB_IDENTITY_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", "http://127.0.0.1:9")
    settings = StorageSettings(storage_url="s3://bucket", storage_allow_http=True, storage_retry_seconds=0.3)
    with pytest.raises(
        StorageError, match=r"a could not be read: there are no keys for it, neither in .* AWS_AC"
    ) as said:
        await open_store(settings, tmp_path).get("a")
    assert "127.0.0.1" not in str(said.value)


async def test_without_a_url_the_data_folder_holds_the_objects_for_its_owner_alone(tmp_path: Path) -> None:
    store = open_store(StorageSettings(), tmp_path)
    await store.put("k", b"v")
    assert (tmp_path / "objects" / "k").read_bytes() == b"v"
    assert (tmp_path / "objects").stat().st_mode & 0o777 == 0o700


def test_a_machine_without_the_certificates_of_authorities_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "none.pem").touch()
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(StorageError, match=r"s3://bucket/studio can't be opened: No CA certificates were loaded"):
        ObjectStore("s3://bucket/studio", region="here")
