"""What nightly studies found, as it is kept."""

from datetime import datetime

from civitai_engagement.records.findings import Study
from civitai_engagement.store.queries import Connection, fields, load


class Findings:
    """The findings of one connection.

    >>> study = await findings.get("parameters", EVERYTHING, 72)
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sql = load("findings")

    async def get(self, question: str, scope: str, hours: int) -> Study | None:
        """Give what was found last of a scope, by counts at an age; None where it was not studied."""
        row = await self._sql["get"].one_or_none(self._connection, question=question, scope=scope, hours=hours)
        return None if row is None else Study(**dict(row))

    async def keep(self, study: Study) -> None:
        await self._sql["keep"].run(self._connection, **fields(study))

    async def forget(self, *, before: datetime) -> None:
        """Drop what was found before an instant: what is not studied any more is no answer."""
        await self._sql["forget"].run(self._connection, before=before)
