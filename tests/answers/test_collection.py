"""What `status` answers."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from civitai_engagement.answers.operations.collection import collection_status
from civitai_engagement.cli.tables import show_status
from civitai_engagement.records.condition import Statement
from civitai_engagement.store.condition import Conditions
from civitai_engagement.store.migrations import head
from civitai_engagement.store.store import Store

if TYPE_CHECKING:
    from tests.house import House

RUN = """
    insert into runs (
        job, tick_at, holder, started_at, finished_at, planned, observed, requests, retries, coverage, error
    ) values ($1, $2, 'here', $2, $3, 20, 18, $4, $5, $6::text::jsonb, $7)
"""


async def ran(
    house: "House", job: str = "update_existing_stats", *, requests: int = 10, retries: int = 0,
    error: str | None = None, coverage: str = '{"young": [20, 19], "rest": [0, 0]}',
) -> None:  # fmt: skip
    now = house.clock.now()
    await house.run(RUN, job, now, now + timedelta(minutes=2), requests, retries, coverage, error)


async def leads(house: "House") -> None:
    await house.run(
        "insert into leadership values (true, 'desk:7', $1, $1) on conflict (is_only) do update set seen_at = $1",
        house.clock.now(),
    )


async def test_before_anything_it_says_how_to_begin(house: "House") -> None:
    told = await collection_status(house.runtime)
    assert (told.verdict, told.problems, told.as_of) == ("never_ran", [], "2026-05-01T12:00:00Z")
    assert told.summary == "Nothing was collected yet, as nothing is followed: record a post, or watch a creator."
    assert told.notes == ["Nothing is recorded yet: `civitai-engagement record URL`."]
    went = told.collection
    assert (went.leader, went.coverage, went.oldest_due_at, went.doubts) == (None, [], None, [])
    assert (went.upstream.state, went.upstream.retried_share, went.upstream.failed_share) == (None, None, None)
    assert [(one.job, one.tick_at, one.next_at, one.observed) for one in went.jobs] == [
        ("collect_new_images", None, None, None), ("update_existing_stats", None, None, None)
    ]  # fmt: skip
    assert (told.stored.database, told.stored.disk_free_bytes, told.stored.slowest) == ("DATABASE_URL", None, None)
    assert told.stored.disk_reason
    assert told.stored.slowest_reason
    lines = told.as_text().splitlines()
    assert "free disk: unknown" in lines
    assert "last observation: none yet" in lines
    assert "clock kept by: nobody yet" in lines
    assert "jobs are started by: apscheduler, the clock in one of our processes" in lines
    assert "update_existing_stats: has not run yet; next unknown: nobody keeps the clock" in lines


async def test_under_airflow_it_says_so_that_young_media_are_coarser_and_when_it_fell_silent(house: "House") -> None:
    house.post(3)
    await house.good("record_civitai_post", posts=[77])
    await house.run("insert into chosen_engine values (true, 'airflow', 'flow:1', $1)", house.clock.now())
    told = await collection_status(house.runtime)
    assert told.summary == "Nothing was collected yet; Airflow begins it at its next round, every four hours."
    assert told.notes[0].startswith("Airflow starts the jobs every four hours, so young media are seen more coarsely")
    assert "jobs are started by: airflow, every four hours; set by flow:1, 2026-05-01T12:00:00Z" in told.as_text()
    assert [one.next_at for one in told.collection.jobs] == 2 * ["2026-05-01T16:00:00Z"]
    house.advance(hours=9, minutes=1)
    told = await collection_status(house.runtime)
    assert (told.verdict, [one.name for one in told.problems]) == ("failing", ["engine"])
    assert "Start Airflow's scheduler" in told.summary
    assert (told.collection.engine.is_silent, [one.next_at for one in told.collection.jobs]) == (True, 2 * [None])


async def test_where_the_engine_is_none_it_says_how_to_collect(house: "House") -> None:
    house.post(3)
    await house.good("record_civitai_post", posts=[77])
    await house.run("insert into chosen_engine values (true, 'none', 'web:1', $1)", house.clock.now())
    told = await collection_status(house.runtime)
    assert told.summary.startswith("Collecting is off: the engine chosen is none.")
    assert told.collection.engine.engine == "none"


async def test_what_is_stored_is_counted_and_what_is_followed_but_never_collected_is_said(house: "House") -> None:
    house.post(3)
    await house.good("record_civitai_post", posts=[77])
    told = await collection_status(house.runtime)
    held = told.stored
    assert (held.posts, held.assets, held.tracked, held.history_rows) == (1, 3, 3, 3)
    assert (held.last_observed_at, held.schema_revision, held.newest_revision) == (
        "2026-05-01T12:00:00Z",
        head(),
        head(),
    )
    assert (told.verdict, told.notes) == ("off", [])
    assert told.summary.startswith("Collecting is off: nothing keeps the clock.")
    await leads(house)
    told = await collection_status(house.runtime)
    assert told.summary == "Nothing was collected yet; the first round comes by itself at the next full hour."
    assert [one.next_at for one in told.collection.jobs] == ["2026-05-01T16:00:00Z", "2026-05-01T13:00:00Z"]


async def test_a_collection_that_works_is_told_in_full(house: "House") -> None:
    await ran(house, "collect_new_images", requests=2, coverage="{}")
    house.advance(hours=1)
    await ran(house, requests=10, retries=2)
    await leads(house)
    house.advance(minutes=3)
    await leads(house)
    await doubts(house)
    told = await collection_status(house.runtime)
    assert (told.verdict, told.summary) == ("ok", "Collecting works; the last run began 2026-05-01 13:00 UTC.")
    went = told.collection
    assert went.leader
    assert (went.leader.holder, went.leader.is_alive) == ("desk:7", True)
    assert [(one.tier, one.due, one.reached, one.share) for one in went.coverage] == [
        ("rest", 0, 0, None), ("young", 20, 19, 0.95)
    ]  # fmt: skip
    assert (went.requests.used, went.requests.left, went.requests.per_hour) == (10, 3590, 3600)
    assert (went.upstream.state, went.upstream.retried_share) == ("with trouble", 0.1667)
    assert went.doubts == [
        "3 media showed less than before: 3 waiting for another look",
        "1 media showed only zeros: 1 waiting for proof, three looks over 8 hours, as zeros are how Civitai fails",
        "1 thing Civitai sent set aside: it has no usable id",
    ]
    lines = told.as_text().splitlines()
    assert lines[1] == "verdict: ok"
    assert "clock kept by: desk:7, alive, last seen 2026-05-01T13:03:00Z" in lines
    assert "reached of what was due: rest 0 of 0; young 19 of 20 (95.0%)" in lines
    assert "requests of 60 minutes: 10 used, 3,590 left of 3,600" in lines
    ran_for = "last for 2026-05-01T13:00:00Z, 20 due, 18 media observed; next 2026-05-01T14:00:00Z"
    assert f"update_existing_stats: {ran_for}" in lines


async def doubts(house: "House") -> None:
    for image_id, reason in [(1, "suspect fall"), (2, "suspect fall"), (3, "suspect fall"), (4, "unbelievable")]:
        await house.run(
            "insert into suspects (image_id, reason, route, seen, as_of, seen_at) "
            "values ($1, $2, 'post', '{}', $3, $3)",
            image_id, reason, house.clock.now(),
        )  # fmt: skip
    await house.run(
        "insert into rejects (subject, reason, raw, seen_at) values ('image', 'it has no usable id', '{}', $1)",
        house.clock.now(),
    )


async def test_trouble_comes_first_with_what_to_do(house: "House", capsys: pytest.CaptureFixture[str]) -> None:
    await leads(house)
    for _ in range(2):
        await ran(house, requests=5, retries=5, error="Civitai did not answer.\x1b[31m", coverage='{"young": [9, 1]}')
        house.advance(minutes=59)
    told = await collection_status(house.another(requests_per_second=0.001))
    assert told.verdict == "failing"
    assert [one.name for one in told.problems] == ["upstream", "coverage"]
    assert told.summary == f"Collecting is failing: {told.problem_lines()[0]} (1 more problem)"
    assert told.as_text().splitlines()[1] == f"problem: {told.problem_lines()[0]}"
    assert (told.collection.upstream.state, told.collection.upstream.failed_share) == ("badly", 1.0)
    assert (told.collection.requests.left, told.collection.requests.per_hour) == (0, 3)
    assert told.collection.jobs[1].error == "Civitai did not answer.[31m"
    assert "failed: Civitai did not answer.[31m" in told.as_text()
    show_status(told)
    shown = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [line[:3] for line in shown if line[:1] == ["problem"]] == [
        ["problem", "The", "last"], ["problem", "Less", "than"]
    ]  # fmt: skip


async def test_slow_statements_and_the_folder_of_an_embedded_database_are_shown_to_its_owner_only(
    house: "House", monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slowest(_: object) -> tuple[Statement, ...]:
        return (Statement("select\n  " + "x" * 100, 3, 12.345),)

    monkeypatch.setattr(Conditions, "slowest", slowest)
    monkeypatch.setattr(Store, "is_embedded", property(lambda _: True))
    home = house.runtime.settings.home
    told = (await collection_status(house.runtime)).stored
    assert (told.database, told.slowest_reason) == ("embedded", None)
    [slow] = told.slowest or []
    assert (slow.statement, slow.mean_ms) == ("select " + "x" * 72 + "…", 12.3)
    assert told.facts()["slowest statements"] == f"12.3 ms: {slow.statement}"
    house.runtime.is_local = True
    assert (await collection_status(house.runtime)).stored.database == f"embedded, in {home}"


async def test_doubts_that_were_looked_at_again_say_so(house: "House") -> None:
    house.post(1)
    await house.good("record_civitai_post", posts=[77])
    await house.run(
        "insert into suspects (image_id, reason, route, seen, as_of, seen_at) "
        "select image_id, 'odd', 'post', '{}', as_of, $1 from image_tracking", house.clock.now(),
    )  # fmt: skip
    told = await collection_status(house.runtime)
    assert told.collection.doubts == ["1 media odd: 1 not confirmed by a later look"]


async def test_a_tool_tells_the_same(house: "House") -> None:
    told = await house.call("get_collection_status")
    assert (told.data["verdict"], told.is_error) == ("never_ran", False)
    assert told.rows[0] == told.data["summary"]


async def test_without_a_database_the_tool_says_so(live: "House") -> None:
    told = await live.call("get_collection_status")
    assert told.is_error
    assert "does not answer" in told.text
