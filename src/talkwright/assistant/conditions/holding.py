"""The two questions that the engine asks of a condition's text, with the error policy of dialogue-semantics 1.7."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from talkwright.assistant.conditions.errors import ConditionError, EvaluationError
from talkwright.assistant.conditions.evaluation import Answer, compiled
from talkwright.assistant.conditions.parsing import parse
from talkwright.assistant.conditions.templates import is_template, render_template


@lru_cache(maxsize=8192)
def _answer(text: str) -> Answer | None:
    """The function that answers a text; None for a template, which is answered after rendering."""
    return None if is_template(text) else compiled(parse(text))


@lru_cache(maxsize=8192)
def _rendered_answer(text: str) -> Answer:
    return compiled(parse(text))


def holds(
    text: str,
    *,
    slots: Mapping[str, Any],
    context: Mapping[str, Any],
    on_error: bool = False,
    template_variables: Mapping[str, Any] | None = None,
) -> bool:
    """Whether a condition is true; `on_error` where it has no answer.

    Jinja in it is rendered first and sees `context` alone, or `template_variables` where they are given
    (dialogue-semantics 1.7). `slots` are all slot values, `context` the fields of the top frame.
    """
    document = {"slots": slots, "context": context}
    try:
        answer = _answer(text)
        if answer is None:
            variables = {"context": context} if template_variables is None else template_variables
            answer = _rendered_answer(render_template(text, variables))
        return answer(document)
    except (ConditionError, EvaluationError, RecursionError):
        return on_error


def check_rejection(text: str, slot: str, value: Any) -> bool:
    """Whether a rejection's condition is true for a slot's new value: it sees this one slot only, Jinja too (1.7).

    Raises EvaluationError where it has no answer, which counts as violated with the internal-error response.
    """
    document = {"slots": {slot: value}}
    try:
        answer = _answer(text)
        if answer is None:
            answer = _rendered_answer(render_template(text, document))
        return answer(document)
    except ConditionError as error:
        raise EvaluationError(error.message) from None
    except RecursionError:
        raise EvaluationError("The condition is nested too deeply.") from None
