"""Run migrations on the connection the program hands over, or on DATABASE_URL when called by hand."""

import asyncio

from alembic import context
from sqlalchemy import Connection

from civitai_engagement.errors import BadSetup
from civitai_engagement.records.tables import metadata
from civitai_engagement.settings import Settings
from civitai_engagement.store.connecting import DatabaseAddress
from civitai_engagement.store.migrations import engine_for, is_part_of_schema
from civitai_engagement.store.place import VERSIONS, place_behind


def run(connection: Connection, versions: str) -> None:
    context.configure(
        connection=connection, target_metadata=metadata, include_name=is_part_of_schema, version_table=versions
    )
    with context.begin_transaction():
        context.run_migrations()


async def run_on_database_url() -> None:
    database = Settings().database
    if database is None:
        raise BadSetup("DATABASE_URL is not set.", hint="Set it, or run `civitai-engagement migrate`.")
    door = DatabaseAddress(*database)
    place = await place_behind(door)
    engine = engine_for(door, place.schema)
    async with engine.begin() as connection:
        await connection.run_sync(run, place.versions)
    await engine.dispose()


handed_over = context.config.attributes.get("connection")
if handed_over is not None:
    run(handed_over, context.config.attributes.get("versions", VERSIONS))
else:
    asyncio.run(run_on_database_url())
