"""The jobs of Civitai Engagement, started by Airflow every four hours (docs/airflow.md).

A task is a few lines over what the clock in our own processes calls as well, and safe to repeat: runs are claimed, and
what is due no more is not asked for again. The request budget is not Airflow's: it lives in our Postgres, for all tasks
together.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from airflow.sdk import Asset, RetryDecision, RetryPolicy, TriggerRule, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from airflow.sdk.log import mask_secret

if (
    TYPE_CHECKING
):  # tasks load what they need: parsing stays quick, and a fault of ours is a failed task, not a lost DAG
    from civitai_engagement.collect.sharding import ShardedRun
    from civitai_engagement.runtime import Runtime
    from civitai_engagement.settings import Settings
    from civitai_engagement.store.claims import Claims
    from civitai_engagement.store.runs import Run


Done = TypeVar("Done")
ROUND = timedelta(hours=4)
SHARDS = 8
STATS = Asset("civitai_image_stats")


class ByRecovery(RetryPolicy):
    """Wait as long as the other side asks for; what is refused, or done by somebody else, is not tried again."""

    def evaluate(self, exception: BaseException, **_: object) -> RetryDecision:
        from civitai_engagement.errors import Deposed, EngagementError, Retryable

        if not isinstance(exception, EngagementError):
            return RetryDecision.default()
        if not isinstance(exception, Retryable) or isinstance(exception, Deposed):
            return RetryDecision.fail(str(exception))
        delay = timedelta(seconds=exception.retry_after) if exception.retry_after else None
        return RetryDecision.retry(delay, str(exception))


@dag(
    schedule="0 */4 * * *",
    start_date=datetime(2024, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args={
        "pool": "civitai_api",
        "retries": 3,
        "retry_delay": timedelta(minutes=1),
        "retry_exponential_backoff": 2.0,
        "max_retry_delay": timedelta(minutes=10),
        "retry_policy": ByRecovery(),
        "execution_timeout": ROUND,
    },
    tags=["civitai"],
    doc_md=__doc__,
)
def civitai_data_collection() -> None:
    """What is due before what is new, then what is learned of both: the order of our own clock."""
    parts = plan_shards()
    seen = update_existing_stats.expand(shard=parts)
    found = collect_new_images(parts, limit=200, sort="Newest")
    kept = keep_features(parts, seen)
    seen >> found >> kept
    [seen, found, kept] >> publish(kept)


@task
def plan_shards() -> list[str]:
    """Claim the round and cut what is due into shards; nothing where it is done, or being done by somebody else."""

    async def plan(runtime: "Runtime", claims: "Claims") -> list[str]:
        from civitai_engagement.collect import sharding
        from civitai_engagement.collect.tick import begin_tick
        from civitai_engagement.records.condition import Job

        await begin_tick(runtime)
        run = await sharding.plan_shards(runtime, claims, tick_of(Job.EXISTING_STATS), most=SHARDS, every=ROUND)
        return run.parts() if run else []

    return in_our_process(plan)


@task(map_index_template="shard {{ task_instance.map_index + 1 }}")
def update_existing_stats(shard: str) -> bool:
    """Ask for what is due of a shard and keep it, batch by batch, under the round's claim."""

    async def carry_out(runtime: "Runtime", _: "Claims") -> bool:
        from civitai_engagement.collect.sharding import ShardedRun, carry_out_shard

        run = ShardedRun.of_text(shard)
        for number in range(len(run.shards)):
            await carry_out_shard(runtime, run, number)
        return True

    return in_our_process(carry_out)


@task(trigger_rule=TriggerRule.ALL_DONE)
def collect_new_images(parts: list[str] | None, limit: int, sort: str) -> dict[str, Any]:
    """Look for what is new: of those who are watched, and of Civitai's newest."""

    async def look(runtime: "Runtime", claims: "Claims") -> dict[str, Any]:
        from civitai_engagement.collect.run_job import run_job
        from civitai_engagement.collect.sharding import requests_of
        from civitai_engagement.records.condition import Job

        job = Job.NEW_IMAGES
        spent = await requests_of(runtime, whole(parts))
        return told(await run_job(runtime, claims, job, tick_of(job), spent=spent, every=ROUND))

    return in_our_process(look, collect_limit=str(limit), collect_sort=sort)


