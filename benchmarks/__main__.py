"""`python -m benchmarks` prints the tables and writes `benchmarks/results.json`; `--quick` only shows that it works."""

import argparse
import asyncio
import sys
from pathlib import Path

from benchmarks.rounds import Effort
from benchmarks.run import run

FULL = Effort(warm=32, rounds=12, sequential=40, concurrent=96, starts=15, rest_seconds=5)
QUICK = Effort(warm=1, rounds=1, sequential=2, concurrent=2, starts=1, rest_seconds=0)
RESULTS = Path(__file__).with_name("results.json")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="tiny data and few calls: does it run at all?")
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the JSON goes")
    given = parser.parse_args()
    posts, effort = (20, QUICK) if given.quick else (1000, FULL)
    report = asyncio.run(run(posts, effort, lambda text: print(f"... {text}", file=sys.stderr)))
    print(report.as_text())
    report.write(given.out)


if __name__ == "__main__":
    main()
