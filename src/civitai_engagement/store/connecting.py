"""One connection by its URL: URLs as vendors print them, and the driver's errors turned into ours."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import asyncpg

from civitai_engagement.errors import BadSetup, Broken, EngagementError, StoreDown
from civitai_engagement.store.legacy_url import setting_of, without_prisma

CONNECT_SECONDS = 10
OUR_NAME = {"application_name": "civitai-engagement"}
PAGE = "docs/databases.md says what each vendor's URL needs."
ANY = "DATABASE_URL"


def plain(url: str) -> str:
    """Give a URL as the driver reads it: some name the driver in it."""
    return url.replace("postgresql+asyncpg://", "postgresql://", 1)


async def connect(
    url: str, *, setting: str = ANY, schema: str | None = None, **options: Any
) -> "asyncpg.Connection[Any]":
    """Connect by the URL that a setting or an option holds; `schema` is where names are looked up.

    What Prisma alone reads in the URL is passed over. Nothing but our name goes along at the start: poolers refuse it.

    Raises:
        BadSetup: It cannot be read; what is wrong in it is not repeated. Or it asks for what cannot be done.
    """
    _refuse_binding(url, setting)
    try:
        if not _is_whole(url):
            raise _unreadable(setting)
        seconds = _seconds(url)
        connection: asyncpg.Connection[Any] = await asyncpg.connect(
            for_the_driver(url), timeout=seconds, **{**named(url), **options}
        )
    except _REFUSED_WORDS as error:
        raise _in_words(error, setting) from error
    if schema is not None:
        await connection.execute(looking_in(schema))
    return connection


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


def named(url: str) -> dict[str, Any]:
    """Tell the server who we are, unless the URL does."""
    return {} if setting_of(url, "application_name") else {"server_settings": OUR_NAME}


def for_the_driver(url: str) -> str:
    return without_binding(without_prisma(plain(url)))


def without_binding(url: str) -> str:
    place, mark, query = url.partition("?")
    kept = "&".join(one for one in query.split("&") if one.partition("=")[0] != "channel_binding")
    return f"{place}{mark}{kept}" if kept else place


def _refuse_binding(url: str, setting: str) -> None:
    if setting_of(url, "channel_binding") == "require":
        raise BadSetup(
            f"{setting} asks for channel_binding=require, which the driver of this program cannot do.",
            hint=f"Take it out of the URL; sslmode=verify-full makes the server prove who it is. {PAGE}",
        )


def _seconds(url: str) -> float:
    """How long connecting may take: as the URL says, in seconds; 0 is no answer."""
    with suppress(ValueError):
        return float(setting_of(url, "connect_timeout") or 0) or CONNECT_SECONDS
    return CONNECT_SECONDS


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
        hint = "Write one from 1 to 65535; 5432 is usual. Where the URL names none, PGPORT counts."
        return BadSetup(f"{setting} names a port that is none.", hint=hint)
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
    """Repeat only words that name a file or a mode: others repeat parts of the URL, and so of the password."""
    said = str(error).partition("\n")[0]
    if isinstance(error, asyncpg.ClientConfigurationError) and said.startswith(("root certificate", "`sslmode`")):
        return BadSetup(f"{setting} cannot be used: {said}.", hint=PAGE)
    return _unreadable(setting)


def _unreadable(setting: str) -> BadSetup:
    hint = "Write postgresql://user:password@host/name, with # / ? @ in the password as %23 %2F %3F %40."
    return BadSetup(f"{setting} cannot be read.", hint=hint)


def _is_whole(url: str) -> bool:
    """Tell whether the password ends where the host begins: a # or / in it makes what stands before it the host."""
    parts = urlsplit(url)
    return parts.netloc.count("@") < 2 and "@" not in parts.path + parts.fragment


def where(url: str, name: str = "The database") -> str:
    """Name a database without its password."""
    try:
        parts = urlsplit(url)
        place = f" at {parts.hostname}:{parts.port or 5432}" if parts.hostname and _is_whole(url) else ""
    except ValueError:  # a password with a # or a / in it reads as a port
        place = ""
    return f"{name}{place}"


@contextmanager
def ours(place: str, *, setting: str = ANY) -> Iterator[None]:
    """Turn the driver's errors into ours, the cause kept."""
    try:
        yield
    except EngagementError:
        raise
    except _DRIVER as error:
        raise _turned(error, place, setting) from error


_DRIVER = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
_DOWN: tuple[tuple[tuple[type[Exception], ...], str, str], ...] = (
    ((asyncpg.QueryCanceledError,), "The database took too long to answer.", "Try again, or ask for less."),
    ((asyncpg.CannotConnectNowError,), "The database is still starting.", "Try again in a few seconds."),
    (
        (asyncpg.ReadOnlySQLTransactionError,),
        "{place} takes no writes: it is read-only.",
        "Let {setting} lead to the primary, with a role that may write; live tools work without it.",
    ),
    (
        (*_DRIVER[:2], asyncpg.PostgresConnectionError, *_DRIVER[3:]),
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
