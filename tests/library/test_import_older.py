"""What the database of an older server becomes."""

import os
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from civitai_engagement.cli.transfer import ImportOptions, ImportTally, import_older
from civitai_engagement.errors import BadInput, Retryable, StoreDown
from civitai_engagement.library.importing import older as importing
from civitai_engagement.library.importing.outcome import LineStatus
from civitai_engagement.library.record import record_post
from civitai_engagement.store import legacy_import
from civitai_engagement.store.inheritance import Inheritance
from tests.older import START, OlderServer, older_server

if TYPE_CHECKING:
    from tests.house import House

HOUR = timedelta(hours=1)
LEDGER = {
    "posts": "to_jsonb(t)",
    "watches": "to_jsonb(t)",
    "images": "to_jsonb(t)",
    "image_tracking": "to_jsonb(t) - 'next_due_at'",
    "image_stats_history": "to_jsonb(t)",
    "prompts": "to_jsonb(t) - 'prompt_id'",
    "audit": "to_jsonb(t) - 'audit_id' - 'row_id' - 'at'",
    "assets": "to_jsonb(t) - 'asset_id' - 'input_prompt_id' - 'output_prompt_id' - 'input_asset_ids' "
    "|| jsonb_build_object('prompt', (select content from prompts p where p.prompt_id = t.input_prompt_id), "
    "'parts', (select jsonb_agg(asset_url order by 1) from assets a where a.asset_id = any(t.input_asset_ids)))",
}


async def ledger(house: "House") -> dict[str, list[str]]:
    """Every row of ours, without the ids we count up and the time of the import."""
    return {
        table: [row[0] for row in await house.rows(f"select ({row})::text from {table} as t order by 1")]
        for table, row in LEDGER.items()
    }


@pytest.fixture
async def older(postgres: str) -> AsyncIterator[OlderServer]:
    async with older_server(postgres, f"older_{os.getpid()}") as server:
        yield server


async def import_(house: "House", older: OlderServer, **options: Any) -> ImportTally:
    return await import_older(house.runtime, older.url, "civitai", ImportOptions(**options))


async def history(house: "House", image_id: int = 501) -> list[tuple[datetime, int, int, datetime | None, str]]:
    rows = await house.rows(
        "select collected_at, like_count, like_gain, previous_observed_at, event from image_stats_history "
        "where image_id = $1 order by collected_at",
        image_id,
    )
    return [(row[0], row[1], row[2], row[3], row[4]) for row in rows]


async def furnish(older: OlderServer) -> None:
    """Something of everything, traps included."""
    prompts = [await older.prompt(f"prompt {number}") for number in range(5)]
    posts = [await older.post(str(700 + number), title=f"Post {number}") for number in range(3)]
    assets = [
        await older.asset(civitai_id=str(501 + n), post_id=posts[n % 3], input_prompt_id=prompts[n % 5])
        for n in range(7)
    ]
    await older.asset(post_id=4242, input_asset_ids=[assets[2], 999, assets[0] + 100])
    await older.run(f"update assets set input_asset_ids = '{{{assets[6]}}}' where id = {assets[0]}")
    for likes in (0, 2, 2, 5):
        for asset in assets:
            await older.sync(asset, like=likes)


async def test_a_prompt_a_post_and_an_asset_come_over_as_they_were(house: "House", older: OlderServer) -> None:
    prompt = await older.prompt("a lighthouse", llm_model="m", purpose="x", on_behalf_of="Alice B", metadata='{"a": 1}')
    answer = await older.prompt("so I drew one")
    post = await older.post("700", title="Lights", description="d", status="pending", on_behalf_of="Alice B")
    await older.asset(
        civitai_id="501", post_id=post, input_prompt_id=prompt, output_prompt_id=answer, sha256sum="AB" * 32
    )
    assert (await import_(house, older)).statuses == {LineStatus.IMPORTED: 4}
    [(kept, metadata, who, whom, at)] = await house.rows(
        "select content, metadata::text, created_by, on_behalf_of, recorded_at from prompts where purpose = 'x'"
    )
    assert (kept, who, whom, at) == ("a lighthouse", "alice", "Alice B", START + timedelta(minutes=1))
    assert metadata == f'{{"a": 1, "imported_from": {{"id": {prompt}, "database": "older_{os.getpid()}"}}}}'
    assert await house.rows(
        "select post_id, title, description, status, on_behalf_of, metadata #>> '{imported_from,civitai_account}' "
        "from posts"
    ) == [(700, "Lights", "d", "pending", "Alice B", "c29")]
    found = await house.good("find_asset", civitai_id="501")
    assert (found["sha256sum"], found["post"]["post_id"]) == ("ab" * 32, "700")
    assert (found["input_prompt"]["prompt_text"], found["output_prompt"]["prompt_text"]) == (
        "a lighthouse",
        "so I drew one",
    )
    assert await house.rows("select kind, name from watches") == [("post", "700")]


