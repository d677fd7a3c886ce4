"""Runs Rasa for one job: a script of the standard library alone, on the interpreter of the operator's installation.

`python -I rasajob.py train` lays out the project that lies in the current folder as `project.tar.gz` and trains
`model.tar.gz`; `python -I rasajob.py run HOST` serves that model at a free port. The variable `TALKWRIGHT_RASA_ORDER`
holds, as JSON, the merged config and endpoints, the paths that are no training data (`left_out`), the values of
`${NAME}` in the endpoints (`variables`), of a job that serves the `token`, which no command line shows, and of an
assistant whose own code may run the folder where it lies (`code`) with the `modules` that its settings name, and the
networks that no bot asks (`forbidden`). It ends with code 2 where another try would end the same.
"""

from __future__ import annotations

import errno
import importlib.metadata
import importlib.util
import ipaddress
import json
import os
import re
import runpy
import socket
import sys
import tarfile
from collections.abc import Iterator
from typing import Any, NoReturn
from urllib.parse import urlsplit

ORDER = "TALKWRIGHT_RASA_ORDER"
LEAST, BELOW, LICENSED = (3, 6), (4, 0), (3, 7)
"""The releases that are known to speak as this script expects; from the last one on they need a licence."""
LICENCES = ("RASA_PRO_LICENSE", "RASA_LICENSE")
REFUSED = 2
CODE_SETTING = "TALKWRIGHT_JOB_PROJECT_CODE"
DATA = "content"
YAML = (".yml", ".yaml")
NOT_ASKED = "a link-local or metadata address, which no bot of a studio asks"
TEXTS = (".jinja2", ".jinja", ".j2", ".md", ".txt", ".csv", ".json")
MOST_BYTES = 512 * 1024 * 1024
PLACE = re.compile(r"(?i)host|url|uri|address|server|(^|_)(api_)?base$")
"""Keys under which an endpoint may name a server without a scheme."""
VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def say(message: str, **more: Any) -> None:
    """Write a line that the studio reads."""
    sys.stdout.write(json.dumps({"message": message, **more}) + "\n")
    sys.stdout.flush()


def refuse(message: str) -> NoReturn:
    """End the job for good, with words."""
    say(message, level="error")
    sys.exit(REFUSED)


def numbers(version: str) -> tuple[int, int]:
    """The first two numbers of a release."""
    found = re.match(r"(\d+)\.(\d+)", version)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def out_of_limits(version: str) -> str | None:
    """Why a release can't be used, in words; None where it can."""
    if LEAST <= numbers(version) < BELOW:
        return None
    known = f"from {LEAST[0]}.{LEAST[1]} up to, but without, {BELOW[0]}.{BELOW[1]}"
    return f"Rasa {version or 'of an unknown release'} is out of the limits: this studio works with releases {known}."


def installed() -> str:
    """The release that this interpreter has, or an empty text."""
    for name in ("rasa-pro", "rasa"):
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return ""


def check_installation() -> None:
    """End the job where the release is unknown to us, or needs a licence that nobody gave."""
    version = installed()
    if not version:
        refuse(f"{sys.executable} has no Rasa installed. The operator names one that has: TALKWRIGHT_RASA_PYTHON.")
    reason = out_of_limits(version)
    if reason is not None:
        refuse(reason)
    if numbers(version) >= LICENSED and not any(os.environ.get(name) for name in LICENCES):
        refuse(f"Rasa Pro {version} needs the operator's licence: TALKWRIGHT_RASA_LICENSE of the consumers is not set.")
    say(f"Rasa {version}", stage="preparing")


def lay_out(archive: str, left_out: list[str]) -> None:
    """Unpack training data and domain below `content`, texts at their own paths, and nothing that is code."""
    room = MOST_BYTES
    with tarfile.open(archive, "r:gz") as source:
        for member in source:
            path = os.path.normpath(member.name)
            if not member.isfile() or path.startswith(("/", "..")) or path in left_out:
                continue
            kind = os.path.splitext(path)[1].lower()
            if kind in YAML:
                target = os.path.join(DATA, path)
            elif kind in TEXTS:
                target = path
            else:
                continue
            room -= member.size
            if room < 0:
                refuse("The project is larger than 512 MiB.")
            content = source.extractfile(member)
            if content is not None:
                os.makedirs(os.path.dirname(target) or ".", exist_ok=True)
                with open(target, "wb") as out:
                    out.write(content.read())
    os.makedirs(DATA, exist_ok=True)


def add_code(folder: str, modules: list[str]) -> None:
    """Let Rasa find the project's modules in the operator's folder; end the job where one is nowhere."""
    if not (os.path.isdir(folder) and os.access(folder, os.R_OK | os.X_OK)):
        refuse(f"There is no folder {folder} here that this job may read, for the project's code: {CODE_SETTING}.")
    sys.path.append(folder)
    for module in modules:
        try:
            found = importlib.util.find_spec(module)
        except Exception as fault:  # a package is run to look into it, and may raise whatever it likes
            found, why = None, f" ({type(fault).__name__})"
        else:
            why = ""
        if found is None:
            refuse(
                f"The project names the module {module}, which is neither in {folder} nor installed for "
                f"{sys.executable}{why}. The operator puts it there, or the project names another one."
            )


