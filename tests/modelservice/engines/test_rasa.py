"""What Rasa is given of a project, what its log means, and which installations and models are taken."""

import json
import subprocess
import sys
import tarfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from talkwright.assistant.addresses import FORBIDDEN_NETWORKS
from talkwright.assistant.project import to_tar_gz
from talkwright.modelservice.artefacts import ModelArchiveError, ModelFile
from talkwright.modelservice.engines.base import EngineError, Order, Serving
from talkwright.modelservice.engines.known import Engines
from talkwright.modelservice.engines.rasa import rasajob
from talkwright.modelservice.engines.rasa.engine import SCRIPT, RasaEngine
from talkwright.modelservice.engines.rasa.layout import layout_of
from talkwright.modelservice.engines.rasa.settings import RasaSettings
from talkwright.modelservice.engines.rasa.telling import told
from talkwright.modelservice.executors.kubernetes.manifest import manifests
from talkwright.modelservice.executors.kubernetes.settings import KubernetesSettings
from talkwright.modelservice.jobs import parse_line
from talkwright.modelservice.project_code import ProjectCode
from talkwright.modelservice.settings import ModelServiceSettings

CONFIG = "recipe: default.v1\nlanguage: en\nassistant_id: a\npipeline:\n- name: KeywordIntentClassifier\n"
SECRET = "open-sesame-7741"


def archive(**files: str) -> bytes:
    named = {
        path.replace("__", "/").replace("_yml", ".yml").replace("_py", ".py"): text for path, text in files.items()
    }
    return to_tar_gz({path: text.encode() for path, text in {"config.yml": CONFIG, **named}.items()})


def engine(**settings: Any) -> RasaEngine:
    return RasaEngine(ModelServiceSettings(), RasaSettings(rasa_python=sys.executable, **settings))


def order(data: bytes | None = None, **variables: str) -> Order:
    return Order(name="j", project="p", archive=archive() if data is None else data, variables=variables)


def test_the_settings_of_several_files_become_one_and_no_code_of_the_project_is_named() -> None:
    layout = layout_of(
        archive(
            endpoints_yml="action_endpoint:\n  url: 'http://a/webhook'\n  actions_module: actions\n"
            "tracker_store:\n  type: redis\nlock_store: {type: redis}\nevent_broker: {type: kafka}\n"
            "models: {url: 'http://b'}\nnlg:\n  type: own.module.Writer\n",
            credentials_yml="rest:\nown.channel.Input: {}\n",
            domain_yml="intents: [greet]\n",
        )
    )
    assert layout.config["pipeline"] == [{"name": "KeywordIntentClassifier"}]
    assert layout.endpoints == {"action_endpoint": {"url": "http://a/webhook"}}
    assert layout.left_out == ("config.yml", "credentials.yml", "endpoints.yml")


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("pipeline:\n- name: actions.evil.Component\n", "actions.evil.Component"),
        ("policies:\n- name: os.system\n", "os.system"),
        ("importers:\n- name: own.Importer\n", "importers"),
        ("recipe: graph.v1\n", "graph.v1"),
    ],
)
def test_a_config_that_names_code_of_its_own_is_refused_in_words(config: str, words: str) -> None:
    with pytest.raises(EngineError, match=words):
        layout_of(archive(config_yml=config))
    layout_of(archive(config_yml="pipeline:\n- name: rasa.nlu.classifiers.KeywordIntentClassifier\n"))


OWN = ProjectCode(folder="/opt/desk")


