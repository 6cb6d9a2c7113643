"""Whether what is to start the jobs does so, and it alone."""

from datetime import datetime, timedelta

from civitai_engagement.analysis.trouble import ConditionFinding, Trouble
from civitai_engagement.records.condition import LEADER_IS_GONE_AFTER, Facts
from civitai_engagement.setting_values import Engine


def engine_trouble(facts: Facts, now: datetime) -> ConditionFinding | None:
    """Find that the engine in force has begun nothing for nine hours, or that a clock of ours goes beside it.

    Nothing switches by itself: a second engine would be the surprise, and which one is wanted only people know.
    """
    engine = facts.engine
    if engine is not None and engine.is_silent(now):
        return ConditionFinding(
            Trouble.ENGINE,
            f"Airflow is to start the jobs, but began none for {(now - engine.heard_at) // timedelta(hours=1)} hours.",
            "Start Airflow's scheduler and unpause the DAG civitai_data_collection; or let a clock of ours start them:"
            " `civitai-engagement serve --collect`.",
            is_failing=True,
        )
    return _second_engine(facts, now)


def _second_engine(facts: Facts, now: datetime) -> ConditionFinding | None:
    engine, leader = facts.engine, facts.leader
    if engine is None or engine.engine is Engine.APSCHEDULER or leader is None or not leader.is_alive(now):
        return None
    if leader.seen_at - engine.since <= LEADER_IS_GONE_AFTER:  # it may be about to hear of it
        return None
    return ConditionFinding(
        Trouble.ENGINE,
        f"A process of ours keeps the clock, though the engine chosen is {engine.engine}.",
        "Nothing is read twice. Choose one: stop that process, or set CIVITAI_ENGAGEMENT_ENGINE=apscheduler for all.",
    )
