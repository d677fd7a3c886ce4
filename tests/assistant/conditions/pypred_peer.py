"""Answers conditions with the pypred library, one JSON line in and one out; runs in an environment of its own."""

import json
import sys

from pypred import Predicate


def answer(text, document):
    """What pypred makes of a condition: an answer, an error, or that it is none."""
    try:
        predicate = Predicate(text)
        if not predicate.is_valid():
            return {"outcome": "invalid"}
    except Exception:
        return {"outcome": "invalid"}
    try:
        return {"outcome": "answer", "answer": bool(predicate.evaluate(document))}
    except Exception as fault:
        return {"outcome": "error", "fault": type(fault).__name__}


for line in sys.stdin:
    asked = json.loads(line)
    sys.stdout.write(json.dumps(answer(asked["text"], asked["document"])) + "\n")
    sys.stdout.flush()
