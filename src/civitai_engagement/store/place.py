"""Where our tables are in a database, or may go: never among those of others, unless it was chosen."""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from civitai_engagement.errors import BadInput, BadSetup, StoreDown
from civitai_engagement.store.connecting import ANY, DatabaseAddress, quoted
from civitai_engagement.store.parameters import PAGE
from civitai_engagement.store.queries import Connection, load
from civitai_engagement.store.url import schema_of

if TYPE_CHECKING:
    import asyncpg

OWN_SCHEMA, OWN_VERSIONS = "engagement", "civitai_engagement_version"
VERSIONS = "alembic_version"
# Vendors keep schemas and roles of their own in each database; what is in or of these is nobody's table.
VENDOR_SCHEMAS = ["extensions", "heroku_ext", "rds_tools", "tiger", "topology", "cron", "hint_plan", "neon", "auth"]
VENDOR_ROLES = [
    "rdsadmin",
    "cloudsqladmin",
    "cloudsqlsuperuser",
    "alloydbadmin",
    "azuresu",
    "azure_superuser",
    "supabase_admin",
    "supabase_auth_admin",
    "supabase_storage_admin",
    "cloud_admin",
]


@dataclass(frozen=True, slots=True)
class TablesPlace:
    """The schema of our tables, and the table in it that says their version."""

    schema: str
    versions: str = VERSIONS


OWN = TablesPlace(OWN_SCHEMA, OWN_VERSIONS)
FUNCTIONS = [
    "gains",
    "mentioning",
    "outdate_features",
    "outdate_features_of_changed",
    "outdate_features_of_new",
    "refuse_change",
]
VIEWS = ["engagement"]


def relations() -> list[str]:
    """Name our tables and indexes, as the migrations make them."""
    from civitai_engagement.records.tables import metadata  # heavy: only who makes tables needs it

    tables = metadata.tables.values()
    return [*metadata.tables, *(str(index.name) for table in tables for index in table.indexes)]


@dataclass(frozen=True, slots=True)
class Here:
    """What a connection finds: the schema where tables would go (None: there is none), and what its role may do."""

    database: str
    role: str
    schema: str | None
    may_create: bool
    may_make_schemas: bool
    is_read_only: bool


