"""An image of the second engine as an operator would have it: its own Python and packages, and nothing of ours."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.services.kubernetes import images

NAME = "test.local/rasa:1"


def rasa_image(cache: Path, python: Path) -> Path:
    """The archive of an image that holds the environment of `python` at its own place, made once."""
    environment = python.parent.parent
    key = hashlib.sha256(Path(__file__).read_bytes() + (environment / ".stamp").read_bytes() + bytes(python))
    archive = cache / f"rasa-{key.hexdigest()[:16]}.tar"
    if archive.exists():
        return archive
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as name:
        layer = Path(name) / "rasa.layer.tar"
        with tarfile.open(layer, "w") as tar:
            _fill(tar, python, environment)
        images.write_image(Path(name) / "rasa.tar", NAME, [layer]).replace(archive)
    return archive


def _fill(tar: tarfile.TarFile, python: Path, environment: Path) -> None:
    asked = "import json, sys, sysconfig; print(json.dumps([sys.base_prefix, sysconfig.get_path('stdlib')]))"
    told = subprocess.run([python, "-c", asked], check=True, capture_output=True, text=True).stdout
    base, library = map(Path, json.loads(told))
    program = python.resolve()
    for folder in (base, environment):
        images.add_way(tar, folder)
    binaries = [program, *base.glob("lib/libpython*.so*")]
    for path in binaries:
        images.add_file(tar, path, str(path).lstrip("/"))
    for name, target in ((str(python).lstrip("/"), program), ("usr/bin/python3", program)):
        link = tarfile.TarInfo(name)
        link.type, link.linkname = tarfile.SYMTYPE, str(target)
        tar.addfile(link)
    images.add_file(tar, environment / "pyvenv.cfg", str(environment / "pyvenv.cfg").lstrip("/"))
    for path in (*_all_files(library, {"site-packages", "test"}), *_all_files(environment / "lib", set())):
        images.add_file(tar, path, str(path).lstrip("/"))
        if ".so" in path.suffixes:
            binaries.append(path)
    for shared in sorted(images.shared_libraries(binaries, (str(base), str(environment)))):
        images.add_file(tar, Path(shared), shared.lstrip("/"))
    images.add_rest(tar)


def _all_files(folder: Path, left_out: set[str]) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(set(folders) - left_out)
        for name in sorted(names):
            if not name.endswith(".a"):
                yield Path(parent) / name
