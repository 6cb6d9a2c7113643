"""The rows of answers, taken elsewhere."""

import csv
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from civitai_engagement.answers.answer import Answer
from civitai_engagement.answers.export.answered import sheet
from civitai_engagement.answers.export.column import ColumnType
from civitai_engagement.answers.export.columns import ANSWERED
from civitai_engagement.answers.export.subjects import ExportedAnswer
from civitai_engagement.answers.insight.compared_posts import (
    ComparedPost,
    ComparedPosts,
    ComparisonOptions,
    compared_posts,
)
from civitai_engagement.answers.insight.creator_summary import creator_summary
from civitai_engagement.answers.insight.movers_shape import Mover, MoverOptions, TopMovers
from civitai_engagement.answers.insight.peak_hours import HourFinding, HourRow, PeakHours, find_peak_hours
from civitai_engagement.answers.insight.periods import PeriodRow
from civitai_engagement.answers.insight.post_rating import rate_post
from civitai_engagement.answers.insight.summary_shape import CreatorSummary, SummaryOptions
from civitai_engagement.answers.insight.top_movers import top_movers
from civitai_engagement.answers.insight.unusual import find_unusual
from civitai_engagement.answers.insight.unusual_shape import NotJudged, UnusualThings
from civitai_engagement.answers.now.media import Totals
from civitai_engagement.answers.recorded.audit_shape import AuditOptions
from civitai_engagement.answers.recorded.library_audit import audit_library
from civitai_engagement.cli.exporting import target_of, write_answer
from civitai_engagement.errors import BadInput, BadSetup
from civitai_engagement.records.curves import Of, Scope
from tests.growing import Grown, write

if TYPE_CHECKING:
    from tests.house import House

ROOT = Path(__file__).resolve().parents[2]
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
UNSAID: dict[str, Any] = {"times_expected": None, "times_own": None, "own_interval": None, "own_n": None}
MOVER = Mover(id="7", creator="Ana", age_hours=20.5, gain=40, hours=20, per_hour=2, **UNSAID, remark=None)
MOVERS = TopMovers(
    summary="", as_of="2026-05-01T12:00:00Z", window="24 h", by="gain", moved=1, left_out=0, movers=[MOVER]
)
NONE_MOVED = MOVERS.model_copy(update={"movers": [], "as_of": None})


def rows(answer: Answer) -> list[dict[str, Any]]:
    made = sheet(answer)
    return [dict(zip([one.name for one in made.columns], row, strict=True)) for row in made.rows]


@pytest.mark.parametrize("what", ExportedAnswer)
def test_the_columns_of_an_answer_are_those_of_the_page(what: ExportedAnswer) -> None:
    page = (ROOT / "docs/import-export.md").read_text(encoding="utf-8").split(f"### {what}\n")[1].split("###")[0]
    told = [f"| `{one.name}` | {one.holds} | {one.means} |" for one in ANSWERED[what]]
    assert [line for line in page.splitlines() if line.startswith("| `")] == told
    assert all(one.name.endswith("_utc") == (one.holds is ColumnType.INSTANT) for one in ANSWERED[what])


async def nobody(done: int, of: int, what: str) -> None:
    del done, of, what


async def asked(house: "House") -> dict[ExportedAnswer, Answer]:
    runtime = house.runtime
    return {
        ExportedAnswer.MOVERS: await top_movers(runtime, Scope(), MoverOptions(timedelta(days=30), limit=3)),
        ExportedAnswer.UNUSUAL: await find_unusual(runtime, Scope(creator="Ana"), of=Of.POSTS, limit=20),
        ExportedAnswer.AUDIT: await audit_library(runtime, AuditOptions(None, 0, 40), nobody),
        ExportedAnswer.RATE: await rate_post(runtime, 100),
        ExportedAnswer.COMPARE: await compared_posts(
            runtime, ComparisonOptions(Of.POSTS, (100, 139), timedelta(hours=24))
        ),
        ExportedAnswer.SUMMARY: await creator_summary(runtime, "Ana", SummaryOptions(30, ZoneInfo("UTC"))),
        ExportedAnswer.HOURS: await find_peak_hours(runtime, "Ana", ZoneInfo("Europe/Berlin")),
    }


