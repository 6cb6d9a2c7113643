"""What starts the jobs, as `status` tells it: the engine, the process that keeps the clock, and what that means."""

from datetime import datetime

from pydantic import BaseModel

from civitai_engagement.analysis.condition import next_run
from civitai_engagement.answers.answer import utc
from civitai_engagement.records.condition import Facts, Job, Leader
from civitai_engagement.setting_values import Engine

STARTERS = {
    Engine.APSCHEDULER: "apscheduler, the clock in one of our processes",
    Engine.AIRFLOW: "airflow, every four hours",
    Engine.NONE: "none: no process keeps a clock",
}
COARSER = (
    "Airflow starts the jobs every four hours, so young media are seen more coarsely: in their first 24 hours every"
    " four hours, not every hour."
)


class LeaderNow(BaseModel):
    """The process that keeps the clock, or kept it last."""

    holder: str
    since: str | None
    seen_at: str | None
    is_alive: bool


class EngineNow(BaseModel):
    """What starts the jobs, and who said so (null: nobody); `is_silent` once Airflow began none for nine hours."""

    engine: str
    said_by: str | None
    since: str | None
    is_silent: bool

    def line(self) -> str:
        said = f"; set by {self.said_by}, {self.since}" if self.said_by else ""
        silent = "; silent for more than nine hours" if self.is_silent else ""
        return STARTERS[Engine(self.engine)] + said + silent


def engine_now(facts: Facts, now: datetime) -> EngineNow:
    engine = facts.engine
    if engine is None:
        return EngineNow(engine=Engine.APSCHEDULER, said_by=None, since=None, is_silent=False)
    return EngineNow(
        engine=engine.engine, said_by=engine.said_by, since=utc(engine.since), is_silent=engine.is_silent(now)
    )


def coarser(facts: Facts) -> list[str]:
    """Say what a slower clock costs."""
    if not facts.engine_is(Engine.AIRFLOW):
        return []
    return [COARSER]


def begins_at(job: Job, facts: Facts, now: datetime) -> datetime | None:
    """Say when a job runs next; None where nobody starts it."""
    if facts.engine is not None and facts.engine.engine is Engine.AIRFLOW:
        return None if facts.engine.is_silent(now) else next_run(job, now, Engine.AIRFLOW)
    return next_run(job, now) if facts.living_leader(now) else None


def not_begun(facts: Facts) -> str:
    """Say why nothing was collected yet, and what to do."""
    if facts.following_since is None:
        return "Nothing was collected yet, as nothing is followed: record a post, or watch a creator."
    if facts.engine_is(Engine.AIRFLOW):
        return "Nothing was collected yet; Airflow begins it at its next round, every four hours."
    if facts.engine_is(Engine.NONE):
        return (
            "Collecting is off: the engine chosen is none. Run `civitai-engagement collect --once` by cron, or"
            " `civitai-engagement serve --collect`."
        )
    if facts.leader is None:
        return (
            "Collecting is off: nothing keeps the clock. `civitai-engagement service install` observes day and night;"
            " `serve` does while an assistant is open, `collect --once` by cron."
        )
    return "Nothing was collected yet; the first round comes by itself at the next full hour."


def keeper(leader: Leader | None, now: datetime) -> LeaderNow | None:
    if leader is None:
        return None
    return LeaderNow(
        holder=leader.holder, since=utc(leader.since), seen_at=utc(leader.seen_at), is_alive=leader.is_alive(now)
    )


def keeper_line(leader: LeaderNow | None) -> str:
    if leader is None:
        return "nobody yet"
    return f"{leader.holder}, {'alive' if leader.is_alive else 'gone'}, last seen {leader.seen_at}"
