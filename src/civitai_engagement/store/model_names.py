"""How Civitai calls versions of models that media name by number only."""

from datetime import datetime

from civitai_engagement.records.models import ModelVersion
from civitai_engagement.store.queries import Connection, load


class ModelNames:
    """The names of one connection; what is asked for features bears them (`KeptFeatures.made`)."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sql = load("model_names")

    async def unnamed(self, *, before: datetime, limit: int) -> list[int]:
        """Name versions that were never asked for, or not since an instant."""
        rows = await self._sql["unnamed"].all(self._connection, before=before, limit=limit)
        return [row["version_id"] for row in rows]

    async def keep(self, version_id: int, known: ModelVersion | None, *, now: datetime) -> None:
        """Keep what Civitai says of a version; None: that it does not know it."""
        names = ("model_name", "name", "type", "base_model", "file")
        told = {name: None if known is None else getattr(known, name) for name in names}
        hashes = list(known.hashes) if known else []
        await self._sql["keep"].run(self._connection, version_id=version_id, now=now, hashes=hashes, **told)