async def test_imported_images_are_due_at_once(house: "House", older: OlderServer) -> None:
    await older.asset(civitai_id="501")
    await import_(house, older)
    tracked = await house.rows("select image_id, like_count, next_due_at, source from image_tracking")
    assert tracked == [(501, None, house.clock.now(), "recorded")]


async def test_references_follow_their_things_to_their_new_ids(house: "House", older: OlderServer) -> None:
    await house.good("create_prompt", prompt_text="here before")
    prompt = await older.prompt("a lighthouse")
    first = await older.asset()
    second = await older.asset(input_prompt_id=prompt, input_asset_ids=[first, 99])
    await older.run(f"update assets set input_asset_ids = '{{{second}}}' where id = {first}")
    await import_(house, older)
    rows = await house.rows(
        "select a.asset_id, a.input_asset_ids, p.content from assets a left join prompts p "
        "on p.prompt_id = a.input_prompt_id order by 1"
    )
    (one, parts_of_one, _), (two, parts_of_two, content) = rows
    assert (parts_of_one, parts_of_two, content) == ([two], [one], "a lighthouse")


@pytest.mark.parametrize("civitai_id", ["abc", "0", "007", "-3", "12.5", "99999999999", " 7", "٣", ""])
async def test_a_post_without_an_id_of_civitai_is_skipped_with_the_reason(
    house: "House", older: OlderServer, tmp_path: Path, civitai_id: str
) -> None:
    await older.post(civitai_id)
    tally = await import_(house, older, report=tmp_path / "report.csv")
    assert tally.statuses == {LineStatus.SKIPPED: 1}
    assert "is no id of a post on Civitai" in (tmp_path / "report.csv").read_text()
    assert await house.rows("select count(*) from posts") == [(0,)]


async def test_what_has_no_place_here_stays_in_the_metadata_and_is_said(house: "House", older: OlderServer) -> None:
    bad_post = await older.post("draft-3")
    await older.asset(post_id=4242, civitai_id="x9", civitai_url="https://civitai.com/images/x9", sha256sum="none")
    await older.asset(post_id=bad_post, metadata='["odd"]')
    tally = await import_(house, older)
    kept = await house.rows(
        "select metadata #> '{imported_from,post_id}', metadata #>> '{imported_from,civitai_id}', "
        "metadata #>> '{imported_from,sha256sum}', metadata -> 'value', post_id, image_id, sha256sum is null "
        "from assets order by asset_id"
    )
    assert kept == [
        ("4242", "x9", "none", None, None, None, True),
        (str(bad_post), None, None, '["odd"]', None, None, False),
    ]
    assert [one.remark for one in tally.remarks][1] == (
        "its image id x9 is none of Civitai; its post 4242 was not imported; its SHA-256 cannot be one"
    )


async def test_the_audit_trail_becomes_history(house: "House", older: OlderServer) -> None:
    asset = await older.asset(civitai_id="501")
    times = [await older.sync(asset, like=likes) for likes in (3, 3, 7, 8)]
    await import_(house, older)
    assert await history(house) == [
        (times[0], 3, 0, None, "first"),
        (times[2], 7, 4, times[1], "change"),
        (times[3], 8, 1, times[2], "change"),
    ]
    assert await house.rows("select like_count, as_of, last_observed_at from image_tracking") == [
        (8, times[3], times[3])
    ]


async def test_zero_meant_unknown_there_and_becomes_no_row(house: "House", older: OlderServer) -> None:
    asset = await older.asset(civitai_id="501")
    times = [await older.sync(asset, like=likes) for likes in (0, 3, 0, 4)]
    tally = await import_(house, older)
    assert [row[:3] for row in await history(house)] == [(times[1], 3, 0), (times[3], 4, 1)]
    assert [one.remark for one in tally.remarks] == ["2 all zero, which meant unknown there"]


