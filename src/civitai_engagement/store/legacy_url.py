"""URLs written for Prisma, as the older server's own settings have them: it has words of its own."""

from urllib.parse import unquote_plus

# What Prisma reads and neither the driver nor Postgres knows (prisma.io/docs, PostgreSQL, "Arguments"). What makes a
# connection safe is not among them (sslaccept=strict, sslidentity, channel_binding): the server refuses it by name.
PRISMA = {
    "schema",
    "pgbouncer",
    "connection_limit",
    "pool_timeout",
    "connect_timeout",
    "socket_timeout",
    "statement_cache_size",
    "max_connection_lifetime",
    "max_idle_connection_lifetime",
    "single_use_connections",
}
LAX = "sslaccept=accept_invalid_certs"  # what the driver does, too, unless sslmode says verify-ca or verify-full


def without_prisma(url: str) -> str:
    """Take out what only Prisma reads; the rest stays as it is written.

    >>> without_prisma("postgresql://me@host/name?schema=civitai&sslmode=require")
    'postgresql://me@host/name?sslmode=require'
    """
    place, mark, query = url.partition("?")
    kept = "&".join(one for one in query.split("&") if one.partition("=")[0] not in PRISMA and one != LAX)
    return f"{place}{mark}{kept}" if kept else place


def setting_of(url: str, wanted: str) -> str | None:
    """Give what a URL sets by a name, the last one as all readers of URLs do."""
    settings = (one.partition("=") for one in url.partition("?")[2].split("&"))
    named = [unquote_plus(value) for name, _, value in settings if name == wanted]
    return named[-1] or None if named else None


def schema_of(url: str) -> str | None:
    """Name the schema that a URL asks for."""
    return setting_of(url, "schema")
