"""Addresses that a project may name but no bot asks: of the machine's own link, where clouds keep credentials."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

_METADATA = frozenset({"metadata", "metadata.google.internal", "metadata.goog", "instance-data"})
_ALSO = frozenset({"fd00:ec2::254", "100.100.100.200", "168.63.129.16"})  # metadata services outside link-local ranges


def is_forbidden(url: str) -> bool:
    """Whether an address leads to a metadata service or a link-local place; one that can't be read does."""
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return True
    if not host:
        return True
    name = host.rstrip(".").lower()
    if name in _METADATA or name in _ALSO:
        return True
    try:
        address = ip_address(_decimal(name))
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    return mapped.is_link_local or str(mapped) in _ALSO


def _decimal(name: str) -> str:
    """A number as an IPv4 address, as many programs read it: 2852039166 is 169.254.169.254."""
    if name.isascii() and name.isdigit() and len(name) <= 10 and int(name) < 1 << 32:
        return ".".join(str(int(name) >> shift & 255) for shift in (24, 16, 8, 0))
    return name
