"""Hostile and damaged projects are refused with a clear problem, quickly, and no link is followed."""

from __future__ import annotations

import gzip
import io
import json
import os
import struct
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from talkwright.assistant.project import Limits, ProjectRefusedError, read_project, to_zip

CONFIG = {"config.yml": b"language: en\n"}
MOST_KILOBYTES = 300_000


def zipped(entries: list[tuple[str, bytes]], mode: int = 0o100644) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in entries:
            info = zipfile.ZipInfo("placeholder")
            info.filename = path
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = mode << 16
            archive.writestr(info, data)
    return buffer.getvalue()


def tarred(members: list[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for info, data in members:
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def linked(kind: bytes, target: str) -> bytes:
    info = tarfile.TarInfo("data/link.yml")
    info.type = kind
    info.linkname = target
    return tarred([(info, b"")])


def zeros_zip(count: int, size: int) -> bytes:
    return zipped([(f"data/{n}.txt", b"\0" * size) for n in range(count)])


def lying_zip() -> bytes:
    """An archive whose list says one byte where the data unpacks to far more."""
    data = bytearray(zeros_zip(1, 150_000_000))
    place = data.rfind(b"PK\x01\x02")
    data[place + 24 : place + 28] = struct.pack("<I", 1)
    return bytes(data)


def zeros_tar(megabytes: int) -> bytes:
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=1) as packed:
        info = tarfile.TarInfo("data/zero.txt")
        info.size = megabytes * 1_000_000
        packed.write(info.tobuf())
        for _ in range(megabytes):
            packed.write(b"\0" * 1_000_000)
    return buffer.getvalue()


def huge_header_tar() -> bytes:
    """A header of extended attributes that claims to be 190 MB of text."""
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=1) as packed:
        info = tarfile.TarInfo("x")
        info.type = tarfile.XHDTYPE
        info.size = 190_000_000
        packed.write(info.tobuf(tarfile.USTAR_FORMAT))
        for _ in range(190):
            packed.write(b"0" * 1_000_000)
    return buffer.getvalue()


def many_files_tar(count: int) -> bytes:
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=1) as packed:
        for number in range(count):
            packed.write(tarfile.TarInfo(f"data/{number}.yml").tobuf())
    return buffer.getvalue()


def encrypted_zip() -> bytes:
    data = bytearray(to_zip(CONFIG))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.find(signature) + offset] |= 1
    return bytes(data)


