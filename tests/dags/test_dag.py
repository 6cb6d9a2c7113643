"""The DAG as Airflow reads it, and two runs of it beside the clock of our own."""

import asyncio
import json
import os
import sys
import tempfile
from asyncio.subprocess import STDOUT, create_subprocess_exec
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from civitai_engagement.errors import BadSetup, Deposed, StoreDown, UpstreamBusy, UpstreamRefused

if TYPE_CHECKING:
    from tests.dags.conftest import Raised

pytestmark = pytest.mark.slow
DAG = "civitai_data_collection"
TASKS = ("plan_shards", "update_existing_stats", "collect_new_images", "keep_features", "publish")
OBSERVED = "select image_id, count(*) from image_stats_history where collected_at > $1 group by 1 having count(*) <> 1"
PATIENCE = 240  # seconds
TEST_RUN = """
import json, os, sys
from collections import defaultdict
from datetime import datetime
from airflow.dag_processing.dagbag import DagBag

run = DagBag(os.environ["AIRFLOW__CORE__DAGS_FOLDER"]).dags["civitai_data_collection"].test(
    logical_date=datetime.fromisoformat(sys.argv[1])
)
states = defaultdict(list, run=[str(run.state)])
for one in run.get_task_instances():
    states[one.task_id].append(str(one.state))
print("STATES", json.dumps(states))
"""


@pytest.fixture(scope="module")
def bag(airflow_home: dict[str, str]) -> Any:
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(airflow_home["AIRFLOW__CORE__DAGS_FOLDER"], collect_dags=True)


def test_the_folder_has_this_one_dag_and_no_import_error(bag: Any) -> None:
    assert (bag.import_errors, bag.dag_ids) == ({}, [DAG])


def test_schedule_pool_retries_tasks_and_mapping_are_as_said(bag: Any) -> None:
    dag = bag.dags[DAG]
    assert (dag.timetable.expression, dag.catchup, dag.max_active_runs) == ("0 */4 * * *", False, 1)
    assert dag.start_date == datetime(2024, 1, 1, tzinfo=UTC)
    assert {task.task_id for task in dag.tasks} == {*TASKS}
    assert [name for name in TASKS if dag.get_task(name).is_mapped] == ["update_existing_stats"]
    assert {(task.pool, task.retries, type(task.retry_policy).__name__) for task in dag.tasks} == {
        ("civitai_api", 3, "ByRecovery")
    }
    assert dag.get_task("collect_new_images").op_kwargs | {"parts": None} == {
        "parts": None, "limit": 200, "sort": "Newest"
    }  # fmt: skip
    assert [one.name for one in dag.get_task("publish").outlets] == ["civitai_image_stats"]
    assert dag.get_task("publish").trigger_rule == "none_failed_min_one_success"


@pytest.mark.parametrize(
    ("error", "action", "delay"),
    [
        (UpstreamBusy("Busy.", retry_after=4), "retry", timedelta(seconds=4)),
        (StoreDown("It is down."), "retry", None),
        (UpstreamRefused("No.", status=403), "fail", None),
        (BadSetup("A setting is wrong."), "fail", None),
        (Deposed("Another has it."), "fail", None),
        (KeyError("odd"), "default", None),
    ],
)
def test_a_retry_waits_as_long_as_asked_and_what_is_refused_is_not_tried_again(
    bag: Any, error: Exception, action: str, delay: timedelta | None
) -> None:
    policy = bag.dags[DAG].get_task("update_existing_stats").retry_policy
    decision = policy.evaluate(exception=error, try_number=1, max_tries=3, context=None)
    assert (decision.action.value, decision.retry_delay) == (action, delay)


async def test_two_runs_of_one_tick_are_green_and_leave_the_rows_that_the_clock_of_our_own_makes(
    airflow_home: dict[str, str], raised: "Raised"
) -> None:
    async with raised(40, 5) as twins:
        began = datetime.now(UTC)
        await twins.tick()
        run = partial(run_once, airflow_home | twins.environment(twins.by_airflow))
        states = await run(_tick(began))
        assert states == {"run": ["success"]} | {name: ["success"] for name in TASKS} | {
            "update_existing_stats": 8 * ["success"]
        }
        assert await twins.rows(twins.by_airflow, OBSERVED, began) == []
        once = await twins.kept(twins.by_airflow)
        assert once == await twins.kept(twins.by_clock)
        asked = len(twins.log.times)
        states = await run(_tick(began))
        assert (states["run"], states["update_existing_stats"]) == (["success"], ["skipped"])
        assert await twins.kept(twins.by_airflow) == once
        assert len(twins.log.times) - asked <= 1  # what time it is at Civitai's
        assert await twins.rows(twins.by_airflow, "select engine from chosen_engine") == [("airflow",)]
        await twins.rows(twins.by_airflow, "update chosen_engine set engine = 'apscheduler' returning true")
        states = await run(_tick(began) - timedelta(hours=4))
        assert {one for name in TASKS for one in states[name]} == {"skipped"}


async def run_once(environment: dict[str, str], at: datetime) -> dict[str, list[str]]:
    """Run the DAG for a tick as Airflow's `dag.test()` does, in a process of its own; gives the states by task."""
    with tempfile.TemporaryFile("w+") as said:
        command = [sys.executable, "-c", TEST_RUN, at.isoformat()]
        ran = await create_subprocess_exec(*command, env={**os.environ, **environment}, stdout=said, stderr=STDOUT)
        try:
            async with asyncio.timeout(PATIENCE):
                await ran.wait()
        finally:
            with suppress(ProcessLookupError):
                ran.kill()
            said.seek(0)
            printed = said.read()
            print(printed)  # noqa: T201 # Airflow's log says why
    states: dict[str, list[str]] = json.loads(printed.rpartition("STATES")[2])
    return states


def _tick(now: datetime) -> datetime:
    return now.replace(hour=now.hour // 4 * 4, minute=0, second=0, microsecond=0)
