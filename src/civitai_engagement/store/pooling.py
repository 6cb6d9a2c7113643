"""What stands between us and Postgres: a pooler that gives each transaction another session is of no use to us."""

from collections.abc import Awaitable, Callable
from secrets import token_hex

import asyncpg

from civitai_engagement.errors import BadSetup
from civitai_engagement.store.connecting import ANY
from civitai_engagement.store.parameters import PAGE
from civitai_engagement.store.queries import Connection

MARK = "civitai_engagement.session"
READ = f"select current_setting('{MARK}', true)"


async def refuse_shared_sessions(
    connection: Connection, another: Callable[[], Awaitable[Connection]], setting: str = ANY
) -> None:
    """Refuse a pooler in transaction or statement mode: locks, what we set and who listens need a session.

    Raises:
        BadSetup: Sessions are shared; the direct address is named.
    """
    try:
        if await _is_direct(connection) or await _keeps_its_own(connection, another):
            return
    except (asyncpg.DuplicatePreparedStatementError, asyncpg.InvalidSQLStatementNameError):
        pass  # others prepare what we see, or have taken what we prepared
    except asyncpg.PostgresError as error:
        if "pooling mode" not in str(error):  # what PgBouncer says in statement mode
            raise
    raise BadSetup(
        f"{setting} leads through a pooler in transaction mode, which keeps no session for us.",
        hint="Use the direct address or session mode (Supabase: port 5432; Neon: the host without -pooler;"
        f" DigitalOcean: port 25060). {PAGE}",
    )


async def _is_direct(connection: Connection) -> bool:
    """Tell whether the process that answers is the one that greeted us: a pooler greets with a number of its own."""
    return await _within(connection, "select pg_backend_pid()") == connection.get_server_pid()


async def _keeps_its_own(connection: Connection, another: Callable[[], Awaitable[Connection]]) -> bool:
    """Mark our session: in a shared one, somebody else reads the mark, or we do not."""
    mark = token_hex(8)
    await connection.execute(f"set {MARK} = '{mark}'")
    other = await another()
    try:
        seen = [await _within(one, READ) for one in (other, connection, other, connection)]
    finally:
        await other.close()
        await connection.execute(f"set {MARK} = ''")
    return mark not in seen[::2] and all(one == mark for one in seen[1::2])


async def _within(connection: Connection, question: str) -> object:
    """Ask within a transaction: alone, a prepared question takes two, and finds itself forgotten."""
    await connection.execute("begin")
    try:
        return await connection.fetchval(question)
    finally:
        await connection.execute("rollback")
