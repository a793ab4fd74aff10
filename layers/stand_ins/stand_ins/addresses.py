"""Addresses to which a message may be posted: public ones alone, however they are written.

A name is resolved once, every address of it is judged, and the request goes to the judged one: the name may have
another address a moment later. The stack's own API may be private, where the stack is local.
"""

import ipaddress
import os
import re
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias
from urllib.parse import urlsplit

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve: TypeAlias = Callable[[str, int], list[str]]
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_PROTOCOLS: Final = ipaddress.ip_network("192.0.0.0/24")  # some clouds have their metadata service in it
_NUMERIC: Final = re.compile(r"[0-9a-fx.]+", re.IGNORECASE)
_PORTS: Final = {"http": 80, "https": 443}


class NotPublic(ValueError):
    """The message would go to an address that is not public, or to nowhere."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect: the ``address`` that was judged, and the ``host`` that it was judged for."""

    scheme: str
    host: str
    address: str
    port: int
    path: str


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host in any spelling that the system knows. Raises OSError."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def target(url: str, resolve: Resolve = resolve) -> Target:
    """The address to connect to. Raises NotPublic, and ValueError for no URL."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)
    if parts.scheme not in _PORTS or not host:
        raise NotPublic(f"{parts.scheme or 'nothing'} is not http or https")
    found = _resolved(host, port, resolve)
    if not (_is_own(url) or all(map(is_public, found))):
        raise NotPublic(f"{host} is not public")
    query = f"?{parts.query}" if parts.query else ""
    return Target(parts.scheme, host, found[0], port, (parts.path or "/") + query)


def _resolved(host: str, port: int, resolve: Resolve) -> list[str]:
    """One address at least. Raises NotPublic."""
    try:
        found = resolve(host, port)
    except (OSError, UnicodeError) as error:
        raise NotPublic(f"{host} has no address") from error
    if not found:
        raise NotPublic(f"{host} has no address")
    return found


def is_public_literal(url: str) -> bool:
    """Whether the host is a name, which is judged when it is resolved, or the spelling of a public address."""
    host = urlsplit(url).hostname or ""
    if _is_own(url):
        return True
    written = _written_address(host)
    return is_public(written) if written else host.rstrip(".").lower() != "localhost"


def is_public(address: str) -> bool:
    """Whether anybody on the internet may be there: no private, local, reserved or multicast address."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return all(
        one.is_global and not one.is_multicast and not one.is_reserved and one not in _PROTOCOLS
        for one in _meant(found)
    )


def _meant(address: Address) -> Iterator[Address]:
    """The address, and the IPv4 address within an IPv6 one: mapped, 6to4, Teredo, NAT64."""
    if isinstance(address, ipaddress.IPv4Address):
        yield address
        return
    inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64:
        inner.append(ipaddress.IPv4Address(address.packed[-4:]))
    within = [one for one in inner if one is not None]
    yield from within or [address]


def _written_address(host: str) -> str | None:
    """The address that a host spells: in decimal, octal, hexadecimal or with parts left out as inet_aton reads it."""
    try:
        return str(ipaddress.ip_address(host.partition("%")[0]))
    except ValueError:
        pass
    if not _NUMERIC.fullmatch(host):
        return None
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return None


def _is_own(url: str) -> bool:
    """Whether it is below an address that the stack names: its own API, where that is not AWS."""
    own = os.environ.get("STAND_INS_POST_TO", "")
    leads_out = ".." in url or "%2e" in url.lower()
    return bool(own) and not leads_out and url.startswith(f"{own.rstrip('/')}/")
