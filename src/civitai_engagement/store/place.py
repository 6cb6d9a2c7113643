"""Where our tables are in a database, or may go: never among those of others, unless it was chosen."""

from dataclasses import dataclass
from typing import NoReturn

from civitai_engagement.errors import BadInput, BadSetup, StoreDown
from civitai_engagement.store.connecting import ANY, PAGE, DatabaseAddress, quoted
from civitai_engagement.store.legacy_url import schema_of
from civitai_engagement.store.queries import Connection, load

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
            _refuse_without_room(here, here.schema or "public", f" or `{_adopting(here)}`")
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
            raise BadSetup(
                f"The schema {OWN_SCHEMA} of the database {here.database} holds tables of others ({found}).",
                hint=f"Give us another database in {setting}.",
            )
        return OWN

    async def _refuse_strangers(self, here: Here, schema: str) -> None:
        if found := await self._strangers(schema):
            raise BadSetup(
                f"{ANY} leads to the database {here.database}, which holds tables of others in schema {schema}"
                f" ({found}): nothing was written there.",
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
        """Name what others keep in a schema; empty where there is nothing."""
        rows = await self._sql["strangers"].all(self._connection, schema=schema, vendors=VENDOR_ROLES)
        names = [row["name"] for row in rows]
        if not names or (names == [VERSIONS] and not await self._is_used(schema)):
            return ""
        more = rows[0]["of"] - len(names)
        return ", ".join(names) + (f" and {more} more" if more else "")

    async def _is_used(self, schema: str) -> bool:
        """Tell whether a table of versions, all there is, says any: one without is what undoing all leaves."""
        statement = f"select exists (select from {quoted(schema)}.{VERSIONS})"  # noqa: S608 # there is no parameter for a name
        return bool(await self._connection.fetchval(statement))


async def place_behind(door: DatabaseAddress) -> TablesPlace:
    """Say where our tables are behind a door, or where they may go."""
    connection = await door.connect()
    try:
        places = Places(connection)
        return await places.ours() or await places.chosen(door.setting, named=schema_of(door.url))
    finally:
        await connection.close()


def _adopting(here: Here) -> str:
    return f"civitai-engagement migrate --adopt {here.database}"


def _refuse_without_room(here: Here, schema: str, instead: str) -> NoReturn:
    raise BadSetup(
        f"The role {here.role} may not make tables in schema {schema} of the database {here.database}.",
        hint=f"As its owner: `create schema if not exists {schema}; grant usage, create on schema {schema} to"
        f" {quoted(here.role)}`{instead}. {PAGE}",
    )
