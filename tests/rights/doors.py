"""What else than the API answers a request: the provider's pages, the job desk and the management port."""

from __future__ import annotations

import csv
import inspect
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute, Mount, Route

DOORS = Path(__file__).with_name("doors.csv")


@dataclass(frozen=True)
class Door:
    """A line of the file: what guards an address, and what a stranger gets who asks it with nothing that is good."""

    server: str
    method: str
    route: str
    guard: str
    answer: int
    leaves: str
    """The table in which a refused request is noted, as of a guessed password."""


def doors(server: str) -> list[Door]:
    """The file's lines of a server."""
    with DOORS.open(encoding="utf-8") as file:
        lines = [Door(**{**line, "answer": int(line["answer"])}) for line in csv.DictReader(file)]  # type: ignore[arg-type]  # the file has its fields
    return [line for line in lines if line.server == server]


def operations(app: FastAPI) -> set[tuple[str, str]]:
    """All methods and paths that an application answers, of whatever sort its routes are; without HEAD."""
    return _operations(app.routes, "")


def _operations(routes: Iterable[BaseRoute], above: str) -> set[tuple[str, str]]:
    found = set()
    for context in iter_route_contexts(list(routes)):
        route = context.original_route
        if isinstance(route, Mount):
            found |= _operations(route.routes, f"{above}{route.path}")
        else:
            assert isinstance(route, Route), f"{route} is of a sort that nobody has thought of here"
            path = f"{above}{getattr(context, 'path', None) or route.path}"
            methods = getattr(context, "methods", None) or route.methods or ()
            assert methods, path
            found |= {(method, path) for method in methods if method != "HEAD"}
    return found


def paths_in(module: ModuleType) -> set[str]:
    """The paths that a small server without a table of routes compares with: they stand in its text."""
    return set(re.findall(r'"(/\w+)"', inspect.getsource(module)))
