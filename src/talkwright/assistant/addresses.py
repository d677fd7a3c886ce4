"""Addresses that a project may name but no bot asks: of the machine's own link, where clouds keep credentials."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

FORBIDDEN_NETWORKS = (
    "169.254.0.0/16",
    "fe80::/10",
    "fd00:ec2::254/128",  # from here on metadata services of clouds outside of link-local ranges
    "100.100.100.200/32",
    "168.63.129.16/32",
    "64:ff9b::a9fe:0/112",  # and those of IPv4 as a network that speaks IPv6 alone writes them (RFC 6052)
    "64:ff9b::6464:64c8/128",
    "64:ff9b::a83f:8110/128",
)
FORBIDDEN_NAME = "its name leads to a link-local or metadata address"
UNKNOWN_NAME = "its name can't be resolved"

_NETWORKS = tuple(ip_network(network) for network in FORBIDDEN_NETWORKS)
_METADATA = frozenset({"metadata", "metadata.google.internal", "metadata.goog", "instance-data"})


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
    address = read_address(name.partition("%")[0])  # without the interface of a link-local one
    return address is not None and any(address in network for network in _NETWORKS)


def read_address(name: str) -> IPv4Address | IPv6Address | None:
    """The address that a host is written as; 127.1, 0x7f000001 and 2130706433 are one to most programs."""
    try:
        address = ip_address(name)
    except ValueError:
        try:
            return IPv4Address(socket.inet_aton(name))
        except (OSError, UnicodeError):
            return None
    return getattr(address, "ipv4_mapped", None) or address
