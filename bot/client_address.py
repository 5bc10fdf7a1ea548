"""Who calls: the address at the other end, or the one that a proxy of ours saw there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network
_ONE_HOUSEHOLD = 64
"""Bits of an IPv6 address that a single subscriber holds; the others change as they like."""


def client_address(peer: str | None, forwarded: Iterable[str], trusted: Sequence[Network]) -> str:
    """Return the address of the caller whose connection comes from ``peer``.

    ``forwarded`` are the values of X-Forwarded-For. They are read from the right, and
    only as far as those whom we trust wrote them: what stands left of the first
    stranger is that stranger's own invention.
    """
    address = _read(peer or "")
    if address is None:
        return peer or "unknown"
    for hop in reversed([hop for value in forwarded for hop in value.split(",")]):
        if not is_trusted(str(address), trusted):
            break
        if (before := _read(hop.strip())) is None:
            break
        address = before
    return str(address)


def is_trusted(address: str, trusted: Sequence[Network]) -> bool:
    """Return whether ``address`` is one of our own proxies."""
    read = _read(address)
    return read is not None and any(read in network for network in trusted)


def counted_as(address: str) -> str:
    """Return whom the requests of an address are counted for: itself, or an IPv6 subscriber's whole network."""
    read = _read(address)
    if isinstance(read, IPv6Address):
        return str(ip_network((read, _ONE_HOUSEHOLD), strict=False))
    return address


def _read(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
