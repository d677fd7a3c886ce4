"""Assistants that come in without a title get one that people would have written."""

from __future__ import annotations

import pytest
from tests.backend.content.calls import packed
from tests.services.studio import Browser

from talkwright.backend.interchange.titles import LONGEST, title_from
from talkwright.database.ids import uuid7


@pytest.mark.parametrize(
    ("names", "title"),
    [
        (["harbour-bank"], "Harbour Bank"),
        (["harbour_bank.v2"], "Harbour Bank V2"),
        (["eShop assistant"], "EShop Assistant"),
        ([None, "harbour-bank.tar.gz"], "Harbour Bank"),
        (["20230405-120000-fierce-sunset", "tea desk.zip"], "Tea Desk"),
        (["placeholder_default", "b0a4c2f19e7d4b4e8e9a"], "Imported Assistant"),
        (["tea\u0000desk"], "Tea Desk"),
        (["é" * 300], ("É" + "é" * 299)[:LONGEST]),
    ],
)
def test_the_first_name_that_somebody_chose_becomes_a_title(names: list[str | None], title: str) -> None:
    assert title_from(*names) == title


@pytest.mark.anyio
async def test_a_title_that_is_taken_gets_a_number(admin: Browser) -> None:
    async def title_of(config: bytes) -> str:
        address = f"/api/assistants/import?id={uuid7()}&file=night-ferry.zip"
        headers = {"Content-Type": "application/zip"}
        answer = await admin.send("POST", address, content=packed({"config.yml": config}), headers=headers)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["assistant"]["title"])

    named = b"recipe: default.v1\nlanguage: en\nassistant_id: lamp-shop\n"
    assert [await title_of(named) for _ in range(3)] == ["Lamp Shop", "Lamp Shop 2", "Lamp Shop 3"]
    assert await title_of(b"recipe: default.v1\nlanguage: en\n") == "Night Ferry"


@pytest.mark.anyio
async def test_a_title_that_is_too_long_is_refused_and_not_cut(admin: Browser) -> None:
    row = {"id": str(uuid7()), "name": "long-title", "title": "long " * 2000, "language": "en"}
    refused = await admin.send("POST", "/api/assistants", json=row)
    assert refused.status_code == 422
    assert refused.json()["detail"] == "“title” must be 120 or fewer characters long."
