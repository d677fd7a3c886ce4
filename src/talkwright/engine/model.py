"""A model as a file: a `.tar.gz` of metadata, content and plain arrays, no pickle; equal input gives equal bytes."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from talkwright import __version__
from talkwright.assistant.assistant import Assistant
from talkwright.assistant.build import build_assistant
from talkwright.assistant.items import ItemBody, Kind
from talkwright.engine.search.index import SearchIndex
from talkwright.engine.search.storing import MEMBERS, index_in, members_of
from talkwright.engine.understanding.local.classifier import FlowClassifier
from talkwright.engine.understanding.local.documents import Meaning
from talkwright.engine.understanding.local.gate import SIGNS, Gate
from talkwright.engine.understanding.local.tagging import Mark, Tagger
from talkwright.engine.understanding.local.vectors import Vectoriser
from talkwright.engine.weights import Weights, npy

FORMAT = 2
_METADATA = "metadata.json"
_CONTENT = "content.json"
_CLASSIFIER = "classifier.json"
_ARRAYS = ("arrays/feature_weights.npy", "arrays/sparse_weights.npy", "arrays/dense_weights.npy", "arrays/bias.npy")
_TAGGER = "tagger.json"
_TAGGER_ARRAYS = ("arrays/tagger_emissions.npy", "arrays/tagger_transitions.npy")
_MAPPED = frozenset({*_ARRAYS, *_TAGGER_ARRAYS})
_MAX_METADATA = 16 << 20  # bytes: what readers of the ecosystem accept
_MAX_MEMBER = 512 << 20  # bytes: far above any real model, far below what would fill a machine
_MAX_ALL = 1 << 30  # bytes, of all members, also of those that nobody wants: to pass over them they are unpacked


class ModelError(Exception):
    """The file is no model that this engine can run; the message says why."""


@dataclass(frozen=True)
class Model:
    """A loaded model."""

    model_id: str
    file: str
    metadata: Mapping[str, Any]
    assistant: Assistant
    classifier: FlowClassifier
    flow_bodies: Mapping[str, Any] = field(default_factory=dict)
    """The project's own flows by id, as they were written."""
    search: SearchIndex | None = None
    """What finds answers in the project's documents, where it has some."""


def write_model(
    path: Path,
    items: Iterable[ItemBody],
    assistant: Assistant,
    classifier: FlowClassifier,
    *,
    trained_at: str | None,
    search: SearchIndex | None = None,
) -> dict[str, Any]:
    """Write the archive and return its metadata.

    `trained_at` (ISO 8601) counts as input: the same time and content give the same bytes.
    """
    content = _json([{"kind": item.kind, "name": item.name, "body": item.body} for item in items])
    members = {_CONTENT: content, **_classifier_members(classifier)}
    if search is not None:
        members |= members_of(search)
    fingerprint = hashlib.sha256()
    for name in sorted(members):
        fingerprint.update(name.encode() + b"\0" + hashlib.sha256(members[name]).digest())
    digest = fingerprint.hexdigest()
    metadata = {
        "format": FORMAT,
        "engine": "talkwright",
        "engine_version": "calm",
        "talkwright_version": __version__,
        "model_id": hashlib.sha256(f"{digest} {trained_at or ''}".encode()).hexdigest()[:32],
        "project_fingerprint": digest[:32],
        "trained_at": trained_at,
        "assistant_id": assistant.id,
        "language": assistant.language,
        "additional_languages": list(assistant.additional_languages),
        "domain": assistant.domain.raw,
    }
    members[_METADATA] = _json(metadata)
    _write_archive(path, members)
    return metadata


def _classifier_members(classifier: FlowClassifier) -> dict[str, bytes]:
    vectoriser = classifier.vectoriser
    described = {
        "labels": list(classifier.labels),
        "meanings": [[meaning.intent, meaning.flow, meaning.least] for meaning in classifier.meanings],
        "languages": list(vectoriser.languages),
        "default_language": classifier.default_language,
        "temperature": classifier.temperature,
        "threshold": classifier.threshold,
        "gate": [*classifier.gate.weights, classifier.gate.least] if classifier.gate is not None else None,
        "rarest": vectoriser.rarest,
        "vocabulary": sorted(vectoriser.vocabulary, key=vectoriser.vocabulary.__getitem__),
    }
    arrays: tuple[NDArray[Any], ...] = (
        vectoriser.weights,
        classifier.sparse_weights,
        classifier.dense_weights,
        classifier.bias,
    )
    members = {
        _CLASSIFIER: _json(described),
        **{name: npy(array) for name, array in zip(_ARRAYS, arrays, strict=True)},
    }
    return members if classifier.tagger is None else members | _tagger_members(classifier.tagger)


def _tagger_members(tagger: Tagger) -> dict[str, bytes]:
    described = {
        "marks": [[mark.entity, mark.role, mark.group] for mark in tagger.marks],
        "vocabulary": sorted(tagger.vocabulary, key=tagger.vocabulary.__getitem__),
    }
    emissions, transitions = _TAGGER_ARRAYS
    return {_TAGGER: _json(described), emissions: npy(tagger.emissions), transitions: npy(tagger.transitions)}


