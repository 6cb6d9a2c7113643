"""The answer of `status`: what is stored, where, and how fresh it is."""

from civitai_engagement.answers.answer import Answer, count, spoken, utc
from civitai_engagement.sources import Sources


class Storage(Answer):
    """What the ledger holds."""

    database: str
    schema_revision: str
    posts: int
    assets: int
    tracked: int
    history_rows: int
    suspects: int
    rejects: int
    database_bytes: int

    def facts(self) -> dict[str, str]:
        return {
            "database": self.database,
            "schema": self.schema_revision,
            "recorded posts": f"{self.posts:,}",
            "recorded assets": f"{self.assets:,}",
            "media followed": f"{self.tracked:,}",
            "history rows": f"{self.history_rows:,}",
            "values in doubt": f"{self.suspects:,}",
            "things unreadable": f"{self.rejects:,}",
            "size": f"{self.database_bytes / 1e6:,.1f} MB",
            "last observation": self.as_of or "none yet",
        }

    def _lines(self) -> list[str]:
        return [f"{name}: {value}" for name, value in self.facts().items()]


async def storage(sources: Sources) -> Storage:
    """Count what is stored.

    Raises:
        StoreDown: The database is not reachable, or still starting.
    """
    async with sources.store.reading() as ledger:
        held = await ledger.totals()
    last = held.last_observed_at
    when = f"; last observed {spoken(last)}" if last else ""
    return Storage(
        summary=f"{count(held.posts, 'post')} with {count(held.assets, 'asset')} recorded{when}.",
        as_of=utc(last),
        notes=[] if held.posts else ["Nothing is recorded yet: `civitai-engagement record URL`."],
        database=f"embedded, in {sources.settings.home}" if sources.store.is_embedded else "DATABASE_URL",
        schema_revision=await sources.store.revision(),
        posts=held.posts,
        assets=held.assets,
        tracked=held.tracked,
        history_rows=held.history_rows,
        suspects=held.suspects,
        rejects=held.rejects,
        database_bytes=held.database_bytes,
    )
