"""The template engines: `{name}` and Jinja in a sandbox, for responses and prompts (dialogue-semantics 6.2, 7.3).

Templates come with the project and values from users, so both engines are bounded: a Jinja template may loop, but over
short ranges, without building big values, and its result has an end.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from jinja2 import Template, nodes
from jinja2 import TemplateError as JinjaError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from talkwright.engine.generation.text_functions import MAX_RESULT, TEXT_METHODS, joined, percent_filled, replaced

MAX_STEPS = 2_000


@dataclass(frozen=True)
class Bounds:
    """How much a template may be: characters of its text and of its result, loops in each other."""

    template: int
    result: int
    loop_depth: int


RESPONSE = Bounds(50_000, MAX_RESULT, 2)
PROMPT = Bounds(200_000, 256 * 1024, 3)
_PROMPT_STEPS = 200_000
"""How often all loops of a prompt may go round together."""
_SHOWN_WHOLE = 1e15
"""From here on numbers are written with an exponent."""
_FIELD = re.compile(r"\{\{|\}\}|\{([^{}\n]+)\}")
_STRAY = re.compile(r"[{}]")
_REFUSED = (nodes.Macro, nodes.CallBlock, nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends, nodes.Block)
_TEXT_METHODS = frozenset(
    {"upper", "lower", "title", "capitalize", "strip", "lstrip", "rstrip", "startswith", "endswith", "split", "count"}
)
_COSTLY_FILTERS = ("center", "indent", "wordwrap", "batch", "slice", "pprint", "xmlattr", "urlize")


class TemplateError(ValueError):
    """A template that can't be read or filled."""


def shown(value: Any) -> str:
    """A value as people read it: a whole number has no decimals."""
    whole = isinstance(value, float) and value.is_integer() and abs(value) < _SHOWN_WHOLE
    return str(int(value)) if whole else str(value)


def fill_format(text: str, variables: Mapping[str, Any], show: Callable[[Any], str] = shown) -> str:
    """Fills `{name}`: an unknown name or a stray brace leaves the whole text as written, null reads "None" (6.2).

    Doubled braces become single ones where the text is filled. A text without any brace is given back as it is.
    `show` puts a value into words.
    """
    if "{" not in text and "}" not in text:
        return text
    pieces: list[str] = []
    end = 0
    for match in _FIELD.finditer(text):
        literal = text[end : match.start()]
        if _STRAY.search(literal):
            return text
        pieces.append(literal)
        end = match.end()
        name = match[1]
        if name is None:
            pieces.append(match[0][0])
        elif name in variables:
            pieces.append(show(variables[name]))
        else:
            return text
    rest = text[end:]
    if _STRAY.search(rest):
        return text
    return "".join([*pieces, rest])