async def test_every_answer_becomes_a_file_whose_rows_are_what_it_told(house: "House", tmp_path: Path) -> None:
    now = house.clock.now()
    born = [now - timedelta(days=day + 2, hours=3 * day % 24) for day in range(40)]
    await write(
        house.database_url,
        [
            Grown(1000 + day, post=100 + day, born=one, likes=((1, 3), (4, 8), (24, 10 + 10 * day)), seen_to=47)
            for day, one in enumerate(born)
        ],
    )
    await house.run(
        "insert into posts (post_id, civitai_url, status, created_by, recorded_at, updated_at) "
        "values (99, '', 'pending', 'me', now(), now())"
    )
    told: dict[ExportedAnswer, list[dict[str, str]]] = {}
    for what, answer in (await asked(house)).items():
        path = tmp_path / f"{what}.csv"
        write_answer(answer, target_of(path))
        with path.open(newline="", encoding="utf-8") as file:
            told[what] = list(csv.DictReader(file))
    # In 30 days the posts of up to 28 days ago came out; of those the oldest has most.
    assert [one["window"] for one in told[ExportedAnswer.MOVERS]] == ["30 d"] * 3
    assert int(told[ExportedAnswer.MOVERS][0]["gain"]) > int(told[ExportedAnswer.MOVERS][2]["gain"])
    assert {one["kind"] for one in told[ExportedAnswer.UNUSUAL]} <= {"burst", "stall", "above", "below", "not judged"}
    assert ("99", '["never observed"]', "") in [
        (one["post_id"], one["kinds"], one["observed_at_utc"]) for one in told[ExportedAnswer.AUDIT]
    ]
    # The other 39 have 20, 30 ... 400 at 24 h, ever more from day to day: at its time 20 to 120 were typical.
    [at_a_day] = [one for one in told[ExportedAnswer.RATE] if one["age"] == "24 h"]
    assert [at_a_day[name] for name in ("post", "creator", "against", "count", "n", "beaten")] == [
        *("100", "Ana", "image", "10", "39", "0")
    ]
    assert 20 <= float(at_a_day["typical"]) <= 120
    assert [(one["id"], one["count"]) for one in told[ExportedAnswer.COMPARE] if one["age"] == "24 h"] == [
        ("139", "400"),
        ("100", "10"),
    ]
    facts = {(one["about"], one["name"]): one for one in told[ExportedAnswer.SUMMARY]}
    assert facts["total", "reactions"]["value"] == "8200"
    assert (facts["typical post", "24 h"]["value"], facts["typical post", "24 h"]["n"]) == ("205.0", "40")
    assert (facts["type", "image"]["share"], facts["type", "image"]["of"]) == ("1.0", "40")
    assert facts["best post", "139"]["as_of_utc"] == facts["period", "this"]["as_of_utc"] != ""
    assert [(one["hour"], one["time_zone"]) for one in told[ExportedAnswer.HOURS]][:1] == [("0", "Europe/Berlin")]


def test_an_interval_is_two_columns_and_unknown_is_none() -> None:
    known = MOVER.model_copy(update={"times_own": 3.0, "own_interval": [2.5, None], "own_n": 12})
    first, second = rows(MOVERS.model_copy(update={"movers": [known, MOVER]}))
    assert [first[name] for name in ("own_low", "own_high", "own_n", "window", "as_of_utc")] == [
        *(2.5, None, 12, "24 h", NOON)
    ]
    assert [second[name] for name in ("times_own", "own_low", "own_high", "own_n")] == [None] * 4


def test_what_was_never_observed_says_so_at_every_age() -> None:
    never = ComparedPost(
        id="1",
        creator=None,
        published_at=None,
        seen_to=None,
        total=None,
        counts=[None, None],
        not_observed={"any age": "no observations"},
    )
    seen = never.model_copy(update={"counts": [4, None], "not_observed": {"24 h": "seen to 5 h"}})
    answer = ComparedPosts(summary="", ages=["4 h", "24 h"], ahead=[], compared=[never, seen])
    assert [(one["age"], one["count"], one["not_observed"]) for one in rows(answer)] == [
        ("4 h", None, "no observations"),
        ("24 h", None, "no observations"),
        ("4 h", 4, None),
        ("24 h", None, "seen to 5 h"),
    ]


def test_what_could_not_be_judged_is_a_row_too() -> None:
    unjudged = NotJudged(what="against others", n=4, reason="too few")
    [row] = rows(UnusualThings(summary="", looked_at=4, findings=[], left_out=0, not_judged=[unjudged]))
    assert (row["kind"], row["n"], row["evidence"], row["id"], row["value"]) == (
        *("not judged", 4, "against others: too few", None, None),
    )


