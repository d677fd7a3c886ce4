"""What can be wrong with a condition: its text, or its evaluation on a document."""

from __future__ import annotations


class ConditionError(ValueError):
    """A text that is no condition. `column` counts from 1, `expected` says in words what could stand there."""

    def __init__(self, message: str, column: int, expected: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.column = column
        self.expected = expected


class EvaluationError(ValueError):
    """A condition without an answer, such as null compared by `<` (error policy: dialogue-semantics 1.7)."""
