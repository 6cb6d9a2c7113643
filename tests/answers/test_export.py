"""What is stored, taken elsewhere."""

import csv
import io
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis.strategies import lists, sampled_from, text

from civitai_engagement.answers.export.column import Column, ColumnType
from civitai_engagement.answers.export.columns import COLUMNS
from civitai_engagement.answers.export.formats import CsvSink, JsonLinesSink, ParquetSink
from civitai_engagement.answers.export.snapshot import exporting
from civitai_engagement.answers.export.subjects import ExportSubject, Format
from civitai_engagement.cli.exporting import ExportOptions, Target, export_to
from civitai_engagement.collect.jobs.features import keep_outdated
from civitai_engagement.errors import BadInput, BadSetup, StoreDown
from civitai_engagement.library.importing.listing import read_list
from civitai_engagement.records.cells import unguarded
from civitai_engagement.records.filters import ExportFilter
from civitai_engagement.records.findings import EVERYTHING, Study
from civitai_engagement.sandbox import Item
from civitai_engagement.store import export as stored
from civitai_engagement.store.queries import load

if TYPE_CHECKING:
    from tests.house import House

ROOT = Path(__file__).resolve().parents[2]
FORMULA = '=HYPERLINK("x"),\n"quoted"'
NOON = datetime(2026, 5, 1, 12, 0, 0, 5, tzinfo=UTC)
ROWS = {"posts": 2, "assets": 3, "features": 0, "findings": 0}
KINDS = [Column(holds.name.lower(), holds, "") for holds in ColumnType]
FULL = (2**40, 0.5, "Ä\n=1", True, NOON, [1, 2], ["a", "b,c"], {"a": None})
EMPTY = (None,) * len(KINDS)


@pytest.fixture
async def furnished(house: "House") -> "House":
    """Two posts by two creators, one media with parameters, and a change in the history."""
    meta = {"prompt": "a lighthouse", "seed": 2**64 + 7, "steps": 20, "sampler": "Euler a"}
    house.world.add_post(post_id=77, username="Ana", items=[Item(meta=meta), Item()], title=FORMULA, tags=((1, "sea"),))
    house.post(1, 78, username="Ben")
    first = house.world.items_of(77)[0]
    house.world.set_stats(first.id, like=3)
    await house.good("record_civitai_post", posts=[77, 78])
    house.advance(hours=1)
    house.world.set_stats(first.id, like=9)
    await house.good("sync_post_asset_stats", civitai_post_id=77)
    return house


async def export(house: "House", what: ExportSubject, path: Path, form: Format = Format.CSV, **wanted: Any) -> Path:
    await export_to(house.runtime, what, ExportOptions(**wanted), Target(form, path))
    return path


async def table(house: "House", what: ExportSubject, folder: Path, **wanted: Any) -> list[dict[str, str]]:
    path = await export(house, what, folder / "table.csv", **wanted)
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("what", ExportSubject)
async def test_the_columns_are_those_of_the_query_and_of_the_page(house: "House", what: ExportSubject) -> None:
    names = [column.name for column in COLUMNS[what]]
    async with house.runtime.store.reading() as ledger:
        statement = await ledger._connection.prepare(load("export")[what].sql)
        assert [one.name for one in statement.get_attributes()] == names
    page = (ROOT / "docs/import-export.md").read_text(encoding="utf-8").split(f"### {what}\n")[1].split("###")[0]
    assert [line.split("`")[1] for line in page.splitlines() if line.startswith("| `")] == names


async def test_a_post_is_a_row_with_the_sums_of_what_is_known(furnished: "House", tmp_path: Path) -> None:
    first, second = await table(furnished, ExportSubject.POSTS, tmp_path)
    assert (first["post_id"], first["title"], first["tags"]) == ("77", f"'{FORMULA}", '["sea"]')
    assert (first["asset_count"], first["known_count"], first["like_count"]) == ("2", "2", "9")
    assert first["published_at_utc"] == "2026-05-01T12:00:00Z"
    assert first["exported_at_utc"].endswith("Z")
    assert (second["post_id"], second["username"], second["on_behalf_of"]) == ("78", "Ben", "")