class _Bounded(ImmutableSandboxedEnvironment):
    """The sandbox, with operators that can't build values without bounds."""

    intercepted_binops = frozenset({"*", "**", "%", "<<"})

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Methods of texts and maps that can't grow what they are called on; numbers have none."""
        if isinstance(obj, str):
            return attr in _TEXT_METHODS
        if isinstance(obj, int | float | bytes):
            return False
        return super().is_safe_attribute(obj, attr, value)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Methods of texts that could grow without end are replaced by bounded ones."""
        if isinstance(obj, str) and attribute in TEXT_METHODS:
            return partial(TEXT_METHODS[attribute], obj)
        return super().getattr(obj, attribute)

    def wrap_str_format(self, value: Any) -> None:
        """Gives no form of its own: what `getattr` doesn't replace is refused like any other method of a text."""

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Refuses repetition and powers; multiplies numbers, and fills texts within bounds."""
        if operator == "%" and isinstance(left, str):
            return percent_filled(left, *(right if isinstance(right, tuple) else (right,)))
        numbers = isinstance(left, int | float) and isinstance(right, int | float)
        if operator in ("**", "<<") or not numbers:
            raise SecurityError(f"`{operator}` can't be used on these values in a response.")
        return super().call_binop(context, operator, left, right)


def _joined(values: Any, separator: str = "", attribute: str | None = None) -> str:
    """The filter `join`, with an end to what it makes."""
    return joined(
        separator, (value if attribute is None else _ENVIRONMENT.getitem(value, attribute) for value in values)
    )


def _json_escaped(value: Any) -> str:
    """The filter `to_json_escaped_string`: a text as it stands between the quotes of JSON (7.3)."""
    return json.dumps(str(value), ensure_ascii=False)[1:-1]


def _steps(*bounds: int) -> range:
    steps = range(*bounds)
    if len(steps) > MAX_STEPS:
        raise SecurityError(f"A range in a response ends after {MAX_STEPS} steps.")
    return steps


def _environment(finalize: Callable[[Any], Any] | None = None) -> _Bounded:
    environment = _Bounded(autoescape=False, keep_trailing_newline=False, trim_blocks=False, finalize=finalize)
    environment.globals.clear()
    environment.globals["range"] = _steps
    environment.filters.update(
        replace=replaced, join=_joined, format=percent_filled, to_json_escaped_string=_json_escaped
    )
    for name in _COSTLY_FILTERS:
        environment.filters.pop(name, None)
    return environment


_ENVIRONMENT = _environment()
_FOR_PEOPLE = _environment(lambda value: shown(value) if isinstance(value, float) else value)


def _loop_depth(tree: nodes.Node) -> int:
    """How deep loops stand in each other; counted without recursion."""
    deepest = 0
    waiting: list[tuple[nodes.Node, int]] = [(tree, 0)]
    while waiting:
        node, depth = waiting.pop()
        depth += isinstance(node, nodes.For)
        deepest = max(deepest, depth)
        waiting += [(child, depth) for child in node.iter_child_nodes()]
    return deepest


@lru_cache(maxsize=4096)
def _compiled(text: str, bounds: Bounds, environment: _Bounded) -> Template | str:
    if len(text) > bounds.template:
        return f"The template is longer than {bounds.template} characters."
    try:
        tree = environment.parse(text)
        if next(tree.find_all(_REFUSED), None) is not None:
            return "The template uses macros, blocks or includes, which can't stand in a response."
        if _loop_depth(tree) > bounds.loop_depth:
            return f"The template has loops in loops, more than {bounds.loop_depth} deep."
        return environment.from_string(text)
    except (JinjaError, RecursionError) as problem:
        return f"The template can't be read: {problem}"


def fill_prompt(text: str, variables: Mapping[str, Any]) -> str:
    """Fills a prompt's template; all its loops together have an end. Raises TemplateError."""
    budget = _Budget(_PROMPT_STEPS)
    counted = {name: _counted(value, budget) for name, value in variables.items()}
    return fill_jinja(text, counted | {"range": lambda *bounds: _Counted(_steps(*bounds), budget)}, PROMPT)


class Shown(dict[str, Any]):
    """A map that a template may name as a whole: `{{ it }}` shows its text, `{{ it.key }}` a value of it."""

    def __init__(self, values: Mapping[str, Any], text: str) -> None:
        super().__init__(values)
        self._text = text

    def __str__(self) -> str:
        return self._text


class _Budget:
    """What is left of the steps that loops may make."""

    def __init__(self, left: int) -> None:
        self.left = left

    def step(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise SecurityError("The loops of a prompt go round too often.")


class _Counted(list[Any]):
    """A list that counts how often loops go over it."""

    def __init__(self, values: Iterable[Any], budget: _Budget) -> None:
        super().__init__(values)
        self._budget = budget

    def __iter__(self) -> Iterator[Any]:
        for value in super().__iter__():
            self._budget.step()
            yield value


def _counted(value: Any, budget: _Budget) -> Any:
    if isinstance(value, list | tuple):
        return _Counted((_counted(one, budget) for one in value), budget)
    if isinstance(value, Mapping):
        counted = {key: _counted(one, budget) for key, one in value.items()}
        return Shown(counted, str(value)) if isinstance(value, Shown) else counted
    return value


def fill_jinja(
    text: str, variables: Mapping[str, Any], bounds: Bounds = RESPONSE, *, whole_numbers: bool = False
) -> str:
    """Fills a Jinja template from `variables` alone; raises TemplateError.

    With `whole_numbers` whole numbers are shown without decimals.
    """
    template = _compiled(text, bounds, _FOR_PEOPLE if whole_numbers else _ENVIRONMENT)
    if isinstance(template, str):
        raise TemplateError(template)
    pieces: list[str] = []
    room = bounds.result
    try:
        for piece in template.generate(variables):
            room -= len(piece)
            if room < 0:
                break
            pieces.append(piece)
    except Exception as problem:  # a template can run any operator on any value of a conversation
        raise TemplateError(f"The template can't be filled: {type(problem).__name__}.") from None
    if room < 0:
        raise TemplateError(f"The template makes more than {bounds.result} characters.")
    return "".join(pieces)


def filled(value: Any, variables: Mapping[str, Any], fill: Callable[[str, Mapping[str, Any]], str]) -> Any:
    """A JSON value with every text in it filled; keys stay as written. Shares what holds no text."""
    if isinstance(value, str):
        return fill(value, variables)
    if isinstance(value, Mapping):
        return {key: filled(entry, variables, fill) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [filled(entry, variables, fill) for entry in value]
    return value