@task(trigger_rule=TriggerRule.ALL_DONE)
def keep_features(parts: list[str] | None, seen: Iterable[bool] | None) -> dict[str, Any]:
    """Close the round, keep what is learned of its media, and tell of alarms: also where part of it failed."""

    async def keep(runtime: "Runtime", claims: "Claims") -> dict[str, Any]:
        from civitai_engagement.collect.run_job import run_job
        from civitai_engagement.collect.sharding import close_run
        from civitai_engagement.collect.tick import end_tick
        from civitai_engagement.records.condition import Job

        run = whole(parts)
        failed = len(parts or []) - len([*(seen or [])])
        error = f"{failed} shards failed: Airflow's log says why." if failed else None
        closed = await close_run(runtime, run, error=error) if run else None
        others = [await run_job(runtime, claims, job, tick_of(job)) for job in (Job.FEATURES, Job.STUDY)]
        await end_tick(runtime, [one for one in (closed, *others) if one])
        return {str(one.job): told(one) for one in (closed, *others) if one}

    return in_our_process(keep)


@task(outlets=[STATS], trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
def publish(kept: dict[str, Any]) -> None:
    """Tell other DAGs that there are new counters."""
    get_current_context()["outlet_events"][STATS].extra = kept


def in_our_process(work: "Callable[[Runtime, Claims], Awaitable[Done]]", **given: str) -> Done:
    """Do something as a process of ours does; `async def` tasks do not run on every executor, this does."""
    from civitai_engagement.runtime import read_settings

    settings = read_settings(**given)
    hide_secrets_of(settings)
    return asyncio.run(opened(settings, work))


async def opened(settings: "Settings", work: "Callable[[Runtime, Claims], Awaitable[Done]]") -> Done:
    """Open the database and the client; skip where another engine is chosen."""
    from civitai_engagement.collect.engine import EngineRule
    from civitai_engagement.runtime import Runtime
    from civitai_engagement.setting_values import Engine
    from civitai_engagement.store.claims import this_process

    async with Runtime(settings).opened(warm_up=False) as runtime:
        if reason := await EngineRule(runtime, Engine.AIRFLOW, by=this_process()).forbids():
            raise AirflowSkipException(f"Nothing is done here: {reason}.")
        async with await runtime.store.claims(this_process()) as claims:
            return await work(runtime, claims)


def hide_secrets_of(settings: "Settings") -> None:
    from pydantic import SecretStr

    from civitai_engagement.log import secrets_of

    for value in dict(settings).values():
        if isinstance(value, SecretStr):
            for secret in secrets_of(value.get_secret_value()):
                mask_secret(secret)


def tick_of(job: Any) -> datetime:
    """Give the tick of a job that this DAG run belongs to; one started by hand belongs to the last there was."""
    from civitai_engagement.collect.tick import due_jobs

    context = get_current_context()
    at = context.get("logical_date") or context["dag_run"].run_after
    return due_jobs(datetime.fromtimestamp(at.timestamp(), UTC))[job]  # Airflow's instants are of a kind of their own


def whole(parts: "list[str] | None") -> "ShardedRun | None":
    from civitai_engagement.collect.sharding import ShardedRun

    return ShardedRun.of_parts(parts) if parts else None


def told(run: "Run | None") -> dict[str, Any]:
    """Give what a run did, for Airflow's pages; what ended it early is a failure there as well."""
    if run is None:
        return {}
    if run.error:
        raise AirflowFailException(run.error)
    return {"observed": run.observed, "missing": run.missing, "requests": run.requests, "seconds": run.seconds}


civitai_data_collection()
