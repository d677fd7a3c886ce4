"""From a project to a model file, and what a file must be to be run."""

import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from talkwright.engine.model import ModelError, load_model, read_metadata

from .conftest import ROOT, WORKSHOP, train_to


def job(*arguments: str, cwd: Path | None = None) -> tuple[int, list[dict[str, Any]]]:
    """Runs `python -m talkwright.engine train` and gives its exit code and lines."""
    command = [sys.executable, "-m", "talkwright.engine", "train", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, env=dict(os.environ))
    assert done.stderr == ""
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def test_a_training_says_its_progress_and_writes_the_model(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "model.tar.gz"
    code, lines = job("--project", str(WORKSHOP), "--out", str(out))
    stages = [line for line in lines if "stage" in line]
    assert code == 0
    assert [line["progress"] for line in stages] == sorted(line["progress"] for line in stages)
    assert stages[-1]["stage"] == "trained"
    assert stages[-1]["model_id"] == read_metadata(out)["model_id"]
    assert [path.name for path in out.parent.iterdir()] == ["model.tar.gz"]


def test_the_first_line_is_said_before_what_takes_long_to_load(tmp_path: Path) -> None:
    paths = ["--project", str(tmp_path / "none"), "--out", str(tmp_path / "model.tar.gz")]
    command = [sys.executable, "-X", "importtime", "-m", "talkwright.engine", "train", *paths]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    lines = done.stdout.splitlines()
    said = [number for number, line in enumerate(lines) if line.startswith("{")]
    loaded = next(number for number, line in enumerate(lines) if line.endswith(" talkwright.engine.training"))
    assert [json.loads(lines[number])["stage"] for number in said] == ["preparing", "reading", "failed"]
    assert said[0] < loaded < said[1]
    assert not any(" numpy" in line for line in lines[: said[0]])


def test_equal_input_gives_equal_bytes_and_other_input_another_model(tmp_path: Path) -> None:
    first = train_to(WORKSHOP, tmp_path / "first.tar.gz")
    second = train_to(WORKSHOP, tmp_path / "second.tar.gz")
    assert first.read_bytes() == second.read_bytes()
    third = tmp_path / "third.tar.gz"
    code, _ = job("--project", str(WORKSHOP), "--out", str(third), "--trained-at", "2026-01-02T03:04:05+00:00")
    assert code == 0
    assert read_metadata(third)["trained_at"] == "2026-01-02T03:04:05+00:00"
    assert read_metadata(third)["model_id"] != read_metadata(first)["model_id"]
    assert read_metadata(third)["project_fingerprint"] == read_metadata(first)["project_fingerprint"]


def test_the_archive_holds_metadata_content_and_plain_arrays_only(workshop_path: Path) -> None:
    with tarfile.open(workshop_path) as archive:
        members = {entry.name: archive.extractfile(entry) for entry in archive}
        assert next(iter(members)) == "metadata.json"
        for name, file in members.items():
            assert file is not None
            if name.endswith(".npy"):
                assert np.lib.format.read_array(io.BytesIO(file.read()), allow_pickle=False).dtype != object
            else:
                json.load(file)
    metadata = read_metadata(workshop_path)
    assert metadata["assistant_id"] == "wheel-workshop"
    assert metadata["additional_languages"] == ["de"]
    assert len(metadata["model_id"]) == 32
    assert "gift_amount" in metadata["domain"]["slots"]


def test_errors_in_the_content_stop_the_training_and_are_listed(tmp_path: Path) -> None:
    (tmp_path / "flows.yml").write_text("flows:\n  broken:\n    description: x\n    steps:\n      - collect: nowhere\n")
    code, lines = job("--project", str(tmp_path), "--out", str(tmp_path / "model.tar.gz"))
    problems = [line["problem"] for line in lines if "problem" in line]
    assert code == 2
    assert any(problem["severity"] == "error" and problem["name"] == "broken" for problem in problems)
    assert all(problem["message"] and problem["code"] for problem in problems)
    assert lines[-1]["stage"] == "refused"
    assert not (tmp_path / "model.tar.gz").exists()


def test_a_project_that_cannot_be_read_fails_in_words(tmp_path: Path) -> None:
    broken = tmp_path / "project.zip"
    broken.write_bytes(b"PK\x03\x04 no archive")
    code, lines = job("--project", str(broken), "--out", str(tmp_path / "model.tar.gz"))
    assert code == 1
    assert "project.zip" in lines[-1]["message"]


def test_a_loaded_model_understands_as_the_trained_one(workshop_path: Path) -> None:
    model = load_model(workshop_path)
    best = model.classifier.candidates("my bike is broken, please mend it")[0]
    assert best.flow == "book_repair"
    assert 0.2 < best.probability < 1.0


def archive(path: Path, members: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as file:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            file.addfile(entry, io.BytesIO(data))
    return path


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({}, "no model"),
        ({"metadata.json": b"{"}, "can't be read"),
        ({"metadata.json": b"{}"}, "names no model"),
        ({"metadata.json": b'{"model_id": "x", "format": 99}'}, "another engine"),
        ({"metadata.json": b'{"model_id": "x", "format": 2}'}, "missing"),
        ({"metadata.json": b'{"model_id": "x", "format": 1}'}, "train the assistant again"),
    ],
)
def test_files_that_are_no_model_are_refused_in_words(tmp_path: Path, members: dict[str, bytes], message: str) -> None:
    path = archive(tmp_path / "model.tar.gz", members)
    with pytest.raises(ModelError, match=message):
        load_model(path) if members else read_metadata(path)


def test_a_pickled_array_is_never_loaded(tmp_path: Path, workshop_path: Path) -> None:
    buffer = io.BytesIO()
    np.save(buffer, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with tarfile.open(workshop_path) as file:
        members = {entry.name: file.extractfile(entry).read() for entry in file}  # type: ignore[union-attr]  # our own archive
    path = archive(tmp_path / "evil.tar.gz", {**members, "arrays/bias.npy": buffer.getvalue()})
    with pytest.raises(ModelError, match="damaged"):
        load_model(path)


def test_a_cut_off_file_is_refused(tmp_path: Path, workshop_path: Path) -> None:
    path = tmp_path / "cut.tar.gz"
    path.write_bytes(workshop_path.read_bytes()[:5000])
    with pytest.raises(ModelError):
        load_model(path)


def test_the_example_trains_within_its_limit_and_without_scipy(tmp_path: Path) -> None:
    script = (
        "import time, sys\n"
        "from pathlib import Path\n"
        "import talkwright.engine.training as training\n"
        "import talkwright.engine.understanding.local.learning\n"
        "before = time.process_time()\n"
        f"code = training.train_job(Path({str(ROOT / 'examples' / 'bank')!r}), Path({str(tmp_path / 'm.tar.gz')!r}))\n"
        "print(time.process_time() - before, file=sys.stderr)\n"
        "assert not {'scipy', 'sklearn'} & set(sys.modules), 'these take longer to load than the example to train'\n"
        "sys.exit(code)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert float(done.stderr) < 3.0