HOSTILE: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "path up": (lambda: zipped([("../evil.yml", b"x")]), "archive-path", "leads out"),
    "path up inside": (lambda: zipped([("data/../../evil.yml", b"x")]), "archive-path", "leads out"),
    "absolute path": (lambda: zipped([("/etc/passwd", b"x")]), "archive-path", "leads out"),
    "windows path": (lambda: zipped([("C:\\evil.yml", b"x")]), "archive-path", "leads out"),
    "backslashes": (lambda: zipped([("..\\evil.yml", b"x")]), "archive-path", "leads out"),
    "control sign": (lambda: zipped([("a\nb.yml", b"x")]), "archive-path", "leads out"),
    "long path": (lambda: zipped([("a/" * 300 + "b.yml", b"x")]), "archive-path", "too long"),
    "long name": (lambda: zipped([("a" * 300, b"x")]), "archive-path", "too long"),
    "tar path up": (lambda: tarred([(tarfile.TarInfo("../evil.yml"), b"x")]), "archive-path", "leads out"),
    "tar absolute": (lambda: tarred([(tarfile.TarInfo("/evil.yml"), b"x")]), "archive-path", "leads out"),
    "same path twice": (lambda: zipped([("a.yml", b"x"), ("./a.yml", b"y")]), "archive-twice", "twice"),
    "file and folder": (lambda: zipped([("a", b"x"), ("a/b", b"y")]), "archive-path", "both a file and a folder"),
    "zip link": (lambda: zipped([("data/x.yml", b"/etc/passwd")], 0o120777), "archive-link", "plain files"),
    "tar link": (lambda: linked(tarfile.SYMTYPE, "/etc/passwd"), "archive-link", "plain files"),
    "tar link inside": (lambda: linked(tarfile.SYMTYPE, "config.yml"), "archive-link", "plain files"),
    "tar hard link": (lambda: linked(tarfile.LNKTYPE, "config.yml"), "archive-link", "plain files"),
    "tar device": (lambda: linked(tarfile.CHRTYPE, ""), "archive-link", "plain files"),
    "tar pipe": (lambda: linked(tarfile.FIFOTYPE, ""), "archive-link", "plain files"),
    "zip bomb": (lambda: zeros_zip(2, 100_000_000), "project-too-large", "100 MB"),
    "lying zip": (lying_zip, "archive-damaged", "pack it again"),
    "tar bomb": (lambda: zeros_tar(200), "project-too-large", "100 MB"),
    "tar header bomb": (huge_header_tar, "project-too-large", "100 MB"),
    "100,000 files": (lambda: zipped([(f"d/{n}", b"") for n in range(100_000)]), "project-too-large", "10,000 files"),
    "100,000 files in tar": (lambda: many_files_tar(100_000), "project-too-large", "10,000 files"),
    "encrypted": (encrypted_zip, "archive-damaged", "password"),
    "cut off zip": (lambda: to_zip({"a.yml": os.urandom(9999)})[:5000], "archive-damaged", "pack it again"),
    "cut off tar": (
        lambda: tarred([(tarfile.TarInfo("a.txt"), os.urandom(90_000))])[:50_000],
        "archive-damaged",
        "pack it again",
    ),
    "junk": (lambda: os.urandom(10_000), "archive-unknown", ".zip nor a .tar.gz"),
    "junk after zip's sign": (lambda: b"PK\x03\x04" + os.urandom(10_000), "archive-damaged", "pack it again"),
    "junk in gzip": (lambda: gzip.compress(os.urandom(10_000)), "archive-damaged", "pack it again"),
    "empty": (lambda: b"", "archive-unknown", ".zip nor a .tar.gz"),
    "too large": (lambda: b"PK\x03\x04" + bytes(50_000_001), "project-too-large", "50 MB"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_archive_is_refused_quickly_with_what_to_do(name: str) -> None:
    make, code, words = HOSTILE[name]
    data = make()
    before = time.process_time()
    with pytest.raises(ProjectRefusedError) as caught:
        read_project(data)
    assert time.process_time() - before < 2
    problem = caught.value.problem
    assert problem.code == code
    assert words in problem.message
    assert problem.message.endswith(".")
    assert "\n" not in problem.message


BOMBS: dict[str, tuple[str, str]] = {
    "anchors": (
        "a0: &a0 [x, x, x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)),
        "too many values",
    ),
    "merges": (
        "a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 99)}]}}\n" for n in range(1, 50)),
        "too many values",
    ),
    "depth": ("flows: " + "[" * 200_000, "more than 100 levels deep"),
    "block depth": ("- " * 200_000, "more than 100 levels deep"),
    "itself": ("flows: &a {b: *a}\n", "refers to itself"),
    "long alias": ("a: &a " + "x" * 900_000 + "\nflows: [" + "*a, " * 900 + "]\n", "too many values"),
    "keys": ("flows: {" + ", ".join(f"? {'[' * 90}{']' * 90} : x" for _ in range(100)) + "}\n", "A key must be a text"),
    "quotes": ("flows: '" + "'' " * 300_000, "before its closing quote"),
    "values": ("flows: [" + "a, " * 400_000 + "]\n", "more than 250,000 values"),
    "colons": ("flows:\n  a: '" + ":#" * 15_000 + "\n", "before its closing quote"),
    "binary": ("flows: \x01\x02\x03\n", "This character is not allowed"),
}
"""Texts, and the words of the problem with which they are kept as files that nobody has read."""


def with_bomb(text: str) -> bytes:
    return to_zip({**CONFIG, "data/bomb.yml": text.encode()})


@pytest.mark.parametrize("name", BOMBS)
def test_a_yaml_bomb_is_kept_as_a_file_with_an_error(name: str) -> None:
    text, words = BOMBS[name]
    before = time.process_time()
    project = read_project(with_bomb(text))
    assert time.process_time() - before < 2
    (problem,) = project.problems
    assert (problem.severity, problem.file, problem.code) == ("error", "data/bomb.yml", "file-unreadable")
    assert words in problem.message
    assert project.item("file", "data/bomb.yml") is not None