class Places:
    """What one connection sees of schemas.

    >>> place = await Places(connection).ours() or await Places(connection).chosen("DATABASE_URL", named=None)
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sql = load("place")

    async def ours(self) -> TablesPlace | None:
        """Say where our tables are; None where there are none."""
        row = await self._sql["ours"].one_or_none(self._connection, own=OWN_SCHEMA, own_versions=OWN_VERSIONS)
        return TablesPlace(row["schema"], row["versions"]) if row else None

    async def chosen(self, setting: str, *, named: str | None) -> TablesPlace:
        """Choose where our tables go in a database that has none of them; `named` is a schema that the URL names.

        Raises:
            BadSetup: Tables of others are there and nobody said that ours may join them, or the role may make none.
            StoreDown: Nothing can be written here.
        """
        here = await self._here()
        if setting != ANY:
            return await self._beside_others(here, setting)
        await self._refuse_older(here)
        for schema in dict.fromkeys(filter(None, (here.schema, named))):
            await self._refuse_strangers(here, schema)
        if here.schema is None or not here.may_create:
            instead = f" or `{_adopting(here)}`" if here.may_make_schemas else ""
            _refuse_without_room(here, here.schema or "public", instead)
        return TablesPlace(here.schema)

    async def adopted(self, name: str) -> TablesPlace:
        """Make room for our tables in a database that holds those of others, once its name was said.

        Raises:
            BadInput: This is another database.
            BadSetup: The role may not make tables here.
        """
        here = await self._here()
        if name != here.database:
            hint = f"Nothing was done. If you mean it: `{_adopting(here)}`."
            raise BadInput(f"This is the database {here.database}, and not {name}.", hint=hint)
        return await self.ours() or await self._own(here)

    async def _here(self) -> Here:
        here = Here(**(await self._sql["here"].all(self._connection, vendors=VENDOR_SCHEMAS))[0])
        if here.is_read_only:
            raise StoreDown(
                f"The database {here.database} takes no writes, so our tables cannot be made in it.",
                hint="Connect to the primary, with a role that may write; live tools work without it.",
            )
        return here

    async def _beside_others(self, here: Here, setting: str) -> TablesPlace:
        if here.schema and here.may_create and not await self._strangers(here.schema):
            return TablesPlace(here.schema)
        return await self._own(here, setting)

    async def _own(self, here: Here, setting: str = ANY) -> TablesPlace:
        may_create = await self._sql["may_create"].value(self._connection, schema=OWN_SCHEMA)
        if may_create is None and here.may_make_schemas:
            await self._connection.execute(f"create schema if not exists {quoted(OWN_SCHEMA)}")
            return OWN
        if not may_create:
            _refuse_without_room(here, OWN_SCHEMA, "")
        if found := await self._strangers(OWN_SCHEMA):
            hint = f"Give us another database in {setting}."
            raise BadSetup(f"The database {here.database} holds {found}: nothing was written there.", hint=hint)
        return OWN

    async def _refuse_strangers(self, here: Here, schema: str) -> None:
        if found := await self._strangers(schema):
            raise BadSetup(
                f"{ANY} leads to the database {here.database}, which holds {found}: nothing was written there.",
                hint=f"To keep ours beside them, in a schema `{OWN_SCHEMA}`: `{_adopting(here)}`. Else unset {ANY}.",
            )

    async def _refuse_older(self, here: Here) -> None:
        schema = await self._sql["older"].value(self._connection)
        if schema is not None:
            raise BadSetup(
                f"{ANY} leads to the older server's database {here.database} (schema {schema}): nothing was written.",
                hint=f"Unset {ANY} and run `civitai-engagement import --from-database URL`; or keep ours beside it"
                f" first: `{_adopting(here)}`.",
            )

    async def _strangers(self, schema: str) -> str:
        """Say what others keep in a schema that keeps us out of it; empty where there is nothing."""
        rows = await self._sql["strangers"].all(self._connection, schema=schema, vendors=VENDOR_ROLES)
        if rows and ([row["name"] for row in rows] != [VERSIONS] or await self._is_used(schema)):
            return f"tables of others in schema {schema} ({_listed(rows)})"
        rows = await self._sql["namesakes"].all(
            self._connection, schema=schema, functions=FUNCTIONS, relations=relations()
        )
        return f"names of ours in use by others in schema {schema} ({_listed(rows)})" if rows else ""

    async def _is_used(self, schema: str) -> bool:
        """Tell whether a table of versions, all there is, says any: one without is what undoing all leaves."""
        statement = f"select exists (select from {quoted(schema)}.{VERSIONS})"  # noqa: S608 # there is no parameter for a name
        return bool(await self._connection.fetchval(statement))


async def place_behind(door: DatabaseAddress) -> TablesPlace:
    """Say where our tables are behind a door, or where they may go."""
    connection = await door.connect()
    try:
        places = Places(connection)
        return await places.ours() or await places.chosen(door.setting, named=schema_of(door.url, door.setting))
    finally:
        await connection.close()


def _listed(rows: "Sequence[asyncpg.Record]") -> str:
    more = rows[0]["of"] - len(rows)
    return ", ".join(row["name"] for row in rows) + (f" and {more} more" if more else "")


def _adopting(here: Here) -> str:
    """Spell the command, so that a shell hands the name on as it is, and we do not take it for an option."""
    mark = "=" if here.database.startswith("-") else " "
    return f"civitai-engagement migrate --adopt{mark}{shlex.quote(here.database)}"


def _in_sql(name: str) -> str:
    return name if re.fullmatch("[a-z_][a-z0-9_]*", name) else quoted(name)


def _refuse_without_room(here: Here, schema: str, instead: str) -> NoReturn:
    raise BadSetup(
        f"The role {here.role} may not make tables in schema {schema} of the database {here.database}.",
        hint=f"As its owner: `create schema if not exists {_in_sql(schema)}; grant usage, create on schema"
        f" {_in_sql(schema)} to {quoted(here.role)}`{instead}. {PAGE}",
    )
