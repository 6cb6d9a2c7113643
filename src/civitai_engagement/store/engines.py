"""What starts the jobs, for all processes on one database."""

from datetime import datetime

from civitai_engagement.records.condition import EngineInForce
from civitai_engagement.setting_values import Engine
from civitai_engagement.store.queries import Connection, load


class Engines:
    """The engine in force as one connection sees it.

    >>> await engines.choose(Engine.AIRFLOW, by="host:1234", now=now)
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sql = load("engines")

    async def in_force(self) -> EngineInForce | None:
        """Give what was chosen last; None where nobody ever chose."""
        row = await self._sql["in_force"].one_or_none(self._connection)
        return EngineInForce(**{**row, "engine": Engine(row["engine"])}) if row else None

    async def choose(self, engine: Engine, *, by: str, now: datetime) -> None:
        """Put an engine in force; saying again what holds changes nothing."""
        await self._sql["choose"].run(self._connection, engine=engine, by=by, now=now)