def test_where_the_operator_allows_it_a_project_names_code_that_lies_in_his_folder() -> None:
    named = archive(
        config_yml=CONFIG + "- name: desk.nlu.Finder\n- desk.nlu.Sorter\npolicies:\n- name: rasa.core.policies.A\n",
        endpoints_yml="action_endpoint:\n  actions_module: desk.actions\nnlg:\n  type: desk.words.Writer\n"
        "tracker_store:\n  type: desk.Store\n",
        desk__nlu_py="raise RuntimeError\n",
    )
    with pytest.raises(EngineError, match=r"desk\.nlu\.Finder by its module\. .*TALKWRIGHT_JOB_PROJECT_CODE"):
        engine().training_job(order(named))
    allowed = replace(order(named), code=OWN)
    trains = engine().training_job(allowed)
    runs = engine().running_job(allowed, Serving(model="m", deployment="d", token="t"))
    for job in (trains, runs):
        told = json.loads(job.environment[rasajob.ORDER])
        assert (told["code"], told["modules"]) == ("/opt/desk", ["desk.actions", "desk.nlu", "desk.words"])
        assert told["endpoints"].keys() == {"action_endpoint", "nlg"}, "a project keeps no conversations of its own"
        assert job.command[:2] == (sys.executable, "-I"), "what lies in the job's folder is on no path all the same"
    assert "code" not in json.loads(engine().training_job(order()).environment[rasajob.ORDER])


@pytest.mark.parametrize("config", ["importers:\n- name: own.Importer\n", "recipe: graph.v1\n"])
def test_what_reads_projects_by_other_ways_is_refused_even_then(config: str) -> None:
    with pytest.raises(EngineError):
        layout_of(archive(config_yml=config), code=True)


def test_modules_are_found_in_the_operators_folder_or_missed_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    for package, text in (("desk_package", ""), ("desk_broken", "raise RuntimeError\n")):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text(text)
        (tmp_path / package / "nlu.py").write_text("raise RuntimeError('it is looked for, not run')\n")
    rasajob.add_code(str(tmp_path), ["desk_package.nlu", "json.decoder"])
    assert sys.path[-1] == str(tmp_path), "after what Rasa brings, so that nothing of it is replaced"
    for module in ("desk_package.core", "desk_nowhere", "desk_nowhere.nlu", "desk_broken.nlu", ""):
        with pytest.raises(SystemExit) as ended:
            rasajob.add_code(str(tmp_path), [module])
        assert ended.value.code == rasajob.REFUSED
        assert f"names the module {module}, which is neither in {tmp_path}" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        rasajob.add_code(str(tmp_path / "away"), [])
    assert f"There is no folder {tmp_path}/away" in capsys.readouterr().out


def test_secrets_of_an_assistant_are_told_in_one_place_and_the_token_in_no_command() -> None:
    given = {"LD_PRELOAD": SECRET, "PYTHONPATH": SECRET}
    runs = engine().running_job(order(**given), Serving(model="m", deployment="d", token="the token"))
    trains = engine().training_job(order(**given))
    for job in (runs, trains):
        assert not set(given) & set(job.environment)
        assert json.loads(job.environment[rasajob.ORDER])["variables"] == given
        assert SECRET in job.hide
        assert job.command[:2] == (sys.executable, "-I"), "what lies in the job's folder is on no path of modules"
        assert job.programs == (SCRIPT,)
        assert json.loads(job.environment[rasajob.ORDER])["forbidden"] == list(FORBIDDEN_NETWORKS)
    assert "the token" not in " ".join(runs.command)
    assert "the token" in runs.hide
    assert "token" not in json.loads(trains.environment[rasajob.ORDER])
    assert (trains.outputs, trains.inputs, runs.inputs) == (
        ("model.tar.gz",),
        {"p": "project.tar.gz"},
        {"p": "project.tar.gz", "m": "model.tar.gz"},
    )


def test_the_licence_comes_from_the_operator_alone_and_is_hidden() -> None:
    job = engine(rasa_license=SecretStr("the operator's licence")).training_job(order(RASA_LICENSE="an assistant's"))
    assert {job.environment[name] for name in ("RASA_LICENSE", "RASA_PRO_LICENSE")} == {"the operator's licence"}
    assert "the operator's licence" in job.hide
    assert "RASA_LICENSE" not in engine().training_job(order()).environment


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("config.yml", CONFIG + "description: ${RASA_LICENSE}\n"),
        ("domain.yml", "responses:\n  utter_a:\n  - text: ${RASA_PRO_LICENSE}\n"),
        ("domain.yml", 'responses:\n  utter_a:\n  - text: "${\\x52ASA_LICENSE}"\n'),
        ("data/rules.yml", "rules:\n- rule: a\n  steps:\n  - intent: $RASA_LICENSE\n"),
    ],
)
def test_no_file_of_a_project_reaches_for_the_licence(path: str, text: str) -> None:
    with pytest.raises(EngineError, match=r"names the variable of the operator's licence"):
        layout_of(to_tar_gz({"config.yml": CONFIG.encode(), path: text.encode()}))


