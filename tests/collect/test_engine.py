"""One engine at a time: who says so, who follows, and when what was said binds no more."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from civitai_engagement.collect.engine import EngineRule
from civitai_engagement.errors import BadSetup
from civitai_engagement.setting_values import Engine

if TYPE_CHECKING:
    from tests.house import House

CHOSEN = "select engine, said_by from chosen_engine"
BEGUN = "insert into runs (job, tick_at, holder, started_at) values ('update_existing_stats', $1, 'here', $1)"
OURS, THEIRS = Engine.APSCHEDULER, Engine.AIRFLOW


def rule(house: "House", engine: Engine = OURS, by: str = "me:1", *, told: Engine | None = None) -> EngineRule:
    return EngineRule(house.another(engine=told), engine, by=by)


async def chosen(house: "House") -> list[tuple[Any, ...]]:
    return await house.rows(CHOSEN)


async def test_where_nobody_was_told_anything_our_clock_goes_and_nothing_is_written(house: "House") -> None:
    assert await rule(house).forbids() is None
    assert await chosen(house) == []


@pytest.mark.parametrize("told", Engine)
async def test_who_was_told_puts_that_in_force_and_who_was_not_follows(house: "House", told: Engine) -> None:
    forbidden = await rule(house, by="told:1", told=told).forbids()
    assert await chosen(house) == [(told, "told:1")]
    followed = await rule(house).forbids()
    if told is OURS:
        assert (forbidden, followed) == (None, None)
        return
    assert forbidden == f"the engine set for this process is {told} (CIVITAI_ENGAGEMENT_ENGINE)"
    assert followed == f"the engine in force is {told}, set by told:1, 2026-05-01 12:00 UTC"
    assert await chosen(house) == [(told, "told:1")]


async def test_who_was_told_goes_by_that_whatever_is_in_force_and_the_last_word_holds_for_the_others(
    house: "House",
) -> None:
    await rule(house, by="airflow:1", told=THEIRS).forbids()
    other = rule(house)
    assert await other.forbids()
    assert await rule(house, by="flag:1", told=OURS).forbids() is None
    assert await chosen(house) == [(OURS, "flag:1")]
    assert await other.forbids() is None


async def test_saying_again_what_holds_keeps_who_said_it_first(house: "House") -> None:
    await rule(house, by="first:1", told=THEIRS).forbids()
    house.advance(hours=1)
    await rule(house, by="second:1", told=THEIRS).forbids()
    assert await house.rows("select said_by, since from chosen_engine") == [
        ("first:1", house.clock.now() - timedelta(hours=1))
    ]


async def test_airflow_s_own_tasks_put_it_in_force_unless_a_person_chose_otherwise(house: "House") -> None:
    task = rule(house, THEIRS, by="task:1")
    assert await task.forbids() is None
    assert await chosen(house) == [(THEIRS, "task:1")]
    await rule(house, by="flag:1", told=OURS).forbids()
    assert await rule(house, THEIRS, by="task:2").forbids() == (
        "the engine in force is apscheduler, set by flag:1, 2026-05-01 12:00 UTC"
    )
    assert await chosen(house) == [(OURS, "flag:1")]


async def test_a_clock_in_the_foreground_is_refused_in_words_while_airflow_binds(house: "House") -> None:
    await rule(house, by="airflow:1", told=THEIRS).forbids()
    house.advance(hours=8)
    with pytest.raises(BadSetup, match="No clock is kept here: the engine in force is airflow") as refused:
        await rule(house).take_over(by_a_person=True)
    assert "`civitai-engagement collect --once` does one tick under any engine" in refused.value.hint
    await house.run(BEGUN, house.clock.now())
    house.advance(hours=8)
    with pytest.raises(BadSetup):
        await rule(house).take_over(by_a_person=True)


async def test_airflow_silent_for_nine_hours_binds_no_more_but_nothing_switches_by_itself(house: "House") -> None:
    await rule(house, by="airflow:1", told=THEIRS).forbids()
    await house.run(BEGUN, house.clock.now())
    house.advance(hours=9, seconds=1)
    assert await rule(house).forbids()
    with pytest.raises(BadSetup):  # what starts it again and again is no person
        await rule(house, by="service:1").take_over(by_a_person=False)
    assert await chosen(house) == [(THEIRS, "airflow:1")]
    await rule(house, by="person:1").take_over(by_a_person=True)
    assert await chosen(house) == [(OURS, "person:1")]
    assert await rule(house).forbids() is None


@pytest.mark.parametrize("told", [Engine.AIRFLOW, Engine.NONE])
async def test_a_clock_in_the_foreground_is_refused_where_the_setting_says_so_however_silent(
    house: "House", told: Engine
) -> None:
    foreground = rule(house, told=told)
    with pytest.raises(BadSetup):
        await foreground.take_over(by_a_person=True)
    house.advance(hours=30)
    with pytest.raises(BadSetup, match=f"set for this process is {told}"):
        await foreground.take_over(by_a_person=True)
