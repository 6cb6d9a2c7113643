"""The URL of a database taken apart: as libpq reads it, and as JDBC, SQLAlchemy and shells write it besides."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote, unquote_plus

from civitai_engagement.errors import BadSetup

# postgresql+asyncpg:// as SQLAlchemy has it, jdbc:postgresql:// as Java does.
_SCHEME = re.compile(r"(?:jdbc:)?postgres(?:ql)?(?:\+\w+)?://")
_PARTS = re.compile(r"(?:([^@/?#]*)@)?([^@/?#]*)(?:/([^@?#]*))?(?:\?([^#]*))?(?:#[^@]*)?", re.DOTALL)
_HOST = re.compile(r"(?:\[([^\]]+)\]|([^:\[\]]*))(?::(\d*))?")
# The other form libpq knows: host=localhost dbname='my shop'
_WORD = re.compile(r"\s*(\w+)\s*=\s*('(?:[^'\\]|\\.)*'|(?:[^\s'\\]|\\.)+)\s*", re.DOTALL)
# Shells and copied commands leave their marks: psql 'postgresql://...'
_WRAPPED = re.compile(r"\s*(?:psql\s+)?(['\"]?)(.*?)\1\s*", re.DOTALL)
_AS_WRITTEN = {"user", "password", "sslpassword"}  # a + in these is one; elsewhere it is a blank, as in all queries
Host = tuple[str, int | None]


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a URL leads, and what it asks for besides; what it does not say is None.

    >>> Destination.read("postgres://me@db.example:6543/shop?sslmode=require", "DATABASE_URL").hosts
    (('db.example', 6543),)
    """

    hosts: tuple[Host, ...] = ()
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    database: str | None = None
    parameters: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, url: str, setting: str) -> "Destination":
        """Read what a setting holds.

        Raises:
            BadSetup: It is no URL of a Postgres; what it holds is not repeated, for it may be a password.
        """
        wrapped = _WRAPPED.fullmatch(url)
        text = wrapped[2] if wrapped else url
        if "\0" in text or "%00" in text:
            raise unreadable(setting)
        if scheme := _SCHEME.match(text):
            return _from_url(text[scheme.end() :], setting)
        return _merged(cls(parameters=_words(text, setting)), setting)

    @property
    def place(self) -> str:
        """Name the servers, without who may enter; empty where none is named, or a socket."""
        servers = ((f"[{name}]" if ":" in name else name, port or 5432) for name, port in self.hosts)
        return ", ".join(f"{name}:{port}" for name, port in servers if name and not name.startswith("/"))


def unreadable(setting: str) -> BadSetup:
    hint = "Write postgresql://user:password@host/name, with # / ? @ in the password as %23 %2F %3F %40."
    return BadSetup(f"{setting} cannot be read.", hint=hint)


def no_port(setting: str) -> BadSetup:
    hint = "Write one from 1 to 65535; 5432 is usual. Where the URL names none, PGPORT counts."
    return BadSetup(f"{setting} names a port that is none.", hint=hint)


def schema_of(url: str, setting: str) -> str | None:
    """Name the schema that a URL asks for, as Prisma's and Java's do."""
    parameters = Destination.read(url, setting).parameters
    return parameters.get("schema") or parameters.get("currentSchema", "").partition(",")[0].strip() or None


def _from_url(rest: str, setting: str) -> Destination:
    parts = _PARTS.fullmatch(rest)
    if parts is None:
        raise unreadable(setting)
    who, hosts, database, query = (part or "" for part in parts.groups())
    if hosts and not who and not database and "@" in query:  # a ? in the password makes what stands before it the host
        raise unreadable(setting)
    user, _, password = who.partition(":")
    found = Destination(
        tuple(_hosts(hosts, setting, decoded=unquote)),
        unquote(user) or None,
        unquote(password) or None,
        unquote(database) or None,
        dict(_query(query, setting)),
    )
    return _merged(found, setting)


def _query(query: str, setting: str) -> Iterator[tuple[str, str]]:
    """Give what a query sets; the last of several counts, and an empty one says nothing."""
    for one in filter(None, query.split("&")):
        name, is_set, value = one.partition("=")
        if not is_set:
            raise unreadable(setting)
        name = unquote_plus(name)
        yield name, unquote(value) if name in _AS_WRITTEN else unquote_plus(value)


def _words(text: str, setting: str) -> dict[str, str]:
    words, end = {}, 0
    while word := _WORD.match(text, end):
        value, end = word[2], word.end()
        words[word[1]] = re.sub(r"\\(.)", r"\1", value[1:-1] if value.startswith("'") else value, flags=re.DOTALL)
    if not words or end < len(text):
        raise unreadable(setting)
    return words


def _merged(found: Destination, setting: str) -> Destination:
    """Put what the parameters say of place and person where it belongs; they go before the URL's own parts."""
    rest = {name: value for name, value in found.parameters.items() if value}
    hosts, ports = rest.pop("host", ""), rest.pop("port", "")
    named = tuple(_hosts(hosts, setting)) or found.hosts
    database = rest.pop("database", None) or found.database
    return Destination(
        _with_ports(named, ports, setting),
        rest.pop("user", None) or found.user,
        rest.pop("password", None) or found.password,
        rest.pop("dbname", None) or database,
        rest,
    )


def _hosts(text: str, setting: str, *, decoded: Callable[[str], str] = str) -> Iterator[Host]:
    for one in text.split(",") if text else ():
        if one.startswith("/"):  # the folder of a socket, in which a colon is one
            yield one, None
            continue
        read = _HOST.fullmatch(one)
        if read is None:
            raise unreadable(setting)
        yield read[1] or decoded(read[2]), _port(read[3], setting) if read[3] else None


def _with_ports(hosts: tuple[Host, ...], text: str, setting: str) -> tuple[Host, ...]:
    if not text:
        return hosts
    ports = [_port(one, setting) for one in text.split(",")]
    hosts = hosts or (("", None),)
    if len(ports) not in {1, len(hosts)}:
        raise BadSetup(
            f"{setting} names {len(hosts)} hosts and {len(ports)} ports.", hint="Name one port, or one each."
        )
    return tuple((name, ports[place % len(ports)]) for place, (name, _) in enumerate(hosts))


def _port(text: str, setting: str) -> int:
    port = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0  # digits of 65535
    if not 0 < port < 2**16:
        raise no_port(setting)
    return port
