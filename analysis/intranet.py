"""Which addresses count as the office's own network."""

from ipaddress import IPv4Address, IPv6Address, ip_network

_INTRANET = tuple(
    map(ip_network, ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7"))
)
"""Loopback and private use (RFC 1918, RFC 4193). Link-local ones are not: the metadata services of clouds lie there."""


def is_intranet(address: IPv4Address | IPv6Address) -> bool:
    """Say whether an address is of this machine or of a private network, also where it is written as IPv6."""
    plain = address.ipv4_mapped if isinstance(address, IPv6Address) and address.ipv4_mapped else address
    return any(plain in network for network in _INTRANET if network.version == plain.version)
