"""The condition language of flows and responses: parse, evaluate, describe, render (dialogue-semantics 1.7)."""

from talkwright.assistant.conditions.description import Word, describe, in_words
from talkwright.assistant.conditions.errors import ConditionError, EvaluationError
from talkwright.assistant.conditions.evaluation import UNDEFINED, evaluate
from talkwright.assistant.conditions.holding import check_rejection, holds
from talkwright.assistant.conditions.parsing import parse
from talkwright.assistant.conditions.rendering import render, to_json
from talkwright.assistant.conditions.templates import is_template, render_template, template_error, template_names
from talkwright.assistant.conditions.tree import (
    Comparison,
    Condition,
    Join,
    Literal,
    Name,
    Not,
    SetLiteral,
    Test,
    names,
    walk,
)

__all__ = [
    "UNDEFINED",
    "Comparison",
    "Condition",
    "ConditionError",
    "EvaluationError",
    "Join",
    "Literal",
    "Name",
    "Not",
    "SetLiteral",
    "Test",
    "Word",
    "check_rejection",
    "describe",
    "evaluate",
    "holds",
    "in_words",
    "is_template",
    "names",
    "parse",
    "render",
    "render_template",
    "template_error",
    "template_names",
    "to_json",
    "walk",
]
