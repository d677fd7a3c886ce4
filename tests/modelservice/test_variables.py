"""What jobs are given of an assistant's secrets, and that no line of theirs tells it."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import insert

from talkwright.database.assistant_secrets import PURPOSE, set_secret
from talkwright.database.engine import Database
from talkwright.database.ids import SYSTEM_USER, uuid7
from talkwright.database.tables import assistants
from talkwright.identity.secrets import Keyring
from talkwright.modelservice.engines.base import Order, Serving
from talkwright.modelservice.engines.talkwright import TalkwrightEngine
from talkwright.modelservice.jobs import Desk, parse_line
from talkwright.modelservice.settings import ModelServiceSettings
from talkwright.modelservice.variables import Variables, hidden

VALUE = "open-sesame-7741"


@pytest.mark.anyio
async def test_an_assistants_jobs_get_its_own_secrets_and_what_the_operator_passes(database_url: str) -> None:
    keys, database = Keyring([b"a" * 32]), Database.at(database_url)
    one, other = uuid7(), uuid7()
    async with database.transaction() as session:
        for each in (one, other):
            row = {"id": each, "name": str(each), "live_name": str(each), "title": "A", "language": "en"}
            await session.execute(insert(assistants).values(**row, created_by=SYSTEM_USER))
        for name, value in (("KEY", VALUE), ("SHARED", "its own")):
            await set_secret(session, one, name, keys.encrypt(value.encode(), PURPOSE), SYSTEM_USER)
        lost = Keyring([b"b" * 32]).encrypt(VALUE.encode(), PURPOSE)
        await set_secret(session, one, "LOST", lost, SYSTEM_USER)
        variables = Variables(keys, {"SHARED": "everybody's", "PASSED": "on"})
        found = await variables.of(session, one)
        assert found == {"KEY": VALUE, "SHARED": "its own", "PASSED": "on"}
        assert await variables.of(session, other) == {"SHARED": "everybody's", "PASSED": "on"}
    await database.close()


def test_the_environment_of_a_job_has_them_in_one_place_only() -> None:
    settings = ModelServiceSettings(job_local_models="localhost:11434")
    given = {"PATH": VALUE, "LD_PRELOAD": VALUE, "OPENAI_BASE_URL": VALUE}
    desk = Desk(url="http://127.0.0.1:1/grants", token="t")
    order = Order(name="j", project="p", requested_at="now", variables=given, desk=desk)
    trains = TalkwrightEngine(settings).training_job(order)
    serving = Serving(model="m", deployment="d", token="the token")
    runs = TalkwrightEngine(ModelServiceSettings()).running_job(order, serving)
    for job in (trains, runs):
        assert json.loads(job.environment["TALKWRIGHT_ENGINE_VARIABLES"]) == given
        assert not set(given) & set(job.environment), "no name of theirs changes how the program runs"
    assert (set(trains.hide), set(runs.hide)) == ({VALUE}, {VALUE, "the token"})
    assert trains.environment["TALKWRIGHT_ENGINE_LOCAL_MODELS"] == "localhost:11434"
    assert runs.environment["TALKWRIGHT_ENGINE_LOCAL_MODELS"] == "none"


@pytest.mark.parametrize(
    "text",
    [
        f"asked with {VALUE}",
        json.dumps({"stage": VALUE, "message": f"asked with {VALUE}."}),
        json.dumps({"problem": {"code": "x", "severity": "warning", "message": f"asked {VALUE}", "fix": [VALUE]}}),
    ],
)
def test_no_line_of_a_job_tells_what_it_was_given(text: str) -> None:
    line = hidden(parse_line(1, 0.0, text), {"KEY": VALUE, "SHORT": "as"})
    assert VALUE not in repr(line)
    assert "asked" in repr(line), "a value that is part of too many words is left alone"
