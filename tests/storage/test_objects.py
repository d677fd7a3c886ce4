"""The object store on a real folder."""

import os
import stat
from pathlib import Path

import pytest

from talkwright.storage.objects import (
    ObjectNotFoundError,
    ObjectStore,
    StorageError,
    open_store,
)
from talkwright.storage.settings import StorageSettings

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return ObjectStore((tmp_path / "a folder").as_uri())


async def test_bytes_and_files_come_back_as_they_were_put(store: ObjectStore, tmp_path: Path) -> None:
    big = bytes(range(256)) * 20_000
    (tmp_path / "big").write_bytes(big)
    await store.put("models/a/1.tar.gz", tmp_path / "big")
    await store.put("small", b"x")
    assert await store.get("models/a/1.tar.gz") == big
    assert await store.size("models/a/1.tar.gz") == len(big)
    await store.get_to("models/a/1.tar.gz", tmp_path / "deep" / "copy")
    assert (tmp_path / "deep" / "copy").read_bytes() == big
    assert await store.keys() == ["models/a/1.tar.gz", "small"]
    assert await store.keys("models") == ["models/a/1.tar.gz"]


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


async def test_without_a_url_the_data_folder_holds_the_objects_for_its_owner_alone(tmp_path: Path) -> None:
    store = open_store(StorageSettings(), tmp_path)
    await store.put("k", b"v")
    assert (tmp_path / "objects" / "k").read_bytes() == b"v"
    assert stat.S_IMODE((tmp_path / "objects").stat().st_mode) == 0o700
