"""From an empty data folder to an answer over HTTP: starts the studio as `make run` does, signs in, talks, stops it.

Ends with exit code 0 and one line for each thing it saw, or says what failed. Started by `scripts/smoke`.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

import httpx2

ROOT = Path(__file__).resolve().parents[1]
PASSWORD = "an-evening-at-the-harbour"  # noqa: S105 - of an account that lives for a minute
START_SECONDS = 90
READY_SECONDS = 120
STOP_SECONDS = 8


def main() -> None:
    """Run the whole walk."""
    with tempfile.TemporaryDirectory(prefix="talkwright-smoke-") as home:
        os.chmod(home, 0o755)  # noqa: S103 - as an ordinary folder would be: the database's own user may pass through
        environment = {**os.environ, "TALKWRIGHT_HOME": home, "TALKWRIGHT_PORT": "0"}
        command = [str(ROOT / ".venv/bin/talkwright"), "up"]
        studio = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)  # noqa: S603 - ours
        try:
            walk(studio)
        finally:
            stop(studio)


def walk(studio: subprocess.Popen[str]) -> None:
    """From the printed link to an answer."""
    began = time.monotonic()
    link = printed_link(studio)
    say(f"the link stands after {time.monotonic() - began:.1f} s")
    with httpx2.Client(base_url=link.partition("/auth/")[0], timeout=30) as http:
        csrf = become_administrator(http, link)
        say("the first administrator is signed in")
        assistant = wait_for_example(http)
        say(f"{assistant['title']} is trained and runs after {time.monotonic() - began:.1f} s")
        said = talk(http, csrf, assistant["id"], "what's my balance")
        if not said:
            sys.exit("The assistant gave no answer.")
        say(f"it answers: {said[-1]}")


def printed_link(studio: subprocess.Popen[str]) -> str:
    """The one-time link, from the line that `up` prints."""
    assert studio.stdout is not None  # noqa: S101 - opened above
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        line = studio.stdout.readline()
        found = re.search(r"http://\S+/auth/first-administrator\S*", line)
        if found:
            return found.group()
        if line == "" and studio.poll() is not None:
            sys.exit(f"The studio ended with code {studio.returncode} before it printed its link.")
    sys.exit("The studio printed no link.")


def become_administrator(http: httpx2.Client, link: str) -> str:
    """Fill in the first page; gives the token that unsafe requests carry."""
    form = {"username": "admin", "password": PASSWORD, "again": PASSWORD}
    answer = http.post(link, data=form, follow_redirects=True)
    session = http.get("/api/session")
    if session.status_code != 200:
        sys.exit(f"Not signed in: the page answered {answer.status_code}, the session {session.status_code}.")
    return str(session.json()["csrf"])


def wait_for_example(http: httpx2.Client) -> dict[str, Any]:
    """The example, once its model answers."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        items = http.get("/api/assistants").json()["items"]
        running = [item for item in items if (item["deployment"] or {}).get("state") == "running"]
        if running:
            return dict(running[0])
        time.sleep(0.2)
    sys.exit("The example was not trained and running in time.")


def talk(http: httpx2.Client, csrf: str, assistant: str, text: str) -> list[str]:
    """One turn of a new chat; gives what the assistant said."""
    headers = {"X-CSRF-Token": csrf}
    chat = str(uuid.uuid4())
    base = f"/api/assistants/{assistant}/chats"
    http.post(base, json={"id": chat, "language": "en"}, headers=headers).raise_for_status()
    message = {"id": str(uuid.uuid4()), "text": text}
    answer = http.post(f"{base}/{chat}/messages", json=message, headers=headers)
    answer.raise_for_status()
    return [entry["text"] for entry in answer.json()["turn"]["entries"] if entry["kind"] == "bot"]


def stop(studio: subprocess.Popen[str]) -> None:
    """Stop it as Ctrl-C does; it has to end by itself, and soon."""
    if studio.poll() is not None:
        return
    began = time.monotonic()
    studio.send_signal(signal.SIGINT)
    try:
        studio.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        studio.kill()
        sys.exit(f"The studio did not stop within {STOP_SECONDS} s.")
    say(f"it stopped in {time.monotonic() - began:.1f} s")


def say(text: str) -> None:
    """One line for the reader."""
    sys.stdout.write(f"smoke: {text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
