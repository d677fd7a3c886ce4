"""A bot as a process of its own: what it loads, how it says that it is ready, and how it ends."""

import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from .conftest import WORKSHOP, run_bot, train_to

ENDED_SECONDS = 20
SHELF = """flows:
  fetch_shelf:
    name: fetch a shelf
    description: Fetch a shelf
    steps:
    - action: action_fetch
"""
FETCHED = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
    b'{"events": [], "responses": [{"text": "a shelf"}]}'
)


def talk(url: str, text: str, sender: str = "ann") -> list[dict[str, str]]:
    answer = httpx2.post(f"{url}/webhooks/rest/webhook", json={"sender": sender, "message": text}, trust_env=False)
    return answer.raise_for_status().json()


def test_a_serving_bot_is_small_and_holds_neither_scikit_learn_nor_scipy(workshop_path: Path) -> None:
    with run_bot(workshop_path) as bot:
        assert talk(bot.url, "buy a voucher")[0]["text"] == "Who is it for?"
        process = Path(f"/proc/{bot.process.pid}")
        libraries = (process / "maps").read_text()
        resident = next(
            int(line.split()[1]) for line in (process / "status").read_text().splitlines() if line.startswith("VmRSS")
        )
    assert "l2_supercat_256.safetensors" in libraries, "the word table is mapped"
    for unwanted in ("/sklearn/", "/scipy/", "/wordllama/algorithms/"):
        assert unwanted not in libraries
    assert resident < 150_000, f"{resident} kB"


def test_what_serves_imports_no_training_and_nothing_of_the_studio(workshop_path: Path) -> None:
    arguments = ["run", "--model", str(workshop_path), "--port", "0"]
    script = (
        "import atexit, json, sys\n"
        "atexit.register(lambda: print(json.dumps(sorted(sys.modules)), file=sys.stderr))\n"
        "from talkwright.engine.__main__ import main\n"
        f"sys.exit(main({arguments!r}))\n"
    )
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", script], stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout is not None
        ready = next(line for line in map(json.loads, process.stdout) if line.get("stage") == "ready")
        assert talk(f"http://127.0.0.1:{ready['port']}", "buy a voucher")[0]["text"] == "Who is it for?"
        process.terminate()
        _, said = process.communicate(timeout=ENDED_SECONDS)
    loaded = set(json.loads(said.splitlines()[-1]))
    assert "talkwright.engine.running" in loaded
    unwanted = {
        *("sklearn", "scipy", "threadpoolctl", "wordllama", "httpx2", "structlog", "rich", "typer"),
        *("sqlalchemy", "alembic", "psycopg", "confluent_kafka", "fastapi", "cryptography", "obstore", "procrastinate"),
        *(
            f"talkwright.{room}"
            for room in ("backend", "database", "identity", "modelservice", "operations", "storage")
        ),
    }
    assert loaded & unwanted == set()


def test_a_signal_ends_the_bot_cleanly(workshop_path: Path) -> None:
    for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        with run_bot(workshop_path) as bot:
            bot.process.send_signal(name)
            out, _ = bot.process.communicate(timeout=ENDED_SECONDS)
            assert bot.process.returncode == 0
            assert json.loads(out.splitlines()[-1])["stage"] == "stopped"


def test_a_bot_that_nobody_talks_to_sleeps(workshop_path: Path) -> None:
    with run_bot(workshop_path) as bot:
        talk(bot.url, "hello")
        before = wakes(bot.process.pid)
        time.sleep(3)  # the measured span itself: nothing happens in it that could be awaited
        assert wakes(bot.process.pid) - before < 10


def wakes(pid: int) -> int:
    """How often the main thread has gone to sleep so far."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("voluntary_ctxt_switches"))


def test_a_port_that_is_taken_is_said(workshop_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "talkwright.engine", "run", "--model", str(workshop_path), "--port", port]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert port in json.loads(done.stdout.splitlines()[-1])["message"]


def test_a_file_that_is_no_model_is_said(tmp_path: Path) -> None:
    path = tmp_path / "none.tar.gz"
    path.write_bytes(b"nothing")
    command = [sys.executable, "-m", "talkwright.engine", "run", "--model", str(path), "--port", "0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert "none.tar.gz" in json.loads(done.stdout.splitlines()[-1])["message"]
    assert done.stderr == ""


def test_a_bot_ends_with_the_process_that_started_it(workshop_path: Path) -> None:
    parent = (
        "import subprocess, sys, time\n"
        f"model = {str(workshop_path)!r}\n"
        "command = [sys.executable, '-m', 'talkwright.engine', 'run', '--model', model, '--port', '0']\n"
        "command += ['--end-with-parent']\n"
        "process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)\n"
        "for line in process.stdout:\n"
        "    if 'ready' in line:\n"
        "        break\n"
        "print(process.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        process.kill()
        process.wait()
    assert ended(child), "the bot outlived its parent"


def ended(pid: int) -> bool:
    """Wait for the end of a process that is nobody's child here."""
    try:
        watch = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([watch], [], [], ENDED_SECONDS)[0])
    finally:
        os.close(watch)


