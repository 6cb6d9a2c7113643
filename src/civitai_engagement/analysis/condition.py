"""The condition of the collection, judged from its facts: one verdict, and for each trouble a reason and what to do."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import groupby, islice

from civitai_engagement.analysis.engine_rule import engine_trouble
from civitai_engagement.analysis.trouble import ConditionFinding, Trouble
from civitai_engagement.records.condition import CLOCKS_DIFFER, EVERY, ROUND, Facts, Job, Leader, RunReport
from civitai_engagement.setting_values import Engine

ENOUGH_COVERAGE = 0.95
COVERAGE_COUNTS_FOR = timedelta(days=2)
ROUNDS_IN_A_ROW = 2
MOST_RETRIED = 0.5
LEAST_FREE_SHARE = 0.05
LEAST_FREE_BYTES = 1_000_000_000
MOST_UNKNOWN = 0.05
MOST_AHEAD = timedelta(hours=1)
FEWEST_UNKNOWN = 5  # below, one page of zeros of a small library would be an alarm


class CollectionVerdict(StrEnum):
    """How the collection is; `off` is nobody's fault, and `never_ran` will pass by itself."""

    OK = "ok"
    DEGRADED = "degraded"
    FAILING = "failing"
    NEVER_RAN = "never_ran"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Condition:
    """A verdict with its findings, the gravest first.

    >>> judge(Facts(), datetime.now(UTC)).verdict
    <Verdict.NEVER_RAN: 'never_ran'>
    """

    verdict: CollectionVerdict
    findings: tuple[ConditionFinding, ...] = ()


def judge(facts: Facts, now: datetime) -> Condition:
    """Judge by the rules below. Never having run, because nothing is followed or it only began, is no trouble."""
    found = [finding for rule in RULES if (finding := rule(facts, now)) is not None]
    findings = tuple(sorted(found, key=lambda one: not one.is_failing))
    return Condition(_verdict(facts, findings, now), findings)


def _verdict(facts: Facts, findings: tuple[ConditionFinding, ...], now: datetime) -> CollectionVerdict:
    if findings:
        return CollectionVerdict.FAILING if findings[0].is_failing else CollectionVerdict.DEGRADED
    if facts.runs:
        return CollectionVerdict.OK
    is_kept = facts.living_leader(now) is not None or facts.engine_is(Engine.AIRFLOW)
    return CollectionVerdict.NEVER_RAN if is_kept or facts.following_since is None else CollectionVerdict.OFF


def low_coverage(facts: Facts, now: datetime) -> ConditionFinding | None:
    """Find tiers of which less than 95 % of what was due was reached, in the last two rounds that had any due."""
    low = [tier for tier in _tiers(facts.runs) if _is_low(tier, facts.runs, now)]
    if not low:
        return None
    return ConditionFinding(
        Trouble.COVERAGE,
        f"Less than 95 % of what was due was reached in two rounds running ({', '.join(low)}).",
        "If this goes on, raise CIVITAI_ENGAGEMENT_REQUESTS_PER_SECOND or follow less.",
    )


def _tiers(runs: Iterable[RunReport]) -> list[str]:
    return sorted({tier for run in runs for tier in run.coverage or {}})


def _is_low(tier: str, runs: Iterable[RunReport], now: datetime) -> bool:
    rounds = [
        run.coverage[tier]
        for run in runs
        if run.finished_at and now - run.tick_at <= COVERAGE_COUNTS_FOR and run.coverage and tier in run.coverage
    ]
    latest = [(due, reached) for due, reached in rounds if due][:ROUNDS_IN_A_ROW]
    return len(latest) == ROUNDS_IN_A_ROW and all(reached / due < ENOUGH_COVERAGE for due, reached in latest)


