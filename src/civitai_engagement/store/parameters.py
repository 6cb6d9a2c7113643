"""What a database's URL asks for beside the place: what the driver does, what has no meaning here, what cannot be done.

Names are those of libpq (postgresql.org/docs, "Parameter Key Words"), of Java's driver (jdbc.postgresql.org,
"Connection Parameters"), of Prisma (prisma.io/docs, PostgreSQL) and of what vendors print. What is none of them is a
setting of the server, and goes to it.
"""

import math
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from civitai_engagement.errors import BadSetup
from civitai_engagement.store.url import Destination

CONNECT_SECONDS = 10.0
OUR_NAME = {"application_name": "civitai-engagement"}
PAGE = "docs/databases.md says what each vendor's URL needs."
MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
# What the driver reads itself, and the values it knows where they are few.
_DRIVEN: dict[str, tuple[str, ...]] = {
    "sslmode": MODES,
    "sslnegotiation": ("postgres", "direct"),
    "ssl_min_protocol_version": ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"),
    "ssl_max_protocol_version": ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"),
    "target_session_attrs": ("any", "read-write", "read-only", "primary", "standby", "prefer-standby"),
    "gsslib": ("gssapi", "sspi"),
    "krbsrvname": (),
    "passfile": (),
    "service": (),
    "sslcert": (),
    "sslcrl": (),
    "sslkey": (),
    "sslpassword": (),
    "sslrootcert": (),
}
_PROVING = MODES[3:]  # with less, files are not even looked for
# Other names of the same.
_SAME = {
    "ApplicationName": "application_name",
    "channelBinding": "channel_binding",
    "connectTimeout": "connect_timeout",
    "gssEncMode": "gssencmode",
    "kerberosServerName": "krbsrvname",
    "loginTimeout": "connect_timeout",
    "requireAuth": "require_auth",
    "sslNegotiation": "sslnegotiation",
    "targetServerType": "target_session_attrs",
}
_SERVERS = {
    "master": "primary",
    "preferPrimary": "any",
    "preferSecondary": "prefer-standby",
    "preferSlave": "prefer-standby",
    "secondary": "standby",
    "slave": "standby",
}
# How other programs keep, watch and share their connections: of no meaning to ours. We set an encoding, notice dead
# peers, and share connections by ourselves.
_OTHERS = """
    client_encoding fallback_application_name gssdelegation keepalives keepalives_count keepalives_idle
    keepalives_interval load_balance_hosts max_protocol_version min_protocol_version sslcompression sslkeylogfile
    sslsni tcp_user_timeout

    connection_limit max_connection_lifetime max_idle_connection_lifetime pgbouncer pool_timeout schema
    single_use_connections socket_timeout statement_cache_size

    adaptiveFetch adaptiveFetchMaximum adaptiveFetchMinimum allowEncodingChanges assumeMinServerVersion autosave
    binaryTransfer binaryTransferDisable binaryTransferEnable cancelSignalTimeout charSet characterEncoding
    cleanupSavepoints currentSchema databaseMetadataCacheFields databaseMetadataCacheFieldsMiB defaultRowFetchSize
    disableColumnSanitiser escapeSyntaxCallMode gssResponseTimeout hideUnprivilegedObjects hostRecheckSeconds
    loadBalanceHosts logServerErrorDetail logUnclosedConnections loggerFile loggerLevel maxResultBuffer
    preferQueryMode prepareThreshold preparedStatementCacheQueries preparedStatementCacheSizeMiB
    quoteReturningIdentifiers reWriteBatchedInserts readOnly readOnlyMode receiveBufferSize sendBufferSize
    socketTimeout sslResponseTimeout stringtype tcpKeepAlive tcpNoDelay unknownLength useUnicode

    async_fallback binary_parameters conn_health_checks conn_max_age default_query_exec_mode
    description_cache_capacity encoding pool pool_health_check_period pool_max_conn_idle_time pool_max_conn_lifetime
    pool_max_conn_lifetime_jitter pool_max_conns pool_min_conns prepared_statement_cache_size prepared_statements
    reconnect statement_cache_capacity supa uselibpqcompat workaround
"""  # libpq; Prisma; Java; SQLAlchemy, Rails, Django, Go, node, Vercel
PASSED_OVER = frozenset(_OTHERS.split())
# What we cannot do, unless it says that it need not be: dropped without a word, it would be missed.
_UNABLE: dict[str, tuple[str, ...]] = {
    "channel_binding": ("prefer", "disable"),
    "gssencmode": ("prefer", "disable", "allow"),
    "hostaddr": (),
    "replication": ("false", "off", "no", "0"),
    "require_auth": (),
    "requirepeer": (),
    "scram_client_key": (),
    "scram_server_key": (),
    "servicefile": (),
    "socketFactory": (),
    "socketFactoryArg": (),
    "sslcertmode": ("allow", "disable"),
    "sslcrldir": (),
    "sslfactory": ("org.postgresql.ssl.NonValidatingFactory",),
    "sslhostnameverifier": (),
    "sslpasswordcallback": (),
}
_INSTEAD = {
    "channel_binding": "Take it out of the URL; sslmode=verify-full makes the server prove who it is.",
    "hostaddr": "Write the address as the host.",
}
LAX = ("sslaccept", "accept_invalid_certs")  # Prisma's; what the driver does, too, unless sslmode says verify