async def test_unknown_stays_empty(house: "House", tmp_path: Path) -> None:
    house.post(1, 77)
    await house.arm("stats-null")
    await house.good("record_civitai_post", posts=[77])
    [post] = await table(house, ExportSubject.POSTS, tmp_path)
    [asset] = await table(house, ExportSubject.ASSETS, tmp_path)
    assert (post["asset_count"], post["known_count"], post["like_count"], post["as_of_utc"]) == ("1", "0", "", "")
    assert (asset["like_count"], asset["seed"], asset["sha256sum"]) == ("", "", "")


async def test_an_asset_says_how_it_was_made(furnished: "House", tmp_path: Path) -> None:
    row = (await table(furnished, ExportSubject.ASSETS, tmp_path))[0]
    assert (row["prompt"], row["steps"], row["seed"]) == ("a lighthouse", "20", str(2**64 + 7))
    assert (row["input_prompt"], row["like_count"], row["unconfirmed"]) == ("a lighthouse", "9", "false")


async def test_the_history_has_every_change_with_its_gain(furnished: "House", tmp_path: Path) -> None:
    rows = await table(furnished, ExportSubject.HISTORY, tmp_path, post="https://civitai.com/posts/77")
    told = [(row["event"], row["like_count"], row["like_gain"], bool(row["previous_observed_at_utc"])) for row in rows]
    assert told[:2] == [("first", "3", "0", False), ("change", "9", "6", True)]


async def test_the_features_say_how_a_media_was_made_and_what_it_had(furnished: "House", tmp_path: Path) -> None:
    furnished.advance(hours=2)
    await furnished.good("sync_post_asset_stats", civitai_post_id=77)
    await keep_outdated(furnished.runtime, 100)
    row, other, _ = await table(furnished, ExportSubject.FEATURES, tmp_path)
    assert (row["steps"], row["sampler"], row["is_seed_odd"], row["loras"]) == ("20", "Euler a", "true", "[]")
    assert (row["at_1h"], row["at_2h"], row["at_4h"], row["reactions"]) == ("9.0", "9.0", "", "9")
    assert (other["has_parameters"], other["steps"], other["loras"], other["is_followed"]) == ("false", "", "", "true")


async def test_the_findings_are_a_row_for_each_thing_that_was_asked(house: "House", tmp_path: Path) -> None:
    steps = {"parameter": "steps", "label": "", "verdict": "more", "ratio": 1.3, "media": [40, 60], "posts": [9, 11]}
    model = {"name": "=ink", "verdict": "cannot tell", "raw": 2, "media": 7, "posts": 3, "creators": 2}
    async with house.runtime.store.writing() as ledger:
        for question, rows in (("parameters", {"rows": [steps]}), ("models", {"lora": {"rows": [model]}})):
            await ledger.findings.keep(Study(question, EVERYTHING, 72, house.clock.now(), 100, 9, rows, 1.0))
    first, second = await table(house, ExportSubject.FINDINGS, tmp_path)
    assert (first["name"], first["ratio"], first["media"], first["of_media"]) == ("steps", "1.3", "40", "100")
    assert (second["kind"], second["name"], second["raw"], second["ratio"]) == ("lora", "'=ink", "2.0", "")
    lines = await export(house, ExportSubject.FINDINGS, tmp_path / "found.jsonl", Format.JSONL)
    assert [json.loads(line)["name"] for line in lines.read_text().splitlines()] == ["steps", "=ink"]


@pytest.mark.parametrize("what", [ExportSubject.FEATURES, ExportSubject.FINDINGS])
async def test_what_is_learned_fits_typed_columns(furnished: "House", tmp_path: Path, what: ExportSubject) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    await keep_outdated(furnished.runtime, 100)
    path = await export(furnished, what, tmp_path / "table.parquet", Format.PARQUET)
    assert parquet.read_table(path).column_names == [column.name for column in COLUMNS[what]]


