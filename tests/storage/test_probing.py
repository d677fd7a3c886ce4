"""A store that can't do what is asked of it is found out."""

from pathlib import Path

import pytest

from talkwright.storage.objects import Entry, Grant, ObjectStore, StorageError
from talkwright.storage.probing import ProbeError, probe

pytestmark = pytest.mark.anyio


class Overwriting(ObjectStore):
    """One that does not keep what is to be created only."""

    async def create(self, key: str, data: bytes) -> bool:
        await self.put(key, data)
        return True


class Refusing(ObjectStore):
    """One that remembers what it was told to delete, and says that everything is there already."""

    async def create(self, key: str, data: bytes) -> bool:
        return False


class Forgetful(ObjectStore):
    """One whose listings are empty."""

    async def entries(self, prefix: str = "") -> list[Entry]:
        return []


class Elsewhere(ObjectStore):
    """One whose signed URLs lead nowhere."""

    async def grant_put(self, key: str) -> Grant:
        return Grant(key=key, url="http://127.0.0.1:9/nowhere")


@pytest.mark.parametrize(
    ("kind", "error", "words"),
    [
        (Overwriting, ProbeError, "only to be created"),
        (Refusing, ProbeError, "was never there"),
        (Forgetful, ProbeError, "does not list"),
        (Elsewhere, StorageError, "can't be reached"),
    ],
)
async def test_what_a_store_does_wrong_is_said_and_nothing_is_left(
    tmp_path: Path, kind: type[ObjectStore], error: type[Exception], words: str
) -> None:
    url = (tmp_path / "objects").as_uri()
    with pytest.raises(error, match=words):
        await probe(kind(url))
    assert await ObjectStore(url).keys() == []


async def test_a_folder_is_well_and_nothing_is_left(tmp_path: Path) -> None:
    store = ObjectStore((tmp_path / "objects").as_uri())
    await probe(store)
    assert await store.keys() == []
