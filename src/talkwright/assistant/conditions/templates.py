"""Conditions and names with Jinja in them: rendered in a sandbox that knows nothing but what it is given (1.7).

A condition's template is small and comes from a project that may be hostile: loops, macros and big results are refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from jinja2 import Environment, Template, TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from talkwright.assistant.conditions.errors import EvaluationError

MAX_TEMPLATE = 10_000
MAX_RESULT = 10_000
_REFUSED = (
    nodes.For,
    nodes.Macro,
    nodes.CallBlock,
    nodes.FilterBlock,
    nodes.Include,
    nodes.Import,
    nodes.FromImport,
    nodes.Extends,
    nodes.Block,
    nodes.Assign,
    nodes.AssignBlock,
    nodes.Pow,
    nodes.Mul,
    nodes.Mod,
)
# Nothing here can make a result that is much larger than what goes in.
_FILTERS = frozenset(
    [
        "abs",
        "capitalize",
        "count",
        "d",
        "default",
        "first",
        "float",
        "int",
        "last",
        "length",
        "list",
        "lower",
        "round",
        "string",
        "title",
        "tojson",
        "trim",
        "upper",
    ]
)
_METHODS = frozenset(
    ["endswith", "get", "isdigit", "items", "keys", "lower", "startswith", "strip", "title", "upper", "values"]
)


def _environment() -> Environment:
    environment = ImmutableSandboxedEnvironment(autoescape=False, keep_trailing_newline=True)
    environment.globals.clear()
    environment.filters = {name: environment.filters[name] for name in _FILTERS}
    return environment


_ENVIRONMENT = _environment()


def is_template(text: str) -> bool:
    """Whether a text holds Jinja."""
    return "{{" in text or "{%" in text or "{#" in text


@lru_cache(maxsize=4096)
def _template(text: str) -> Template | str:
    if len(text) > MAX_TEMPLATE:
        return f"The template is longer than {MAX_TEMPLATE} characters."
    try:
        tree = _ENVIRONMENT.parse(text)
        if next(tree.find_all(_REFUSED), None) is not None:
            return "The template uses loops, macros, includes, `set` or calculation, which can't stand here."
        strange = next((call for call in tree.find_all(nodes.Call) if not _is_plain_call(call)), None)
        if strange is not None:
            return "The template calls something that can't be called here; filters such as `| lower` can."
        return _ENVIRONMENT.from_string(text)
    except (TemplateError, RecursionError) as error:
        return f"The template can't be read: {error}."


def _is_plain_call(call: nodes.Call) -> bool:
    return isinstance(call.node, nodes.Getattr) and call.node.attr in _METHODS


def render_template(text: str, variables: Mapping[str, Any]) -> str:
    """A text with its Jinja filled from `variables` alone. Raises EvaluationError where that is not possible."""
    template = _template(text)
    if isinstance(template, str):
        raise EvaluationError(template)
    try:
        filled = template.render(variables)
    except Exception as error:
        raise EvaluationError(f"The template can't be filled: {type(error).__name__}.") from None
    if len(filled) > MAX_RESULT:
        raise EvaluationError(f"The template makes more than {MAX_RESULT} characters.")
    return filled


def template_error(text: str) -> str | None:
    """What is wrong with a template, in words, or None."""
    template = _template(text)
    return template if isinstance(template, str) else None


def template_names(text: str) -> tuple[str, ...]:
    """The dotted names that a template looks up, such as `context.collect`; none where it can't be read."""
    if _template_is_broken(text):
        return ()
    return tuple(dict.fromkeys(_names(_ENVIRONMENT.parse(text))))


def _template_is_broken(text: str) -> bool:
    return isinstance(_template(text), str)


def _names(tree: nodes.Node) -> Iterator[str]:
    inner: set[int] = set()
    for node in tree.find_all((nodes.Getattr, nodes.Getitem, nodes.Name)):
        if id(node) in inner:
            continue
        path: list[str] = []
        part: nodes.Node = node
        while isinstance(part, nodes.Getattr | nodes.Getitem):
            if isinstance(part, nodes.Getattr):
                path.append(part.attr)
            elif isinstance(part.arg, nodes.Const):
                path.append(str(part.arg.value))
            else:
                path.clear()
            part = part.node
            inner.add(id(part))
        if isinstance(part, nodes.Name) and part.ctx == "load":
            yield ".".join([part.name, *reversed(path)])