def filled(value: Any, variables: dict[str, str], missing: set[str]) -> Any:
    """A JSON value with its `${NAME}` filled in; names without a value are noted and stay empty."""
    if isinstance(value, str):
        missing.update(name for name in VARIABLE.findall(value) if name not in variables)
        return VARIABLE.sub(lambda found: variables.get(found[1], ""), value)
    if isinstance(value, dict):
        return {key: filled(item, variables, missing) for key, item in value.items()}
    return [filled(item, variables, missing) for item in value] if isinstance(value, list) else value


def addresses_of(host: str) -> set[str]:
    """Where a name, or an address in whichever of its forms, leads; nowhere where it can't be resolved."""
    try:
        return {str(found[4][0]).partition("%")[0] for found in socket.getaddrinfo(host, None)}
    except (OSError, ValueError):
        return set()


class Guard:
    """Closes networks that no bot asks to this process: link-local ones, and where clouds keep credentials."""

    def __init__(self, networks: list[str]) -> None:
        self.networks = [ipaddress.ip_network(network) for network in networks]

    def closes(self, host: str) -> bool:
        """Whether a host leads to one of them."""
        found = (ipaddress.ip_address(address) for address in addresses_of(host))
        return any((getattr(one, "ipv4_mapped", None) or one) in network for one in found for network in self.networks)

    def check(self, endpoints: Any) -> None:
        """End the job where an endpoint's address is one of them, which is better told before than in a turn."""
        for host in hosts(endpoints):
            if self.closes(host):
                refuse(f"The endpoints name {host}, {NOT_ASKED}. Name another server there.")

    def close(self) -> None:
        """From now on no connection is made to them, whatever name, redirect or library leads there."""
        sys.modules["uvloop"] = None  # type: ignore[assignment]  # it connects past Python's sockets; asyncio does not
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "socket.connect" and isinstance(arguments[1], tuple) and self.closes(str(arguments[1][0])):
            raise PermissionError(errno.EACCES, f"{arguments[1][0]} is {NOT_ASKED}")


def hosts(value: Any, key: str = "") -> Iterator[str]:
    """The hosts of all addresses in a JSON value: of texts with a scheme, and of what stands under a key for places."""
    if isinstance(value, str):
        text = value if "://" in value else f"//{value}" if PLACE.search(key) else ""
        host = host_of(text)
        if host is not None:
            yield host
    elif isinstance(value, (dict, list)):
        for name, item in value.items() if isinstance(value, dict) else ((key, item) for item in value):
            yield from hosts(item, str(name))


def host_of(url: str) -> str | None:
    """The host of an address, or None where it has none that can be read."""
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def write(path: str, value: Any) -> None:
    """Write a settings file; what is JSON is YAML."""
    with open(path, "w", encoding="utf-8") as out:
        json.dump(value, out, ensure_ascii=False)


def free_port(host: str) -> int:
    """A port that nobody listens on."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as taken:
        taken.bind((host, 0))
        return int(taken.getsockname()[1])


def train(_order: dict[str, Any]) -> list[str]:
    """The arguments of a training (wire-protocols 2.5, 4.7)."""
    files = ("--domain", DATA, "--data", DATA, "--config", "config.yml", "--endpoints", "endpoints.yml")
    return ["train", *files, "--out", ".", "--fixed-model-name", "model"]


def run(order: dict[str, Any], host: str) -> list[str]:
    """The arguments of a server; of channels there is socketio alone (wire-protocols 4.5)."""
    channel = {
        "user_message_evt": "user_message",
        "bot_message_evt": "bot_message",
        "session_persistence": True,
        "metadata_key": "metadata",
        "jwt_key": order["token"],
        "jwt_method": "HS256",
    }
    write("credentials.yml", {"socketio": channel})
    port = free_port(host)
    say(f"It will answer at port {port}", stage="starting", port=port)
    where = ("--interface", host, "--port", str(port), "--enable-api", "--auth-token", order["token"])
    files = ("--model", "model.tar.gz", "--endpoints", "endpoints.yml", "--credentials", "credentials.yml")
    return ["run", *files, *where]


def main() -> None:
    """Prepare, then be Rasa."""
    order = json.loads(os.environ.pop(ORDER))
    mode, *words = sys.argv[1:]
    check_installation()
    lay_out("project.tar.gz", order["left_out"])
    if "code" in order:
        add_code(order["code"], order["modules"])
    missing: set[str] = set()
    endpoints = filled(order["endpoints"], order["variables"], missing)
    if missing and mode == "run":
        names = ", ".join(sorted(missing))
        refuse(f"The endpoints name {names} without a value. Set a secret of that name in the assistant's settings.")
    guard = Guard(order["forbidden"])
    guard.check(endpoints)
    guard.close()
    write("config.yml", order["config"])
    write("endpoints.yml", endpoints)
    arguments = train(order) if mode == "train" else run(order, words[0])
    sys.argv = ["rasa", *arguments]
    runpy.run_module("rasa", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
