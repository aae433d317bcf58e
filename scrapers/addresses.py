"""Which addresses a program that reads other people's links may speak to: public ones, and hosts that are named.

A link in a feed, a redirect or a webhook must not reach the machine itself, its network or a cloud's metadata
server. Special ranges: https://www.iana.org/assignments/iana-ipv4-special-registry and .../iana-ipv6-special-registry.
Everything here works on values; `resolve` alone asks the name server.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Iterable

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

PORTS = {"http": 80, "https": 443}
_MOST_CHARACTERS = 253  # of a host name: RFC 1035, 2.3.4

# What `is_global` of Python 3.11 lets through although it is not the public network, or leads back into a private one.
_DENIED = [
    ipaddress.ip_network(text)
    for text in (
        "192.0.0.0/24",  # protocol assignments; 192.0.0.8 is "global" to Python
        "192.88.99.0/24",  # 6to4 relays
        "64:ff9b::/96",  # NAT64: holds an IPv4 address, 64:ff9b::7f00:1 is 127.0.0.1
        "64:ff9b:1::/48",
        "2001::/23",  # protocol assignments; 2001::/32 is Teredo, which holds an IPv4 address
        "2002::/16",  # 6to4, the same: 2002:7f00:1:: is 127.0.0.1
        "3fff::/20",  # documentation
    )
]
_UNICAST = ipaddress.ip_network("2000::/3")  # the only part of IPv6 given out as global unicast


def literal(host: str) -> IPAddress | None:
    """The address that `host` spells, in any form that resolvers take (127.1, 0x7f.1, 2130706433); else None."""
    host = normal(host)
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except (OSError, UnicodeError):
        return None


def normal(host: str) -> str:
    """`host` in lower case, without the brackets of IPv6 and without the final dot of a complete name."""
    return host.strip().lower().removeprefix("[").removesuffix("]").removesuffix(".")


def is_public(address: IPAddress) -> bool:
    """True if the address belongs to the public network, and to one machine of it."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return is_public(address.ipv4_mapped)
        if address not in _UNICAST:
            return False
    denied = any(address in network for network in _DENIED if network.version == address.version)
    return address.is_global and not address.is_multicast and not denied


def is_named(host: str, allowed: Iterable[str]) -> bool:
    """True if `allowed` holds this host: by its name, or an IP address by any of its spellings.

    A name that resolves to an allowed address is not allowed by that: whoever owns a name chooses its addresses.
    """
    return _key(host) in {_key(name) for name in allowed}


def _key(host: str) -> str:
    address = literal(host)
    return normal(host) if address is None else str(address)


def refusal(scheme: str, userinfo: bytes | str, host: str, port: int | None, allowed: Iterable[str]) -> str | None:
    """Why this address is refused before its name is looked up, as one sentence; None if there is no reason."""
    if scheme not in PORTS:
        return "Only addresses that begin with http:// or https:// can be used."
    if not host or len(host) > _MOST_CHARACTERS:
        return "The address has no valid host name: write it as https://host/path."
    if userinfo:
        return f"The address for {host} holds a user name or password: remove what stands before the @."
    if is_named(host, allowed):
        return None
    if port not in (None, 80, 443):
        return f"Port {port} of {host} is refused, only 80 and 443 are open to all: {_remedy(host)}."
    address = literal(host)
    private = not is_public(address) if address else normal(host).rpartition(".")[2] == "localhost"
    return private_host(host) if private else None


def may_use(host: str, found: Iterable[str], allowed: Iterable[str]) -> bool:
    """True if the configuration names this host, or if every address that was found for it is public."""
    return is_named(host, allowed) or all(is_public(ipaddress.ip_address(address)) for address in found)


def private_host(host: str) -> str:
    """The sentence that refuses a host with a private address, and says how to allow it."""
    return f"{host} is at a private address, which is refused: {_remedy(host)}."


def _remedy(host: str) -> str:
    return (
        f'if you trust this host, write network.allow_private = ["{host}"] in paperwatch.toml '
        f"(or set PAPERWATCH_NETWORK__ALLOW_PRIVATE='[\"{host}\"]')"
    )


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host name, in the order in which the system would try them.

    Raises OSError (socket.gaierror) where there are none, and UnicodeError for what cannot be a name.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))
