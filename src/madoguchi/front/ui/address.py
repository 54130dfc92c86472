"""Where a request comes from: the address that limits count."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from madoguchi.kit.settings import Network

_SITE = 64  # bits of an IPv6 address that one household or server has for itself

Address = IPv4Address | IPv6Address


def address_of(peer: str, forwarded: str, proxies: Sequence[Network]) -> str:
    """The visitor's address, an IPv6 one as its network of 64 bits.

    `peer` is who connects to us and `forwarded` is X-Forwarded-For. It is read from the right for as long as trusted
    proxies speak: what stands further left anybody may have written.
    """
    address = _parsed(peer)
    if address is None:
        return peer
    for hop in reversed(forwarded.split(",")):
        said = _parsed(hop.strip()) if _trusted(address, proxies) else None
        if said is None:
            break
        address = said
    return str(address) if isinstance(address, IPv4Address) else str(ip_network((address, _SITE), strict=False))


def _trusted(address: Address, proxies: Sequence[Network]) -> bool:
    return any(address in network for network in proxies)


def _parsed(text: str) -> Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