async def test_filters_narrow_by_creator_post_and_time(furnished: "House", tmp_path: Path) -> None:
    await keep_outdated(furnished.runtime, 100)
    for what in set(ExportSubject) - {ExportSubject.FINDINGS}:
        for ben in ("ben", " @Ben ", "https://civitai.com/user/Ben", "civitai.com/de/user/ben/posts"):
            assert {row["post_id"] for row in await table(furnished, what, tmp_path, creator=ben)} == {"78"}
        assert {row["post_id"] for row in await table(furnished, what, tmp_path, post="77")} == {"77"}
    since = (furnished.clock.now() - timedelta(minutes=30)).replace(tzinfo=None).isoformat()
    later = await table(furnished, ExportSubject.HISTORY, tmp_path, since=since)
    assert [row["like_count"] for row in later if row["event"] == "change"] == ["9"]
    assert await table(furnished, ExportSubject.HISTORY, tmp_path, since="2026-05-02") == []


@pytest.mark.parametrize(
    ("what", "wanted", "message"),
    [
        (ExportSubject.POSTS, {"since": "2026-05-01"}, "Posts have no since"),
        (ExportSubject.FINDINGS, {"creator": "Ben"}, "Findings are of everything"),
        (ExportSubject.HISTORY, {"since": "yesterday"}, "'yesterday' is no date"),
        (ExportSubject.POSTS, {"post": "https://civitai.com/images/1"}, "an image, not a post"),
        (ExportSubject.POSTS, {"creator": "https://civitai.com/posts/1"}, "not the page of a creator"),
    ],
)
async def test_a_filter_that_does_not_fit_is_refused(
    live: "House", tmp_path: Path, what: ExportSubject, wanted: dict[str, Any], message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        await export(live, what, tmp_path / "x.csv", **wanted)


async def test_every_batch_is_of_one_instant(furnished: "House", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "MOST_ROWS", 1)
    seen = []
    async with exporting(furnished.runtime, ExportSubject.ASSETS, ExportFilter()) as found:
        async for batch in found.batches:
            seen.append(len(batch))
            await furnished.run("delete from assets")
    assert seen == [1, 1, 1]


async def test_json_lines_are_an_object_a_row(furnished: "House", tmp_path: Path) -> None:
    path = await export(furnished, ExportSubject.POSTS, tmp_path / "posts.jsonl", Format.JSONL)
    first, second = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    assert (first["post_id"], first["tags"], first["title"]) == (77, ["sea"], FORMULA)
    assert (second["on_behalf_of"], second["metadata"]) == (None, {})


async def test_a_finished_export_replaces_the_former_and_leaves_nothing_beside(
    furnished: "House", tmp_path: Path
) -> None:
    path = tmp_path / "posts.csv"
    path.write_text("former")
    await export(furnished, ExportSubject.POSTS, path)
    assert path.read_text(encoding="utf-8").startswith("post_id,")
    assert list(tmp_path.iterdir()) == [path]


async def test_an_export_that_breaks_leaves_the_former_file(
    furnished: "House", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "posts.csv"
    path.write_text("former")
    monkeypatch.setattr(stored, "MOST_ROWS", 1)

    def broken(self: CsvSink, rows: Sequence[Any]) -> None:
        raise StoreDown("gone")

    monkeypatch.setattr(CsvSink, "write", broken)
    with pytest.raises(StoreDown):
        await export(furnished, ExportSubject.POSTS, path)
    assert [(one, one.read_text()) for one in tmp_path.iterdir()] == [(path, "former")]


async def test_a_folder_that_is_not_there_is_named(furnished: "House", tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="posts.csv cannot be written: No such file"):
        await export(furnished, ExportSubject.POSTS, tmp_path / "absent" / "posts.csv")


FULL_DISK = Path("/dev/full")
on_linux = pytest.mark.skipif(not FULL_DISK.exists(), reason="there is no device that is always full")


@on_linux
async def test_a_full_disk_is_the_file_s_fault_and_what_is_no_file_is_never_replaced(
    furnished: "House", tmp_path: Path
) -> None:
    path = tmp_path / "full.csv"
    path.symlink_to(FULL_DISK)
    with pytest.raises(BadInput, match=r"full\.csv cannot be written: No space left on device\. Make room"):
        await export(furnished, ExportSubject.POSTS, path)
    assert path.is_symlink()


async def test_a_folder_is_no_file(furnished: "House") -> None:
    for path in (Path(), Path("..")):
        with pytest.raises(BadInput, match=r"^\.+ cannot be written: Is a directory"):
            await export(furnished, ExportSubject.POSTS, path)


async def test_a_database_that_goes_away_is_not_the_file_s_fault(
    furnished: "House", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any) -> Any:
        raise ConnectionResetError("gone")

    monkeypatch.setattr(asyncpg.cursor.Cursor, "fetch", broken)
    with pytest.raises(StoreDown):
        await export(furnished, ExportSubject.POSTS, tmp_path / "posts.csv")
    assert list(tmp_path.iterdir()) == []


async def test_without_a_file_rows_go_to_standard_output_and_words_to_the_other(
    furnished: "House", capfd: pytest.CaptureFixture[str]
) -> None:
    await export_to(furnished.runtime, ExportSubject.POSTS, ExportOptions(creator="Ben"), Target(Format.JSONL, None))
    out, said = capfd.readouterr()
    assert [json.loads(line)["post_id"] for line in out.splitlines()] == [78]
    assert "1 row of posts as of 20" in said
    assert "all times are UTC" in said


async def test_parquet_asks_for_a_file(live: "House") -> None:
    with pytest.raises(BadInput, match="--output"):
        await export_to(live.runtime, ExportSubject.POSTS, ExportOptions(), Target(Format.PARQUET, None))


async def test_parquet_without_its_library_says_how_to_get_it(
    furnished: "House", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(BadSetup, match=r"civitai-engagement\[parquet\]"):
        await export(furnished, ExportSubject.POSTS, tmp_path / "posts.parquet", Format.PARQUET)
    assert list(tmp_path.iterdir()) == []


def test_csv_writes_each_kind_so_that_it_can_be_read_back() -> None:
    file = io.StringIO(newline="")
    CsvSink(file, KINDS).write([FULL, EMPTY])
    full, empty = csv.DictReader(io.StringIO(file.getvalue(), newline=""))
    assert full == {
        "whole": str(2**40),
        "number": "0.5",
        "text": "Ä\n=1",
        "truth": "true",
        "instant": "2026-05-01T12:00:00.000005Z",
        "wholes": "[1, 2]",
        "texts": '["a", "b,c"]',
        "json": '{"a": null}',
    }
    assert set(empty.values()) == {""}


def test_json_has_no_number_that_json_does_not_know() -> None:
    file = io.StringIO()
    JsonLinesSink(file, KINDS[:2]).write([(1, float("nan"))])
    assert json.loads(file.getvalue()) == {"whole": 1, "number": None}


def test_parquet_keeps_types_and_says_what_it_is_of(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    parquet: Any = pytest.importorskip("pyarrow.parquet")
    sink = ParquetSink(tmp_path / "x.parquet", KINDS, NOON)
    sink.write([FULL])
    sink.write([EMPTY])
    sink.close()
    read = parquet.read_table(tmp_path / "x.parquet")
    assert read.to_pylist() == [
        dict(zip([one.name for one in KINDS], [*FULL[:-1], '{"a": null}'], strict=True)),
        dict.fromkeys([one.name for one in KINDS]),
    ]
    assert read.schema.metadata[b"exported_at"] == b"2026-05-01T12:00:00.000005Z"
    assert read.schema.metadata[b"time_zone"] == b"UTC"


async def test_every_table_goes_into_parquet(furnished: "House", tmp_path: Path) -> None:
    parquet: Any = pytest.importorskip("pyarrow.parquet")
    for what in ExportSubject:
        path = await export(furnished, what, tmp_path / f"{what}.parquet", Format.PARQUET)
        assert parquet.read_table(path).num_rows == ROWS.get(what, 4)


WORDS = [
    Column("title", ColumnType.TEXT, ""),
    Column("prompt", ColumnType.TEXT, ""),
    Column("like_gain", ColumnType.WHOLE, ""),
]
SEED = Column("seed", ColumnType.TEXT, "a number written as text")


@pytest.mark.parametrize("words", ["-cat", "=1+1", "+a", "@b", " =x", "\t=x", "＝x", "'=x", "''-x"])
def test_words_that_a_spreadsheet_would_compute_get_an_apostrophe_that_comes_off_again(words: str) -> None:
    file = io.StringIO()
    CsvSink(file, [*WORDS, SEED]).write([(words, "'cat", -5, "-3")])
    [_, row] = csv.reader(io.StringIO(file.getvalue(), newline=""))
    assert row == [f"'{words}", "'cat", "-5", "-3"]
    assert [unguarded(one) for one in row[:2]] == [words, "'cat"]


@pytest.mark.parametrize("line_break", ["\r", "\n", "\r\n", "\n\r"])
def test_a_break_inside_words_ends_no_row_and_rows_end_in_a_line_feed(line_break: str) -> None:
    file = io.StringIO(newline="")
    CsvSink(file, WORDS).write([(f"a{line_break}b", line_break, 1), ("c", "d", 2)])
    [_, *rows] = csv.reader(io.StringIO(file.getvalue(), newline=""))
    assert rows == [[f"a{line_break}b", line_break, "1"], ["c", "d", "2"]]
    assert file.getvalue().endswith("\nc,d,2\n")


HOSTILE = (
    *"=+-@#'\"\r\n\t,;|{}[]()<>:\\\x0b\x1c\x85\u2028\ufeff\u200b",
    "post_id",
    "sep=;",
    "https://civitai.com/posts/9",
    "7",
)


@given(titles=lists(text(sampled_from("".join(HOSTILE))) | lists(sampled_from(HOSTILE)).map("".join), min_size=1))
@settings(deadline=None)
def test_whatever_titles_say_an_export_names_its_posts_and_no_others(titles: list[str]) -> None:
    columns = COLUMNS[ExportSubject.POSTS]
    ids = list(range(101, 101 + len(titles)))
    told = [{"post_id": one, "title": title, "description": title} for one, title in zip(ids, titles, strict=True)]
    rows = [[row.get(column.name) for column in columns] for row in told]
    with TemporaryDirectory() as folder:
        for name, sink in (("posts.csv", CsvSink), ("posts.jsonl", JsonLinesSink), ("posts.txt", JsonLinesSink)):
            path = Path(folder, name)
            with path.open("w", newline="", encoding="utf-8") as file:
                sink(file, columns).write(rows)
            assert [one.post_id for one in read_list(path)] == ids


def test_apostrophes_may_be_left_out_and_are_never_in_json_lines() -> None:
    plain, lines = io.StringIO(), io.StringIO()
    CsvSink(plain, WORDS, apostrophes=False).write([("-cat", "=1", -5)])
    JsonLinesSink(lines, WORDS).write([("-cat", "=1", -5)])
    assert plain.getvalue().splitlines()[1] == "-cat,=1,-5"
    assert json.loads(lines.getvalue()) == {"title": "-cat", "prompt": "=1", "like_gain": -5}


async def test_an_exported_title_and_prompt_are_guarded_and_a_loss_is_a_number(house: "House", tmp_path: Path) -> None:
    house.world.add_post(post_id=77, username="Ana", items=[Item(meta={"prompt": "-cat"})], title="=cmd")
    await house.good("record_civitai_post", posts=[77])
    for what, name, value in ((ExportSubject.POSTS, "title", "'=cmd"), (ExportSubject.ASSETS, "prompt", "'-cat")):
        path = tmp_path / f"{what}.csv"
        await export_to(house.runtime, what, ExportOptions(), Target(Format.CSV, path))
        with path.open(newline="") as file:
            [row] = csv.DictReader(file)
        assert row[name] == value
    path = tmp_path / "plain.csv"
    await export_to(house.runtime, ExportSubject.POSTS, ExportOptions(), Target(Format.CSV, path, apostrophes=False))
    assert ",=cmd," in path.read_text()
    assert [one.post_id for one in read_list(tmp_path / "posts.csv", own_host="127.0.0.1")] == [77]