def test_what_is_no_yaml_is_not_laid_out() -> None:
    broken = {"config.yml": CONFIG.encode(), "data/broken.yml": b"nlu: [\n", "data/fine.yml": b"nlu: []\n"}
    assert "data/broken.yml" in layout_of(to_tar_gz(broken)).left_out
    assert "data/fine.yml" not in layout_of(to_tar_gz(broken)).left_out


def test_settings_too_long_for_a_process_are_refused_before_it_starts() -> None:
    long = archive(endpoints_yml=f"action_endpoint:\n  url: http://{'a' * 110_000}\n")
    with pytest.raises(EngineError, match="too long"):
        engine().training_job(order(long))


@pytest.mark.parametrize(
    ("release", "fits"),
    [("3.6.21", True), ("3.7.0", True), ("3.21.0", True), ("3.5.17", False), ("4.0.0", False), ("", False)],
)
def test_models_of_releases_out_of_the_limits_are_refused_in_words(release: str, fits: bool) -> None:
    model = ModelFile(model_id="m", size=1, sha256=b"", made_by=release or None)
    if fits:
        engine().check(model)
    else:
        with pytest.raises(ModelArchiveError, match=r"from 3\.6 up to"):
            engine().check(model)


def test_an_engine_that_is_not_set_up_is_refused_in_words() -> None:
    assert Engines(ModelServiceSettings(), RasaSettings()).names == ("talkwright",)
    both = Engines(ModelServiceSettings(), RasaSettings(rasa_python="/opt/rasa/bin/python"))
    assert both.names == ("talkwright", "rasa")
    with pytest.raises(EngineError, match="The engine rasa is not set up"):
        Engines(ModelServiceSettings()).named("rasa")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "2026-11-26 03:43:46 INFO     rasa.engine.training.hooks  - Starting to train component 'DIETClassifier'.",
            ("Starting to train component 'DIETClassifier'.", "info", "learning", 0.3),
        ),
        (
            "\x1b[92mYour Rasa model is trained and saved at './model.tar.gz'.\x1b[0m",
            ("Your Rasa model is trained and saved at './model.tar.gz'.", "info", "trained", 1.0),
        ),
        (
            "2026-11-26 03:43:46 WARNING  rasa.shared.utils.common  - The Unexpected Intent is experimental.",
            ("The Unexpected Intent is experimental.", "warning", None, None),
        ),
        (
            "2026-11-26 03:43:46 [error    ] something.went.wrong",
            ("something.went.wrong", "error", None, None),
        ),
        ("Epochs: 0%|    | 0/9\rEpochs: 100%|####| 9/9", ("Epochs: 100%|####| 9/9", "debug", None, None)),
        ('{"message": "It starts", "stage": "starting", "port": 5}', ("It starts", "info", "starting", None)),
    ],
)  # fmt: skip
def test_lines_of_the_log_become_levels_and_stages(text: str, expected: tuple[Any, ...]) -> None:
    line = told(parse_line(1, 0.0, text))
    assert (line.message, line.level, line.stage, line.progress) == expected


