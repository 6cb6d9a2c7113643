"""The facts as the tables tell them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from civitai_engagement.records.condition import Doubted, Facts, Leader, Present, Statement, Unreadable
from civitai_engagement.records.media import Counters, Media, Reject
from civitai_engagement.records.provenance import Route, Source
from civitai_engagement.store.condition import Conditions, disk_of
from civitai_engagement.store.doubts import Doubts, Suspect
from civitai_engagement.store.images import Images, Observation
from civitai_engagement.store.migrations import head
from civitai_engagement.store.queries import Connection

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
PRESENT = Present(NOW, NOW + 28 * HOUR, NOW + 172 * HOUR)
SEEN = Counters(like=10, heart=5, laugh=2, cry=1, dislike=0, comment=3)
ADD_RUN = """
    insert into runs (job, tick_at, holder, started_at, finished_at, requests, retries, coverage)
    values ($1, $2, 'here', $2, $3, 7, 2, $4) returning run_id
"""


async def add_run(connection: Connection, at: datetime, coverage: object = None, *, is_done: bool = True) -> int:
    finished_at = at + HOUR / 10 if is_done else None
    number: int = await connection.fetchval(ADD_RUN, "update_existing_stats", at, finished_at, coverage or {})
    return number


async def test_nothing_is_known_of_an_empty_ledger_but_its_schema(connection: Connection) -> None:
    facts = await Conditions(connection).facts(None, PRESENT)
    assert facts == Facts(schema=head(), newest_schema=head())
    activity = await Conditions(connection).activity(NOW)
    assert (activity.tracked, activity.overdue, activity.oldest_due_at, activity.history_rows) == (0, 0, None, 0)
    assert (activity.hour_requests, activity.day_requests, activity.doubted) == (0, 0, ())
    assert activity.database_bytes > 0


async def test_runs_come_newest_first_with_what_each_could_not_believe(connection: Connection) -> None:
    old = await add_run(connection, NOW - 4 * HOUR, {"young": [10, 9]})
    new = await add_run(connection, NOW, is_done=False)
    doubts = Doubts(connection)
    for number, reason, run_id in [(1, "unbelievable", new), (1, "unbelievable", new), (2, "suspect fall", new)]:
        await doubts.suspect([Suspect(number, reason, SEEN)], route=Route.POST, as_of=NOW, seen_at=NOW)
        await connection.execute("update suspects set run_id = $1 where run_id is null", run_id)
    await connection.execute("insert into leadership values (true, 'here', $1, $2)", NOW - HOUR, NOW)
    await connection.execute(
        "insert into watches values ('post', '7', 'me', $1), ('post', '8', 'me', $2)", NOW, old_day()
    )

    facts = await Conditions(connection).facts(None, PRESENT)
    latest, before = facts.runs
    assert (latest.tick_at, latest.finished_at, latest.unbelievable) == (NOW, None, 1)
    assert (before.coverage, before.unbelievable, before.requests) == ({"young": (10, 9)}, 0, 7)
    assert old != new
    assert (facts.leader, facts.following_since) == (Leader("here", NOW - HOUR, NOW), old_day())


def old_day() -> datetime:
    return NOW - timedelta(days=9)


async def test_activity_counts_what_is_late_sent_and_doubted(connection: Connection) -> None:
    images = Images(connection)
    await images.describe([Media(id=one, url=f"https://image.example/{one}.jpeg") for one in (1, 2, 3, 4)], seen_at=NOW)
    for number, due_at in [(1, NOW - 3 * HOUR), (2, NOW), (3, NOW + HOUR), (4, NOW - 9 * HOUR)]:
        observation = Observation(number, SEEN, due_at)
        await images.observe([observation], as_of=NOW - HOUR, observed_at=NOW - HOUR, source=Source.RECORDED)
    await connection.execute("update image_tracking set state = 'missing' where image_id = 4")
    for hours in (0.5, 2, 23, 25):
        await add_run(connection, NOW - hours * HOUR)
    doubts = Doubts(connection)
    for number, as_of in [(1, NOW - 2 * HOUR), (2, NOW), (2, NOW)]:
        await doubts.suspect([Suspect(number, "suspect fall", SEEN)], route=Route.POST, as_of=as_of, seen_at=NOW)
    await doubts.suspect([Suspect(3, "suspect fall", SEEN)], route=Route.POST, as_of=NOW, seen_at=NOW - 25 * HOUR)
    await doubts.reject([Reject("image 9", "odd", "{}"), Reject("image 8", "odd", "{}")], seen_at=NOW)

    activity = await Conditions(connection).activity(NOW)
    assert (activity.tracked, activity.overdue, activity.oldest_due_at) == (4, 2, NOW - 3 * HOUR)
    assert (activity.hour_requests, activity.day_requests, activity.day_retries) == (7, 21, 6)
    assert activity.doubted == (Doubted("suspect fall", media=2, waiting=1),)
    assert activity.unreadable == (Unreadable("odd", 2),)


async def test_the_history_is_counted_while_it_is_small_then_estimated_and_unknown_before_anybody_has(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = Images(connection)
    await images.describe([Media(id=1, url="https://image.example/1.jpeg")], seen_at=NOW)
    await images.observe([Observation(1, SEEN, NOW)], as_of=NOW, observed_at=NOW, source=Source.RECORDED)
    told = await Conditions(connection).activity(NOW)
    assert (told.history_rows, told.history_is_estimated, told.last_observed_at) == (1, False, NOW)
    monkeypatch.setattr("civitai_engagement.store.condition.COUNTED_EXACTLY", 0)
    assert (await Conditions(connection).activity(NOW)).history_rows is None
    await connection.execute("analyze image_stats_history")
    told = await Conditions(connection).activity(NOW)
    assert (told.history_rows, told.history_is_estimated) == (1, True)


async def test_without_its_extension_a_server_names_no_slow_statements(connection: Connection) -> None:
    assert await Conditions(connection).slowest() is None


async def test_slow_statements_are_ours_the_slowest_first_and_never_commands(connection: Connection) -> None:
    await connection.execute('create schema "odd name"; set local search_path = public')
    await connection.execute("""
        create view "odd name".pg_stat_statements as
        select (select oid from pg_database where datname = current_database()) as dbid,
            (select oid from pg_roles where rolname = current_user) as userid, s.*
        from (values
            ('select 1', 3::bigint, 2.5::double precision), ('  INSERT into runs', 1, 90),
            ('alter role me password ''hush''', 1, 999), ('selection', 1, 999)
        ) as s (query, calls, mean_exec_time)
    """)
    await connection.execute("""
        set local allow_system_table_mods = on;
        insert into pg_extension
        select 1, 'pg_stat_statements', 10, oid, false, '1' from pg_namespace where nspname = 'odd name'
    """)
    assert await Conditions(connection).slowest() is None  # there, but the server was not started for it
    await connection.execute("set local pg_stat_statements.max = '100'")
    assert await Conditions(connection).slowest() == (
        Statement("  INSERT into runs", 1, 90.0),
        Statement("select 1", 3, 2.5),
    )


def test_the_disk_of_a_folder_that_is_not_there_is_unknown(tmp_path: Path) -> None:
    disk = disk_of(tmp_path)
    assert disk is not None
    assert 0 < disk.free <= disk.total
    assert disk_of(tmp_path / "gone") is None
