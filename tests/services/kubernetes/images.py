"""Container images out of this machine's own Python and the repository, with no container tool: OCI archives.

The image of jobs has two layers: one of Python, the shared libraries that it needs and the packages that
`requirements/jobs.txt` pins, which is made once for each set of versions, and one of `src/talkwright` as it is now.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import io
import json
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import certifi

ROOT = Path(__file__).parents[3]
PAUSE = "test.local/pause:1"
BASE = "test.local/python:1"
JOBS = "test.local/talkwright:1"
USER = 10_001
Layer = dict[str, object]
"""A layer as a manifest names it: digest and size."""
_PREFIX = Path(sys.base_prefix)
_LIBRARY = Path(sysconfig.get_path("stdlib", vars={"installed_base": sys.base_prefix, "base": sys.base_prefix}))
_LEFT_OUT = {
    "test",
    "tests",
    "idlelib",
    "tkinter",
    "turtledemo",
    "ensurepip",
    "site-packages",
    "__pycache__",
    "lib2to3",
}
_ETC = {
    "etc/passwd": f"root:x:0:0:root:/:/bin/false\njobs:x:{USER}:{USER}::/job:/bin/false\n",
    "etc/group": f"root:x:0:\njobs:x:{USER}:\n",
    "etc/nsswitch.conf": "hosts: files dns\n",
}


def pause_image(folder: Path) -> Path:
    """The image whose one program waits: it holds a pod's namespaces."""
    program = folder / "pause"
    source = Path(__file__).parent / "node" / "pause.c"
    subprocess.run(["gcc", "-static", "-Os", "-o", str(program), str(source)], check=True)
    layer = folder / "pause.layer.tar"
    with tarfile.open(layer, "w") as tar:
        add_file(tar, program, "pause")
    return write_image(folder / "pause.tar", PAUSE, [layer], entrypoint=["/pause"])


def base_key() -> str:
    """What the image of Python and the packages of jobs is made of: the same key, the same image."""
    versions = versions_of(installed("jobs"))
    source = Path(__file__).read_text("utf-8") + (Path(__file__).parent / "node" / "pause.c").read_text("utf-8")
    return hashlib.sha256("\n".join([sys.version, str(_PREFIX), source, *versions]).encode()).hexdigest()[:16]


def base_image(folder: Path) -> tuple[Path, Layer]:
    """The image of Python and the packages of jobs, and its one layer."""
    layer = folder / "python.layer.tar"
    with tarfile.open(layer, "w") as tar:
        binaries = list(_add_python(tar)) + list(add_packages(tar, sorted(installed("jobs"))))
        for library in sorted(shared_libraries(binaries, (str(_PREFIX), sysconfig.get_path("purelib")))):
            add_file(tar, Path(library), library.lstrip("/"))
        add_file(tar, Path(certifi.where()), "etc/ssl/certs/ca-certificates.crt")  # no client of a store opens without
        add_rest(tar)
    return write_image(folder / "base.tar", BASE, [layer]), _described_file(layer)


def jobs_image(folder: Path, base: Layer) -> Path:
    """The image of the jobs, with the repository's code as it is now; its `base` is left out, as it is there."""
    source = source_layer(folder / "source.layer.tar")
    return write_image(folder / "jobs.tar", JOBS, [source], below=[base], user=str(USER))


def source_layer(out: Path) -> Path:
    """A layer of the repository's code as it is now."""
    with tarfile.open(out, "w") as tar:
        target = _site_packages().lstrip("/")
        for path in _files(ROOT / "src" / "talkwright"):
            _source(tar, path, f"{target}/talkwright/{path.relative_to(ROOT / 'src' / 'talkwright')}")
    return out


def write_image(
    out: Path,
    name: str,
    layers: Iterable[Path],
    *,
    below: Iterable[Layer] = (),
    entrypoint: list[str] | None = None,
    user: str | None = None,
    variables: Iterable[str] = (),
) -> Path:
    """An OCI archive of layers, which are tar files; those `below` them are named, but not in it."""
    files = {_digest(layer): layer for layer in layers}
    described = [*below, *map(_described_file, files.values())]
    config = {"Env": ["PATH=/usr/local/bin:/usr/bin:/bin", *variables], "Entrypoint": entrypoint, "User": user}
    told = json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {key: value for key, value in config.items() if value},
            "rootfs": {"type": "layers", "diff_ids": [layer["digest"] for layer in described]},
            "history": [{"created_by": "talkwright's tests"} for _ in described],
        }
    ).encode()
    kinds = "application/vnd.oci.image"
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": f"{kinds}.manifest.v1+json",
            "config": {"mediaType": f"{kinds}.config.v1+json", **_described(told)},
            "layers": [{"mediaType": f"{kinds}.layer.v1.tar", **layer} for layer in described],
        }
    ).encode()
    entry = {
        "mediaType": f"{kinds}.manifest.v1+json",
        **_described(manifest),
        "platform": {"architecture": "amd64", "os": "linux"},
        "annotations": {"io.containerd.image.name": name, "org.opencontainers.image.ref.name": name},
    }
    with tarfile.open(out, "w") as tar:
        _bytes(tar, b'{"imageLayoutVersion":"1.0.0"}', "oci-layout")
        _bytes(tar, json.dumps({"schemaVersion": 2, "manifests": [entry]}).encode(), "index.json")
        for data in (told, manifest):
            _bytes(tar, data, f"blobs/sha256/{hashlib.sha256(data).hexdigest()}")
        for digest, file in files.items():
            add_file(tar, file, f"blobs/sha256/{digest}")
    return out