@dataclass(frozen=True, slots=True)
class Demand:
    """What the driver is asked for."""

    seconds: float
    server: dict[str, str]
    driver: dict[str, str]
    context: ssl.SSLContext | None
    sought: str | None

    @property
    def options(self) -> dict[str, Any]:
        """Spell them for `asyncpg.connect`, which reads files and modes in a URL alone."""
        url = f"postgresql:///?{urlencode(self.driver, quote_via=quote)}" if self.driver else None
        return {"dsn": url} | ({"ssl": self.context} if self.context else {})


def demand_of(destination: Destination, setting: str) -> Demand:
    """Sort what a URL asks for.

    Raises:
        BadSetup: A parameter says what it cannot, names a file that is not there, or asks for what we cannot do.
    """
    asked = _translated(destination.parameters)
    for name in sorted(asked.keys() & _UNABLE.keys()):
        _refuse_unable(name, asked.pop(name), setting)
    seconds = _seconds(asked.pop("connect_timeout", "0"), setting)
    driver = {name: asked.pop(name) for name in _DRIVEN if name in asked}
    for name, value in driver.items():
        if _DRIVEN[name] and value not in _DRIVEN[name]:
            one_of = ", ".join(_DRIVEN[name])
            raise BadSetup(f"{setting} cannot be used: `{name}` parameter must be one of: {one_of}.", hint=PAGE)
    context = _trusting_the_system(driver, setting)
    if driver.get("sslnegotiation") == "direct" and context is None and driver.get("sslmode") not in _PROVING:
        raise BadSetup(f"{setting}: sslnegotiation=direct asks for sslmode=require.", hint="Write that with it.")
    _check_files(driver, setting)
    server = {name: value for name, value in asked.items() if name not in PASSED_OVER and (name, value) != LAX}
    sought = driver.pop("target_session_attrs", None)
    return Demand(seconds, OUR_NAME | server, driver, context, sought)


def _translated(parameters: Mapping[str, str]) -> dict[str, str]:
    asked = {_SAME.get(name, name): value for name, value in parameters.items()}
    if "target_session_attrs" in asked:
        asked["target_session_attrs"] = _SERVERS.get(asked["target_session_attrs"], asked["target_session_attrs"])
    if mode := _mode(asked.pop("ssl", "")):
        asked.setdefault("sslmode", mode)
    if "sslmode" in asked:
        asked["sslmode"] = _mode(asked["sslmode"].lower()) or "prefer"
    return asked


def _mode(said: str) -> str:
    """Read what says whether there is TLS: `ssl=true` is `require` to libpq, too, and SQLAlchemy's `ssl` is a mode."""
    if said in {"true", "1", "on", "no-verify"}:  # the last is node's
        return "require"
    return "" if said in {"false", "0", "off"} else said


def _refuse_unable(name: str, value: str, setting: str) -> None:
    if value in _UNABLE[name]:
        return
    asks = (
        f"{name}={value}" if name in {"channel_binding", "gssencmode", "sslcertmode"} and value == "require" else name
    )
    hint = _INSTEAD.get(name, "Take it out of the URL.")
    raise BadSetup(f"{setting} asks for {asks}, which the driver of this program cannot do.", hint=f"{hint} {PAGE}")


def _seconds(said: str, setting: str) -> float:
    """How long connecting may take; 0 and less say nothing."""
    with suppress(ValueError):
        if math.isfinite(seconds := float(said)):
            return seconds if seconds > 0 else CONNECT_SECONDS
    raise BadSetup(f"{setting}: connect_timeout is no number of seconds.", hint="Write one like connect_timeout=10.")


def _trusting_the_system(driver: dict[str, str], setting: str) -> ssl.SSLContext | None:
    """Do what `sslrootcert=system` says since libpq 16: the server proves who it is by this machine's authorities."""
    if driver.get("sslrootcert") != "system":
        return None
    if driver.pop("sslmode", "verify-full") != "verify-full":
        raise BadSetup(f"{setting}: sslrootcert=system asks for sslmode=verify-full.", hint="Write that with it.")
    del driver["sslrootcert"]
    context = ssl.create_default_context()
    _load_own(context, driver, setting)
    return context


def _check_files(driver: Mapping[str, str], setting: str) -> None:
    """Read the files once before the driver does: it says of one that is missing what it says of a missing server."""
    if driver.get("sslmode") not in _PROVING:
        return
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for name in {"sslrootcert", "sslcrl"} & driver.keys():
        with _file_of(name, driver[name], setting):
            context.load_verify_locations(cafile=driver[name])
    _load_own(context, driver, setting)


def _load_own(context: ssl.SSLContext, driver: Mapping[str, str], setting: str) -> None:
    """Load our own certificate; a key of its own is optional."""
    for name in ("sslkey", "sslcert"):
        if name in driver:
            with _file_of(name, driver[name], setting):
                Path(driver[name]).read_bytes()
    if "sslcert" in driver:
        with _file_of("sslcert", driver["sslcert"], setting):
            context.load_cert_chain(driver["sslcert"], driver.get("sslkey"), lambda: driver.get("sslpassword", ""))


@contextmanager
def _file_of(name: str, path: str, setting: str) -> Iterator[None]:
    try:
        yield
    except ssl.SSLError as error:
        said = error.reason or "it cannot be read"
        raise BadSetup(f"{setting}: {name} names {path}, which is none we can use: {said}.", hint=PAGE) from error
    except OSError as error:
        raise BadSetup(
            f"{setting}: {name} names {path}: {error.strerror}.", hint="Name a file that is there."
        ) from error
