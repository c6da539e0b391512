"""Where a request comes from, as far as limits and logs want to know."""

from ipaddress import IPv6Address, IPv6Network, ip_address

from fastapi import Request

IPV6_PREFIX = 64
"""Bits. One customer of a provider has at least such a network: single addresses limit nobody."""


def network_of(request: Request) -> str:
    """The client's IPv4 address or IPv6 network; `unknown` when there is none, as in some tests.

    Behind the frontend this is what its X-Forwarded-For says: uvicorn puts it in the place of the
    peer's own address when Settings.forwarded_allow_ips trusts the peer.
    """
    try:
        address = ip_address(request.client.host if request.client else "")
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is None:
            return str(IPv6Network((int(address), IPV6_PREFIX), strict=False))
        address = address.ipv4_mapped
    return str(address)
