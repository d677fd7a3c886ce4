"""Values that do not fit are told in our words: what they must be, and never what they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from talkwright.misfits import words

SECRET = "canary-7f3a"


class Cup(BaseModel):
    """What has fields."""

    kind: Literal["cup"]


class Pot(BaseModel):
    """What is told from a cup by its kind."""

    kind: Literal["pot"]


VESSEL = Annotated[Cup | Pot, Field(discriminator="kind")]


def told(kind: Any, value: Any) -> str:
    """What is said of a value that is none of the kind."""
    with pytest.raises(ValidationError) as raised:
        TypeAdapter(kind).validate_python(value)
    return words(raised.value.errors()[0])


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        (Literal["a", "b", "c"], SECRET, "must be a, b or c"),
        (bool, SECRET, "must be true or false"),
        (int, SECRET, "must be a whole number"),
        (float, SECRET, "must be a number"),
        (Annotated[int, Field(ge=1)], 0, "must be 1 or more"),
        (Annotated[int, Field(le=200)], 201, "must be 200 or less"),
        (Annotated[float, Field(gt=0)], 0, "must be more than 0"),
        (str, 1, "must be a text"),
        (Annotated[str, Field(min_length=1)], "", "must not be empty"),
        (Annotated[str, Field(min_length=8)], SECRET[:3], "must be 8 or more characters long"),
        (Annotated[str, Field(max_length=3)], SECRET, "must be 3 or fewer characters long"),
        (Annotated[str, Field(pattern=r"^'\d{2}'$")], SECRET, r"must be of the form ^'\d{2}'$"),
        (UUID, SECRET, "must be a UUID, such as 01936f5e-8a3b-7c4d-9e10-2f3a4b5c6d7e"),
        (list[str], SECRET, "must be a list"),
        (Annotated[list[int], Field(max_length=1)], [1, 2], "must have 1 or fewer entries"),
        (dict[str, str], SECRET, "must be an object"),
        (Cup, {}, "must be given"),
        (
            Annotated[Cup | Pot, Field(discriminator="kind")],
            {"kind": SECRET},
            "must say in kind which of cup, pot it is",
        ),
        (complex, SECRET, "does not fit here (complex_type)"),
    ],
)
def test_a_value_is_told_what_it_must_be(kind: Any, value: Any, said: str) -> None:
    assert told(kind, value) == said


def test_what_our_own_validators_say_is_said_as_it_is() -> None:
    error: Mapping[str, Any] = {"type": "value_error", "ctx": {"error": ValueError("must be like https://x.")}}
    assert words(error) == "must be like https://x"