def test_the_log_of_a_bot_never_holds_what_people_say(workshop_path: Path) -> None:
    canary = "canary-5521"
    with run_bot(workshop_path, TALKWRIGHT_ENGINE_TOKEN="token-7788") as bot:
        talk(bot.url, f"buy a voucher for {canary}")
        talk(bot.url, canary)
        httpx2.get(f"{bot.url}/conversations/ann/tracker?token=token-7788", trust_env=False).raise_for_status()
        bot.process.terminate()
        out, _ = bot.process.communicate(timeout=ENDED_SECONDS)
    assert canary not in out
    assert "token-7788" not in out


def test_stores_and_brokers_that_a_project_names_get_no_connection(tmp_path: Path) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.setblocking(False)
        port = listening.getsockname()[1]
        project = tmp_path / "project"
        shutil.copytree(WORKSHOP, project)
        services = {
            "event_broker": {"type": "kafka", "url": f"127.0.0.1:{port}", "topic": "events"},
            "tracker_store": {"type": "redis", "url": "127.0.0.1", "port": port},
            "lock_store": {"type": "redis", "url": "127.0.0.1", "port": port},
            "models": {"url": f"http://127.0.0.1:{port}/models"},
        }
        (project / "endpoints.yml").write_text(json.dumps(services))
        with run_bot(train_to(project, tmp_path / "model.tar.gz")) as bot:
            assert talk(bot.url, "buy a voucher")[0]["text"] == "Who is it for?"
        with pytest.raises(BlockingIOError):
            listening.accept()


def test_a_turn_under_way_is_finished_before_the_bot_ends(tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(WORKSHOP, project)
    with socket.create_server(("127.0.0.1", 0)) as actions, ThreadPoolExecutor(1) as talking:
        actions.settimeout(ENDED_SECONDS)
        address = f"http://127.0.0.1:{actions.getsockname()[1]}/webhook"
        (project / "endpoints.yml").write_text(f"action_endpoint:\n  url: {address}\n")
        (project / "data" / "shelf.yml").write_text(SHELF)
        with (project / "domain.yml").open("a") as domain:
            domain.write("actions:\n- action_fetch\n")
        with run_bot(train_to(project, tmp_path / "model.tar.gz")) as bot:
            answer = talking.submit(talk, bot.url, "fetch a shelf")
            asked, _ = actions.accept()
            bot.process.terminate()
            with pytest.raises(subprocess.TimeoutExpired):
                bot.process.wait(1)
            with asked:
                asked.sendall(FETCHED)
                asked.shutdown(socket.SHUT_WR)
                while asked.recv(65_536):  # to its end: closing over unread bytes would cut the answer
                    pass
            assert answer.result(ENDED_SECONDS)[0]["text"] == "a shelf"
            assert bot.process.wait(ENDED_SECONDS) == 0


def test_the_token_may_stand_in_a_file(workshop_path: Path, tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("s3cret\n")
    with run_bot(workshop_path, TALKWRIGHT_ENGINE_TOKEN_FILE=str(secret)) as bot:
        assert httpx2.get(f"{bot.url}/status", trust_env=False).status_code == 401
        assert httpx2.get(f"{bot.url}/status?token=s3cret", trust_env=False).status_code == 200


def test_a_project_that_wants_its_code_inside_the_bot_still_talks(tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(WORKSHOP, project)
    (project / "endpoints.yml").write_text("action_endpoint:\n  actions_module: actions\n")
    (project / "actions.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    with run_bot(train_to(project, tmp_path / "model.tar.gz")) as bot:
        assert talk(bot.url, "buy a voucher")[0]["text"] == "Who is it for?"
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_bot_listens_where_it_is_told(workshop_path: Path, host: str) -> None:
    command = [
        sys.executable,
        "-m",
        "talkwright.engine",
        "run",
        "--model",
        str(workshop_path),
        "--port",
        "0",
        "--host",
        host,
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready = next(line for line in map(json.loads, process.stdout) if line.get("stage") == "ready")
        place = f"[{host}]" if ":" in host else host
        assert httpx2.get(f"http://{place}:{ready['port']}/version", trust_env=False).status_code == 200
        process.terminate()
