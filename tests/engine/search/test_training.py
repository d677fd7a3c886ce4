"""Documents on their way into a model: which files count, what is refused and how it is told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.engine.search.projects import CAKES, HOURS, model_at
from tests.services.language_model import language_model

from talkwright.assistant.project import read_project, to_tar_gz, write_project
from talkwright.assistant.search_policy import folder_of
from talkwright.engine.model import load_model
from talkwright.engine.search.documents import MOST_CHARACTERS
from talkwright.engine.search.ranking import search
from talkwright.engine.training import REFUSED, TRAINED, train_job, validate_job

FLOWS = """flows:
  order_cake:
    description: order a cake
    steps: [{action: utter_ordered}]
  pattern_search:
    description: answers
    steps: [{action: action_trigger_search}]
responses:
  utter_ordered: [{text: Ordered.}]
"""


def project_in(folder: Path, policy: Mapping[str, Any] | None = None, **config: Any) -> Path:
    """A project with two documents."""
    project = folder / "bakery"
    (project / "docs" / "more").mkdir(parents=True)
    policies = [{"name": "FlowPolicy"}, {"name": "EnterpriseSearchPolicy", **(policy or {})}]
    config = {"assistant_id": "bakery", "language": "en", "policies": policies, **config}
    (project / "config.yml").write_text(json.dumps(config))
    (project / "flows.yml").write_text(FLOWS)
    (project / "docs" / "hours.md").write_text(HOURS)
    (project / "docs" / "more" / "cakes.txt").write_text(CAKES)
    return project


def sources(model: Path) -> set[str]:
    """The documents that a model can answer from."""
    index = load_model(model).search
    return set() if index is None else {passage.source for passage in index.passages}


def told(out: str, code: str) -> list[str]:
    problems = [line["problem"] for line in map(json.loads, out.splitlines()) if "problem" in line]
    return [str(problem["message"]) for problem in problems if problem["code"] == code]


def test_the_documents_of_the_folder_go_into_the_model_and_equal_ones_make_equal_bytes(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    (project / "README.md").write_text("# Not a document\n\nOf the folder.\n")
    (project / "docs" / "table.csv").write_text("a,b\n")
    (project / "docs" / "empty.txt").write_text(" \n")
    out, again = tmp_path / "a.tar.gz", tmp_path / "b.tar.gz"
    assert train_job(project, out) == train_job(project, again) == TRAINED
    assert sources(out) == {"docs/hours.md", "docs/more/cakes.txt"}
    assert out.read_bytes() == again.read_bytes()
    (project / "docs" / "hours.md").write_text(HOURS.replace("Sundays", "Mondays"))
    assert train_job(project, again) == TRAINED
    assert out.read_bytes() != again.read_bytes()


def test_an_exported_archive_trains_to_the_same_model(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    read = read_project(project)
    kept = write_project(read.files, read.items)
    archive = tmp_path / "bakery.tar.gz"
    archive.write_bytes(to_tar_gz(kept))
    assert train_job(project, tmp_path / "a.tar.gz") == train_job(archive, tmp_path / "b.tar.gz") == TRAINED
    assert (tmp_path / "a.tar.gz").read_bytes() == (tmp_path / "b.tar.gz").read_bytes()


def test_without_the_policy_documents_are_left_alone(tmp_path: Path) -> None:
    project = project_in(tmp_path, policies=[{"name": "FlowPolicy"}])
    assert train_job(project, tmp_path / "a.tar.gz") == TRAINED
    assert sources(tmp_path / "a.tar.gz") == set()


def test_what_is_no_document_is_told_and_the_others_are_searched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = project_in(tmp_path)
    (project / "docs" / "binary.txt").write_bytes(b"\x00\xff\xfe" * 100)
    (project / "docs" / "long.txt").write_text("word " * (MOST_CHARACTERS // 5 + 1))
    (project / "docs" / "line.txt").write_text("x" * MOST_CHARACTERS)
    secret = tmp_path / "secret.txt"
    secret.write_text("The password of the till is 1234.\n")
    (project / "docs" / "link.txt").symlink_to(secret)
    (project / "docs" / "outside").symlink_to(tmp_path)
    assert train_job(project, tmp_path / "a.tar.gz") == TRAINED
    found = told(capsys.readouterr().out, "document-left-out")
    assert [message.split()[2] for message in found] == ["docs/binary.txt", "docs/long.txt"]
    assert sources(tmp_path / "a.tar.gz") == {"docs/hours.md", "docs/line.txt", "docs/more/cakes.txt"}
    index = load_model(tmp_path / "a.tar.gz").search
    assert index is not None
    assert not any("1234" in passage.text for passage in index.passages)
    assert "Sundays" in search(index, ["are you open on sunday?"], most=1)[0].passage.text


@pytest.mark.parametrize(
    "source", ["../other", "/etc", "docs/../../other", "docs/..", "C:\\docs", "file:///etc", "docs\\x", "a\0b"]
)
def test_a_folder_outside_of_the_project_is_refused(source: str, tmp_path: Path) -> None:
    assert folder_of({"source": source}) is None
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "secret.md").write_text("# Secret\n\nThe till's code is 1234.\n")
    project = project_in(tmp_path, {"vector_store": {"type": "faiss", "source": source}})
    assert validate_job(project) == REFUSED
    assert train_job(project, tmp_path / "a.tar.gz") == REFUSED
    assert not (tmp_path / "a.tar.gz").exists()


@pytest.mark.parametrize(
    ("source", "folder"),
    [("./docs", "docs"), ("docs/", "docs"), (".", ""), ("./docs/more", "docs/more"), (None, "docs")],
)
def test_a_folder_of_the_project_is_found_however_it_is_written(source: str | None, folder: str) -> None:
    assert folder_of({"source": source}) == folder


def test_vectors_of_the_projects_own_embeddings_are_kept_beside_ours(tmp_path: Path) -> None:
    with language_model() as scripted:
        project = project_in(tmp_path, {"embeddings": model_at(scripted.address)})
        assert train_job(project, tmp_path / "a.tar.gz") == TRAINED
    index = load_model(tmp_path / "a.tar.gz").search
    assert index is not None
    assert index.external is not None
    assert index.external.model == "scripted"
    assert index.external.vectors.shape == (len(index), 26)
    assert len(scripted.requests) == 1


def test_embeddings_that_cannot_be_asked_are_told_and_done_without(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = project_in(tmp_path, {"embeddings": model_at("http://127.0.0.1:1/v1")})
    assert train_job(project, tmp_path / "a.tar.gz") == TRAINED
    assert "Train again once it answers" in capsys.readouterr().out
    index = load_model(tmp_path / "a.tar.gz").search
    assert index is not None
    assert index.external is None
