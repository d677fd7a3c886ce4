"""A project as Rasa is given it (wire-protocols 2.5, 7): merged settings, and of the other files only what is data.

No code of a project reaches a job: no Python file is laid out. A component, writer or action that is named by a module
of its own is loaded from the operator's folder, and only where the operator allows that for the assistant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from talkwright.assistant.build import merged_document
from talkwright.assistant.items import ItemBody, Kind
from talkwright.assistant.project import ProjectRefusedError, read_project, write_project
from talkwright.assistant.yamls import YamlError, load
from talkwright.modelservice.engines.base import EngineError
from talkwright.modelservice.engines.rasa import rasajob
from talkwright.modelservice.project_code import SETTING

ENDPOINTS = ("action_endpoint", "nlg", "model_groups", "vector_store", "interaction_handling")
"""What of a project's endpoints a studio's job gets: the studio keeps conversations, and says where models are."""
OWN_MODULES = ("rasa.", "rasa_plus.")
_ACTIONS = "actions_module"
_CODE_KEYS = (_ACTIONS, "module_path", "module")
_SETTINGS = (Kind.CONFIG, Kind.ENDPOINTS, Kind.CREDENTIALS)
_DEPTH = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A project's settings as maps, and the paths that are not laid out: of settings, tests, and what is no YAML.

    `modules` are those that its settings name beside the engine's own.
    """

    config: Mapping[str, Any]
    endpoints: Mapping[str, Any]
    left_out: tuple[str, ...]
    modules: tuple[str, ...] = ()


def layout_of(archive: bytes, *, code: bool = False) -> Layout:
    """What a project's archive gives Rasa; `code`: whether it may name modules of its own. Raises EngineError."""
    try:
        project = read_project(archive)
    except ProjectRefusedError as error:
        raise EngineError(f"The version's project can't be read: {error}") from error
    bodies = {kind: [ItemBody(kind, item.name, item.body) for item in project.items if item.kind is kind]
              for kind in _SETTINGS}  # fmt: skip
    config = merged_document(bodies[Kind.CONFIG], "config", [])
    refuse_code(config, code=code)
    refuse_licence("config.yml", config)
    tests = [item.name for item in project.items if item.kind is Kind.TEST]
    settings = [body.name for kind in _SETTINGS for body in bodies[kind]]
    unread: list[str] = []
    for path, data in write_project(project.files, project.items).items():
        if path not in settings and path.endswith(rasajob.YAML):
            try:
                refuse_licence(path, load(data.decode("utf-8-sig")))
            except (YamlError, UnicodeDecodeError):
                unread.append(path)
    endpoints = allowed_endpoints(merged_document(bodies[Kind.ENDPOINTS], "endpoints", []), code=code)
    return Layout(
        config=config,
        endpoints=endpoints,
        left_out=tuple(sorted({*settings, *tests, *unread})),
        modules=tuple(sorted({*_modules(config), *_endpoint_modules(endpoints)})) if code else (),
    )


def refuse_code(config: Mapping[str, Any], *, code: bool = False) -> None:
    """Raise EngineError where a config names code besides the engine's own, or with `code` what it may not either."""
    if config.get("recipe", "default.v1") != "default.v1":
        raise EngineError(f"config.yml asks for the recipe {config['recipe']}; a studio trains default.v1 only.")
    if config.get("importers"):
        raise EngineError("config.yml names `importers`, which read files by code of their own; leave them out.")
    for name in () if code else _classes(config):
        raise EngineError(
            f"config.yml names the component {name} by its module. A studio's jobs run no code of projects unless the "
            f"operator allows it for the assistant ({SETTING}): take one that Rasa itself knows by name."
        )


def refuse_licence(path: str, value: Any) -> None:
    """Raise EngineError where a file names the operator's licence: Rasa would fill it in, and a model would keep it."""
    if any(name in text for text in _texts(value) for name in rasajob.LICENCES):
        raise EngineError(f"{path} names the variable of the operator's licence, which is not for projects.")


def allowed_endpoints(endpoints: Mapping[str, Any], *, code: bool = False) -> dict[str, Any]:
    """The endpoints that a job gets; without anything that would load code, unless it may."""
    if code:
        return {key: endpoints[key] for key in ENDPOINTS if endpoints.get(key)}
    allowed = {key: _without_code(endpoints[key]) for key in ENDPOINTS if endpoints.get(key)}
    return {key: value for key, value in allowed.items() if value and not _is_module(value)}


def _texts(value: Any, depth: int = 0) -> Iterator[str]:
    if depth > _DEPTH:
        raise EngineError(
            f"A file of the project is nested more than {_DEPTH} levels deep; this engine takes none such."
        )
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield str(key)
            yield from _texts(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, depth + 1)


def _names(components: Any) -> Iterator[str]:
    for component in components if isinstance(components, list) else ():
        name = component.get("name") if isinstance(component, Mapping) else component
        if isinstance(name, str):
            yield name


def _classes(config: Mapping[str, Any]) -> Iterator[str]:
    """The classes that a config names by modules which are not the engine's."""
    for section in ("pipeline", "policies"):
        yield from (name for name in _names(config.get(section)) if "." in name and not name.startswith(OWN_MODULES))


def _modules(config: Mapping[str, Any]) -> Iterator[str]:
    return (name.rpartition(".")[0] for name in _classes(config))


def _endpoint_modules(endpoints: Mapping[str, Any]) -> Iterator[str]:
    """The modules that endpoints name: those of actions, and of classes that are their types."""
    for value in endpoints.values():
        named = value.get(_ACTIONS) if isinstance(value, Mapping) else None
        if isinstance(named, str):
            yield named
        if _is_module(value):
            yield value["type"].rpartition(".")[0]


def _is_module(value: Any) -> bool:
    """Whether an endpoint's type is a class somewhere, not one of the engine's own kinds."""
    kind = value.get("type") if isinstance(value, Mapping) else None
    return isinstance(kind, str) and "." in kind and not kind.startswith(OWN_MODULES)


def _without_code(value: Any, depth: int = 0) -> Any:
    if depth > _DEPTH:
        return None
    if isinstance(value, Mapping):
        kept: Iterable[tuple[str, Any]] = ((key, item) for key, item in value.items() if key not in _CODE_KEYS)
        return {key: _without_code(item, depth + 1) for key, item in kept}
    return [_without_code(item, depth + 1) for item in value] if isinstance(value, list) else value
