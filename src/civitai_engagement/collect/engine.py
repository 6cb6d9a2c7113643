"""One engine at a time: what a process was told itself goes before what the database says."""

from datetime import UTC

from civitai_engagement.errors import BadSetup
from civitai_engagement.records.condition import EngineInForce
from civitai_engagement.setting_values import Engine
from civitai_engagement.sources import Sources

TELL = "CIVITAI_ENGAGEMENT_ENGINE"
ONE_TICK = "`civitai-engagement collect --once` does one tick under any engine"


class EngineRule:
    """Whether an engine may start the jobs from this process.

    A process that was told (by the setting, or a flag) puts that in force for all; one that was not follows what is.

    >>> reason = await EngineRule(runtime, Engine.AIRFLOW, by="host:1234").forbids()
    """

    def __init__(self, sources: Sources, engine: Engine, *, by: str) -> None:
        self._sources = sources
        self._engine = engine
        self._by = by
        self._said: Engine | None = None

    async def forbids(self) -> str | None:
        """Say why the engine must keep quiet here; None where it may start jobs."""
        told = self._sources.settings.engine
        if told is None:
            return await self._follow()
        await self._say(told)
        return None if told is self._engine else f"the engine set for this process is {told} ({TELL})"

    async def take_over(self, *, by_a_person: bool) -> None:
        """Start this engine where what is in force allows it, or is Airflow fallen silent and a person asks.

        Raises:
            BadSetup: Another engine is in force.
        """
        reason = await self.forbids()
        if reason is None:
            return
        chosen = await self._in_force() if by_a_person and self._sources.settings.engine is None else None
        if chosen is None or not chosen.is_silent(self._sources.clock.now()):
            raise BadSetup(
                f"No clock is kept here: {reason}.", hint=f"{ONE_TICK}; {TELL}=apscheduler lets this process keep it."
            )
        await self._say(self._engine)

    async def _follow(self) -> str | None:
        chosen = await self._in_force()
        if chosen is not None and chosen.engine is not self._engine:
            since = f"{chosen.since.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
            return f"the engine in force is {chosen.engine}, set by {chosen.said_by}, {since}"
        if self._engine is not Engine.APSCHEDULER:  # which is in force where nobody chose
            await self._say(self._engine)
        return None

    async def _in_force(self) -> EngineInForce | None:
        async with self._sources.store.reading() as ledger:
            return await ledger.engines.in_force()

    async def _say(self, engine: Engine) -> None:
        if self._said is engine:
            return
        async with self._sources.store.writing() as ledger:
            await ledger.engines.choose(engine, by=self._by, now=self._sources.clock.now())
        self._said = engine