def _write_archive(path: Path, members: Mapping[str, bytes]) -> None:
    """Sorted members without times or owners: nothing of the moment gets in. The file appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.part")
    with (
        unfinished.open("wb") as file,
        gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0, compresslevel=6) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name in sorted(members, key=lambda name: (name != _METADATA, name)):
            entry = tarfile.TarInfo(name)
            entry.size = len(members[name])
            archive.addfile(entry, io.BytesIO(members[name]))
    unfinished.replace(path)


def read_metadata(path: Path) -> dict[str, Any]:
    """The metadata alone; raises ModelError."""
    found = _read_archive(path, {_METADATA}).get(_METADATA)
    if found is None:
        raise ModelError(f"{path.name} holds no {_METADATA}, so it is no model.")
    return _object(found, path)


def load_model(path: Path) -> Model:
    """Load a model for running; raises ModelError."""
    weights = Weights()
    members = _read_archive(path, {_METADATA, _CONTENT, _CLASSIFIER, _TAGGER, *_MAPPED, *MEMBERS}, weights)
    metadata = _object(members.get(_METADATA, b""), path)
    if metadata.get("format") != FORMAT:
        raise ModelError(
            f"{path.name} was made by another engine or a newer one; train the assistant again with this one."
        )
    missing = {_CONTENT, _CLASSIFIER, *_ARRAYS} - {*members, *weights}
    if missing:
        raise ModelError(f"{path.name} is damaged: {', '.join(sorted(missing))} is missing. Train the assistant again.")
    try:
        items = [ItemBody(one["kind"], one["name"], one["body"]) for one in json.loads(members[_CONTENT])]
        arrays = weights.arrays()
        classifier = _classifier(json.loads(members[_CLASSIFIER]), [arrays[name] for name in _ARRAYS])
        if _TAGGER in members:
            classifier = replace(classifier, tagger=_tagger(json.loads(members[_TAGGER]), arrays))
        search = index_in(members)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise ModelError(f"{path.name} is damaged: {problem}. Train the assistant again.") from problem
    assistant, _ = build_assistant(items)
    flows = {item.name: item.body for item in items if item.kind == Kind.FLOW}
    return Model(str(metadata["model_id"]), path.name, metadata, assistant, classifier, flows, search)


def _classifier(described: Mapping[str, Any], arrays: list[NDArray[Any]]) -> FlowClassifier:
    feature_weights, sparse_weights, dense_weights, bias = arrays
    labels, vocabulary = tuple(described["labels"]), described["vocabulary"]
    meanings = tuple(Meaning(intent, flow, float(least)) for intent, flow, least in described["meanings"])
    gate = _gate(described["gate"])
    fits = sparse_weights.shape == (len(vocabulary), len(labels)) and bias.shape == (len(labels),)
    if not fits or len(meanings) != len(labels) or vocabulary != sorted(vocabulary):
        message = "its arrays don't fit together"
        raise ValueError(message)
    return FlowClassifier(
        labels=labels,
        meanings=meanings,
        vectoriser=Vectoriser(
            {name: number for number, name in enumerate(vocabulary)},
            feature_weights,
            float(described["rarest"]),
            tuple(described["languages"]),
        ),
        sparse_weights=sparse_weights,
        dense_weights=dense_weights,
        bias=bias,
        temperature=float(described["temperature"]),
        threshold=float(described["threshold"]),
        gate=gate,
        default_language=str(described["default_language"]),
    )


def _tagger(described: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Tagger:
    marks = tuple(Mark(entity, role, group) for entity, role, group in described["marks"])
    vocabulary = {name: number for number, name in enumerate(described["vocabulary"])}
    emissions, transitions = (arrays[name] for name in _TAGGER_ARRAYS)
    labels = 1 + 2 * len(marks)
    if emissions.shape != (len(vocabulary), labels) or transitions.shape != (labels, labels):
        message = "its arrays for entities don't fit together"
        raise ValueError(message)
    return Tagger(marks, vocabulary, emissions, transitions)


def _gate(described: list[float] | None) -> Gate | None:
    if described is None:
        return None
    *weights, least = map(float, described)
    if len(weights) != SIGNS:
        message = "its gate has another number of signs"
        raise ValueError(message)
    return Gate(tuple(weights), least)


def _read_archive(path: Path, wanted: set[str], weights: Weights | None = None) -> dict[str, bytes]:
    """The wanted members, with or without `./` before their names; those that are mapped go to `weights`."""
    found: dict[str, bytes] = {}
    size = 0
    try:
        with tarfile.open(path, "r:gz") as archive:
            for entry in archive:
                size += entry.size
                if size > _MAX_ALL:
                    raise ModelError(f"{path.name} is refused: unpacked it is larger than {_MAX_ALL >> 30} GiB.")
                name = entry.name.removeprefix("./")
                if name not in wanted or not entry.isfile():
                    continue
                limit = _MAX_METADATA if name == _METADATA else _MAX_MEMBER
                if entry.size > limit:
                    raise ModelError(f"{path.name} is refused: {name} is larger than {limit >> 20} MiB.")
                file = archive.extractfile(entry)
                if file is not None and weights is not None and name in _MAPPED:
                    weights.add(name, file)
                    continue
                found[name] = file.read() if file is not None else b""
                if len(found) == len(wanted):
                    break
    except (tarfile.TarError, zlib.error, EOFError, OSError) as problem:
        why = getattr(problem, "strerror", None) or problem
        raise ModelError(f"{path} can't be read as a model: {why}.") from problem
    return found


def _object(data: bytes, path: Path) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as problem:
        raise ModelError(f"The metadata of {path.name} can't be read: {problem}") from problem
    if not isinstance(value, dict) or not value.get("model_id"):
        raise ModelError(f"The metadata of {path.name} names no model.")
    return value


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
