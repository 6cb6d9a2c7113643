"""The answer of `status`: whether collecting works, what to do if it does not, and what is stored."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from pydantic import BaseModel

from civitai_engagement.analysis.belief import FallCount
from civitai_engagement.analysis.belief import ReadingVerdict as Reason
from civitai_engagement.analysis.condition import MOST_RETRIED, CollectionVerdict, Condition, judge, retried
from civitai_engagement.answers.answer import Answer, clean, count, spoken, utc
from civitai_engagement.answers.operations.starting import (
    EngineNow,
    LeaderNow,
    begins_at,
    coarser,
    engine_now,
    keeper,
    keeper_line,
    not_begun,
)
from civitai_engagement.answers.operations.stored import Stored, stored
from civitai_engagement.observing import present
from civitai_engagement.records.condition import EVERY, Activity, Doubted, Facts, Job, RunReport, Unreadable
from civitai_engagement.records.watches import NotListed
from civitai_engagement.sources import Sources

MOST_NAMED = 10
LATELY = timedelta(hours=24)
STRAINED = 0.1
PROOF = "waiting for proof, three looks over 8 hours"
HOUR = 3600


class Problem(BaseModel):
    """One thing that is wrong: its short name, why we think so, and what to do."""

    name: str
    reason: str
    advice: str


class JobStatus(BaseModel):
    """The latest run of one job, and when it runs next; `next_at` is null while no process keeps the clock."""

    job: str
    next_at: str | None
    tick_at: str | None = None
    started_at: str | None = None
    finished_at: str | None = None
    planned: int | None = None
    observed: int | None = None
    missing: int | None = None
    requests: int | None = None
    seconds: float | None = None
    error: str | None = None


class Tier(BaseModel):
    """How much of what was due in one tier its last round reached; `share` is from 0 to 1, null when none was due."""

    tier: str
    due: int
    reached: int
    share: float | None


class Requests(BaseModel):
    """Requests of jobs in the last 60 minutes, and what is left of those allowed; live answers are not counted."""

    used: int
    left: int
    per_hour: int


class Upstream(BaseModel):
    """How Civitai answered the runs of the last 24 hours; nothing is asked to find out. Shares are from 0 to 1."""

    state: str | None
    retried_share: float | None
    failed_share: float | None


class Collection(BaseModel):
    """How collecting goes; null is unknown. `overdue` counts media whose look is late: up to an hour is usual."""

    engine: EngineNow
    leader: LeaderNow | None
    jobs: list[JobStatus]
    coverage: list[Tier]
    overdue: int
    oldest_due_at: str | None
    requests: Requests
    upstream: Upstream
    doubts: list[str]

    def facts(self) -> dict[str, str]:
        """Give it in words, a line a fact."""
        late = f"{self.overdue:,}" + (f", the oldest since {self.oldest_due_at}" if self.oldest_due_at else "")
        asked = self.requests
        return {
            "jobs are started by": self.engine.line(),
            "clock kept by": keeper_line(self.leader),
            **{one.job: _job_line(one) for one in self.jobs},
            "reached of what was due": "; ".join(map(_tier_line, self.coverage)) or "no round yet",
            "overdue": late,
            "requests of 60 minutes": f"{asked.used:,} used, {asked.left:,} left of {asked.per_hour:,}",
            "Civitai answers": self.upstream.state or "unknown: no run in 24 hours",
            "doubts of 24 hours": "; ".join(self.doubts) or "none",
        }


class CollectionStatus(Answer):
    """The condition."""

    verdict: str
    problems: list[Problem]
    collection: Collection
    stored: Stored

    def facts(self) -> dict[str, str]:
        """Give all of it in words, a line a fact."""
        return {"verdict": self.verdict} | self.collection.facts() | self.stored.facts()

    def problem_lines(self) -> list[str]:
        return [f"{one.reason} {one.advice}" for one in self.problems]

    def _lines(self) -> list[str]:
        problems = [f"problem: {line}" for line in self.problem_lines()]
        return problems + [f"{name}: {value}" for name, value in self.facts().items()]


async def collection_status(sources: Sources) -> CollectionStatus:
    """Read and judge everything; Civitai is not asked.

    Raises:
        StoreDown: The database is not reachable, or still starting.
    """
    now = sources.clock.now()
    async with sources.store.reading() as ledger:
        facts = await ledger.conditions.facts(sources.store.disk, present(sources))
        activity = await ledger.conditions.activity(now)
        held = await stored(sources, ledger, facts, activity)
        absent = await ledger.watches.not_listed(limit=MOST_NAMED)
    condition = judge(facts, now)
    return CollectionStatus(
        summary=_sentence(facts, condition),
        as_of=utc(now),
        notes=[
            *coarser(facts),
            *([] if held.posts else ["Nothing is recorded yet: `civitai-engagement record URL`."]),
            *(
                [f"Watched, but Civitai lists nothing of it: {_names(absent)}. list_watches says more."]
                if absent
                else []
            ),
        ],
        verdict=condition.verdict,
        problems=[Problem(name=one.trouble, reason=one.reason, advice=one.advice) for one in condition.findings],
        collection=_collection(facts, activity, now, sources.settings.requests_per_second),
        stored=held,
    )


def _names(absent: Sequence[NotListed]) -> str:
    said = [
        f"{one.kind} {clean(one.label, 100)}" + (f" (now {one.renamed_to})" if one.renamed_to else "") for one in absent
    ]
    return ", ".join(said) + (" and perhaps more" if len(absent) == MOST_NAMED else "")


def _sentence(facts: Facts, condition: Condition) -> str:
    if condition.findings:
        first = condition.findings[0]
        more = len(condition.findings) - 1
        others = f" ({count(more, 'more problem')})" if more else ""
        return f"Collecting is {condition.verdict.value}: {first.reason} {first.advice}{others}"
    if condition.verdict is CollectionVerdict.OK:
        return f"Collecting works; the last run began {spoken(facts.runs[0].started_at)}."
    return not_begun(facts)


def _collection(facts: Facts, activity: Activity, now: datetime, per_second: float) -> Collection:
    per_hour = int(per_second * HOUR)
    return Collection(
        engine=engine_now(facts, now),
        leader=keeper(facts.leader, now),
        jobs=[_job(job, facts.runs, begins_at(job, facts, now)) for job in EVERY],
        coverage=_coverage(facts.runs),
        overdue=activity.overdue,
        oldest_due_at=utc(activity.oldest_due_at),
        requests=Requests(
            used=activity.hour_requests, left=max(per_hour - activity.hour_requests, 0), per_hour=per_hour
        ),
        upstream=_upstream([run for run in facts.runs if now - run.started_at <= LATELY]),
        doubts=[
            *(_doubt(one, is_mass_fall=_is_mass_fall(facts.runs, now)) for one in activity.doubted),
            *map(_unreadable, activity.unreadable),
        ],
    )


def _job(job: Job, runs: Iterable[RunReport], next_at: datetime | None) -> JobStatus:
    last = next((run for run in runs if run.job == job), None)
    if last is None:
        return JobStatus(job=job, next_at=utc(next_at))
    return JobStatus(
        job=job,
        next_at=utc(next_at),
        tick_at=utc(last.tick_at),
        started_at=utc(last.started_at),
        finished_at=utc(last.finished_at),
        planned=last.planned,
        observed=last.observed,
        missing=last.missing,
        requests=last.requests,
        seconds=last.seconds,
        error=clean(last.error, 200),
    )


def _coverage(runs: Iterable[RunReport]) -> list[Tier]:
    """Give each tier as its latest finished run left it."""
    latest: dict[str, tuple[int, int]] = {}
    for run in runs:
        if run.finished_at is not None:
            latest = {**(run.coverage or {}), **latest}
    return [
        Tier(tier=tier, due=due, reached=reached, share=round(reached / due, 4) if due else None)
        for tier, (due, reached) in sorted(latest.items())
    ]


def _upstream(runs: list[RunReport]) -> Upstream:
    finished = [run for run in runs if run.finished_at is not None]
    if not finished:
        return Upstream(state=None, retried_share=None, failed_share=None)
    failed = sum(run.error is not None for run in finished) / len(finished)
    again = retried(finished) if any(run.requests for run in finished) else None
    worst = max(failed, again or 0)
    state = "badly" if worst > MOST_RETRIED else "with trouble" if worst > STRAINED else "well"
    return Upstream(state=state, retried_share=again and round(again, 4), failed_share=round(failed, 4))


def _doubt(one: Doubted, *, is_mass_fall: bool) -> str:
    said: dict[str, str] = {Reason.SUSPECT_FALL: "showed less than before", Reason.UNBELIEVABLE: "showed only zeros"}
    became = {
        _awaited(one.reason, is_mass_fall=is_mass_fall): one.waiting,
        "found so again, and stored": one.found,
        "not confirmed by a later look": one.media - one.waiting - one.found,
    }
    told = "; ".join(f"{media:,} {what}" for what, media in became.items() if media > 0)
    return f"{count(one.media, 'media', 'media')} {said.get(one.reason) or clean(one.reason, 80)}: {told}"


def _awaited(reason: str, *, is_mass_fall: bool) -> str:
    if reason == Reason.UNBELIEVABLE:
        return f"{PROOF}, as zeros are how Civitai fails"
    return f"{PROOF}, as so many fell at once" if is_mass_fall else "waiting for another look"


def _is_mass_fall(runs: Iterable[RunReport], now: datetime) -> bool:
    return any(FallCount(run.compared, run.fell).is_mass_fall for run in runs if now - run.started_at <= LATELY)


def _unreadable(one: Unreadable) -> str:
    return f"{count(one.things, 'thing')} Civitai sent set aside: {clean(one.reason, 80)}"


def _job_line(one: JobStatus) -> str:
    ran = (
        f"last for {one.tick_at}, {one.planned:,} due, {one.observed:,} media observed"
        if one.tick_at
        else "has not run yet"
    )
    ended = "" if one.tick_at is None or one.finished_at else ", not finished"
    failed = f", failed: {one.error}" if one.error else ""
    return f"{ran}{ended}{failed}; next {one.next_at or 'unknown: nobody keeps the clock'}"


def _tier_line(one: Tier) -> str:
    return f"{one.tier} {one.reached:,} of {one.due:,}" + (f" ({one.share:.1%})" if one.share is not None else "")