def test_hours_carry_what_they_rest_on() -> None:
    few = HourFinding(hour=None, n=9, needed="too few")
    found = HourFinding(hour=3, n=70, chance=0.01, reliability=0.9)
    hour = HourRow(hour=3, utc_hour=18, begins="03:00", arrivals=[1.5, 1.2, 1.9], posting=None)
    tokyo = {"time_zone": "Asia/Tokyo", "offset": "UTC+09:00"}
    [row] = rows(PeakHours(summary="", **tokyo, arrivals=found, posting=few, hours=[hour]))
    assert [row[f"arrivals{part}"] for part in ("", "_low", "_high", "_n", "_chance")] == [1.5, 1.2, 1.9, 70, 0.01]
    assert [row[f"posting{part}"] for part in ("", "_low", "_high", "_n", "_chance")] == [None, None, None, 9, None]


def test_a_summary_says_why_a_number_is_unknown() -> None:
    why = {"typical": "2 of 10 posts", "top_tenth_share": "none", "change_percent": "not observed"}
    unknown = dict.fromkeys(("reaction_mix", "typical", "best", "top_tenth_share", "previous", "change_percent"))
    totals = Totals(
        media=2,
        known=0,
        stats=None,
        reactions=None,
        positive_ratio=None,
        discussion_depth=None,
        undefined={},
    )
    start, end = "2026-04-24T00:00:00Z", "2026-05-01T12:00:00Z"
    period = PeriodRow(start=start, end=end, gain=None, whole=0, seen=0, of=2, published=1)
    answer = CreatorSummary(
        summary="",
        creator="Ana",
        posts=2,
        totals=totals,
        period=period,
        undefined=why,
        by_type=[],
        by_base_model=[],
        **unknown,
    )
    told = [(one["about"], one["value"], one["remark"]) for one in rows(answer)]
    assert told == [
        ("total", None, None),
        ("typical post", None, "2 of 10 posts"),
        ("top tenth", None, "none"),
        ("period", None, "0 observed throughout"),
        ("change", None, "not observed"),
    ]
    [row] = [one for one in rows(answer) if one["about"] == "period"]
    assert (row["end_utc"], row["n"], row["of"], row["as_of_utc"]) == (NOON, 0, 2, None)


def test_an_answer_without_rows_is_a_header(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "none.CSV"
    write_answer(NONE_MOVED, target_of(path))
    assert path.read_text(encoding="utf-8").splitlines() == [
        ",".join(one.name for one in ANSWERED[ExportedAnswer.MOVERS])
    ]
    assert "0 rows written to" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["movers", "movers.xlsx", ".csv"])
def test_a_name_that_says_no_format_is_refused_with_the_three(name: str) -> None:
    with pytest.raises(BadInput, match=r"does not say which format to write.*\.csv, \.jsonl or \.parquet"):
        target_of(Path(name))


def test_a_file_that_cannot_be_written_is_named_and_the_former_is_kept(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"movers\.csv cannot be written: No such file"):
        write_answer(MOVERS, target_of(tmp_path / "absent" / "movers.csv"))
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(BadInput, match=r"folder\.csv cannot be written"):
        write_answer(MOVERS, target_of(tmp_path / "folder.csv"))
    assert [one.name for one in tmp_path.iterdir()] == ["folder.csv"]


def test_parquet_without_its_library_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(BadSetup, match=r"civitai-engagement\[parquet\]"):
        write_answer(MOVERS, target_of(tmp_path / "movers.parquet"))
    assert list(tmp_path.iterdir()) == []


def test_parquet_keeps_types_with_rows_and_without(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    parquet: Any = pytest.importorskip("pyarrow.parquet")
    write_answer(MOVERS, target_of(tmp_path / "movers.parquet"))
    write_answer(NONE_MOVED, target_of(tmp_path / "none.parquet"))
    full, empty = (parquet.read_table(tmp_path / f"{name}.parquet") for name in ("movers", "none"))
    assert full.to_pylist() == rows(MOVERS)
    assert full.schema.metadata[b"time_zone"] == b"UTC"
    assert (empty.num_rows, empty.schema.names) == (0, full.schema.names)


def test_json_lines_know_null_from_nothing(tmp_path: Path) -> None:
    write_answer(MOVERS, target_of(tmp_path / "movers.jsonl"))
    [told] = map(json.loads, (tmp_path / "movers.jsonl").read_text(encoding="utf-8").splitlines())
    assert (told["id"], told["per_hour"], told["own_n"], told["as_of_utc"]) == ("7", 2.0, None, "2026-05-01T12:00:00Z")
