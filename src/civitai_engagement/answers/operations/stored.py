"""What is stored, where, how large it is, and what is slow about it."""

from pydantic import BaseModel

from civitai_engagement.answers.answer import clean, utc
from civitai_engagement.records.condition import Activity, Facts, Statement
from civitai_engagement.sources import Sources
from civitai_engagement.store.ledger import Ledger

ELSEWHERE = "The database is not on a disk of this program's."
NOT_COUNTED = "The server does not count statements: pg_stat_statements is not there."


class SlowStatement(BaseModel):
    """One of the slowest statements: its beginning, how often it ran, and its mean time in milliseconds."""

    statement: str
    calls: int
    mean_ms: float


class Stored(BaseModel):
    """What is stored; sizes are in bytes. A null has its reason beside it."""

    database: str
    schema_revision: str | None
    newest_revision: str | None
    posts: int
    assets: int
    tracked: int
    history_rows: int | None
    history_is_estimated: bool
    suspects: int
    rejects: int
    last_observed_at: str | None
    database_bytes: int
    disk_free_bytes: int | None
    disk_reason: str | None
    slowest: list[SlowStatement] | None
    slowest_reason: str | None

    def facts(self) -> dict[str, str]:
        """Give it in words, a line a fact."""
        free = "unknown" if self.disk_free_bytes is None else f"{self.disk_free_bytes / 1e9:,.1f} GB"
        return {
            "database": self.database,
            "schema": f"{self.schema_revision or '?'} (newest: {self.newest_revision or '?'})",
            "recorded posts": f"{self.posts:,}",
            "recorded assets": f"{self.assets:,}",
            "media followed": f"{self.tracked:,}",
            "history rows": self._history(),
            "values in doubt": f"{self.suspects:,}",
            "things unreadable": f"{self.rejects:,}",
            "size": f"{self.database_bytes / 1e6:,.1f} MB",
            "free disk": free,
            "last observation": self.last_observed_at or "none yet",
            **({"slowest statements": self._slowest()} if self.slowest is not None else {}),
        }

    def _history(self) -> str:
        if self.history_rows is None:
            return "many; Postgres has not estimated them yet"
        return f"{'about ' if self.history_is_estimated else ''}{self.history_rows:,}"

    def _slowest(self) -> str:
        return "; ".join(f"{one.mean_ms:,.1f} ms: {one.statement}" for one in self.slowest or ()) or "none yet"


async def stored(sources: Sources, ledger: Ledger, facts: Facts, activity: Activity) -> Stored:
    """Count and measure what is stored; what is followed was read once, for what is late of it."""
    held = await ledger.totals()
    slowest = await ledger.conditions.slowest()
    return Stored(
        database=_place(sources),
        schema_revision=facts.schema,
        newest_revision=facts.newest_schema,
        posts=held.posts,
        assets=held.assets,
        tracked=activity.tracked,
        history_rows=activity.history_rows,
        history_is_estimated=activity.history_is_estimated,
        suspects=held.suspects,
        rejects=held.rejects,
        last_observed_at=utc(activity.last_observed_at),
        database_bytes=activity.database_bytes,
        disk_free_bytes=facts.disk.free if facts.disk else None,
        disk_reason=None if facts.disk else ELSEWHERE,
        slowest=None if slowest is None else [_slow(one) for one in slowest],
        slowest_reason=NOT_COUNTED if slowest is None else None,
    )


def _place(sources: Sources) -> str:
    """Name the database; its folder only to somebody at this machine."""
    if not sources.store.is_embedded:
        return sources.store.setting
    return f"embedded, in {sources.settings.home}" if sources.is_local else "embedded"


def _slow(one: Statement) -> SlowStatement:
    return SlowStatement(statement=clean(one.beginning, 80) or "", calls=one.calls, mean_ms=round(one.mean_ms, 1))
