"""Which items stand in a YAML file, and where: from its tree to stretches of text with kinds and names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from talkwright.assistant.items import Kind
from talkwright.assistant.project.bodies import name_in
from talkwright.assistant.project.parts import LIST_PLACES, MAP_PLACES, Parsed, Span, list_span, map_span
from talkwright.assistant.yamls import Node, YamlError, line_and_column

SECTION_KINDS = {
    "flows": Kind.FLOW,
    "slots": Kind.SLOT,
    "responses": Kind.RESPONSE,
    "intents": Kind.INTENT,
    "entities": Kind.ENTITY,
    "actions": Kind.ACTION,
}
NLU_KEYS = {"intent": Kind.INTENT, "synonym": Kind.SYNONYM, "regex": Kind.REGEX, "lookup": Kind.LOOKUP}
DOMAIN_KEYS = frozenset(SECTION_KINDS) - {"flows"} | {"forms", "e2e_actions", "session_config"}
_RAW_KEYS = frozenset({"version", "stories", "rules", "flows", "nlu"})
# What the rest of a domain can't hold: sections of items, and what stays in the file as it is.
OWN_KEYS = frozenset(SECTION_KINDS) | _RAW_KEYS
_CONFIG_KEYS = frozenset({"pipeline", "policies", "recipe", "assistant_id"})
_BY_STEM = {"config": Kind.CONFIG, "endpoints": Kind.ENDPOINTS, "credentials": Kind.CREDENTIALS}
YAML_SUFFIXES = (".yml", ".yaml")
_PROMPT_SUFFIXES = (".jinja2", ".jinja", ".j2")


@dataclass(frozen=True, slots=True)
class Found:
    """One part found in a file: what it belongs to, its section and span, and its parsed entry."""

    kind: Kind
    name: str
    section: str
    span: Span
    parsed: Parsed
    nodes: tuple[Node, ...]

    @property
    def place(self) -> str:
        """The place as parts and references carry it."""
        if not self.span.inline:
            return self.section
        return self.section + ("[]" if self.section in LIST_PLACES else "{}")


def is_yaml(path: str) -> bool:
    """Whether the path names a YAML file."""
    return path.lower().endswith(YAML_SUFFIXES)


def text_kind(path: str) -> Kind:
    """The kind of a file that is kept as one text."""
    pure = PurePosixPath(path.lower())
    in_prompts = "prompts" in pure.parts[:-1] or "prompt_templates" in pure.parts[:-1]
    return (
        Kind.PROMPT if pure.suffix in _PROMPT_SUFFIXES or (in_prompts and pure.suffix in (".txt", ".md")) else Kind.FILE
    )


def document_kind(path: str, root: Node) -> Kind | None:
    """The kind of a file that is one item as a whole; None where items stand in it, or none do."""
    if root.kind != "map":
        return None
    pure = PurePosixPath(path)
    keys = set(root.value)
    if "test_cases" in keys or (pure.stem == "conftest" and len(pure.parts) > 1):
        return Kind.TEST
    if len(pure.parts) == 1 and pure.stem in _BY_STEM:
        return _BY_STEM[pure.stem]
    if keys & _CONFIG_KEYS and not keys & (DOMAIN_KEYS | {"flows", "nlu"}):
        return Kind.CONFIG
    return None


def is_misshapen_setting(path: str, root: Node) -> bool:
    """Whether a settings file holds a list or a bare text, so that nothing can read it."""
    pure = PurePosixPath(path)
    return len(pure.parts) == 1 and pure.stem in _BY_STEM and root.kind != "map" and root.value is not None


def has_items(path: str, root: Node) -> bool:
    """Whether items stand in this file."""
    if root.kind != "map" or not root.value:
        return False
    return _is_domain(path, root) or any(key in ("flows", "nlu") for key in root.value)


def _is_domain(path: str, root: Node) -> bool:
    """Whether keys that we do not know belong to the domain here: by the company they keep, or by the file's path."""
    by_path = path.startswith("domain/") or path in ("domain.yml", "domain.yaml")
    return by_path or any(key in DOMAIN_KEYS for key in root.value)


def find_parts(path: str, text: str, root: Node) -> list[Found]:
    """All parts of items in a file, in the order of the text; raises YamlError for a section of a wrong shape."""
    in_domain = _is_domain(path, root)
    found: list[Found] = []
    floor = 0
    for key, value in root.entries:
        parts: Iterator[Found]
        if key.merges:
            continue
        if key.key_text in SECTION_KINDS or key.key_text == "nlu":
            parts = _section(text, key.key_text, value, max(floor, key.end))
        elif in_domain and key.key_text not in _RAW_KEYS:
            parts = iter((_rest(path, text, root, (key, value), floor),))
        else:
            continue
        for part in parts:
            found.append(part)
            floor = part.span.end
    return found


def _rest(path: str, text: str, root: Node, entry: tuple[Node, Node], floor: int) -> Found:
    key, value = entry
    alone = Node("map", key.start, value.end, {key.key_text: value.value})
    alone.entries = [(key, value)]
    span = map_span(text, root, key, value, floor)
    return Found(Kind.DOMAIN, path, "", span, Parsed(text, alone, key, value), (key, value))


def _section(text: str, name: str, section: Node, floor: int) -> Iterator[Found]:
    if section.value in (None, {}, []):
        return
    if name in MAP_PLACES:
        if section.kind != "map":
            raise _wrong_shape(
                text, section, f"'{name}' must be a map here: one 'name: …' per line, indented below it."
            )
        yield from _map_section(text, name, section, floor)
    elif name in LIST_PLACES:
        if section.kind != "list":
            raise _wrong_shape(text, section, f"'{name}' must be a list here: one '- …' per line, indented below it.")
        yield from _list_section(text, name, section, floor)


def _map_section(text: str, place: str, section: Node, floor: int) -> Iterator[Found]:
    for key, value in section.entries:
        if key.merges:
            raise _wrong_shape(text, key, f"'<<' can't bring items into '{place}'; write the items out.")
        span = map_span(text, section, key, value, floor)
        floor = span.end
        parsed = Parsed(text, section, key, value)
        yield Found(SECTION_KINDS[place], key.key_text, place, span, parsed, (key, value))


def _list_section(text: str, place: str, section: Node, floor: int) -> Iterator[Found]:
    for element in section.elements:
        span = list_span(text, section, element, floor)
        floor = span.end
        if place == "nlu":
            kind, name = _nlu_name(element)
            if kind is None:
                continue
            parsed = Parsed(text, section, None, element)
        elif element.kind == "map" and len(element.entries) == 1 and not element.entries[0][0].merges:
            key, value = element.entries[0]
            kind, name, parsed = SECTION_KINDS[place], key.key_text, Parsed(text, section, key, value)
        elif element.kind in ("scalar", "alias") and name_in(element):
            kind, name, parsed = SECTION_KINDS[place], name_in(element), Parsed(text, section, element, None)
        else:
            message = f"An entry of '{place}' is a name, or a name with settings: '- name' or '- name: {{…}}'."
            raise _wrong_shape(text, element, message)
        yield Found(kind, name, place, span, parsed, (element,))


def _nlu_name(element: Node) -> tuple[Kind | None, str]:
    """The kind and name of an entry under `nlu`; None for entries that we do not know and keep as they are."""
    for key, kind in NLU_KEYS.items():
        entry = element.entry(key) if element.kind == "map" else None
        if entry and name_in(entry[1]):
            return kind, name_in(entry[1])
    return None, ""


def _wrong_shape(text: str, node: Node, message: str) -> YamlError:
    return YamlError(message, *line_and_column(text, node.start))