def no_run(facts: Facts, now: datetime) -> ConditionFinding | None:
    """Find that for two intervals nothing ran, though something did before or somebody keeps the clock."""
    since = None if facts.engine_is(Engine.AIRFLOW) else _idle_since(facts, now)
    if since is None or now - since < 2 * ROUND:
        return None
    return ConditionFinding(
        Trouble.NO_RUN,
        f"Nothing was collected for {_hours(now - since)}.",
        "Keep a server running (`civitai-engagement serve`), or run `civitai-engagement collect --once` from cron.",
        is_failing=True,
    )


def _idle_since(facts: Facts, now: datetime) -> datetime | None:
    if facts.runs:
        return max(run.finished_at or run.started_at for run in facts.runs)
    leader = facts.living_leader(now)
    if facts.following_since is None or leader is None:
        return None
    return max(leader.since, facts.following_since)


def upstream_failing(facts: Facts, now: datetime) -> ConditionFinding | None:  # noqa: ARG001 # rules are called alike
    """Find that all runs of the last two ticks ended in errors, or repeated more than half of their requests."""
    finished = sorted((run for run in facts.runs if run.finished_at), key=lambda run: run.tick_at, reverse=True)
    ticks = [list(runs) for _, runs in islice(groupby(finished, key=lambda run: run.tick_at), ROUNDS_IN_A_ROW)]
    if len(ticks) < ROUNDS_IN_A_ROW or not all(_failed(runs) or retried(runs) > MOST_RETRIED for runs in ticks):
        return None
    ended = "ended in errors" if all(map(_failed, ticks)) else "had to repeat most of their requests or failed"
    return ConditionFinding(
        Trouble.UPSTREAM,
        f"The last two rounds {ended}.",
        "Civitai may be down or overloaded; collecting goes on by itself. The log of the server says more.",
        is_failing=True,
    )


def _failed(runs: Iterable[RunReport]) -> bool:
    return all(run.error is not None for run in runs)


def retried(runs: Iterable[RunReport]) -> float:
    """Give the share of requests, from 0 to 1, that were repetitions of one that failed; 0 when none were sent."""
    sent = [(run.requests, run.retries) for run in runs]
    requests = sum(one for one, _ in sent)
    return sum(again for _, again in sent) / requests if requests else 0.0


def disk_filling(facts: Facts, now: datetime) -> ConditionFinding | None:  # noqa: ARG001 # rules are called alike
    """Find that under 5 % or under 1 GB of the disk is free."""
    disk = facts.disk
    if disk is None or (disk.free >= LEAST_FREE_BYTES and disk.free >= LEAST_FREE_SHARE * disk.total):
        return None
    return ConditionFinding(
        Trouble.DISK,
        f"Only {disk.free / 1e9:.1f} GB of the database's disk are free.",
        "Free some, or move CIVITAI_ENGAGEMENT_HOME to a larger disk.",
        is_failing=True,
    )


def schema_differs(facts: Facts, now: datetime) -> ConditionFinding | None:  # noqa: ARG001 # rules are called alike
    """Find that the database is not at the newest schema this program ships; revisions are numbered."""
    if facts.schema is None or facts.newest_schema is None or facts.schema == facts.newest_schema:
        return None
    if facts.schema > facts.newest_schema:
        advice, is_failing = "Upgrade civitai-engagement on this machine.", False
    else:
        advice, is_failing = "Run `civitai-engagement migrate`.", True
    said = f"The database has schema {facts.schema}, this program {facts.newest_schema}."
    return ConditionFinding(Trouble.SCHEMA, said, advice, is_failing)


def unknown_stats(facts: Facts, now: datetime) -> ConditionFinding | None:  # noqa: ARG001 # rules are called alike
    """Find that more than 5 % of what the last run read were zeros that cannot be true."""
    last = next((run for run in facts.runs if run.finished_at and run.observed + run.suspect), None)
    if last is None or last.unbelievable < FEWEST_UNKNOWN:
        return None
    share = last.unbelievable / max(last.observed + last.suspect, last.unbelievable)
    if share <= MOST_UNKNOWN:
        return None
    return ConditionFinding(
        Trouble.UNKNOWN_STATS,
        f"Civitai sent only zeros for {share:.0%} of the media of the last round, which had more before.",
        "Nothing false was stored; they are read again at the next round.",
    )


