"""Builds the images of a release with Debian's `buildah`, which needs root and no daemon, and runs commands in them.

They begin with an image of this machine's own Python, made here: what any base has of which the Dockerfile speaks.
Where packages are fetched from, and which authorities are trusted there, is told by the variables and files that tell
it to this machine's own pip and npm.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.services.kubernetes import images

ROOT = images.ROOT
BASE = "localhost/python:base"
BUILD_SECONDS = 1200
TOLD = ("PIP_INDEX_URL", "PIP_CERT", "NPM_CONFIG_REGISTRY", "NODE_EXTRA_CA_CERTS")
"""What the Dockerfile lets people say of packages."""
CERTIFICATES = "etc/ssl/certs/ca-certificates.crt"
SYSTEM = ("sh", "env", "ldconfig")
"""Programs beside Python that builds need."""


def images_missing() -> str | None:
    """Why no image can be built here, or None."""
    if os.geteuid() != 0:
        return "Building images needs root."
    return None if shutil.which("buildah") else "There is no buildah here: scripts/debian-packages brings it."


@dataclass(frozen=True)
class Builder:
    """buildah with a store of its own."""

    folder: Path

    def buildah(self, *words: str, seconds: float = 300, check: bool = True) -> subprocess.CompletedProcess[str]:
        """One of its commands."""
        store = ["--root", str(self.folder / "store"), "--runroot", str(self.folder / "run")]
        done = subprocess.run(
            ["buildah", *store, *words], cwd=ROOT, capture_output=True, text=True, check=False, timeout=seconds
        )
        assert not check or done.returncode == 0, f"buildah {words[0]}: {done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done

    def base(self) -> None:
        """Make the image that all begin with."""
        layer = self.folder / "base.layer.tar"
        with tarfile.open(layer, "w") as tar:
            _fill(tar)
        container = self.buildah("from", "scratch").stdout.strip()
        self.buildah("add", container, str(layer), "/")
        self.buildah("config", "--env", f"PATH={sys.base_prefix}/bin:/usr/local/bin:/usr/bin:/bin", container)
        self.buildah("commit", "--rm", container, BASE)
        layer.unlink()

    def build(self, target: str) -> str:
        """Build one of the Dockerfile's images; gives its name."""
        name = f"localhost/talkwright-{target}:test"
        dockerfile = ROOT / "deploy" / "images" / "Dockerfile"
        told = [f"--build-arg={variable}={os.environ[variable]}" for variable in TOLD if os.environ.get(variable)]
        mounts = [f"--volume={file}:{file}:ro" for file in _files_of_registries()]
        self.buildah(
            *("build", "--layers", "--isolation=chroot", f"--file={dockerfile}", f"--target={target}", f"--tag={name}"),
            *(f"--ignorefile={dockerfile}.dockerignore", f"--build-arg=PYTHON={BASE}", *told, *mounts, str(ROOT)),
            seconds=BUILD_SECONDS,
        )
        return name

    @contextmanager
    def container(self, image: str, mounts: Mapping[Path, str] | None = None) -> Iterator[Container]:
        """A container of an image, with folders of this machine in it."""
        name = self.buildah("from", "--pull-never", image).stdout.strip()
        try:
            yield Container(self, name, tuple(f"--volume={path}:{place}" for path, place in (mounts or {}).items()))
        finally:
            self.buildah("rm", name)


@dataclass(frozen=True)
class Container:
    """A container whose commands run as its image says, as that image's user."""

    builder: Builder
    name: str
    volumes: tuple[str, ...]

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """What a command says."""
        words = ("run", "--isolation=chroot", *self.volumes, self.name, "--", *command)
        return self.builder.buildah(*words, check=False)


def _fill(tar: tarfile.TarFile) -> None:
    """Python with its pip, the C library, a shell and the authorities that this machine trusts."""
    binaries = list(images._add_python(tar))
    for name in SYSTEM:
        program = Path(shutil.which(name, path="/bin:/usr/bin:/sbin:/usr/sbin") or "").resolve()
        images.add_file(tar, program, f"bin/{name}")
        binaries.append(program)
    link = tarfile.TarInfo("usr/bin/env")
    link.type, link.linkname = tarfile.SYMTYPE, "/bin/env"
    tar.addfile(link)
    own = (sys.base_prefix, sysconfig.get_path("purelib"))
    for library in sorted(images.shared_libraries(binaries, own)):
        images.add_file(tar, Path(library), library.lstrip("/"))
    libraries = Path("/lib", sysconfig.get_config_var("MULTIARCH") or "")
    for name in ("libstdc++.so.6", "libgcc_s.so.1", "libdl.so.2", "libpthread.so.0", "librt.so.1"):  # for Node, too
        for path in libraries.glob(name):
            images.add_file(tar, path, str(path).lstrip("/"))
    tools = next((ROOT / ".tools" / "lib").glob("python3*")) / "site-packages"
    site_packages = Path(sysconfig.get_path("stdlib"), "site-packages")
    for path in sorted(tools.glob("pip*/**/*")):
        if path.is_file() and path.suffix != ".pyc":
            images.add_file(tar, path, str(site_packages / path.relative_to(tools)).lstrip("/"))
    trusted = os.environ.get("SSL_CERT_FILE") or f"/{CERTIFICATES}"
    images.add_file(tar, Path(trusted), CERTIFICATES)
    images.add_rest(tar)


def _files_of_registries() -> list[Path]:
    """The files in which this machine's pip and npm read where packages are; root's, here as in a build."""
    home = Path.home()
    files = [Path("/etc/pip.conf"), home / ".config" / "pip" / "pip.conf", home / ".npmrc"]
    network = [Path("/etc/hosts"), Path("/etc/resolv.conf")]
    named = [Path(os.environ[name]) for name in TOLD if name.endswith(("CERT", "CERTS")) and os.environ.get(name)]
    return [path for path in (*files, *network, *named) if path.is_file()]
