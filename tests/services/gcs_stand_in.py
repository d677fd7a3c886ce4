"""A stand-in for Google's object storage, for want of an emulator that speaks what our library speaks.

It is written by us from the documentation of the XML API, so that it proves our settings, keys and signatures, and
nothing of Google's servers. It keeps objects in memory, believes only requests signed with the service account's key
(a JWT, or a V4 signature in the URL), and keeps `x-goog-if-generation-match`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.sax.saxutils import escape

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

BUCKET = "talkwright"
HOST = "storage.googleapis.com"  # the library signs for this one, wherever it sends
ACCOUNT = "studio@talkwright.test"


@dataclass
class GcsStandIn:
    """The running stand-in: its URL for the settings, its address, and the variables that hold its key."""

    url: str
    endpoint: str
    variables: dict[str, str]

    def settings(self, **more: str) -> dict[str, str]:
        """The environment of a role that keeps its objects there."""
        return {
            "TALKWRIGHT_STORAGE_URL": self.url,
            "TALKWRIGHT_STORAGE_ENDPOINT": self.endpoint,
            "TALKWRIGHT_STORAGE_ALLOW_HTTP": "true",
            **self.variables,
            **more,
        }


@dataclass
class _Shelf:
    key: rsa.RSAPrivateKey
    objects: dict[str, tuple[bytes, float]] = field(default_factory=dict)
    parts: dict[str, dict[int, bytes]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def verifies(self, signature: bytes, signed: bytes) -> bool:
        try:
            self.key.public_key().verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return False
        return True


class _Handler(BaseHTTPRequestHandler):
    shelf: _Shelf
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._serve()

    do_HEAD = do_PUT = do_POST = do_DELETE = do_GET  # noqa: N815 - as above

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        asked = dict(parse_qsl(parts.query, keep_blank_values=True))
        _, bucket, *rest = unquote(parts.path).split("/", 2)
        if not (self._bears_token() or self._is_signed(parts.path, asked)):
            self._say(403, b"<Error><Code>AccessDenied</Code></Error>")
        elif bucket != BUCKET:
            self._say(404, b"<Error><Code>NoSuchBucket</Code></Error>")
        else:
            with self.shelf.lock:
                self._act(rest[0] if rest else "", asked, body)

    def _act(self, key: str, asked: dict[str, str], body: bytes) -> None:
        if not key:
            self._list(asked.get("prefix", ""))
        elif self.command == "POST":
            self._upload(key, asked)
        elif self.command == "PUT" and "uploadId" in asked:
            self.shelf.parts[asked["uploadId"]][int(asked["partNumber"])] = body
            self._say(200, b"", ETag='"part"')
        elif (
            self.command == "PUT"
            and self.headers.get("x-goog-if-generation-match") == "0"
            and key in self.shelf.objects
        ):
            self._say(412, b"<Error><Code>PreconditionFailed</Code></Error>")
        elif self.command == "PUT":
            self.shelf.objects[key] = (body, time.time())
            self._say(200, b"", ETag='"whole"', **{"x-goog-generation": "1"})
        elif key not in self.shelf.objects:
            self._say(404, b"<Error><Code>NoSuchKey</Code></Error>")
        elif self.command == "DELETE":
            del self.shelf.objects[key]
            self._say(204, b"")
        else:
            data, changed = self.shelf.objects[key]
            self._say(200, data, ETag='"whole"', **{"Last-Modified": formatdate(changed, usegmt=True)})

    def _upload(self, key: str, asked: dict[str, str]) -> None:
        if "uploads" in asked:
            name = f"upload-{len(self.shelf.parts)}"
            self.shelf.parts[name] = {}
            told = f"<InitiateMultipartUploadResult><UploadId>{name}</UploadId></InitiateMultipartUploadResult>"
            self._say(200, told.encode())
            return
        data = b"".join(part for _, part in sorted(self.shelf.parts.pop(asked["uploadId"]).items()))
        self.shelf.objects[key] = (data, time.time())
        told = '<CompleteMultipartUploadResult><ETag>"whole"</ETag></CompleteMultipartUploadResult>'
        self._say(200, told.encode(), **{"x-goog-generation": "1"})

    def _list(self, prefix: str) -> None:
        found = ""
        for key, (data, changed) in sorted(self.shelf.objects.items()):
            if key.startswith(prefix):
                at = datetime.fromtimestamp(changed, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
                fields = f"<Key>{escape(key)}</Key><Size>{len(data)}</Size><LastModified>{at}</LastModified>"
                found += f'<Contents>{fields}<ETag>"whole"</ETag></Contents>'
        self._say(200, f"<ListBucketResult>{found}</ListBucketResult>".encode())

    def _bears_token(self) -> bool:
        kind, _, token = self.headers.get("Authorization", "").partition(" ")
        signed, _, signature = token.rpartition(".")
        if kind != "Bearer" or not signed:
            return False
        claims = json.loads(_unpacked(signed.split(".")[1]))
        return claims["iss"] == ACCOUNT and self.shelf.verifies(_unpacked(signature), signed.encode())

    def _is_signed(self, path: str, asked: dict[str, str]) -> bool:
        """V4 as documented: the request in canonical form, its hash, and the account's signature over it."""
        signature = asked.pop("X-Goog-Signature", None)
        if signature is None or asked.get("X-Goog-Algorithm") != "GOOG4-RSA-SHA256":
            return False
        at = datetime.strptime(asked["X-Goog-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
        if time.time() > at + int(asked["X-Goog-Expires"]):
            return False
        query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in sorted(asked.items()))
        names = asked["X-Goog-SignedHeaders"].split(";")
        fields = "".join(f"{name}:{HOST if name == 'host' else self.headers.get(name, '')}\n" for name in names)
        canonical = "\n".join((self.command, path, query, fields, ";".join(names), "UNSIGNED-PAYLOAD"))
        scope = asked["X-Goog-Credential"].partition("/")[2]
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        signed = f"GOOG4-RSA-SHA256\n{asked['X-Goog-Date']}\n{scope}\n{digest}"
        return self.shelf.verifies(bytes.fromhex(signature), signed.encode())

    def _say(self, status: int, body: bytes, **fields: str) -> None:
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _unpacked(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def service_account() -> tuple[rsa.RSAPrivateKey, str]:
    """A key of the account, and the file that Google would give out for it."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    written = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    told = {"client_email": ACCOUNT, "private_key": written.decode(), "private_key_id": "one"}
    return key, json.dumps(told)


@contextmanager
def gcs_stand_in() -> Iterator[GcsStandIn]:
    """A stand-in with an empty bucket, until the block ends."""
    key, account = service_account()
    handler = type("Handler", (_Handler,), {"shelf": _Shelf(key)})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    serving.start()
    try:
        yield GcsStandIn(
            f"gs://{BUCKET}/studio",
            f"http://127.0.0.1:{server.server_port}",
            {"GOOGLE_SERVICE_ACCOUNT_KEY": account},
        )
    finally:
        server.shutdown()
        server.server_close()
        serving.join()
