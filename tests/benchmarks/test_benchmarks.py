"""The benchmarks work: nothing here looks at a clock."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from benchmarks.footprint import Held, Starts  # noqa: E402 # the benchmarks lie beside the tests, not in the package
from benchmarks.processes import Memory  # noqa: E402
from benchmarks.report import Report, Row, table  # noqa: E402
from benchmarks.rounds import Comparison, Ratio, Stint  # noqa: E402
from benchmarks.wire import answer_of  # noqa: E402


def stint(wall: float, *, calls: int = 4, cpu: float = 0.1) -> Stint:
    return Stint([wall / calls] * calls, wall, cpu, size=1000)


def test_a_ratio_is_taken_round_by_round_so_that_one_bad_minute_does_not_decide() -> None:
    compared = Comparison.of([(stint(2.0), stint(1.0)), (stint(90.0), stint(1.0)), (stint(40.0), stint(20.0))])
    assert compared.wall.median == 2.0


def test_a_side_counts_its_calls_its_cpu_and_its_bytes() -> None:
    ours = Comparison.of([(stint(2.0, cpu=0.2), stint(1.0))] * 2).ours
    assert [ours.p50_ms, ours.rate, ours.cpu_ms, ours.size] == pytest.approx([500.0, 2.0, 50.0, 1000])


def test_only_what_is_above_its_bound_is_named() -> None:
    slow, fast = (Comparison.of([(stint(wall), stint(1.0))] * 2) for wall in (3.0, 1.5))
    rows = [Row("slow", "http", 16, 2.0, slow), Row("fast", "http", 16, 2.0, fast), Row("free", "http", 16, None, slow)]
    starts = [Starts("era", 130, 100, Ratio(1.31, 1.3, 1.4))]
    report = Report({}, rows, starts, [Held("now", Memory(150, 0, 0), Memory(100, 0, 0))])
    assert report.missed() == ["slow (http, 16 in flight)", "start (era)"]


def test_a_table_lines_up() -> None:
    assert table(["call", "ms"], [["find", "1.0"]]).splitlines() == [
        "| call | ms  |",
        "| ---- | --- |",
        "| find | 1.0 |",
    ]


@pytest.mark.parametrize("body", [{"error": {"code": -32602}}, {"result": {"isError": True, "content": []}}])
def test_an_answer_that_is_an_error_is_never_measured(body: dict[str, object]) -> None:
    with pytest.raises(RuntimeError, match="the server answered"):
        answer_of(json.dumps(body).encode())


@pytest.mark.slow
@pytest.mark.no_cover
def test_a_quick_run_measures_every_call_over_both_transports(tmp_path: Path) -> None:
    out = tmp_path / "results.json"
    command = [sys.executable, "-m", "benchmarks", "--quick", "--out", str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    results = json.loads(out.read_text())
    calls = {(row["case"], row["transport"], row["in_flight"]) for row in results["rows"]}
    assert len(calls) == len(results["rows"]) == 10 * 2 * 2
    alike = [row["compared"] for row in results["rows"] if "text" not in row["case"]]  # few are found
    assert all(abs(one["ours"]["size"] - one["bare"]["size"]) < 600 for one in alike)
    assert {one["era"] for one in results["starts"]} == {"2026-07-28", "2025-11-25"}
    assert "| find_by_asset_id " in done.stdout
