"""The way to Civitai: through which proxy, and whose certificates are trusted, as the environment says."""

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from civitai_engagement.errors import BadSetup
from civitai_engagement.settings import Variable

SCHEMES = {
    "http": "http",
    "https": "https",
    "socks5": "socks5",
    "socks5h": "socks5h",
    "socks": "socks5h",  # as GNOME writes it
}
HINT = "Write it as http://host:port or socks5h://host:port, or unset it."


@dataclass(frozen=True, slots=True)
class NetworkRoute:
    """How to reach an address: `options` are for the HTTP library, `proxy` and `trust` name the variables in force.

    >>> way_to("https://civitai.com", {"https_proxy": Variable("HTTPS_PROXY", "http://127.0.0.1:3128")}).proxy
    'HTTPS_PROXY'
    """

    options: Mapping[str, Any]
    proxy: str | None = None
    trust: str | None = None


def way_to(url: str, environment: Mapping[str, Variable]) -> NetworkRoute:
    """Choose the way to an address.

    Raises:
        BadSetup: A variable of the environment cannot be followed; the sentence names it.
    """
    if "sslkeylogfile" in environment:
        _check_writable(environment["sslkeylogfile"])
    trust = next((environment[name] for name in ("ssl_cert_file", "ssl_cert_dir") if name in environment), None)
    options: dict[str, Any] = {"verify": _certificates(trust)} if trust else {}
    proxies = [name for name in environment if name.endswith("_proxy")]
    if proxies:  # otherwise the library asks the system, which Windows and macOS keep proxies in
        options["trust_env"] = False
    parts = urlsplit(url)
    names = [f"{parts.scheme}_proxy", "all_proxy"]
    proxy = next((environment[name] for name in names if name in environment), None)
    if "no_proxy" in environment and _goes_past(environment["no_proxy"].value, parts.hostname or ""):
        proxy = None
    if proxy is not None:
        options["proxy"] = _address(proxy)
    return NetworkRoute(options, proxy.name if proxy else None, trust.name if trust else None)


def _address(proxy: Variable) -> str:
    """Read the address of a proxy; without a scheme it is HTTP."""
    value = proxy.value if "://" in proxy.value else f"http://{proxy.value}"
    try:
        parts = urlsplit(value)
        is_whole = parts.scheme in SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is none
        is_whole = False
    if not is_whole:
        raise BadSetup(f"{proxy.name} names no proxy that can be used.", hint=HINT)
    return parts._replace(scheme=SCHEMES[parts.scheme]).geturl()


def _goes_past(exceptions: str, host: str) -> bool:
    """Tell whether a host is one of those NO_PROXY names: itself, its parent, its network, or all."""
    return any(_covers(one.lower(), host.lower()) for one in re.split(r"[\s,]+", exceptions) if one)


def _covers(entry: str, host: str) -> bool:
    if entry == "*":
        return True
    name = entry.partition("]")[0].lstrip("[") if entry.startswith("[") else entry
    try:
        return ip_address(host) in ip_network(name, strict=False)
    except ValueError:  # one of them is a name
        name = name.partition(":")[0].lstrip("*.")
        return bool(name) and (host == name or host.endswith(f".{name}"))


def _check_writable(keys: Variable) -> None:
    """Try what Python does with every connection over TLS, and whose failure it tells of no variable."""
    try:
        with Path(keys.value).open("a"):
            pass
    except OSError as error:
        hint = "Unset it, unless you listen in on connections."
        raise BadSetup(f"{keys.name} names {keys.value}, which cannot be written.", hint=hint) from error


def _certificates(trust: Variable) -> ssl.SSLContext:
    path = Path(trust.value)
    try:
        if path.is_dir():
            return ssl.create_default_context(capath=str(path))
        return ssl.create_default_context(cafile=str(path))
    except (OSError, ValueError) as error:
        hint = "Unset it, or let it name certificates that are there."
        raise BadSetup(f"{trust.name} names {trust.value}, which holds no certificates.", hint=hint) from error
