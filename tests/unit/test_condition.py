"""The rules by which the collection is judged, each with the cases around its edge."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from civitai_engagement.analysis.condition import CollectionVerdict, Condition, judge, next_run, retried
from civitai_engagement.analysis.trouble import Trouble
from civitai_engagement.records.condition import Disk, EngineInForce, Facts, InFuture, Job, Leader, RunReport
from civitai_engagement.setting_values import Engine

NOW = datetime(2026, 5, 1, 12, 30, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
ALIVE = Leader("here", NOW - 30 * HOUR, NOW - timedelta(seconds=20))
GONE = replace(ALIVE, seen_at=NOW - 10 * MINUTE)
GOOD = {"young": (10, 10)}
GB = 1_000_000_000


def run(hours_ago: float = 0.5, **more: object) -> RunReport:
    began = NOW - hours_ago * HOUR
    done = {"finished_at": began + MINUTE, "observed": 100, "requests": 10, "coverage": GOOD} | more
    return RunReport(Job.EXISTING_STATS, began, began, **done)  # type: ignore[arg-type] # a case names any field


def rounds(*each: Mapping[str, object]) -> tuple[RunReport, ...]:
    """Give runs an hour apart, the first one the latest."""
    return tuple(run(0.5 + place, **one) for place, one in enumerate(each))


def facts(*each: Mapping[str, object], **more: object) -> Facts:
    given = {"runs": rounds(*(each or ({}, {}))), "leader": ALIVE, "following_since": NOW - 90 * HOUR} | more
    return Facts(**given)  # type: ignore[arg-type] # a case names any field


def names(condition: Condition) -> list[str]:
    return [finding.trouble.value for finding in condition.findings]


def chosen(engine: Engine, *, since: float, claimed: float | None = None) -> EngineInForce:
    """Say what engine was chosen so many hours ago, and when a run was last begun."""
    claimed_at = None if claimed is None else NOW - claimed * HOUR
    return EngineInForce(engine, "host-7:1", NOW - since * HOUR, claimed_at)


AIRFLOW, NO_ENGINE = chosen(Engine.AIRFLOW, since=90, claimed=8), chosen(Engine.NONE, since=90, claimed=1)
SILENT = chosen(Engine.AIRFLOW, since=90, claimed=9.1)
LOW, EDGE = {"coverage": {"young": (100, 94)}}, {"coverage": {"young": (100, 95)}}
NONE_DUE, OTHER = {"coverage": {"young": (0, 0)}}, {"coverage": {"old": (100, 1)}}
FAILED, TIRED, HALF = {"error": "no answer"}, {"requests": 10, "retries": 6}, {"requests": 10, "retries": 5}


@pytest.mark.parametrize(
    ("given", "verdict", "trouble"),
    {
        "all is well": (facts(), "ok", []),
        "coverage was low once": (facts(LOW, {}), "ok", []),
        "coverage was low twice": (facts(LOW, LOW), "degraded", ["coverage"]),
        "coverage is just enough": (facts(EDGE, LOW), "ok", []),
        "coverage recovered": (facts({}, LOW, LOW), "ok", []),
        "a round with nothing due in the tier does not count": (facts(LOW, NONE_DUE, LOW), "degraded", ["coverage"]),
        "two tiers low once each": (facts(LOW, OTHER), "ok", []),
        "a small tier is not hidden by a large one": (
            facts(*2 * [{"coverage": {"young": (4, 2), "old": (9_000, 9_000)}}]), "degraded", ["coverage"]
        ),
        "a round that goes on does not count": (facts(LOW | {"finished_at": None}, LOW), "ok", []),
        "coverage was low long ago": (facts(*[NONE_DUE] * 50, LOW, LOW), "ok", []),
        "the last run is eight hours ago": (Facts((run(8 + 1 / 60),), ALIVE), "failing", ["no_run"]),
        "the last run is not quite eight hours ago": (Facts((run(8),), ALIVE), "ok", []),
        "a long run goes on": (Facts((run(7, finished_at=None),), ALIVE), "ok", []),
        "a leader that does nothing for eight hours": (facts(runs=()), "failing", ["no_run"]),
        "followed lately": (facts(runs=(), following_since=NOW - 7 * HOUR), "never_ran", []),
        "leading lately": (facts(runs=(), leader=replace(ALIVE, since=NOW - HOUR)), "never_ran", []),
        "nothing is followed": (Facts(leader=ALIVE), "never_ran", []),
        "nothing is followed and nobody leads": (Facts(), "never_ran", []),
        "followed but nobody ever led": (Facts(following_since=NOW - 90 * HOUR), "off", []),
        "two rounds failed": (facts(FAILED, FAILED), "failing", ["upstream"]),
        "one round failed": (facts(FAILED, {}), "ok", []),
        "two rounds of repeats": (facts(TIRED, TIRED), "failing", ["upstream"]),
        "one failed and one repeated": (facts(TIRED, FAILED), "failing", ["upstream"]),
        "half repeated is not most": (facts(HALF, TIRED), "ok", []),
        "one job of a tick went well": (
            facts(runs=(*rounds(FAILED, FAILED), replace(run(0.5), job=Job.NEW_IMAGES))), "ok", []
        ),
        "only one round there was, and it failed": (facts(FAILED), "ok", []),
        "a gigabyte free of twenty": (facts(disk=Disk(GB, 20 * GB)), "ok", []),
        "just under a gigabyte": (facts(disk=Disk(GB - 1, 10 * GB)), "failing", ["disk"]),
        "under a twentieth": (facts(disk=Disk(49 * GB, 1000 * GB)), "failing", ["disk"]),
        "the schema is old": (facts(schema="0002", newest_schema="0003"), "failing", ["schema"]),
        "the schema is newer than we are": (facts(schema="0004", newest_schema="0003"), "degraded", ["schema"]),
        "the schema is unknown": (facts(schema=None, newest_schema="0003"), "ok", []),
        "more than a twentieth were zeros": (facts({"unbelievable": 6, "suspect": 10}), "degraded", ["unknown_stats"]),
        "a twentieth were zeros": (facts({"observed": 90, "suspect": 10, "unbelievable": 5}), "ok", []),
        "a small page was zeros": (facts({"observed": 0, "suspect": 4, "unbelievable": 4}), "ok", []),
        "zeros were before the last round": (facts({}, {"unbelievable": 50}), "ok", []),
        "the leader is gone": (facts(runs=(run(2),), leader=GONE), "degraded", ["no_leader"]),
        "the leader was lost in a run of its own": (
            facts(leader=replace(ALIVE, seen_at=NOW - 3 * HOUR, holder=run(1).holder)), "degraded", ["no_leader"]
        ),
        "the leader is a minute late": (facts(leader=replace(ALIVE, seen_at=NOW - MINUTE)), "ok", []),
        "somebody else collects since the leader left": (
            facts(leader=replace(ALIVE, seen_at=NOW - 3 * HOUR)), "ok", []
        ),
        "nobody led, but cron collects": (facts(leader=None), "ok", []),
        "the gravest comes first": (
            facts(LOW, LOW, disk=Disk(1, GB)), "failing", ["disk", "coverage"]
        ),
        "the clock is off by less than ten minutes": (facts(ahead=-9 * MINUTE), "ok", []),
        "the clock is ten minutes ahead": (facts(ahead=10 * MINUTE), "degraded", ["clock"]),
        "the clock is two days behind": (facts(ahead=-48 * HOUR), "failing", ["clock"]),
        "a clock was ahead": (facts(in_future=InFuture(runs=1)), "degraded", ["future"]),
        "Airflow is in its second interval": (facts(leader=GONE, runs=(run(8),), engine=AIRFLOW), "ok", []),
        "Airflow has begun nothing for nine hours": (
            facts(leader=GONE, runs=(run(9.1),), engine=SILENT), "failing", ["engine"]
        ),
        "Airflow was chosen a moment ago": (
            facts(leader=GONE, runs=(run(30),), engine=chosen(Engine.AIRFLOW, since=0.1, claimed=30)), "ok", []
        ),
        "Airflow was chosen ten hours ago and never began": (
            facts(leader=GONE, runs=(run(30),), engine=chosen(Engine.AIRFLOW, since=10, claimed=30)),
            "failing", ["engine"],
        ),
        "a clock goes beside Airflow": (facts(engine=AIRFLOW), "degraded", ["engine"]),
        "a clock goes where none is to": (facts(engine=NO_ENGINE), "degraded", ["engine"]),
        "a clock has yet to hear of Airflow": (facts(engine=chosen(Engine.AIRFLOW, since=0.01)), "ok", []),
        "no engine, and cron collects": (facts(leader=GONE, engine=NO_ENGINE), "ok", []),
        "no engine, and nothing collects": (
            facts(leader=GONE, runs=(run(9),), engine=NO_ENGINE), "failing", ["no_run"]
        ),
        "our own clock was chosen": (facts(engine=chosen(Engine.APSCHEDULER, since=90)), "ok", []),
        "Airflow, nothing yet": (
            Facts(following_since=NOW - HOUR, engine=chosen(Engine.AIRFLOW, since=1)), "never_ran", []
        ),
        "gone for long": (
            Facts((run(30),), replace(ALIVE, seen_at=NOW - 29 * HOUR)), "failing", ["no_run", "no_leader"]
        ),
    }.values(),
)  # fmt: skip
def test_the_condition_follows_from_the_facts(given: Facts, verdict: str, trouble: list[str]) -> None:
    condition = judge(given, NOW)
    assert (condition.verdict.value, names(condition)) == (verdict, trouble)


def test_every_trouble_has_a_rule_that_finds_it() -> None:
    bad = LOW | FAILED
    runs = (run(10, **bad, unbelievable=50), run(11, **bad))
    ill = facts(runs=runs, disk=Disk(1, GB), schema="0002", newest_schema="0003", leader=GONE)
    ill = replace(ill, ahead=HOUR, in_future=InFuture(due=1))
    assert {*names(judge(ill, NOW)), *names(judge(facts(engine=SILENT), NOW))} == {one.value for one in Trouble}


def test_reasons_name_what_a_person_needs_and_nobody_s_machine() -> None:
    low = judge(facts(LOW | OTHER, LOW), NOW)
    assert low.verdict is CollectionVerdict.OK
    idle = judge(Facts((run(30),), replace(ALIVE, holder="host-7", seen_at=NOW - 29 * HOUR)), NOW)
    assert idle.findings[0].reason == "Nothing was collected for 29 hours."
    assert idle.findings[1].reason == "No process keeps the clock; the last one was seen 29 hours ago."
    assert all("host-7" not in one.reason + one.advice for one in idle.findings)
    beside, silent = (judge(facts(engine=one), NOW).findings[0] for one in (AIRFLOW, SILENT))
    assert silent.reason == "Airflow is to start the jobs, but began none for 9 hours."
    assert "serve --collect" in silent.advice
    assert all("host-7" not in one.reason + one.advice for one in (beside, silent))
    assert "in two rounds running (young)" in judge(facts(LOW, LOW), NOW).findings[0].reason
    assert "ended in errors" in judge(facts(FAILED, FAILED), NOW).findings[0].reason
    assert "0.5 GB" in judge(facts(disk=Disk(GB // 2, 9 * GB)), NOW).findings[0].reason
    assert "33%" in judge(facts({"observed": 80, "suspect": 10, "unbelievable": 30}), NOW).findings[0].reason


@pytest.mark.parametrize(
    ("hours", "said"),
    [(0.25, "15 minutes"), (1.9, "114 minutes"), (1 / 60, "1 minute"), (47, "47 hours"), (72, "3 days")],
)
def test_a_span_is_said_in_its_own_unit(hours: float, said: str) -> None:
    seen_at = NOW - hours * HOUR - timedelta(seconds=1)
    reason = judge(facts(runs=(run(100),), leader=replace(ALIVE, seen_at=seen_at)), NOW).findings[-1].reason
    assert reason == f"No process keeps the clock; the last one was seen {said} ago."


@pytest.mark.parametrize(
    ("job", "hour", "next_hour"),
    [(Job.NEW_IMAGES, 12, 16), (Job.NEW_IMAGES, 15, 16), (Job.EXISTING_STATS, 12, 13), (Job.NEW_IMAGES, 23, 24)],
)
def test_the_next_run_is_the_next_instant_of_the_grid(job: Job, hour: int, next_hour: int) -> None:
    midnight = NOW.replace(hour=0, minute=0)
    assert next_run(job, midnight + hour * HOUR) == midnight + next_hour * HOUR
    assert next_run(job, midnight + hour * HOUR + 59 * MINUTE) == midnight + next_hour * HOUR


def test_airflow_runs_every_job_every_four_hours() -> None:
    assert {next_run(job, NOW, Engine.AIRFLOW).hour for job in (Job.NEW_IMAGES, Job.EXISTING_STATS)} == {16}


def test_no_requests_were_not_repeated() -> None:
    assert retried([run(requests=0, retries=0)]) == 0
    assert retried([run(requests=3, retries=1), run(requests=1, retries=1)]) == 0.5
