"""One connection by its URL: URLs as vendors print them, and the driver's errors turned into ours."""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg

from civitai_engagement.errors import BadSetup, Broken, EngagementError, StoreDown
from civitai_engagement.store.parameters import PAGE, Demand, demand_of
from civitai_engagement.store.url import Destination, no_port, unreadable

ANY = "DATABASE_URL"


async def connect(
    url: str, *, setting: str = ANY, schema: str | None = None, **options: Any
) -> "asyncpg.Connection[Any]":
    """Connect by the URL that a setting or an option holds; `schema` is where names are looked up.

    Of our own nothing but our name goes along at the start: poolers refuse it.

    Raises:
        BadSetup: It cannot be read; what is wrong in it is not repeated. Or it asks for what cannot be done.
    """
    destination = Destination.read(url, setting)
    demand = demand_of(destination, setting)
    server = demand.server | options.pop("server_settings", {})
    common = {"timeout": demand.seconds, "server_settings": server, **demand.options, **options}
    try:
        connection = await _first(destination, demand, common)
    except _REFUSED_WORDS as error:
        raise _in_words(error, setting) from error
    if schema is not None:
        await connection.execute(looking_in(schema))
    return connection


async def _first(destination: Destination, demand: Demand, common: Mapping[str, Any]) -> "asyncpg.Connection[Any]":
    """Connect to the first host that answers and is what is sought; each has its own time, unlike with the driver."""
    who: dict[str, Any] = {"user": destination.user, "password": destination.password, "database": destination.database}
    hosts = destination.hosts or (("", None),)
    error: Exception | None = None
    for sought in _sought(demand.sought, len(hosts)):
        for host, port in hosts:
            there: dict[str, Any] = {"host": host or None, "port": port, "target_session_attrs": sought}
            try:
                connection: asyncpg.Connection[Any] = await asyncpg.connect(**there, **who, **common)
            except _NEXT as failure:
                error = failure
            else:
                return connection
    assert error is not None  # noqa: S101 # there is a host
    raise error


def _sought(said: str | None, hosts: int) -> tuple[str | None, ...]:
    return ("standby", "any") if said == "prefer-standby" and hosts > 1 else (said,)


# Another host may do better. A wrong password is none of these.
_NEXT = (OSError, TimeoutError, asyncpg.CannotConnectNowError, asyncpg.TargetServerAttributeNotMatched)


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """The way to one database: its URL, and the setting or option that holds it.

    >>> connection = await DatabaseAddress("postgresql://me@localhost/civitai").connect()
    """

    url: str
    setting: str = ANY

    async def connect(self, *, schema: str | None = None, **options: Any) -> "asyncpg.Connection[Any]":
        return await connect(self.url, setting=self.setting, schema=schema, **options)


def looking_in(schema: str) -> str:
    """Spell the statement that lets names be looked up in one schema."""
    return f"set search_path to {quoted(schema)}"


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


_REFUSED_WORDS = (
    asyncpg.UndefinedObjectError,
    asyncpg.InvalidParameterValueError,
    asyncpg.CantChangeRuntimeParamError,
    asyncpg.InsufficientPrivilegeError,
    asyncpg.ProtocolViolationError,
    ConnectionError,
    ssl.SSLError,
    ValueError,
    OverflowError,
)


def _in_words(error: Exception, setting: str) -> Exception:
    """Say what is wrong with a URL, or give the error back where the URL is not to blame."""
    if isinstance(error, ssl.SSLError):
        said = getattr(error, "verify_message", "") or error.reason or "TLS failed"
        return BadSetup(f"{setting}: the server's TLS is refused: {said}.", hint="Check sslmode and sslrootcert.")
    if isinstance(error, ConnectionError):
        return _without_tls(setting) if "rejected SSL" in str(error) else error
    if isinstance(error, OverflowError):
        return no_port(setting)
    if isinstance(error, ValueError):
        return _unread(error, setting)
    return BadSetup(
        f"{setting} holds a setting the server refuses: {_said(error)}.", hint=f"Take that out of the URL. {PAGE}"
    )


def _without_tls(setting: str) -> BadSetup:
    return BadSetup(
        f"{setting} asks for TLS, and the server offers none.",
        hint="Take sslmode out of the URL where the way to the server is safe, or switch TLS on there.",
    )


def _unread(error: ValueError, setting: str) -> BadSetup:
    """Repeat only words that name a file: others repeat parts of the URL, and so of the password."""
    said = str(error).partition("\n")[0]
    if isinstance(error, asyncpg.ClientConfigurationError) and said.startswith("root certificate"):
        hint = f"Name one with sslrootcert, or write sslrootcert=system for the authorities of this machine. {PAGE}"
        return BadSetup(f"{setting} cannot be used: {said}.", hint=hint)
    return unreadable(setting)


def where(url: str, name: str = "The database") -> str:
    """Name a database without its password."""
    try:
        place = Destination.read(url, name).place
    except BadSetup:
        place = ""
    return f"{name} at {place}" if place else name


@contextmanager
def ours(place: str, *, setting: str = ANY) -> Iterator[None]:
    """Turn the driver's errors into ours, the cause kept."""
    try:
        yield
    except EngagementError:
        raise
    except DRIVER as error:
        raise _turned(error, place, setting) from error


DRIVER = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
_DOWN: tuple[tuple[tuple[type[Exception], ...], str, str], ...] = (
    ((asyncpg.QueryCanceledError,), "The database took too long to answer.", "Try again, or ask for less."),
    ((asyncpg.CannotConnectNowError,), "The database is still starting.", "Try again in a few seconds."),
    (
        (asyncpg.ReadOnlySQLTransactionError,),
        "{place} takes no writes: it is read-only.",
        "Let {setting} lead to the primary, with a role that may write; live tools work without it.",
    ),
    (
        (asyncpg.TargetServerAttributeNotMatched,),
        "None of the servers in {setting} is what its target_session_attrs asks for.",
        "Take it out of the URL, or name others.",
    ),
    (
        (*DRIVER[:2], asyncpg.PostgresConnectionError, *DRIVER[3:]),
        "{place} does not answer.",
        "Try again; live tools work without it.",
    ),
    (
        (asyncpg.DiskFullError, asyncpg.OutOfMemoryError, asyncpg.TooManyConnectionsError),
        "{place} is out of room: {error}.",
        "Free some, then try again.",
    ),
    ((asyncpg.OperatorInterventionError,), "The database is shutting down.", "Try again in a few seconds."),
    (
        (asyncpg.DeadlockDetectedError, asyncpg.SerializationError, asyncpg.LockNotAvailableError),
        "Another writer was in the way.",
        "Try again.",
    ),
    ((asyncpg.IdleInTransactionSessionTimeoutError,), "The database ended a write that had stopped.", "Try again."),
)


def _said(error: Exception) -> str:
    """Give what an error says, without the HINT and DETAIL that Postgres adds for its own operator."""
    return str(error).partition("\n")[0]


def _turned(error: Exception, place: str, setting: str) -> EngagementError:
    if isinstance(error, (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError)):
        return BadSetup(f"{place} refuses us: {_said(error)}.", hint=f"Check {setting}.")
    if isinstance(error, asyncpg.InsufficientPrivilegeError):
        return BadSetup(f"{place} does not let us: {_said(error)}.", hint=f"Grant it to the role in {setting}. {PAGE}")
    for kinds, said, hint in _DOWN:
        if isinstance(error, kinds):
            named = {"place": place, "setting": setting, "error": _said(error)}
            return StoreDown(said.format(**named), hint=hint.format(**named))
    return Broken(f"The database refused a statement: {type(error).__name__}.")
