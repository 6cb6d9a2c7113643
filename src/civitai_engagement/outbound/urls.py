"""Reading the URL of a file, from a user or from a redirect."""

import re

import httpx

from civitai_engagement.errors import BadInput

NAME = re.compile(r"[a-z0-9_][a-z0-9_-]{0,62}(\.[a-z0-9_][a-z0-9_-]{0,62})*\.?")
IPV6 = re.compile(r"[0-9a-f:.]*:[0-9a-f:.]*")
PORTS = {"http": 80, "https": 443}


def read_url(text: str) -> httpx.URL:
    """Take a URL apart, once for all that follows; refuse whatever is not plainly a file on the web."""
    try:
        url = httpx.URL(text.strip())
    except (httpx.InvalidURL, UnicodeError) as error:  # half a character has no spelling on the wire
        raise BadInput("That is not a URL.", hint="Pass one such as https://example.com/picture.png.") from error
    if url.scheme not in PORTS:
        raise BadInput("Only URLs that start with https:// or http:// can be fetched.")
    if url.userinfo:
        raise BadInput("The URL carries a user name or a password.", hint="Pass a URL that works without.")
    if len(name := host_of(url)) > 253 or not (NAME.fullmatch(name) or IPV6.fullmatch(name)):
        raise BadInput("The URL names no host that can be looked up.")
    return url.copy_with(fragment=None)


def host_of(url: httpx.URL) -> str:
    """Give the host as it goes over the wire: lower case, in ASCII, without brackets."""
    return url.raw_host.decode("ascii")


def port_of(url: httpx.URL) -> int:
    """Give the port, named or not."""
    return url.port if url.port is not None else PORTS[url.scheme]