async def test_a_fall_needs_a_second_read(house: "House", older: OlderServer) -> None:
    asset = await older.asset(civitai_id="501")
    times = [await older.sync(asset, like=likes) for likes in (9, 5, 5, 4, 9)]
    tally = await import_(house, older)
    assert [(row[0], row[1], row[2], row[4]) for row in await history(house)] == [
        (times[0], 9, 0, "first"),
        (times[2], 5, -4, "fall"),
        (times[4], 9, 4, "change"),
    ]
    assert tally.statuses[LineStatus.IMPORTED] == 2
    assert not tally.remarks


async def test_a_last_fall_nobody_confirmed_is_left_out_and_counted(house: "House", older: OlderServer) -> None:
    asset = await older.asset(civitai_id="501")
    for likes in (9, 5):
        await older.sync(asset, like=likes)
    tally = await import_(house, older)
    assert [one.remark for one in tally.remarks] == ["1 a fall that no later read confirmed"]
    assert await house.rows("select like_count from image_tracking") == [(9,)]


async def test_counters_from_before_the_trail_begins_are_taken_from_its_first_row(
    house: "House", older: OlderServer
) -> None:
    asset = await older.asset(civitai_id="501")
    before = await older.sync(asset, is_audited=False, like=1)
    after = await older.sync(asset, like=4)
    await import_(house, older)
    assert [row[:3] for row in await history(house)] == [(before, 1, 0), (after, 4, 3)]


async def test_counters_without_any_trail_are_one_row(house: "House", older: OlderServer) -> None:
    asset = await older.asset(civitai_id="501")
    at = await older.sync(asset, is_audited=False, like=1, comment=2)
    await import_(house, older)
    assert [row[:3] for row in await history(house)] == [(at, 1, 0)]


async def test_counters_no_column_holds_are_left_out(house: "House", older: OlderServer) -> None:
    asset = await older.asset(civitai_id="501")
    await older.sync(asset, like=2**40)
    tally = await import_(house, older)
    assert [one.remark for one in tally.remarks] == ["1 not counters"]


async def test_what_was_observed_here_since_is_joined_and_not_overwritten(house: "House", older: OlderServer) -> None:
    [item] = house.post(1, 77)
    asset = await older.asset(civitai_id=str(item.id))
    times = [await older.sync(asset, like=likes, heart=1) for likes in (5, 12)]
    older.now = house.clock.now()
    await older.sync(asset, like=25, heart=1)
    for likes in (20, 30):
        house.world.set_stats(item.id, like=likes)
        await record_post(house.runtime, 77)
        house.advance(hours=2)
    tally = await import_(house, older)
    rows = await history(house, item.id)
    assert [row[1:] for row in rows] == [
        (5, 0, None, "first"),
        (12, 7, times[0], "change"),
        (20, 8, times[1], "change"),
        (30, 10, rows[2][0], "change"),
    ]
    assert await house.rows("select like_count, as_of from image_tracking") == [(30, rows[3][0])]
    assert [one.remark for one in tally.remarks] == ["1 recorded here since"]


async def began_with_zeros(house: "House", older: OlderServer) -> tuple[int, list[datetime]]:
    """An image of which we saw zeros once, and the older server 3 and 70 likes before; gives it and those times."""
    [item] = house.post(1, 77)
    house.world.set_stats(item.id, like=0, heart=0, comment=0)
    await record_post(house.runtime, 77)
    asset = await older.asset(civitai_id=str(item.id))
    return item.id, [await older.sync(asset, like=likes) for likes in (3, 70)]


async def test_zeros_seen_once_are_suspects_where_the_older_server_had_more(house: "House", older: OlderServer) -> None:
    image, times = await began_with_zeros(house, older)
    await import_(house, older)
    assert [(row[0], row[1], row[4]) for row in await history(house, image)] == [
        (times[0], 3, "first"),
        (times[1], 70, "change"),
    ]
    tracked = "select like_count, as_of, last_observed_at, unconfirmed, next_due_at from image_tracking"
    assert await house.rows(tracked) == [(70, times[1], times[1], False, house.clock.now() + HOUR)]
    suspects = "select image_id, reason, route, seen ->> 'like', as_of from suspects"
    assert await house.rows(suspects) == [(image, "unbelievable", "post", "0", house.clock.now())]
    before = await ledger(house)
    await import_(house, older)
    assert (await ledger(house), await house.rows("select count(*) from suspects")) == (before, [(1,)])


