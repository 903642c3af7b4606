"""Internet addresses, as far as whoever has one has others too."""

from ipaddress import IPv6Address, ip_address


def network(address: str) -> str:
    """An IPv4 address, also one told as IPv6; of IPv6 the subscriber's whole /64; `?` for what is no address."""
    try:
        found = ip_address(address)
    except ValueError:
        return "?"
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or IPv6Address(int(found) >> 64 << 64))
    return str(found)