def no_leader(facts: Facts, now: datetime) -> ConditionFinding | None:
    """Find that whoever kept the clock is gone for a minute, and nobody has collected since."""
    leader = facts.leader if facts.engine_is(None, Engine.APSCHEDULER) else None
    if leader is None or leader.is_alive(now) or any(_is_by_another(run, leader) for run in facts.runs):
        return None
    return ConditionFinding(
        Trouble.NO_LEADER,
        f"No process keeps the clock; the last one was seen {_hours(now - leader.seen_at)} ago.",
        "Start one: an assistant that uses this server, or `civitai-engagement serve`.",
    )


def clock_wrong(facts: Facts, now: datetime) -> ConditionFinding | None:  # noqa: ARG001 # rules are called alike
    """Find that this machine's clock is ten minutes or more from Civitai's."""
    if facts.ahead is None or abs(facts.ahead) < CLOCKS_DIFFER:
        return None
    is_failing = is_far(facts.ahead)
    writes = "nothing is collected until it is right" if is_failing else "what is observed gets wrong times"
    return ConditionFinding(
        Trouble.CLOCK,
        f"The clock of this machine is {off(facts.ahead)} Civitai's: {writes}.",
        "Set it, or let the system do so (`timedatectl set-ntp true`).",
        is_failing,
    )


def is_far(ahead: timedelta) -> bool:
    """Say whether a clock is so wrong that nothing may be written by it."""
    return abs(ahead) > MOST_AHEAD


def off(ahead: timedelta) -> str:
    """Write 2 hours ahead of, 11 minutes behind."""
    return f"{_hours(abs(ahead))} {'ahead of' if ahead > timedelta() else 'behind'}"


def in_future(facts: Facts, now: datetime) -> ConditionFinding | None:  # noqa: ARG001 # rules are called alike
    """Find what is stored as later than now: a clock was ahead when it was written."""
    found = facts.in_future
    if not found:
        return None
    said = {
        _counted(found.runs, "run"): found.runs,
        "the process that keeps the clock": found.leaders,
        f"what {_counted(found.media, 'media', 'media')} had": found.media,
        f"when {_counted(found.due, 'media is', 'media are')} due": found.due,
    }
    things = ", ".join(words for words, number in said.items() if number)
    return ConditionFinding(
        Trouble.FUTURE,
        f"Stored as later than now: {things}. A clock was ahead when it was written.",
        "The next tick of the collector repairs it: keep a server running, or run `civitai-engagement collect --once`.",
    )


def _counted(number: int, thing: str, things: str = "") -> str:
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"


def _is_by_another(run: RunReport, leader: Leader) -> bool:
    """Tell whether somebody else ran since: the lost leader's own last run may be younger than its sign of life."""
    return run.started_at > leader.seen_at and run.holder != leader.holder


Rule = Callable[[Facts, datetime], ConditionFinding | None]
RULES: tuple[Rule, ...] = (
    no_run,
    upstream_failing,
    disk_filling,
    schema_differs,
    low_coverage,
    unknown_stats,
    no_leader,
    clock_wrong,
    in_future,
    engine_trouble,
)


def next_run(job: Job, now: datetime, engine: Engine = Engine.APSCHEDULER) -> datetime:
    """Give the next instant of a job's grid, which begins at midnight UTC; Airflow's is the round alone."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    every = ROUND if engine is Engine.AIRFLOW else EVERY[job]
    return midnight + ((now - midnight) // every + 1) * every


def _hours(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    if minutes < 120:
        return f"{minutes} minutes" if minutes != 1 else "1 minute"
    return f"{minutes // 60} hours" if minutes < 48 * 60 else f"{minutes // 1440} days"
