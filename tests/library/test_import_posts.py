"""Importing a list: the same rows as recording post by post, once each, however often it is begun."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from civitai_engagement.cli.transfer import ImportOptions, ImportTally, import_list
from civitai_engagement.errors import BadInput, StoreDown
from civitai_engagement.library.importing import posts as importing
from civitai_engagement.library.importing.outcome import LineStatus
from civitai_engagement.library.record import record_post
from civitai_engagement.sandbox import Item, Switches
from civitai_engagement.store.batches import Batches

if TYPE_CHECKING:
    from tests.house import House

POSTS = (71, 72, 73, 74, 75)
LEDGER = {
    "posts": "to_jsonb(t)",
    "watches": "to_jsonb(t)",
    "images": "to_jsonb(t)",
    "image_tracking": "to_jsonb(t)",
    "image_stats_history": "to_jsonb(t)",
    "generation_parameters": "to_jsonb(t)",
    "image_resources": "to_jsonb(t)",
    "prompts": "to_jsonb(t) - 'prompt_id'",
    "audit": "to_jsonb(t) - 'audit_id'",
    "assets": "to_jsonb(t) - 'asset_id' - 'input_prompt_id' "
    "|| jsonb_build_object('prompt', (select content from prompts p where p.prompt_id = t.input_prompt_id))",
}


async def ledger(house: "House") -> dict[str, list[str]]:
    """Every row of the ledger, without the ids we count up ourselves."""
    return {
        table: [row[0] for row in await house.rows(f"select ({row})::text from {table} as t order by 1")]
        for table, row in LEDGER.items()
    }


def furnish(house: "House", posts: Sequence[int] = POSTS) -> None:
    """Posts with everything a batch treats apart: parameters, shared prompts, unknown counters, dates of their own."""
    made_with: list[dict[str, Any]] = [
        {"prompt": "a lighthouse", "steps": 20, "seed": 7, "sampler": "Euler a", "hashes": {"model": "ab12cd34ef"}},
        {"prompt": "a lighthouse", "resources": [{"name": "x", "type": "lora", "weight": 0.5}]},
        {"prompt": ""},
    ]
    for post_id in posts:
        items = [Item(meta=meta) for meta in made_with] + [Item()]
        house.world.add_post(post_id=post_id, username="Ana", items=items, title=f"Post {post_id}", detail="<p>x</p>")
        first, *others = house.world.items_of(post_id)
        house.world.set_stats(first.id, like=post_id, comment=1)
        house.world.change(others[-1].id, published_at=house.clock.now().replace(hour=3))


async def import_(house: "House", folder: Path, *lines: object, **options: Any) -> ImportTally:
    path = folder / "list.csv"
    path.write_text("\n".join(map(str, lines)))
    return await import_list(house.runtime, path, ImportOptions(**options))


async def test_an_import_makes_the_rows_that_recording_post_by_post_makes(house: "House", tmp_path: Path) -> None:
    furnish(house)
    for post_id in POSTS:
        await record_post(house.runtime, post_id)
    by_hand = await ledger(house)
    await house.run(f"truncate {', '.join(LEDGER)} cascade")
    tally = await import_(house, tmp_path, *POSTS)
    assert await ledger(house) == by_hand
    assert dict(tally.statuses) == {LineStatus.IMPORTED: 5}


async def test_an_import_observes_as_recording_does_at_the_set_cadence_and_zeros_again_at_the_next_tick(
    house: "House", tmp_path: Path
) -> None:
    house.restart(cadence="1w:8h :1d")
    furnish(house)
    house.world.add_post(post_id=76, items=[Item()])
    house.advance(minutes=20)
    dues = "select image_id, next_due_at, unconfirmed from image_tracking order by 1"
    for post_id in (*POSTS, 76):
        await record_post(house.runtime, post_id)
    by_hand = await house.rows(dues)
    await house.run(f"truncate {', '.join(LEDGER)} cascade")
    await import_(house, tmp_path, *POSTS, 76)
    found = await house.rows(dues)
    assert found == by_hand
    assert {(due.hour, unconfirmed) for _, due, unconfirmed in found} == {(20, False), (13, True)}


async def test_a_second_run_reads_nothing_again(house: "House", tmp_path: Path) -> None:
    furnish(house)
    await import_(house, tmp_path, *POSTS[:3])
    await house.forget()
    tally = await import_(house, tmp_path, *POSTS)
    assert dict(tally.statuses) == {LineStatus.ALREADY: 3, LineStatus.IMPORTED: 2}
    assert {one["path"] for one in await house.asked() if "posts" in one["path"]} == {
        "/api/v1/posts/74",
        "/api/v1/posts/75",
    }


async def test_a_run_begun_again_fills_in_the_titles_that_civitai_did_not_give(house: "House", tmp_path: Path) -> None:
    furnish(house)
    await import_(house, tmp_path, 74)
    await house.arm("edge-502", path="/api/v1/posts")
    tally = await import_(house, tmp_path, *POSTS[:4])
    assert dict(tally.statuses) == {LineStatus.ALREADY: 1, LineStatus.IMPORTED: 3}
    remark = "Civitai did not give its title, tags and date; run the same command again to fill them in"
    assert [one.remark for one in tally.remarks] == [remark] * 3
    assert await house.rows("select count(title) from posts") == [(1,)]
    await house.heal()
    tally = await import_(house, tmp_path, *POSTS[:4])
    assert (dict(tally.statuses), list(tally.remarks)) == ({LineStatus.ALREADY: 1, LineStatus.IMPORTED: 3}, [])
    titles = await house.rows("select title, title_unread from posts order by 1")
    assert titles == [(f"Post {one}", False) for one in POSTS[:4]]
    assert dict((await import_(house, tmp_path, *POSTS[:4])).statuses) == {LineStatus.ALREADY: 4}


@pytest.mark.parametrize("absent", ["route", "post"])
async def test_where_civitai_has_no_title_to_give_a_second_run_asks_for_none(
    house: "House", tmp_path: Path, absent: str
) -> None:
    house.post(1)
    if absent == "route":
        house.world.switches = Switches()
    else:
        del house.world.posts[77]
    tally = await import_(house, tmp_path, 77)
    assert (dict(tally.statuses), list(tally.remarks)) == ({LineStatus.IMPORTED: 1}, [])
    assert dict((await import_(house, tmp_path, 77)).statuses) == {LineStatus.ALREADY: 1}


async def test_with_again_known_posts_are_brought_up_to_date(house: "House", tmp_path: Path) -> None:
    items = house.post(2, 77)
    await import_(house, tmp_path, 77)
    house.world.set_stats(items[0].id, like=11)
    house.advance(hours=1)
    tally = await import_(house, tmp_path, 77, again=True)
    assert dict(tally.statuses) == {LineStatus.IMPORTED: 1}
    assert await house.rows("select like_gain from image_stats_history where event = 'change'") == [(10,)]


async def test_a_file_recorded_by_hand_before_is_recognised(house: "House", tmp_path: Path) -> None:
    items = house.post(2, 77)
    house.post(2, 78)
    url = (await house.good("fetch_civitai_post_assets", post_id=77))["assets"][0]["asset_url"]
    await house.run(
        "insert into assets (asset_type, asset_source, asset_url, created_by, recorded_at, updated_at) "
        "values ('image', 'generated', $1, 'me', now(), now())",
        url,
    )
    await import_(house, tmp_path, 77, 78)
    assert await house.rows("select image_id from assets where created_by = 'me'") == [(items[0].id,)]
    assert await house.rows("select count(*) from assets") == [(4,)]


async def test_each_line_s_outcome_is_reported(house: "House", tmp_path: Path) -> None:
    house.post(2, 77)
    report = tmp_path / "report.csv"
    tally = await import_(house, tmp_path, "post", 77, "https://civitai.com/images/1", 78, 77, "=cmd()", report=report)
    with report.open(newline="") as file:
        rows = {row["where"]: row for row in csv.DictReader(file)}
    assert not tally.is_good
    assert {where: row["status"] for where, row in rows.items()} == {
        "line 2": "imported",
        "line 3": "failed",
        "line 4": "failed",
        "line 5": "duplicate",
        "line 6": "failed",
    }
    assert rows["line 6"]["given"] == "'=cmd()"  # no formula for the spreadsheet that opens it
    assert (rows["line 2"]["media"], rows["line 2"]["new_assets"], rows["line 2"]["post_id"]) == ("2", "2", "77")
    assert "an image, not a post" in rows["line 3"]["remark"]
    assert "lists no media for post 78" in rows["line 4"]["remark"]


async def test_a_rehearsal_changes_nothing_and_asks_nothing(
    house: "House", tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    house.post(2, 77)
    await import_(house, tmp_path, 77)
    await house.forget()
    before = await ledger(house)
    tally = await import_(house, tmp_path, 77, 78, 79, is_rehearsal=True)
    assert dict(tally.statuses) == {LineStatus.ALREADY: 1, LineStatus.WOULD: 2}
    assert "2 posts would be read with at least 4 requests, which takes 0:00:04" in capsys.readouterr().err
    assert (await ledger(house), await house.asked()) == (before, [])


async def test_a_rehearsal_makes_no_database(live: "House", tmp_path: Path) -> None:
    home = tmp_path / "home"
    live.restart(database_url=None, home=home)
    tally = await import_(live, tmp_path, 77, is_rehearsal=True)
    assert (dict(tally.statuses), home.exists()) == ({LineStatus.WOULD: 1}, False)


async def test_when_civitai_stays_silent_the_rest_is_left_for_the_next_run(house: "House", tmp_path: Path) -> None:
    numbers = range(1, 14)
    for post_id in numbers:
        house.post(1, post_id)
    await house.arm("edge-502")
    tally = await import_(house, tmp_path, *numbers)
    assert dict(tally.statuses) == {LineStatus.FAILED: 8, LineStatus.UNTRIED: 5}
    await house.heal()
    tally = await import_(house, tmp_path, *numbers)
    assert dict(tally.statuses) == {LineStatus.IMPORTED: 13}


async def test_a_post_the_database_cannot_hold_costs_no_other(
    house: "House", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    furnish(house)

    async def refused(self: Batches, *rows: Any, **more: Any) -> None:
        raise asyncpg.NumericValueOutOfRangeError("integer out of range")

    monkeypatch.setattr(Batches, "add_posts", refused)
    tally = await import_(house, tmp_path, *POSTS)
    assert dict(tally.statuses) == {LineStatus.IMPORTED: 5}
    assert await house.rows("select count(*), count(distinct post_id) from assets") == [(20, 5)]


async def test_what_was_told_as_imported_is_kept_when_the_database_goes(
    house: "House", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    furnish(house)
    report = tmp_path / "report.csv"
    monkeypatch.setattr(importing, "BATCH_MEDIA", 1)
    whole, calls = Batches.strange, iter([True, False])

    async def failing(self: Batches, *posts: Any) -> set[int]:
        if next(calls):
            return await whole(self, *posts)
        raise asyncpg.ConnectionDoesNotExistError("gone")

    monkeypatch.setattr(Batches, "strange", failing)
    with pytest.raises(StoreDown):
        await import_(house, tmp_path, *POSTS, report=report)
    assert report.read_text().count("imported") == 4
    assert await house.rows("select count(*) from posts") == [(4,)]


async def test_many_remarks_are_cut_and_counted_and_cannot_drive_the_terminal(
    house: "House", tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await import_(house, tmp_path, *(f"bad\x1b[2J {number}" for number in range(25)))
    said = capsys.readouterr().err
    assert "and 5 more; --report FILE keeps them all." in said
    assert "\x1b[2J" not in said


async def test_half_a_character_fails_its_line_and_stays_in_the_report(house: "House", tmp_path: Path) -> None:
    furnish(house, (71, 72))
    path, report = tmp_path / "list.jsonl", tmp_path / "report.csv"
    path.write_text('71\n{"url": "https://civitai.com/posts/1002\\ud800"}\n72\n')
    tally = await import_list(house.runtime, path, ImportOptions(report=report))
    assert tally.statuses == {LineStatus.IMPORTED: 2, LineStatus.FAILED: 1}
    assert "line 2,https://civitai.com/posts/1002\\ud800,failed" in report.read_text(encoding="utf-8")


async def test_the_report_may_not_overwrite_the_list(live: "House", tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="overwrite the list"):
        await import_(live, tmp_path, 77, report=tmp_path / "list.csv")


async def test_a_report_that_cannot_be_written_is_said_before_anything_is_done(live: "House", tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be written"):
        await import_(live, tmp_path, "nonsense", report=tmp_path / "absent" / "report.csv", again=True)