def run(folder: Path, *words: str, told: dict[str, Any] | None = None, **variables: str) -> tuple[int, list[Any]]:
    """The script on this Python, which has no Rasa; gives its code and its lines."""
    given = {"config": {}, "endpoints": {}, "left_out": [], "variables": {}, "token": "t", **(told or {})}
    done = subprocess.run(
        [sys.executable, "-I", str(SCRIPT), *words],
        cwd=folder,
        env={rasajob.ORDER: json.dumps(given), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def test_a_python_without_rasa_is_told_of_with_the_setting_that_mends_it(tmp_path: Path) -> None:
    code, lines = run(tmp_path, "train")
    assert code == rasajob.REFUSED
    assert "has no Rasa installed" in lines[-1]["message"]
    assert "TALKWRIGHT_RASA_PYTHON" in lines[-1]["message"]


def installed(monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    monkeypatch.setattr(rasajob, "installed", lambda: version)
    for name in rasajob.LICENCES:
        monkeypatch.delenv(name, raising=False)


def test_a_release_out_of_the_limits_ends_the_job_in_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    installed(monkeypatch, "2.8.34")
    with pytest.raises(SystemExit) as ended:
        rasajob.check_installation()
    assert ended.value.code == rasajob.REFUSED
    assert "Rasa 2.8.34 is out of the limits" in capsys.readouterr().out


def test_a_release_that_needs_a_licence_ends_the_job_without_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    installed(monkeypatch, "3.9.0")
    with pytest.raises(SystemExit):
        rasajob.check_installation()
    assert "TALKWRIGHT_RASA_LICENSE" in capsys.readouterr().out
    monkeypatch.setenv("RASA_LICENSE", "given")
    rasajob.check_installation()
    monkeypatch.delenv("RASA_LICENSE")
    installed(monkeypatch, "3.6.21")
    rasajob.check_installation()


def test_only_data_is_laid_out_and_nothing_beside_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = ("data/nlu.yml", "domain.yml", "config.yml", "actions/actions.py", "tensorflow.py", "prompts/a.jinja2",
             "../outside.yml", "/absolute.yml", "data/../../up.yml", "tool.so", "tests/t.yml")  # fmt: skip
    with tarfile.open("project.tar.gz", "w:gz") as out:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = 1
            out.addfile(member, BytesIO(b"x"))
        link = tarfile.TarInfo("data/link.yml")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        out.addfile(link)
    rasajob.lay_out("project.tar.gz", ["config.yml", "tests/t.yml"])
    found = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert found == {"project.tar.gz", "content/data/nlu.yml", "content/domain.yml", "prompts/a.jinja2"}
    assert not (tmp_path.parent / "outside.yml").exists()
    assert not (tmp_path.parent / "up.yml").exists()


def test_only_names_of_the_assistant_are_filled_in() -> None:
    missing: set[str] = set()
    endpoints = {"action_endpoint": {"url": "${URL}/webhook", "headers": ["${PATH}"]}, "count": 3}
    filled = rasajob.filled(endpoints, {"URL": "http://a"}, missing)
    assert filled == {"action_endpoint": {"url": "http://a/webhook", "headers": [""]}, "count": 3}
    assert missing == {"PATH"}


def test_in_a_cluster_the_jobs_run_in_the_engines_image_on_its_own_python_with_our_scripts() -> None:
    rasa = RasaSettings(rasa_python="/opt/rasa/bin/python", rasa_image="registry.example/rasa:3.6.21")
    job = RasaEngine(ModelServiceSettings(), rasa).running_job(order(), Serving(model="m", deployment="d", token="t"))
    grants = {path: {"url": f"http://store/{path}"} for path in job.inputs.values()}
    objects = manifests(job, KubernetesSettings(kubernetes_image="registry.example/talkwright"), grants=grants)
    pod = objects.job["spec"]["template"]["spec"]
    (fetch,), (main,) = pod["initContainers"], pod["containers"]
    assert (fetch["image"], main["image"]) == ("registry.example/talkwright", "registry.example/rasa:3.6.21")
    assert main["command"][0] == "/opt/rasa/bin/python"
    told = json.loads(objects.secret["stringData"]["job.json"])
    assert told["command"][:5] == ["/opt/rasa/bin/python", "-I", "-W", "ignore", "/job/bin/rasajob.py"]
    assert told["command"][5:] == ["run", "0.0.0.0"]
    package = Path(rasajob.__file__).parents[3]
    assert (package / told["programs"]["rasajob.py"]).samefile(rasajob.__file__)
