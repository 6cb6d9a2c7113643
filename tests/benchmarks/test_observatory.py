"""The benchmarks of the observatory work: nothing here looks at a clock."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from benchmarks.observatory import requests  # noqa: E402 # the benchmarks lie beside the tests, not in the package
from benchmarks.observatory.figures import BEGIN, END, Figure, Findings, Latency, filled  # noqa: E402


def latency(p95_ms: float, max_ms: float) -> Latency:
    return Latency("find_asset", f"{p95_ms:.0f}", 40, 1.0, p95_ms, max_ms, 900)


def test_an_aim_is_a_ceiling_or_a_floor() -> None:
    figures = [
        Figure("fast", 4.9, "ms", aim=5),
        Figure("slow", 5.1, "ms", aim=5),
        Figure("small", 0.24, "x", aim=0.25, at_least=True),
        Figure("large", 0.25, "x", aim=0.25, at_least=True),
        Figure("free", 1e9),
    ]
    late = [latency(300, 1000), latency(301, 400), latency(200, 1001)]
    assert Findings({}, figures, late).missed() == ["slow", "small", "find_asset (301)", "find_asset (200)"]


def test_a_page_keeps_what_stands_around_its_table() -> None:
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    once = filled(page, "new")
    assert once == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"
    assert filled(once, "new") == once
    with pytest.raises(ValueError, match="no place"):
        filled("a page without marks", "new")


def test_the_page_of_figures_has_a_place_for_them() -> None:
    assert "new" in filled(ROOT.joinpath("docs", "performance.md").read_text(encoding="utf-8"), "new")


def test_requests_stay_near_the_fewest_there_could_be() -> None:
    assert [one.name for one in requests.planned(300) if not one.is_met] == []


@pytest.mark.slow
@pytest.mark.no_cover
def test_a_quick_run_measures_everything(tmp_path: Path) -> None:
    out = tmp_path / "results.json"
    page = ROOT.joinpath("docs", "performance.md").read_bytes()
    command = [sys.executable, "-m", "benchmarks.observatory", "--quick", "--out", str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    results = json.loads(out.read_text())
    figures = {one["name"]: one["value"] for one in results["figures"]}
    assert figures["rows written by the same snapshot again"] == 0
    assert figures["observations in the ledger read below"] > 100_000
    assert {one["tool"] for one in results["latencies"]} >= {"list_changes", "get_engagement_history"}
    assert "| one image's curve " in done.stdout
    assert page == ROOT.joinpath("docs", "performance.md").read_bytes()
