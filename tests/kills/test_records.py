"""What is asked of the rows after a storm: whole ones are found well, and each hurt is named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql
from tests.kills.records import FAULTS, record_faults

from talkwright.database.ids import SYSTEM_USER, uuid7

OURS, THEIRS = uuid7(), uuid7()
TRAINING, THEIR_TRAINING, CHAT = uuid7(), uuid7(), uuid7()
HURT = {
    "a training failed that was not lost four times": (
        "UPDATE studio.trainings SET state = 'failed' WHERE id = %(id)s",
    ),
    "two models answered one message": ("UPDATE studio.chat_events SET body = %(newer)s WHERE seq = 3",),
    "another model answered than the message's": (
        "UPDATE studio.chat_events SET body = %(newer)s",
        "UPDATE studio.chat_messages SET model = 'newer'",
        "UPDATE studio.chat_events SET body = %(silent)s WHERE type = 'bot'",
    ),
    "another assistant's model answered": (
        "UPDATE studio.chat_events SET body = %(theirs)s",
        "UPDATE studio.chat_events SET body = %(unknown)s",
        "UPDATE studio.models SET training = %(theirs_trained)s WHERE model_id = 'ours'",
    ),
    "a message was not heard once": (
        "UPDATE studio.chat_events SET type = 'user' WHERE seq = 2",
        "DELETE FROM studio.chat_events WHERE type = 'user'",
        "UPDATE studio.chat_messages SET state = 'sent'",
    ),
}
"""What hurts the rows in just that way; where the events' own bodies change, the columns beside them stay."""


def body(model: str | None) -> str:
    """An event as the engine of a model publishes it, or one that does not say which it is."""
    return json.dumps({"event": "bot", "metadata": {} if model is None else {"model_id": model}})


def add(link: psycopg.Connection[Any], table: str, **values: Any) -> None:
    """Add a row."""
    statement = sql.SQL("INSERT INTO studio.{} ({}) VALUES ({})").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, values)),
        sql.SQL(", ").join(sql.Placeholder() * len(values)),
    )
    link.execute(statement, [*values.values()])


def add_assistant(link: psycopg.Connection[Any], assistant: Any, name: str, training: Any, models: list[str]) -> None:
    """An assistant with a training that succeeded and its models."""
    by, version = {"created_by": SYSTEM_USER}, uuid7()
    add(link, "assistants", id=assistant, name=name, live_name=name, title=name, language="en", **by)
    add(link, "versions", id=version, assistant=assistant, number=1, name=name, change=0, digest=name.encode(), **by)
    where = {"assistant": assistant, "version": version}
    add(link, "trainings", id=training, state="succeeded", **where, **by)
    for model in models:
        file = {"engine": "talkwright", "object": model, "bytes": 1, "sha256": b""}
        add(link, "models", id=uuid7(), model_id=model, training=training, **where, **file)


@pytest.fixture
def link(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection that sees two assistants and a chat with one of them, which nobody else ever sees."""
    with psycopg.connect(database_url) as link:
        add_assistant(link, OURS, "ours", TRAINING, ["ours", "newer"])
        add_assistant(link, THEIRS, "theirs", THEIR_TRAINING, ["theirs"])
        add(link, "chats", id=CHAT, assistant=OURS, language="en", created_by=SYSTEM_USER)
        for turn in (1, 2):
            said = {"request": "{}", "at": "now", "state": "answered", "model": "ours"}
            add(link, "chat_messages", chat=CHAT, turn=turn, message=str(turn), **said)
        for seq, (turn, kind) in enumerate(((1, "user"), (1, "bot"), (2, "bot"), (2, "user"), (2, "slot")), 1):
            place = {"chat": CHAT, "seq": seq, "turn": turn, "timestamp": 0.0}
            add(link, "chat_events", type=kind, model="ours", body=body("ours"), **place)
        yield link
        link.rollback()


def told(link: psycopg.Connection[Any], *assistants: object) -> set[str]:
    """The faults that are found, by their names."""
    found = record_faults(lambda statement, ids: link.execute(statement, [ids]).fetchall(), assistants)  # type: ignore[arg-type]  # the tests' own words
    return {fault.partition(":")[0] for fault in found}


def test_whole_rows_are_found_well(link: psycopg.Connection[Any]) -> None:
    assert told(link, OURS, THEIRS) == set()


@pytest.mark.parametrize(("fault", "statement"), [(fault, each) for fault, every in HURT.items() for each in every])
def test_each_hurt_is_named(link: psycopg.Connection[Any], fault: str, statement: str) -> None:
    values = {name: body(name) for name in ("newer", "theirs", "unknown")}
    values |= {"id": TRAINING, "silent": body(None), "theirs_trained": THEIR_TRAINING}
    link.execute(statement, values)  # type: ignore[arg-type]  # the tests' own words
    assert fault in told(link, OURS)
    assert told(link, THEIRS) == set()


def test_no_question_is_left_out() -> None:
    assert HURT.keys() == FAULTS.keys()


def test_a_training_that_was_lost_four_times_may_fail(link: psycopg.Connection[Any]) -> None:
    link.execute("UPDATE studio.trainings SET state = 'failed' WHERE id = %s", [TRAINING])
    for number in (1, 2, 3, 4):
        assert told(link, OURS)
        lost = {"work_kind": "training", "work": TRAINING, "outcome": "lost_job", "state": "ended"}
        add(link, "attempts", id=uuid7(), number=number, **lost)
    assert told(link, OURS) == set()
