"""What the routes of chats take and answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from talkwright.backend import samples
from talkwright.backend.names import Person

MOST_CHARACTERS = 20_000


class NewChat(BaseModel):
    """A chat to begin; `id` is made by the client."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [samples.NEW_CHAT]})

    id: UUID
    language: str | None = Field(None, max_length=20, description="Unset is the assistant's own.")


class Chat(BaseModel):
    """A conversation that somebody holds with an assistant from the studio."""

    model_config = ConfigDict(json_schema_extra={"examples": [samples.CHAT]})

    id: UUID
    title: str
    created_at: datetime
    by: Person
    language: str
    deployment: UUID | None
    turns: int


class Chats(BaseModel):
    """A page of chats, newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [samples.CHATS]})

    items: list[Chat]
    next: str | None


class NewMessage(BaseModel):
    """What the person says. `id` is made by the client: one sent again gets the stored answer."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"id": "01990000-0000-7000-8000-000000000002", "text": "I want to pay a bill"}]
        },
    )

    id: UUID
    text: str = Field(min_length=1, max_length=MOST_CHARACTERS, description="A sentence, or the payload of a button.")
    title: str | None = Field(None, max_length=500, description="What the button said, where one was pressed.")


class Restart(BaseModel):
    """A new session of the same chat; `id` works as a message's."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [samples.RESTART]})

    id: UUID | None = None


class Answer(BaseModel):
    """One turn, and where the conversation stands after it."""

    model_config = ConfigDict(json_schema_extra={"examples": [samples.ANSWER]})

    turn: dict[str, Any]
    state: dict[str, Any]


class Timeline(BaseModel):
    """Turns after a number, and where the conversation stands; `next` is what to ask for as `after` next time."""

    model_config = ConfigDict(json_schema_extra={"examples": [samples.TIMELINE]})

    turns: list[dict[str, Any]]
    state: dict[str, Any]
    next: int | None


class Prompt(BaseModel):
    """What a language model was asked about a message, and its answer as it came."""

    component: str
    prompt: str
    answer: str
    model: str
    prompt_tokens: int
    completion_tokens: int
    ms: float


class Prompts(BaseModel):
    """All that language models were asked about one message; none where nobody was, or where it is too long to keep."""

    model_config = ConfigDict(json_schema_extra={"examples": [samples.PROMPTS]})

    prompts: list[Prompt]


class Suggestions(BaseModel):
    """How a chat may begin: with sentences for the person, and perhaps with a greeting by the assistant."""

    model_config = ConfigDict(json_schema_extra={"examples": [samples.SUGGESTIONS]})

    texts: list[str]
    greets: bool = Field(description="Whether the running model has something to say when a session starts.")


def chat_of(row: Mapping[str, Any]) -> Chat:
    """A row of the repository as the API's shape."""
    return Chat(
        id=row["id"],
        title=row["title"],
        created_at=row["created_at"],
        by=Person(id=row["created_by"], name=row["by_name"]),
        language=row["language"],
        deployment=row["deployment"],
        turns=row["turns"],
    )
