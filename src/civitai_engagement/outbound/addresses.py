"""Which addresses belong to the public internet."""

from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address

# What `is_global` lets through, in some or all patch releases of Python.
ODD_IPV4 = tuple(
    IPv4Network(block)
    for block in (
        "168.63.129.16/32",  # Azure's metadata
        "192.0.0.0/24",  # protocol assignments; Oracle's metadata
        "192.88.99.0/24",  # relays of 6to4
        "224.0.0.0/4",  # multicast
    )
)
UNICAST_IPV6 = IPv6Network("2000::/3")
ODD_IPV6 = tuple(
    IPv6Network(block)
    for block in (
        "2001::/23",  # protocol assignments; Teredo
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
    )
)
NAT64 = IPv6Network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Say whether a numeric address is one that anybody on the internet reaches.

    >>> is_public("8.8.8.8"), is_public("169.254.169.254"), is_public("::ffff:8.8.8.8")
    (True, False, False)
    """
    ip = ip_address(address)
    if isinstance(ip, IPv4Address):
        return ip.is_global and not any(ip in block for block in ODD_IPV4)
    if ip in NAT64:
        return is_public(str(IPv4Address(int(ip) & 0xFFFFFFFF)))
    return ip in UNICAST_IPV6 and not any(ip in block for block in ODD_IPV6)
