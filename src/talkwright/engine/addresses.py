"""Addresses that a project may name but no bot asks: of the machine's own link, where clouds keep credentials.

A bot of the studio doesn't look for language models on the studio's own machine either, unless the operator names them.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import SplitResult, urlsplit

_METADATA = frozenset({"metadata", "metadata.google.internal", "metadata.goog", "instance-data"})
_ALSO = frozenset({"fd00:ec2::254", "100.100.100.200", "168.63.129.16"})  # metadata services outside link-local ranges

FORBIDDEN_NAME = "its name leads to a link-local or metadata address"
UNKNOWN_NAME = "its name can't be resolved"

LOCAL_MODELS = "TALKWRIGHT_ENGINE_LOCAL_MODELS"
NONE = "none"
_PORTS = {"http": 80, "https": 443}


def is_model_forbidden(url: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether a project may not name a language model's address: as `is_forbidden`, and in some bots this machine.

    The operator's `TALKWRIGHT_ENGINE_LOCAL_MODELS` says which servers on this machine may be asked all the same:
    `host:port` or `host`, separated by commas; `none` is none; where it is not set, all may.
    """
    if is_forbidden(url):
        return True
    allowed = environment.get(LOCAL_MODELS)
    parts = urlsplit(url)
    if not allowed or not _is_here(parts.hostname or ""):
        return False
    return not _names(parts) & {one.strip().lower() for one in allowed.split(",")}


def _names(parts: SplitResult) -> set[str]:
    """How an allowance may name the address."""
    host = (parts.hostname or "").rstrip(".").lower()
    shown = f"[{host}]" if ":" in host else host
    try:
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        return set()
    return {host, shown, f"{shown}:{port}"} - {NONE}


def _is_here(host: str) -> bool:
    """Whether a name or address, in whichever of its forms, surely is this machine's own."""
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith((".localhost", ".localdomain")):
        return True
    address = _address(name)
    return address is not None and (address.is_loopback or address.is_unspecified)


def _address(name: str) -> IPv4Address | IPv6Address | None:
    """The address that a host is written as; 127.1, 0x7f000001 and 2130706433 are one to most programs."""
    try:
        address = ip_address(name)
    except ValueError:
        try:
            return IPv4Address(socket.inet_aton(name))
        except (OSError, UnicodeError):
            return None
    return getattr(address, "ipv4_mapped", None) or address


def is_forbidden(url: str) -> bool:
    """Whether an address leads to a metadata service or a link-local place; one that can't be read does."""
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return True
    if not host:
        return True
    name = host.rstrip(".").lower()
    return name in _METADATA or is_forbidden_address(name)


def is_forbidden_address(name: str) -> bool:
    """Whether an IP address is link-local or that of a metadata service; a name that is none is not."""
    address = _address(name.partition("%")[0])  # without the interface of a link-local one
    return address is not None and (address.is_link_local or str(address) in _ALSO)