READ = """
import json, os, pathlib, re, sys
from talkwright.assistant.project import ProjectRefusedError, read_project

for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    if child := os.fork():  # none begins with what the one before has left
        assert os.waitpid(child, 0)[1] == 0
        continue
    try:
        read_project(path)
    except ProjectRefusedError:
        pass
    found = re.search(r"VmHWM:\\s+(\\d+) kB", pathlib.Path("/proc/self/status").read_text())
    print(json.dumps([path.name, int(found[1])]), flush=True)
    os._exit(0)
"""


@pytest.mark.slow
def test_each_of_them_is_read_within_300_megabytes(tmp_path: Path) -> None:
    for name, (make, *_) in HOSTILE.items():
        (tmp_path / name).write_bytes(make())
    for name, (text, _) in BOMBS.items():
        (tmp_path / f"bomb of {name}").write_bytes(with_bomb(text))
    done = subprocess.run([sys.executable, "-c", READ, str(tmp_path)], capture_output=True, text=True, check=True)
    kilobytes = dict(json.loads(line) for line in done.stdout.splitlines())
    assert len(kilobytes) == len(HOSTILE) + len(BOMBS)
    assert {name: size for name, size in kilobytes.items() if size >= MOST_KILOBYTES} == {}


def test_yaml_values_are_counted_over_all_files() -> None:
    text = b"flows:\n  a: [" + b"a, " * 5000 + b"]\n"
    files = {f"data/{n}.yml": text.replace(b"  a:", b"  a%d:" % n) for n in range(30)}
    with pytest.raises(ProjectRefusedError, match="values in all"):
        read_project(to_zip(files), Limits(yaml_values=100_000))
    assert read_project(to_zip(files))


def test_what_is_no_part_of_an_assistant_is_left_out_and_listed(tmp_path: Path) -> None:
    files = {
        "config.yml": "language: en\n",
        ".env": "SECRET=1",
        ".env.local": "S",
        ".git/config": "x",
        "venv/a.py": "x",
        "models/m.tar.gz": "x",
        "actions/__pycache__/a.pyc": "x",
        "node_modules/x/i.js": "x",
        ".rasa/cache": "x",
        ".talkwright/db": "x",
        "notes/a.txt": "x",
        "keep/a.log": "x",
        "keep/important.log": "x",
        ".talkwrightignore": "# mine\nnotes/\n*.log\n!important.log\n/secret/**\n",
        "secret/a/b": "x",
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    kept = {".talkwrightignore", "config.yml", "keep/important.log"}
    project = read_project(tmp_path)
    assert {file.path for file in project.files} == kept
    named = {".env", ".env.local", ".git", "venv", "models", "actions/__pycache__", "notes", "keep/a.log"}
    assert set(project.left_out) == named | {"node_modules", ".rasa", ".talkwright", "secret"}
    packed = read_project(to_zip({path: text.encode() for path, text in files.items()}))
    assert {file.path for file in packed.files} == kept
    assert packed.left_out == project.left_out


def test_links_in_a_folder_are_never_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.yml").write_text("slots: {}")
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "config.yml").write_text("language: en\n")
    (folder / "data").symlink_to(outside)
    (folder / "domain.yml").symlink_to(outside / "secret.yml")
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "pipe")
    project = read_project(folder)
    assert [file.path for file in project.files] == ["config.yml"]
    assert project.left_out == ("data", "domain.yml", "loop", "pipe")


def test_one_folder_around_everything_is_taken_off() -> None:
    files = {"bot-main/config.yml": b"language: en\n", "bot-main/data/flows.yml": b"flows: {}\n", "__MACOSX/x": b""}
    project = read_project(to_zip(files))
    assert [file.path for file in project.files] == ["config.yml", "data/flows.yml"]
    assert [file.path for file in read_project(to_zip({"data/flows.yml": b"flows: {}\n"})).files] == ["data/flows.yml"]


def test_a_missing_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(ProjectRefusedError, match="check the path"):
        read_project(tmp_path / "nowhere")


def test_a_folder_with_too_much_is_refused(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"{number}.txt").write_text("x" * 100)
    with pytest.raises(ProjectRefusedError, match="more than 3 files"):
        read_project(tmp_path, Limits(files=3))
    with pytest.raises(ProjectRefusedError, match="MB"):
        read_project(tmp_path, Limits(unpacked_bytes=250))
