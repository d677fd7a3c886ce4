"""What a process remembers of chats and models stays small."""

import asyncio

import pytest

from talkwright.backend.chats.placing import MOST_MODELS, PlaceBook
from talkwright.backend.chats.remembering import Latest
from talkwright.database.engine import Database


def test_what_was_not_used_for_the_longest_time_goes_first() -> None:
    latest: Latest[str, int] = Latest(2)
    latest.put("a", 1)
    latest.put("b", 2)
    assert latest.get("a") == 1
    latest.put("c", 3)
    assert [latest.get(key) for key in "abc"] == [1, None, 3]
    latest.forget("a")
    assert (latest.get("a"), len(latest)) == (None, 1)


@pytest.mark.anyio
async def test_a_model_that_others_push_out_while_its_places_are_read_is_still_told(database: Database) -> None:
    book = PlaceBook()

    async def asked(models: list[str]) -> int:
        async with database.transaction() as session:
            return len(await book.of(session, models))

    await asked(["known"])
    many = [[f"model-{group}-{number}" for number in range(MOST_MODELS)] for group in range(3)]
    told = await asyncio.gather(*(asked(["known", f"new-{number}", *models]) for number, models in enumerate(many)))
    assert told == [MOST_MODELS + 2] * 3