def _add_python(tar: tarfile.TarFile) -> Iterator[Path]:
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    program = _PREFIX / "bin" / name
    add_way(tar, _PREFIX)
    add_file(tar, program, str(program).lstrip("/"))
    link = tarfile.TarInfo("usr/bin/python3")
    link.type, link.linkname = tarfile.SYMTYPE, str(program)
    tar.addfile(link)
    yield program
    for shared in sorted((_PREFIX / "lib").glob("libpython*.so*")):
        add_file(tar, shared.resolve(), str(shared).lstrip("/"))
    for path in _files(_LIBRARY):
        _source(tar, path, str(path).lstrip("/"))
        if path.suffix == ".so":
            yield path


def add_packages(tar: tarfile.TarFile, packages: Iterable[str]) -> Iterator[Path]:
    """Packages as they are installed here; gives what of them is linked with libraries."""
    target = _site_packages().lstrip("/")
    for package in packages:
        for entry in importlib.metadata.files(package) or ():
            path = Path(str(entry.locate()))
            if ".." in entry.parts or "__pycache__" in entry.parts or not path.is_file():
                continue
            _source(tar, path, f"{target}/{entry}")
            if ".so" in path.name:
                yield path


def versions_of(packages: Iterable[str]) -> list[str]:
    """Which of each is installed here."""
    return [f"{name}=={importlib.metadata.version(name)}" for name in sorted(packages)]


def installed(requirements: str) -> set[str]:
    """The packages that a file of `requirements` pins and that are installed here."""
    text = (ROOT / "requirements" / f"{requirements}.txt").read_text("utf-8")
    names = re.findall(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==", text, re.MULTILINE)
    found = {re.sub(r"[-_.]+", "-", one.name).lower() for one in importlib.metadata.distributions()}
    return {name for name in names if re.sub(r"[-_.]+", "-", name).lower() in found}


def shared_libraries(binaries: Iterable[Path], own: tuple[str, ...]) -> set[str]:
    """What they are linked with outside of their own folders."""
    told = subprocess.run(["ldd", *map(str, binaries)], capture_output=True, text=True, check=False).stdout
    found = set(re.findall(r"(?:=> |^\t)(/\S+) \(0x", told, re.MULTILINE))
    names = {"libnss_files.so.2", "libnss_dns.so.2"}
    found |= {str(path) for name in names for path in Path("/lib/x86_64-linux-gnu").glob(name)}
    return {path for path in found if not path.startswith(own)}


def _site_packages() -> str:
    return str(_LIBRARY / "site-packages")


def _files(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(set(folders) - _LEFT_OUT)
        for name in sorted(names):
            if not name.endswith((".pyc", ".a")):
                yield Path(parent) / name


def add_file(tar: tarfile.TarFile, path: Path, name: str) -> None:
    """A file as it is, for everybody to read."""
    info = tar.gettarinfo(str(path.resolve()), name)
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    info.mode |= 0o444 | (0o111 if info.mode & 0o100 else 0)
    with path.open("rb") as source:
        tar.addfile(info, source)


def _source(tar: tarfile.TarFile, path: Path, name: str) -> None:
    """A file, and what Python made of it: nothing can be kept where an image runs, it would compile at each start."""
    add_file(tar, path, name)
    if path.suffix == ".py" and (compiled := Path(importlib.util.cache_from_source(str(path)))).exists():
        add_file(tar, compiled, f"{name.rpartition('/')[0]}/__pycache__/{compiled.name}")


def add_way(tar: tarfile.TarFile, folder: Path) -> None:
    """The folders down to this one, open to a user without rights."""
    for each in (*reversed(folder.parents), folder):
        if each != Path("/"):
            _folder(tar, str(each).lstrip("/"))


def add_rest(tar: tarfile.TarFile) -> None:
    """What every image has."""
    for name, text in _ETC.items():
        _bytes(tar, text.encode(), name)
    for name in ("tmp", "job", "proc", "sys", "dev"):
        _folder(tar, name)


def _folder(tar: tarfile.TarFile, name: str) -> None:
    info = tarfile.TarInfo(name)
    info.type, info.mode = tarfile.DIRTYPE, 0o1777 if name == "tmp" else 0o755
    tar.addfile(info)


def _bytes(tar: tarfile.TarFile, data: bytes, name: str) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(data), 0o644
    tar.addfile(info, io.BytesIO(data))


def _described_file(path: Path) -> Layer:
    return {"digest": f"sha256:{_digest(path)}", "size": path.stat().st_size}


def _described(data: bytes) -> Layer:
    return {"digest": f"sha256:{hashlib.sha256(data).hexdigest()}", "size": len(data)}


def _digest(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()
