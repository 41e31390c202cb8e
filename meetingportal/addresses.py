"""Which address a request really comes from, and which bucket it is counted in."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

UNKNOWN = "0.0.0.0"  # noqa: S104 - an address that nobody has, not one to listen on


def parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address in its plain form (an IPv4 address inside IPv6 unfolded), or None."""
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def is_trusted_proxy(peer: str) -> bool:
    address = parsed(peer)
    if address is None:
        return peer == "" and "unix" in settings.TRUSTED_PROXIES
    return any(
        address in ipaddress.ip_network(network, strict=False)
        for network in settings.TRUSTED_PROXIES
        if network != "unix"
    )


def true_address(peer: str, header: str) -> str:
    """The client's address: the peer's, or what a trusted proxy wrote into its one header.

    A header of any other peer is the client's own invention and is not looked at.
    """
    told = parsed(header) if header and is_trusted_proxy(peer) else None
    return str(told or parsed(peer) or UNKNOWN)


def bucket_for(address: str) -> str:
    """Whom a limit counts: an IPv4 address, or a whole IPv6 /64 (one customer's worth)."""
    found = parsed(address)
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network(f"{found}/64", strict=False))
    return str(found) if found else UNKNOWN


def wider_bucket_for(address: str) -> str:
    """The IPv6 /48 around it (a site's worth, 65,536 of the above), or "" of an IPv4 address."""
    found = parsed(address)
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network(f"{found}/48", strict=False))
    return ""


def address_of(request: HttpRequest) -> str:
    return str(request.META["REMOTE_ADDR"])
