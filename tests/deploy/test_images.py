"""The images of a release, built whole from the Dockerfile: `jobs` trains, `service` has the studio and its pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.deploy.builder import Builder, images_missing
from tests.services.modelservice import project

import talkwright

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]

PAGES = 'cd "$TALKWRIGHT_WEB_ROOT" && read -r first < index.html && echo "$first" assets/*.js'


@pytest.fixture(scope="module")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Builder]:
    if (missing := images_missing()) is not None:
        pytest.skip(reason=missing)
    folder = tmp_path_factory.mktemp("images")
    folder.chmod(0o755)
    builder = Builder(folder)
    builder.base()
    yield builder
    builder.buildah("rm", "--all", check=False)
    builder.buildah("rmi", "--all", "--force", check=False)


@pytest.fixture(scope="module")
def jobs(builder: Builder) -> str:
    return builder.build("jobs")


@pytest.fixture(scope="module")
def service(builder: Builder, jobs: str) -> str:
    return builder.build("service")


def test_the_image_of_jobs_trains_a_project_as_a_user_without_rights(
    builder: Builder, jobs: str, tmp_path: Path
) -> None:
    made = tmp_path / "made"
    made.mkdir()
    made.chmod(0o777)
    for path, text in project("tiny").items():
        (tmp_path / "project" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "project" / path).write_bytes(text)
    with builder.container(jobs, {tmp_path / "project": "/project:ro", made: "/made"}) as container:
        version = container.run("talkwright", "--version")
        assert version.returncode == 0, version.stderr
        assert talkwright.__version__ in version.stdout
        trained = container.run("talkwright", "train", "/project", "--out", "/made/model.tar.gz")
        assert trained.returncode == 0, trained.stdout + trained.stderr
        (model,) = made.iterdir()
        assert (model.name, model.stat().st_uid, model.stat().st_gid) == ("model.tar.gz", 10001, 10001)
        asked = container.run("python3", "-c", "import fastapi")
        assert "No module named 'fastapi'" in asked.stderr, "jobs carry nothing of the studio"


def test_the_image_of_the_service_has_the_pages_and_all_roles(builder: Builder, service: str) -> None:
    with builder.container(service) as container:
        page = container.run("sh", "-c", PAGES)
        assert page.returncode == 0, page.stderr
        assert page.stdout.lower().startswith("<!doctype html>")
        assert "HomePage-" in page.stdout
        for words in (("migrate", "--help"), ("backend", "--help"), ("training-orchestrator", "--help")):
            assert container.run("talkwright", *words).returncode == 0
        doctor = container.run("env", "TALKWRIGHT_HOME=/tmp/home", "talkwright", "doctor")
        assert doctor.returncode in (0, 1), doctor.stderr
        assert "engine" in doctor.stdout
        assert "Traceback" not in doctor.stdout + doctor.stderr