@pytest.mark.parametrize(("likes", "ends"), [(71, (71, 1, "change")), (0, (70, 67, "change"))])
async def test_the_next_look_decides_about_zeros_that_an_import_made_suspects(
    house: "House", older: OlderServer, likes: int, ends: tuple[int, int, str]
) -> None:
    image, _ = await began_with_zeros(house, older)
    await import_(house, older)
    house.world.set_stats(image, like=likes)
    house.advance(hours=1)
    await record_post(house.runtime, 77)
    _, like, gain, _, event = (await history(house, image))[-1]
    assert (like, gain, event) == ends


async def test_zeros_seen_once_between_more_and_more_were_no_fall(house: "House", older: OlderServer) -> None:
    image, times = await began_with_zeros(house, older)
    house.world.set_stats(image, like=75)
    now = house.advance(hours=1)
    await record_post(house.runtime, 77)
    await import_(house, older)
    assert await history(house, image) == [
        (times[0], 3, 0, None, "first"),
        (times[1], 70, 67, times[0], "change"),
        (now, 75, 5, times[1], "change"),
    ]
    assert await house.rows("select like_count, as_of from image_tracking") == [(75, now)]
    assert await house.rows("select as_of from suspects") == [(now - HOUR,)]
    before = await ledger(house)
    await import_(house, older)
    assert await ledger(house) == before


async def test_zeros_that_a_second_look_confirmed_stay_believed(house: "House", older: OlderServer) -> None:
    image, times = await began_with_zeros(house, older)
    house.advance(hours=1)
    await record_post(house.runtime, 77)
    await import_(house, older)
    assert [row[1:] for row in await history(house, image)][-1] == (0, -70, times[1], "fall")
    assert await house.rows("select like_count, unconfirmed from image_tracking") == [(0, False)]


async def test_zeros_seen_once_before_the_older_server_saw_more_stay_the_beginning(
    house: "House", older: OlderServer
) -> None:
    older.now = house.clock.now()
    await began_with_zeros(house, older)
    await import_(house, older)
    [(likes,)] = await house.rows("select like_count from image_tracking")
    assert (likes, (await house.rows("select count(*) from suspects"))) == (70, [(0,)])


async def test_an_image_recorded_here_keeps_what_it_has_and_gains_what_it_lacks(
    house: "House", older: OlderServer
) -> None:
    [item] = house.post(1, 77, title="Ours")
    await record_post(house.runtime, 77)
    prompt = await older.prompt("theirs")
    post = await older.post("77", title="Theirs", on_behalf_of="Bob")
    await older.asset(civitai_id=str(item.id), post_id=post, output_prompt_id=prompt, sha256sum="cd" * 32)
    tally = await import_(house, older)
    assert tally.statuses == {LineStatus.IMPORTED: 1, LineStatus.ALREADY: 2}
    assert await house.rows("select title, on_behalf_of, created_by from posts") == [("Ours", "Bob", "Keeper")]
    [(url, digest, content)] = await house.rows(
        "select asset_url, sha256sum, content from assets join prompts on prompt_id = output_prompt_id"
    )
    assert (digest, content, "files.example" in url) == ("cd" * 32, "theirs", False)


async def test_a_second_import_changes_no_row(house: "House", older: OlderServer) -> None:
    await furnish(older)
    await import_(house, older)
    before = await ledger(house)
    house.advance(hours=1)
    tally = await import_(house, older)
    assert await ledger(house) == before
    assert set(tally.statuses) == {LineStatus.ALREADY}


async def test_later_reads_of_an_older_server_that_lives_on_are_added(house: "House", older: OlderServer) -> None:
    asset = await older.asset(civitai_id="501")
    first = await older.sync(asset, like=3)
    await import_(house, older)
    second = await older.sync(asset, like=4)
    await import_(house, older)
    assert [(row[0], row[2], row[3]) for row in await history(house)] == [(first, 0, None), (second, 1, first)]


@pytest.mark.parametrize("fatal", [1, 2, 3, 4, 6, 7, 8, 11, 12])
async def test_an_import_that_broke_anywhere_ends_in_the_same_rows_when_begun_again(
    house: "House", older: OlderServer, monkeypatch: pytest.MonkeyPatch, fatal: int
) -> None:
    await furnish(older)
    monkeypatch.setattr(legacy_import, "MOST_ROWS", 3)
    monkeypatch.setattr(importing, "HISTORY_READS", 8)
    calls = iter(range(1, 1000))
    with monkeypatch.context() as patched:
        for name in ("add_prompts", "add_posts", "add_assets", "link_assets", "add_history"):
            patched.setattr(Inheritance, name, _failing(getattr(Inheritance, name), calls, fatal))
        try:
            await import_(house, older)
        except StoreDown:
            assert fatal <= 11
        else:
            assert fatal > 11
    await import_(house, older)
    broken = await ledger(house)
    await house.run(f"truncate {', '.join(LEDGER)} cascade")
    await import_(house, older)
    assert await ledger(house) == broken


def _failing(whole: Any, calls: Any, fatal: int) -> Any:
    async def write(self: Inheritance, *rows: Any, **more: Any) -> Any:
        done = await whole(self, *rows, **more)
        if next(calls) == fatal:
            raise asyncpg.ConnectionDoesNotExistError("killed before the commit")
        return done

    return write


async def test_a_second_import_at_the_same_time_is_told_so_at_once(house: "House", older: OlderServer) -> None:
    await furnish(older)
    other = await asyncpg.connect(house.database_url)
    async with Inheritance(other).alone():
        with pytest.raises(Retryable, match=r"^Another import is running\. Wait until"):
            await import_(house, older)
    assert (await import_(house, older)).is_good
    await other.close()


async def test_an_import_that_fails_makes_room_for_the_next(
    house: "House", older: OlderServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await furnish(older)
    with monkeypatch.context() as patched:
        patched.setattr(Inheritance, "add_posts", _failing(Inheritance.add_posts, iter([1]), 1))
        with pytest.raises(StoreDown):
            await import_(house, older)
    assert (await import_older(house.another(), older.url, "civitai", ImportOptions())).is_good


async def test_a_leader_of_the_clock_keeps_no_import_away(house: "House", older: OlderServer) -> None:
    await furnish(older)
    async with await house.runtime.store.claims("clock") as claims:
        assert await claims.lead(house.clock.now())
        assert (await import_(house, older)).is_good


async def test_two_databases_of_the_same_name_are_told_apart(house: "House", older: OlderServer) -> None:
    await older.prompt("of the first")
    await import_(house, older)
    await older.run("truncate prompts cascade; alter sequence prompts_id_seq restart")
    await older.prompt("of the second")
    await import_(house, older)
    assert await house.rows("select content from prompts order by 1") == [("of the first",), ("of the second",)]


async def test_nothing_of_the_older_database_is_written(house: "House", older: OlderServer) -> None:
    await furnish(older)
    before = await older.everything()
    await import_(house, older)
    assert await older.everything() == before


async def test_a_rehearsal_tells_the_same_and_changes_nothing(house: "House", older: OlderServer) -> None:
    await furnish(older)
    before = await ledger(house)
    told = await import_(house, older, is_rehearsal=True)
    assert await ledger(house) == before
    assert told.statuses == {LineStatus.WOULD: 16}
    assert [one.remark for one in told.remarks] == ["its post 4242 was not imported"]
    await import_(house, older)
    assert (await import_(house, older, is_rehearsal=True)).statuses == {LineStatus.ALREADY: 16}


async def test_a_rehearsal_makes_no_database(live: "House", older: OlderServer, tmp_path: Path) -> None:
    live.restart(database_url=None, home=tmp_path / "home")
    await furnish(older)
    assert (await import_(live, older, is_rehearsal=True)).statuses == {LineStatus.WOULD: 16}
    assert not (tmp_path / "home").exists()


async def test_another_schema_can_be_named_and_a_wrong_one_says_what_it_lacks(
    house: "House", older: OlderServer
) -> None:
    await older.run('alter schema civitai rename to "Odd one"')
    with pytest.raises(BadInput, match="Schema civitai of older_[0-9]+ has no table prompts, civitai_posts"):
        await import_(house, older)
    assert (await import_older(house.runtime, older.url, "Odd one", ImportOptions())).is_good
